"""What each of several merged conversations brings into the one that stays. Pure: it changes working copies only.

The one that stays is always what `together` makes of its own share and of those closed into it. So a join adds a share
and a parting takes one away, in whatever order, and nothing is left of what went.

1. The rows of the closed ones *are* their shares; nobody changes them while they are closed. The own share of the one
   that stays is kept in its `own`, as if nothing had ever been merged into it.
2. What people changed since the last join (an answer, another agent) is found by comparing, and becomes its own first:
   see `settle`. The shares of before no longer count for what was changed; those who leave take theirs along, and it
   does not count either when they come back with the same.
3. The agent who holds a share is credited with what they wrote since, so the one most recently active keeps it.
4. What was said on channels is nobody's share: who waits, what is unread and what was said last is asked anew of those
   who are the customer now, see identity.said. A share has what that does not tell, as one that waits though answered.
5. That somebody waits in another, or that its time came sooner, wakes what was put off. Alone again it sleeps on,
   unless something was said since.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub.events import Channel, Preview, SlaClock
from hub.ids import AgentId, ConversationId
from storage.conversations import Conversation


@dataclass(frozen=True, slots=True)
class Hands:
    """Who holds it, and when an agent last wrote there."""

    owner_id: AgentId | None
    last_agent_id: AgentId | None
    active_at: datetime | None


@dataclass(frozen=True, slots=True)
class Share:
    """`waiting_since`: but for what was said. `preview` is that of before the first join."""

    id: ConversationId
    opened_at: datetime
    hands: Hands
    waiting_since: datetime | None
    queued_at: datetime | None
    last_touch_at: datetime
    channels: tuple[Channel, ...]
    preview: Preview | None
    tags: tuple[str, ...] = ()
    priority: int = 0
    lifecycle: str | None = None
    sla: tuple[SlaClock, ...] = ()
    snoozed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """`settled`: field -> whose share of it was overtaken, and what it was. `credit`: since when who holds it wrote.
    `slept_at`: when it was last seen for how long people put it off."""

    share: Share
    settled: dict[str, dict[str, Any]]
    credit: dict[str, datetime]
    slept_at: datetime | None = None


# What is compared and settled, each by itself.
_FIELDS: Final = (
    "hands", "waiting_since", "queued_at", "last_touch_at", "channels", "tags", "priority", "lifecycle", "sla",
    "snoozed_until",
)  # fmt: skip


def share_of(conversation: Conversation) -> Share:
    """As its row says."""
    return Share(
        id=conversation.id,
        opened_at=conversation.opened_at,
        hands=Hands(conversation.owner_id, conversation.last_agent_id, conversation.agent_active_at),
        waiting_since=conversation.waiting_since,
        queued_at=conversation.queued_at,
        last_touch_at=conversation.last_touch_at,
        channels=conversation.channels,
        preview=conversation.preview,
        tags=conversation.tags,
        priority=conversation.priority,
        lifecycle=conversation.lifecycle,
        sla=conversation.sla,
        snoozed_until=conversation.snoozed_until,
    )


def settle(conversation: Conversation, closed: Sequence[Share], at: datetime) -> None:
    """What was changed since `closed` were closed into it becomes its own. Afterwards `together` of them is its row."""
    own, now = _own(conversation), share_of(conversation)
    expected = _together(own, closed)
    changed = [name for name in _FIELDS if getattr(now, name) != getattr(expected, name)]
    settled, credit = dict(own.settled), dict(own.credit)
    if "sla" in changed and _unfollowed(now.sla) == _unfollowed(expected.sla):
        changed.remove("sla")
    own_tags = own.share.tags
    if "tags" in changed and set(expected.tags) <= set(now.tags):  # more were put on: those of the others stay theirs
        changed.remove("tags")
        own_tags = (*own_tags, *(tag for tag in now.tags if tag not in expected.tags))
    if "hands" in changed and _only_wrote(now.hands, expected.hands):
        changed.remove("hands")
        credit[str(_holder(own, closed).id)] = now.hands.active_at or now.opened_at
    if "snoozed_until" in changed and _both_woke(now, expected, at):
        changed.remove("snoozed_until")
    slept_at = at if own.slept_at is None or "snoozed_until" in changed else own.slept_at
    for name in changed:
        settled[name] = settled.get(name, {}) | {str(share.id): _plain(getattr(share, name)) for share in closed}
    share = replace(own.share, tags=own_tags)
    share = replace(share, **{name: getattr(now, name) for name in changed})
    conversation.own = _as_json(Own(share, settled, credit, slept_at))


def heed_words(conversation: Conversation, said_at: datetime | None, now: datetime) -> None:
    """What was said last among all who are in it. What woke, and was talked in since, is awake for good."""
    own, until = _own(conversation), conversation.snoozed_until
    is_awake = until is None or until <= now
    if conversation.own and is_awake and said_at and (own.slept_at is None or said_at > own.slept_at):
        conversation.own = _as_json(replace(own, share=replace(own.share, snoozed_until=until)))


def waited_since(conversation: Conversation, closed: Sequence[Share]) -> datetime | None:
    """But for what was said, when the last of `closed` was closed into it."""
    return _together(_own(conversation), closed).waiting_since if conversation.own else None


def together(conversation: Conversation, closed: Sequence[Share]) -> Share:
    """Of a settled one with those that are closed into it now."""
    return _together(_own(conversation), closed)


def remember_waiting(conversation: Conversation, since: datetime) -> None:
    """What its row does not show now, for what was said waits for longer. Where others are closed into it, it does."""
    if conversation.own is None:
        own = _own(conversation)
        conversation.own = _as_json(replace(own, share=replace(own.share, waiting_since=since)))


def put(conversation: Conversation, share: Share, closed: Sequence[Share]) -> None:
    """All but who holds it, what was said, and whether it sleeps. `closed` remain closed into it."""
    conversation.waiting_since, conversation.queued_at = share.waiting_since, share.queued_at
    conversation.last_touch_at, conversation.channels = share.last_touch_at, share.channels
    conversation.agent_active_at = share.hands.active_at
    conversation.tags, conversation.priority, conversation.lifecycle = share.tags, share.priority, share.lifecycle
    _put_clocks(conversation, share.sla)
    own, there = _own(conversation), {str(one.id) for one in (*closed, share)}
    own = replace(own, credit={i: at for i, at in own.credit.items() if i in there})
    conversation.own = _as_json(own) if closed or own.settled else None


def _put_clocks(conversation: Conversation, clocks: Sequence[SlaClock]) -> None:
    """What others bring in counted their own events; from now on it hears those of this one."""
    brought = _unfollowed(clocks) - _unfollowed(_own(conversation).share.sla)
    conversation.sla = tuple(
        clock.model_copy(update={"followed": conversation.seq}) if _unfollowed([clock]) & brought else clock
        for clock in clocks
    )
    running = [clock.due_at for clock in clocks if clock.met_at is None and clock.started_at is not None]
    conversation.sla_wake_at = earliest(running)  # rather too early: who looks then knows better


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def credited(conversation: Conversation, share: Share) -> Share:
    """A share with what its holder wrote while it was closed into `conversation`."""
    return _credited(_own(conversation), share)


def _together(own: Own, closed: Sequence[Share]) -> Share:
    shares = [own.share, *sorted(closed, key=lambda share: (share.opened_at, share.id))]  # in whatever order they came

    def among(name: str) -> list[Any]:
        return [getattr(share, name) for share in shares if not _is_overtaken(own, name, share)]

    holder = _holder(own, closed)
    return replace(
        own.share,
        hands=holder.hands,
        waiting_since=earliest(among("waiting_since")),
        queued_at=earliest(among("queued_at")),
        last_touch_at=max(among("last_touch_at")),
        channels=tuple(dict.fromkeys(channel for channels in among("channels") for channel in channels)),
        preview=max((s.preview for s in shares if s.preview is not None), key=lambda p: p.at, default=None),
        tags=tuple(dict.fromkeys(tag for tags in among("tags") for tag in tags)),
        priority=max(among("priority")),
        lifecycle=next((state for state in among("lifecycle") if state is not None), None),
        snoozed_until=None if None in among("snoozed_until") else min(among("snoozed_until")),
        sla=_soonest(clock for clocks in among("sla") for clock in clocks),
    )


def _soonest(clocks: Iterable[SlaClock]) -> tuple[SlaClock, ...]:
    """Of each target the one that comes due first, before any that rests, before any that is over."""
    found: dict[str, SlaClock] = {}
    for clock in clocks:
        known = found.get(clock.target)
        if known is None or _urgency(clock) < _urgency(known):
            found[clock.target] = clock
    return tuple(found[target] for target in sorted(found))


def _urgency(clock: SlaClock) -> tuple[int, float]:
    if clock.met_at is not None:
        return (2, -clock.met_at.timestamp())
    if clock.started_at is None:
        return (1, clock.left_s or 0.0)
    return (0, clock.due_at.timestamp() if clock.due_at is not None else math.inf)


def _unfollowed(clocks: Iterable[SlaClock]) -> set[SlaClock]:
    """To compare: whoever moved them last."""
    return {clock.model_copy(update={"followed": 0}) for clock in clocks}


def _holder(own: Own, closed: Sequence[Share]) -> Share:
    """Of those that an agent holds, the one whose agent was active last; nobody holds any: its own."""
    left = (share for share in (own.share, *closed) if not _is_overtaken(own, "hands", share))
    shares = [_credited(own, share) for share in left]
    held = [share for share in shares if share.hands.owner_id is not None]
    return max(held, key=lambda s: (s.hands.active_at or s.opened_at, s.last_touch_at, s.id), default=own.share)


def _is_overtaken(own: Own, name: str, share: Share) -> bool:
    overtaken = own.settled.get(name, {})
    return str(share.id) in overtaken and overtaken[str(share.id)] == _plain(getattr(share, name))


def _plain(value: Any) -> Any:
    """Of one field of a share, as JSON has it. Of hands, who they are."""
    if isinstance(value, Hands):
        return [_plain(value.owner_id), _plain(value.last_agent_id)]
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, SlaClock):
        return value.model_dump(mode="json", exclude={"followed"})
    return value if value is None else value.isoformat() if isinstance(value, datetime) else str(value)


def _credited(own: Own, share: Share) -> Share:
    wrote_at = own.credit.get(str(share.id))
    return share if wrote_at is None else replace(share, hands=replace(share.hands, active_at=wrote_at))


def _both_woke(now: Share, expected: Share, at: datetime) -> bool:
    """By the join or by the clock, that is, not by hand."""
    return all(share.snoozed_until is None or share.snoozed_until <= at for share in (now, expected))


def _only_wrote(now: Hands, expected: Hands) -> bool:
    same_agent = (now.owner_id, now.last_agent_id) == (expected.owner_id, expected.last_agent_id)
    return same_agent and now.owner_id is not None


# --- on its row ------------------------------------------------------------------------------------------------------


def _own(conversation: Conversation) -> Own:
    """What is not written there is as on the row."""
    row, given = share_of(conversation), conversation.own or {}
    if not given:
        return Own(row, {}, {})
    hands = Hands(
        _agent(given["owner_id"]) if "owner_id" in given else row.hands.owner_id,
        _agent(given["last_agent_id"]) if "last_agent_id" in given else row.hands.last_agent_id,
        _moment(given["active_at"]) if "active_at" in given else row.hands.active_at,
    )
    share = replace(
        row,
        hands=hands,
        waiting_since=_moment(given["waiting_since"]),
        queued_at=_moment(given["queued_at"]),
        last_touch_at=_moment(given.get("last_touch_at")) or row.last_touch_at,
        channels=tuple(Channel(name) for name in given.get("channels", row.channels)),
        preview=Preview.model_validate(given["preview"]) if given.get("preview") else None,
        tags=tuple(given.get("tags", row.tags)),
        priority=given.get("priority", row.priority),
        lifecycle=given.get("lifecycle", row.lifecycle),
        sla=tuple(SlaClock.model_validate(one) for one in given["sla"]) if "sla" in given else row.sla,
        snoozed_until=_moment(given["snoozed_until"]) if "snoozed_until" in given else row.snoozed_until,
    )
    credit = {i: datetime.fromisoformat(at) for i, at in given.get("credit", {}).items()}
    return Own(share, dict(given.get("settled", {})), credit, _moment(given.get("slept_at")))


def _as_json(own: Own) -> dict[str, Any]:
    share, hands = own.share, own.share.hands
    return {
        "owner_id": str(hands.owner_id) if hands.owner_id else None,
        "last_agent_id": str(hands.last_agent_id) if hands.last_agent_id else None,
        "active_at": _text(hands.active_at),
        "waiting_since": _text(share.waiting_since),
        "queued_at": _text(share.queued_at),
        "last_touch_at": _text(share.last_touch_at),
        "channels": [channel.value for channel in share.channels],
        "preview": share.preview.model_dump(mode="json") if share.preview else None,
        "tags": list(share.tags),
        "priority": share.priority,
        "lifecycle": share.lifecycle,
        "sla": [clock.model_dump(mode="json") for clock in share.sla],
        "snoozed_until": _text(share.snoozed_until),
        "settled": own.settled,
        "credit": {i: at.isoformat() for i, at in own.credit.items()},
        "slept_at": _text(own.slept_at),
    }


def _agent(text: str | None) -> AgentId | None:
    return AgentId(UUID(text)) if text else None


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
