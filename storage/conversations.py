"""Conversations: loading them locked, and the working copy that domain code changes.

Identity, router, console and egress all change conversations; each does it on a working copy inside one unit of work,
through storage.changes.ChangeSet, which numbers the changes, writes the rows and publishes the events together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Channel, ConversationState, ConversationStatus, Explanation, Preview, SlaClock
from hub.ids import AgentId, ConversationId, CustomerId, IdentityId, QueueId
from storage.query import Query
from storage.tables import channel_identities, conversations

# Word for word the condition of the partial unique index, which a bound parameter would not match.
_OPEN = sa.text("conversations.status <> 'closed'")

Label = tuple[bool, str]  # of an open one? and "tag:…", "lifecycle:…" or "priority:…"
NO_LABELS: frozenset[Label] = frozenset()


@dataclass(slots=True)
class Conversation:
    """Mutable working copy of one row. Change fields, then let ChangeSet.record say what happened."""

    id: ConversationId
    customer_id: CustomerId
    identity_id: IdentityId  # whose first touchpoint opened it; never changes
    queue_id: QueueId
    opened_at: datetime
    last_touch_at: datetime
    status: ConversationStatus = ConversationStatus.WAITING
    seq: int = 0
    owner_id: AgentId | None = None
    offered_to: AgentId | None = None
    offer_expires_at: datetime | None = None
    last_agent_id: AgentId | None = None
    why: Explanation | None = None
    channels: tuple[Channel, ...] = ()
    customer_name: str | None = None
    customer_phone: str | None = None
    phone_verified: bool = False
    suggestions: int = 0
    waiting_since: datetime | None = None
    queued_at: datetime | None = None
    unread: int = 0
    preview: Preview | None = None
    closed_at: datetime | None = None
    closed_reason: str | None = None
    merged_into: ConversationId | None = None
    route: dict[str, Any] | None = None  # router.plan.rules.Placed; None: the router has yet to place it
    priority: int = 0
    tags: tuple[str, ...] = ()
    lifecycle: str | None = None
    disposition: str | None = None
    snoozed_until: datetime | None = None
    consulted: tuple[AgentId, ...] = ()
    sla: tuple[SlaClock, ...] = ()
    sla_wake_at: datetime | None = None
    sla_due_at: datetime | None = None  # follows from `sla` whenever the row is written
    agent_active_at: datetime | None = None
    own: dict[str, Any] | None = None
    is_new: bool = field(default=False, compare=False)
    stored: tuple[Any, ...] | None = field(default=None, compare=False, repr=False)  # what `only_touched` compares
    stored_labels: frozenset["Label"] = field(default=NO_LABELS, compare=False, repr=False)

    @property
    def is_open(self) -> bool:
        return self.status is not ConversationStatus.CLOSED

    @property
    def only_touched(self) -> bool:
        """Whether nothing but what a message changes is different from what is stored."""
        return self.stored is not None and self.stored == settled_of(self)

    def state(self) -> ConversationState:
        """As it is now, to travel in an event or a snapshot."""
        return ConversationState(
            id=self.id,
            seq=self.seq,
            customer_id=self.customer_id,
            customer_name=self.customer_name,
            customer_phone=self.customer_phone,
            phone_verified=self.phone_verified,
            status=self.status,
            queue_id=self.queue_id,
            owner_id=self.owner_id,
            offered_to=self.offered_to,
            offer_expires_at=self.offer_expires_at,
            why=self.why,
            channels=self.channels,
            opened_at=self.opened_at,
            waiting_since=self.waiting_since,
            unread=self.unread,
            preview=self.preview,
            suggestions=self.suggestions,
            closed_at=self.closed_at,
            closed_reason=self.closed_reason,
            merged_into=self.merged_into,
            priority=self.priority,
            tags=self.tags,
            lifecycle=self.lifecycle,
            disposition=self.disposition,
            snoozed_until=self.snoozed_until,
            consulted=self.consulted,
            sla=self.sla,
        )


# What every message changes. An update of these alone leaves most indexes alone, too.
TOUCHED = ("seq", "channels", "waiting_since", "unread", "preview", "last_touch_at", "agent_active_at")
COLUMNS = tuple(column.name for column in conversations.columns)


_SETTLED = attrgetter(*(name for name in COLUMNS if name not in (*TOUCHED, "id", "identity_id", "opened_at")))


def settled_of(conversation: Conversation) -> tuple[Any, ...]:
    """All that messages leave as it is."""
    values: tuple[Any, ...] = _SETTLED(conversation)
    return values


def labels_of(conversation: Conversation) -> frozenset[Label]:
    """What lists find it by (storage.conversation_labels). Nobody looks for the usual urgency by an index."""
    if not (conversation.tags or conversation.lifecycle or conversation.priority):
        return NO_LABELS
    labels = [tag_label(tag) for tag in conversation.tags]
    if conversation.lifecycle:
        labels.append(lifecycle_label(conversation.lifecycle))
    if conversation.priority:
        labels.append(priority_label(conversation.priority))
    return frozenset((conversation.is_open, label) for label in labels)


def tag_label(tag: str) -> str:
    """Tags are the same without regard to case."""
    return f"tag:{tag.strip().casefold()}"


def lifecycle_label(lifecycle: str) -> str:
    return f"lifecycle:{lifecycle}"


def priority_label(priority: int) -> str:
    return f"priority:{priority}"


def touched_row(conversation: Conversation) -> dict[str, Any]:
    """Column values of TOUCHED, and the id."""
    values = {name: getattr(conversation, name) for name in ("id", *TOUCHED)}
    values["channels"] = [channel.value for channel in conversation.channels]
    values["preview"] = conversation.preview.model_dump(mode="json") if conversation.preview else None
    return values


def from_row(row: Any) -> Conversation:
    """The working copy of a row that was selected with all columns."""
    values = dict(zip(COLUMNS, row, strict=True))
    values["status"] = ConversationStatus(values["status"])
    values["channels"] = tuple(Channel(channel) for channel in values["channels"])
    values["why"] = Explanation.model_validate(values["why"]) if values["why"] else None
    values["preview"] = Preview.model_validate(values["preview"]) if values["preview"] else None
    values["tags"] = tuple(values["tags"])
    values["consulted"] = tuple(AgentId(UUID(agent_id)) for agent_id in values["consulted"])
    values["sla"] = tuple(SlaClock.model_validate(clock) for clock in values["sla"] or ())
    conversation = Conversation(**values)
    conversation.stored, conversation.stored_labels = settled_of(conversation), labels_of(conversation)
    return conversation


def to_row(conversation: Conversation) -> dict[str, Any]:
    """Column values; JSON columns as plain values."""
    values = {name: getattr(conversation, name) for name in COLUMNS}
    values["status"] = conversation.status.value
    values["channels"] = [channel.value for channel in conversation.channels]
    values["why"] = conversation.why.model_dump(mode="json") if conversation.why else None
    values["preview"] = conversation.preview.model_dump(mode="json") if conversation.preview else None
    values["tags"] = list(conversation.tags)
    values["consulted"] = [str(agent_id) for agent_id in conversation.consulted]
    values["sla"] = [clock.model_dump(mode="json") for clock in conversation.sla] or None
    values["sla_due_at"] = conversation.sla_due_at = _first_due(conversation)
    return values


def _first_due(conversation: Conversation) -> datetime | None:
    if not conversation.is_open or not conversation.sla:
        return None
    running = (clock for clock in conversation.sla if clock.met_at is None and clock.started_at is not None)
    return min((clock.due_at for clock in running if clock.due_at is not None), default=None)


async def lock(connection: AsyncConnection, ids: Iterable[ConversationId]) -> dict[ConversationId, Conversation]:
    """Working copies of those that exist, locked in id order until the unit of work ends."""
    return {c.id: c for c in await _rows(connection, _LOCK, ids=sorted(set(ids)))}


async def lock_open_of(connection: AsyncConnection, customers: Iterable[CustomerId]) -> dict[CustomerId, Conversation]:
    """The open conversation of each customer that has one, locked. Lock the customers first when opening new ones."""
    return {c.customer_id: c for c in await _rows(connection, _LOCK_OPEN, customers=sorted(set(customers)))}


async def lock_among(
    connection: AsyncConnection, customers: Iterable[CustomerId], ids: Iterable[ConversationId]
) -> list[Conversation]:
    """The open conversations of `customers` and those of `ids`, open or not, locked together in order of id."""
    among, named = sorted(set(customers)), sorted(set(ids))
    if not named:
        return await _rows(connection, _LOCK_OPEN, customers=among)
    return await _rows(connection, _LOCK_AMONG, customers=among, ids=named)


async def latest_of(
    connection: AsyncConnection, customers: Iterable[CustomerId]
) -> dict[CustomerId, "LatestConversation"]:
    """The conversation that each customer had last, open or closed, by whoever of their identities opened it."""
    newest = (
        sa.select(conversations.c.id)
        .where(conversations.c.identity_id == channel_identities.c.id)
        .order_by(conversations.c.opened_at.desc())
        .limit(1)
        .correlate(channel_identities)
        .scalar_subquery()
    )
    query = (
        sa.select(
            channel_identities.c.customer_id,
            conversations.c.id,
            conversations.c.last_agent_id,
            conversations.c.opened_at,
            conversations.c.closed_at,
            conversations.c.closed_reason,
        )
        .join(conversations, conversations.c.id == newest)
        .where(channel_identities.c.customer_id.in_(sorted(set(customers))))
        .order_by(conversations.c.opened_at)
    )
    return {row.customer_id: LatestConversation(*row[1:]) for row in await connection.execute(query)}


@dataclass(frozen=True, slots=True)
class LatestConversation:
    """What a new conversation of the same customer wants to know of it."""

    id: ConversationId
    last_agent_id: AgentId | None
    opened_at: datetime
    closed_at: datetime | None
    closed_reason: str | None


async def merged_into(connection: AsyncConnection, roots: Iterable[ConversationId]) -> list[Conversation]:
    """Conversations closed because they were merged into one of `roots`, locked, in order of id."""
    return await _rows(connection, _LOCK_MERGED, roots=sorted(set(roots)))


async def find(connection: AsyncConnection, conversation_id: ConversationId) -> Conversation | None:
    """For reading only: nothing is locked."""
    row = (await connection.execute(sa.select(conversations).where(conversations.c.id == conversation_id))).first()
    return from_row(row) if row else None


async def _rows(connection: AsyncConnection, query: Query, **parameters: Any) -> list[Conversation]:
    return [from_row(row) for row in await query.all(connection, **parameters)]


def _locking(condition: sa.ColumnElement[bool]) -> Query:
    """In order of id."""
    return Query(sa.select(conversations).where(condition).order_by(conversations.c.id).with_for_update())


_BY_ID = conversations.c.id.in_(sa.bindparam("ids", expanding=True))
_OPEN_OF = conversations.c.customer_id.in_(sa.bindparam("customers", expanding=True)) & _OPEN
_LOCK = _locking(_BY_ID)
_LOCK_OPEN = _locking(_OPEN_OF)
_LOCK_AMONG = _locking(_OPEN_OF | _BY_ID)
_LOCK_MERGED = _locking(conversations.c.merged_into.in_(sa.bindparam("roots", expanding=True)))
