"""Open conversations when customers become one, and when they part again. Pure: it changes working copies only.

Joining: the one opened first stays, the others close into it. The agent most recently active keeps it. It waits since
the earliest of them waited, and keeps the earliest place in the queue.

Parting gives back, as far as nobody changed it since: see `give_back`. The closed ones keep their own fields on their
own rows, so that any of them can be restored, in whatever order joins are undone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.events import Channel, ConversationStatus, Explanation
from hub.ids import AgentId
from storage.conversations import Conversation

KEPT_BY_MERGE = Explanation(code="route.kept_after_merge")
BACK_AFTER_SPLIT = Explanation(code="route.back_after_split")


def oldest_first(conversations: Iterable[Conversation]) -> list[Conversation]:
    return sorted(conversations, key=lambda c: (c.opened_at, c.id))


def absorb(kept: Conversation, other: Conversation, now: datetime) -> None:
    """Both are open. `other` closes into `kept`; who holds them is for `keeper` to say, before."""
    if kept.own is None:
        kept.own = own_fields(kept)
    kept.waiting_since = _earlier(kept.waiting_since, other.waiting_since)
    kept.queued_at = _earlier(kept.queued_at, other.queued_at)
    kept.unread += other.unread
    kept.channels = tuple(dict.fromkeys((*kept.channels, *other.channels)))
    if other.preview is not None and (kept.preview is None or other.preview.at > kept.preview.at):
        kept.preview = other.preview
    kept.last_touch_at = max(kept.last_touch_at, other.last_touch_at)
    other.status = ConversationStatus.CLOSED
    other.closed_at, other.closed_reason, other.merged_into = now, "merged", kept.id
    other.offered_to = other.offer_expires_at = None


def keeper(conversations: Sequence[Conversation]) -> Conversation | None:
    """Of those that an agent holds, the one whose agent was active last. None: nobody holds any."""
    held = [c for c in conversations if c.status is ConversationStatus.ASSIGNED]
    return max(held, key=lambda c: (c.agent_active_at or c.opened_at, c.last_touch_at, c.id), default=None)


def own_fields(conversation: Conversation) -> dict[str, Any]:
    """What `give_back` needs to know of the time before."""
    return {
        "owner_id": str(conversation.owner_id) if conversation.owner_id else None,
        "waiting_since": _text(conversation.waiting_since),
        "queued_at": _text(conversation.queued_at),
        "unread": conversation.unread,
    }


def give_back(
    kept: Conversation, absorbed: Sequence[Conversation], staying: Sequence[Conversation], channels: Iterable[Channel]
) -> None:
    """Some of those that `kept` absorbed leave, `staying` remain part of it. What the join had made of its clocks and
    counters is made anew without those that leave; what was changed since stays as it is."""
    own = kept.own or own_fields(kept)
    for name in ("waiting_since", "queued_at"):
        mine = _moment(own[name])
        if getattr(kept, name) == _earliest(mine, [getattr(c, name) for c in absorbed]):
            setattr(kept, name, _earliest(mine, [getattr(c, name) for c in staying]))
    if kept.unread == own["unread"] + sum(c.unread for c in absorbed):
        kept.unread = own["unread"] + sum(c.unread for c in staying)
    among = set(channels)
    kept.channels = tuple(channel for channel in kept.channels if channel in among) or kept.channels
    if not staying:
        kept.own = None


def former_owner(own: dict[str, Any] | None) -> AgentId | None:
    """Who held the kept conversation before anything was merged into it."""
    return AgentId(UUID(own["owner_id"])) if own and own["owner_id"] else None


def reopen(conversation: Conversation) -> None:
    """It waits again, as it did when it was closed into another one."""
    conversation.status = ConversationStatus.WAITING
    conversation.closed_at = conversation.closed_reason = conversation.merged_into = None
    conversation.queued_at = conversation.queued_at or conversation.opened_at


def snapshot(conversation: Conversation) -> dict[str, Any]:
    """For the ledger: how it stood before."""
    return {
        "id": str(conversation.id),
        "customer_id": str(conversation.customer_id),
        "status": conversation.status.value,
        "last_agent_id": str(conversation.last_agent_id) if conversation.last_agent_id else None,
        "opened_at": _text(conversation.opened_at),
        **own_fields(conversation),
    }


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return _earliest(one, [other])


def _earliest(one: datetime | None, others: Iterable[datetime | None]) -> datetime | None:
    known = [moment for moment in (one, *others) if moment is not None]
    return min(known, default=None)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
