"""What the console's lists show, and who may see what of it.

A list of a million rows costs a page: each part of it (a queue in a status, what I own, what I am offered) is read from
its own index in order, at most one page of it, and the parts are merged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import ConversationStatus
from hub.ids import AgentId, ConversationId, CustomerId, IdentityId, QueueId, TouchpointId
from storage import conversation_labels
from storage import conversations as conversation_store
from storage.column_types import Moment
from storage.conversations import Conversation
from storage.cursors import cursor, read_cursor
from storage.search import matching_identities
from storage.tables import Id, channel_identities, consults, conversations, customers, queues, touchpoints

View = Literal["mine", "waiting", "all", "closed"]
PARTS_MAX = 120  # SQLite takes 500 in one union; whoever serves more queues has them read as one
FIRST_SCREEN_MAX = 100

S = ConversationStatus
_WAITING = (S.WAITING.value, S.OFFERED.value)
_OPEN = (*_WAITING, S.ASSIGNED.value)
_CLOSED = (S.CLOSED.value,)
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a list. `few`: what one agent holds; it is read whole by the agent's index, and sorted afterwards.
    Asked for in order, a planner would rather walk along all conversations."""

    condition: Condition
    few: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see. `queue_ids` None: everything."""

    agent_id: AgentId
    queue_ids: frozenset[QueueId] | None


@dataclass(frozen=True, slots=True)
class Asked:
    view: View
    queue_id: QueueId | None = None
    q: str | None = None
    after: str | None = None
    limit: int = 50
    silent_before: datetime | None = None  # nothing was said since then, and nobody waits for us
    due_first: bool = False  # only what is promised by a time, the soonest first
    tag: str | None = None  # without regard to case
    lifecycle: str | None = None
    priority: int | None = None

    @property
    def statuses(self) -> tuple[str, ...]:
        return {"mine": _OPEN, "waiting": _WAITING, "all": _OPEN, "closed": _CLOSED}[self.view]


@dataclass(frozen=True, slots=True)
class Waiting:
    """`count` conversations wait in a queue, the one in front since `since`."""

    count: int
    since: datetime | None


async def page(connection: AsyncConnection, sight: Sight, asked: Asked) -> tuple[list[Conversation], str | None]:
    """A page of the list, and the cursor of the next. `waiting` in queue order, the others newest first; or what is due
    first, first."""
    among = await matching_identities(connection, asked.q) if asked.q and asked.q.strip() else None
    if among is not None and not among:
        return [], None
    parts = await _parts(connection, sight, asked)
    if not parts:
        return [], None
    place = conversations.c.queued_at if asked.view == "waiting" else conversations.c.last_touch_at
    place = conversations.c.sla_due_at if asked.due_first else place
    descending = asked.view != "waiting" and not asked.due_first
    conditions: list[Condition] = [place.is_not(None), *_label_conditions(asked)]
    if among is not None:
        conditions.append(conversations.c.identity_id.in_(among))
    if asked.silent_before is not None:
        conditions += [conversations.c.last_touch_at <= asked.silent_before, conversations.c.waiting_since.is_(None)]
    if asked.after:
        conditions.append(_beyond(place, asked.after, descending=descending))
    rows = await _merged(connection, parts, conditions, place, descending=descending, limit=asked.limit + 1)
    found = await _as_of_now(connection, rows[: asked.limit])
    last = found[-1] if len(rows) > asked.limit else None
    return found, cursor(getattr(last, place.name), last.id) if last else None


async def first_screen(connection: AsyncConnection, sight: Sight) -> list[Conversation]:
    """What I own, am offered or was asked about, and the oldest that wait where I serve; at most FIRST_SCREEN_MAX of
    each."""
    waiting = await _parts(connection, sight, Asked("waiting"))
    mine = await _merged(
        connection, _mine(sight), [], conversations.c.last_touch_at, descending=True, limit=FIRST_SCREEN_MAX
    )
    queued = await _merged(connection, waiting, [], conversations.c.queued_at, descending=False, limit=FIRST_SCREEN_MAX)
    return list({conversation.id: conversation for conversation in [*mine, *queued]}.values())


async def waiting_by_queue(connection: AsyncConnection) -> dict[QueueId, Waiting]:
    """Queues in which nothing waits are missing."""
    query = (
        sa.select(conversations.c.queue_id, sa.func.count(), sa.func.min(conversations.c.queued_at, type_=Moment))
        .where(conversations.c.status == S.WAITING.value)
        .group_by(conversations.c.queue_id)
    )
    return {queue_id: Waiting(count, since) for queue_id, count, since in await connection.execute(query)}


async def sees_customer(connection: AsyncConnection, sight: Sight, among: Iterable[CustomerId]) -> bool:
    """Is there a conversation of one of these customers that may be seen? There is no other way to a customer, but for
    those who see all, and for who made a customer by hand that nobody has talked with yet.

    Their conversations are found first and judged here: one query for both would be planned by the queues, which is
    every row there is.
    """
    wanted = sorted(set(among))
    theirs = sa.select(channel_identities.c.id).where(channel_identities.c.customer_id.in_(wanted))
    where = (conversations.c.queue_id, conversations.c.owner_id, conversations.c.offered_to)
    open_now = sa.select(*where).where(
        conversations.c.customer_id.in_(wanted), conversations.c.status != S.CLOSED.value
    )
    opened_through = sa.select(*where).distinct().where(conversations.c.identity_id.in_(theirs))
    if sight.queue_ids is None:
        return (await connection.execute(theirs.limit(1))).first() is not None
    has_conversations = False
    for query in (open_now, opened_through):
        for place in await connection.execute(query):
            has_conversations = True
            if _sees(sight, *place):
                return True
    asked = sa.select(consults.c.conversation_id).join(conversations).where(consults.c.agent_id == sight.agent_id)
    through = conversations.c.customer_id.in_(wanted) | conversations.c.identity_id.in_(theirs)
    if has_conversations and (await connection.execute(asked.where(through).limit(1))).first() is not None:
        return True
    return not has_conversations and await _made_one(connection, sight, wanted)


async def _made_one(connection: AsyncConnection, sight: Sight, among: Sequence[CustomerId]) -> bool:
    query = sa.select(customers.c.id).where(customers.c.current_id.in_(among), customers.c.made_by == sight.agent_id)
    return (await connection.execute(query.limit(1))).first() is not None


async def conversations_of(
    connection: AsyncConnection, sight: Sight, identities: Sequence[IdentityId], *, limit: int
) -> list[Conversation]:
    """Those opened through these identities that may be seen, newest first."""
    query = (
        sa.select(conversations)
        .where(conversations.c.identity_id.in_(identities), _visible(sight))
        .order_by(conversations.c.opened_at.desc(), conversations.c.id.desc())
        .limit(limit)
    )
    rows = [conversation_store.from_row(row) for row in await connection.execute(query)]
    return await _as_of_now(connection, rows)


async def conversation_of_touchpoint(connection: AsyncConnection, touchpoint_id: TouchpointId) -> ConversationId | None:
    query = sa.select(touchpoints.c.conversation_id).where(touchpoints.c.id == touchpoint_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def open_conversation_of(connection: AsyncConnection, identity_id: IdentityId) -> ConversationId | None:
    """The open conversation of whoever this identity belongs to."""
    query = (
        sa.select(conversations.c.id)
        .join(channel_identities, channel_identities.c.customer_id == conversations.c.customer_id)
        .where(channel_identities.c.id == identity_id, conversations.c.status != S.CLOSED.value)
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def as_of_now(connection: AsyncConnection, conversation: Conversation) -> Conversation:
    """A closed conversation keeps the customer it had; what is shown is whose it is now."""
    return (await _as_of_now(connection, [conversation]))[0]


# --- the parts of a list -------------------------------------------------------------------------------------------


async def _parts(connection: AsyncConnection, sight: Sight, asked: Asked) -> list[Part]:
    """Disjoint conditions, each in order along one index. Empty: there is nothing to see."""
    labelled = None if asked.view == "mine" else await _few_labelled(connection, sight, asked)
    if labelled is not None:
        return [labelled]
    if asked.view == "mine":
        among = sa.true() if asked.queue_id is None else conversations.c.queue_id == asked.queue_id
        return [Part(part.condition & among, few=True) for part in _mine(sight)]
    statuses = asked.statuses
    if asked.queue_id is not None:
        if sight.queue_ids is None or asked.queue_id in sight.queue_ids:
            return _by_queue([asked.queue_id], statuses)
        return _elsewhere(sight, statuses, asked.queue_id)
    if sight.queue_ids is not None:
        return _by_queue(sorted(sight.queue_ids), statuses) + _elsewhere(sight, statuses, None)
    if asked.view == "waiting":
        every = await connection.execute(sa.select(queues.c.id).order_by(queues.c.id))
        return _by_queue([row.id for row in every], statuses)
    return [Part(conversations.c.status == status) for status in statuses]


async def _few_labelled(connection: AsyncConnection, sight: Sight, asked: Asked) -> Part | None:
    """All of a list that has a label which few have. None: none is asked for, or many have it, and then a walk along
    the list meets them soon enough."""
    is_open = asked.view != "closed"
    label = await conversation_labels.rarest(connection, _labels(asked), is_open=is_open)
    if label is None:
        return None
    condition = conversations.c.id.in_(conversation_labels.ids_of(label, is_open=is_open)) & _visible(sight)
    condition &= (conversations.c.status + "").in_(asked.statuses)
    if asked.queue_id is not None:
        condition &= conversations.c.queue_id == asked.queue_id
    return Part(condition, few=True)


def _labels(asked: Asked) -> list[str]:
    labels = [] if asked.tag is None else [conversation_store.tag_label(asked.tag)]
    if asked.lifecycle is not None:
        labels.append(conversation_store.lifecycle_label(asked.lifecycle))
    if asked.priority:  # the usual one has no label: it is what nearly all have
        labels.append(conversation_store.priority_label(asked.priority))
    return labels


def _label_conditions(asked: Asked) -> list[Condition]:
    conditions: list[Condition] = []
    if asked.tag is not None:
        tag = conversation_store.tag_label(asked.tag)
        conditions.append(conversation_labels.has(tag, is_open=asked.view != "closed"))
    if asked.lifecycle is not None:
        conditions.append(conversations.c.lifecycle == asked.lifecycle)
    if asked.priority is not None:
        conditions.append(conversations.c.priority == asked.priority)
    return conditions


def _by_queue(queue_ids: Sequence[QueueId], statuses: Sequence[str]) -> list[Part]:
    status, queue = conversations.c.status, conversations.c.queue_id
    if len(queue_ids) * len(statuses) > PARTS_MAX:
        return [Part(status.in_(statuses) & queue.in_(queue_ids))]
    return [Part((status == one) & (queue == queue_id)) for queue_id in queue_ids for one in statuses]


def _mine(sight: Sight) -> list[Part]:
    """What I own, what I am offered, and what I was asked about."""
    status = conversations.c.status + ""  # an expression, so that no planner walks along the index of status for it
    owned = (conversations.c.owner_id == sight.agent_id) & (status == S.ASSIGNED.value)
    offered = (conversations.c.offered_to == sight.agent_id) & (status == S.OFFERED.value)
    others = conversations.c.owner_id.is_distinct_from(sight.agent_id)
    others &= conversations.c.offered_to.is_distinct_from(sight.agent_id)
    asked = _asked_about(sight) & (status != S.CLOSED.value) & others
    return [Part(owned, few=True), Part(offered, few=True), Part(asked, few=True)]


def _asked_about(sight: Sight) -> Condition:
    mine = sa.select(consults.c.conversation_id).where(consults.c.agent_id == sight.agent_id)
    return conversations.c.id.in_(mine)


def _elsewhere(sight: Sight, statuses: Sequence[str], queue_id: QueueId | None) -> list[Part]:
    """Mine or offered to me in queues that I do not serve. What is closed is nobody's any more."""
    strange: Condition = conversations.c.queue_id.not_in(sorted(sight.queue_ids or ()))
    if queue_id is not None:
        strange &= conversations.c.queue_id == queue_id
    return [
        Part(part.condition & (conversations.c.status + "").in_(statuses) & strange, few=True)
        for part in _mine(sight)
        if set(statuses) & set(_OPEN)
    ]


def _sees(sight: Sight, queue_id: QueueId, owner_id: AgentId | None, offered_to: AgentId | None) -> bool:
    served = sight.queue_ids is None or queue_id in sight.queue_ids
    return served or sight.agent_id in {owner_id, offered_to}


def _visible(sight: Sight) -> Condition:
    if sight.queue_ids is None:
        return sa.true()
    return (
        conversations.c.queue_id.in_(sorted(sight.queue_ids))
        | (conversations.c.owner_id == sight.agent_id)
        | (conversations.c.offered_to == sight.agent_id)
        | _asked_about(sight)
    )


async def _merged(
    connection: AsyncConnection,
    parts: Sequence[Part],
    conditions: Sequence[Condition],
    place: sa.ColumnElement[Any],
    *,
    descending: bool,
    limit: int,
) -> list[Conversation]:
    if not parts:
        return []
    picked = []
    for part in parts:
        chosen = sa.select(conversations).where(part.condition, *conditions)
        if not part.few:
            chosen = chosen.order_by(*_order(conversations.c, place, descending)).limit(limit)
        picked.append(chosen.subquery())
    union = sa.union_all(*(sa.select(one) for one in picked)).subquery()
    query = sa.select(union).order_by(*_order(union.c, place, descending)).limit(limit)
    return [conversation_store.from_row(row) for row in await connection.execute(query)]


def _order(columns: Any, place: sa.ColumnElement[Any], descending: bool) -> tuple[sa.ColumnElement[Any], ...]:
    ordered = (columns[place.key], columns.id)
    return tuple(column.desc() for column in ordered) if descending else ordered


async def _as_of_now(connection: AsyncConnection, found: list[Conversation]) -> list[Conversation]:
    closed = [conversation for conversation in found if not conversation.is_open]
    if closed:
        query = sa.select(channel_identities.c.id, channel_identities.c.customer_id).where(
            channel_identities.c.id.in_({conversation.identity_id for conversation in closed})
        )
        now = {row.id: row.customer_id for row in await connection.execute(query)}
        for conversation in closed:
            conversation.customer_id = now[conversation.identity_id]
    return found


def _beyond(place: sa.ColumnElement[Any], text: str, *, descending: bool) -> Condition:
    at, conversation_id = read_cursor(text)
    here = sa.tuple_(place, conversations.c.id)
    there = sa.tuple_(sa.literal(at, Moment), sa.literal(conversation_id, Id))
    return here < there if descending else here > there
