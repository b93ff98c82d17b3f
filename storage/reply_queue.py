"""Who sends which reply, when. Table reply_queue holds what is not settled; storage/replies.py says how it is settled.

A claim is a compare-and-set from queued to sending with a fresh attempt id, made before the provider is called and in a
transaction of its own. So whatever happens afterwards, a reply in `sending` is never sent a second time by itself: its
sender settles it, or the claim runs out and it is UNKNOWN.

Order per channel identity: only the oldest queued reply is claimed, and none while another one is being sent. An
UNKNOWN one does not hold up the rest. All rows of an identity are locked for the decision, so two senders cannot both
decide.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Channel, DeliveryState, FailureReason
from hub.ids import AttemptId, ChannelAccountId, ConversationId, IdentityId, TouchpointId, new_id
from storage import conversations as conversation_store
from storage import touchpoints as touchpoint_store
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.replies import add_provider_ids, attempt_key, leave_queue, set_delivery, settle_sent
from storage.tables import channel_identities, provider_messages, reply_queue, touchpoints
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork

S = DeliveryState


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the queue."""

    touchpoint_number: int
    touchpoint_id: TouchpointId
    identity_id: IdentityId
    account_id: ChannelAccountId
    state: str
    attempts: int
    attempt_id: AttemptId | None
    claimed_by: str | None
    claimed_until: datetime | None
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """The right, and the duty, to send one reply once. `attempts` counts this one."""

    touchpoint: Touchpoint
    channel: Channel
    account_id: ChannelAccountId
    external_id: str
    attempt_id: AttemptId
    attempts: int
    since_last_inbound: timedelta | None
    quoted: str | None  # provider's id of the message it answers


def next_of(rows: Sequence[Waiting], now: datetime) -> Waiting | None:
    """Which of an identity's rows may be claimed now. Pure: the whole rule of order stands here."""
    if any(row.state == S.SENDING.value for row in rows):
        return None
    queued = [row for row in rows if row.state == S.QUEUED.value]
    oldest = min(queued, key=lambda row: row.touchpoint_number, default=None)
    return oldest if oldest is not None and oldest.next_attempt_at <= now else None


async def next_account(connection: AsyncConnection, identity_id: IdentityId, now: datetime) -> ChannelAccountId | None:
    """On whose account the identity's next reply is to be sent now; None when there is none. Nothing is locked."""
    row = next_of(await _rows_of(connection, identity_id), now)
    return row.account_id if row else None


async def claim(work: UnitOfWork, identity_id: IdentityId, *, by: str, lease: timedelta) -> Claim | None:
    """The identity's next reply, now `sending`; the caller commits, then sends. None when none is due."""
    rows = await _rows_of(work.connection, identity_id)
    conversations = await _lock_conversations(work.connection, [row.touchpoint_id for row in rows])
    row = next_of(await _rows_of(work.connection, identity_id, lock=True), work.clock.now())
    if row is None:
        return None
    touchpoint = (await touchpoint_store.by_ids(work.connection, [row.touchpoint_id], lock=True))[row.touchpoint_id]
    conversation = conversations.get(touchpoint.conversation_id)
    if conversation is None:
        return None  # queued between our two looks: its own ReplyRequested brings us back
    attempt_id = AttemptId(new_id())
    await _update(
        work.connection,
        row.touchpoint_id,
        state=S.SENDING.value,
        attempts=row.attempts + 1,
        attempt_id=attempt_id,
        claimed_by=by,
        claimed_until=work.clock.now() + lease,
    )
    await add_provider_ids(work, touchpoint, [attempt_key(attempt_id)])
    await _record(work, conversation, touchpoint, S.SENDING)
    return await _claim(work, touchpoint, attempt_id, row.attempts + 1)


async def is_claimed(connection: AsyncConnection, touchpoint_id: TouchpointId, attempt_id: AttemptId) -> bool:
    """Whether this very attempt holds the reply: what to ask when nobody knows if the claim was committed."""
    row = await _row(connection, touchpoint_id)
    return row is not None and row.attempt_id == attempt_id and row.state == S.SENDING.value


async def renew(work: UnitOfWork, touchpoint_id: TouchpointId, attempt_id: AttemptId, *, lease: timedelta) -> None:
    """The claim lasts `lease` from now. A no-op when this attempt does not hold the reply any more."""
    query = (
        sa.update(reply_queue)
        .where(
            reply_queue.c.touchpoint_id == touchpoint_id,
            reply_queue.c.attempt_id == attempt_id,
            reply_queue.c.state == S.SENDING.value,
        )
        .values(claimed_until=work.clock.now() + lease)
    )
    await work.connection.execute(query)


async def succeed(work: UnitOfWork, touchpoint_id: TouchpointId, provider_ids: Sequence[str]) -> None:
    """The provider took it. True even when others have meanwhile given the attempt up. The caller commits."""
    conversation, touchpoint = await _lock_reply(work.connection, touchpoint_id)
    changes = ChangeSet(work)
    await settle_sent(work, changes, conversation, touchpoint, provider_ids=provider_ids)
    await changes.flush()


async def fail(
    work: UnitOfWork,
    touchpoint_id: TouchpointId,
    attempt_id: AttemptId | None,
    reason: FailureReason,
    detail: str,
    provider_ids: Sequence[str] = (),
) -> bool:
    """It will never leave. `provider_ids`: parts that did. `attempt_id` None: it is queued, no attempt holds it.

    False: this is not so any more, nothing was changed.
    """
    return await _conclude(work, touchpoint_id, attempt_id, S.FAILED, reason, detail, provider_ids)


async def lose_sight(
    work: UnitOfWork, touchpoint_id: TouchpointId, attempt_id: AttemptId, detail: str, provider_ids: Sequence[str] = ()
) -> bool:
    """Nobody knows whether it left. It stays in the queue as UNKNOWN until echo, receipt or a human settles it."""
    reason = FailureReason.OUTCOME_UNKNOWN
    return await _conclude(work, touchpoint_id, attempt_id, S.UNKNOWN, reason, detail, provider_ids)


async def put_back(
    work: UnitOfWork, touchpoint_id: TouchpointId, attempt_id: AttemptId, *, until: datetime, counts: bool
) -> bool:
    """The provider certainly did not take it: QUEUED again, not before `until`. `counts`: as one of its attempts."""
    held = await _lock_held(work.connection, touchpoint_id, attempt_id)
    if held is None:
        return False
    row, conversation, touchpoint = held
    attempts = row.attempts if counts else max(0, row.attempts - 1)
    await _update(
        work.connection,
        touchpoint_id,
        state=S.QUEUED.value,
        attempts=attempts,
        claimed_by=None,
        claimed_until=None,
        next_attempt_at=until,
    )
    await _record(work, conversation, touchpoint, S.QUEUED)
    return True


async def due(
    connection: AsyncConnection, now: datetime, *, limit: int, without: Collection[str] = ()
) -> list[tuple[IdentityId, ChannelAccountId]]:
    """Identities whose next reply may be claimed, longest due first, except those on the accounts `without`."""
    other = reply_queue.alias()
    ahead = (other.c.state == S.SENDING.value) | (
        (other.c.state == S.QUEUED.value) & (other.c.touchpoint_number < reply_queue.c.touchpoint_number)
    )
    query = (
        sa.select(reply_queue.c.identity_id, reply_queue.c.account_id)
        .where(
            reply_queue.c.state == S.QUEUED.value,
            reply_queue.c.next_attempt_at <= now,
            reply_queue.c.account_id.not_in(sorted(without)),
            ~sa.exists().where(other.c.identity_id == reply_queue.c.identity_id, ahead),
        )
        .order_by(reply_queue.c.next_attempt_at)
        .limit(limit)
    )
    return [(row.identity_id, row.account_id) for row in await connection.execute(query)]


async def abandoned(
    connection: AsyncConnection, now: datetime, *, limit: int, also_not_by: str | None = None
) -> list[Waiting]:
    """Claims that ran out; with `also_not_by`, every claim of anybody else: for a process that knows to be alone."""
    gone = reply_queue.c.claimed_until < now
    if also_not_by is not None:
        gone |= reply_queue.c.claimed_by != also_not_by
    return await _select(connection, (reply_queue.c.state == S.SENDING.value) & gone, limit=limit)


async def overdue(connection: AsyncConnection, accepted_before: datetime, *, limit: int) -> list[Waiting]:
    """Still queued, and written before that moment."""
    old = sa.exists().where(
        touchpoints.c.number == reply_queue.c.touchpoint_number, touchpoints.c.accepted_at < accepted_before
    )
    return await _select(connection, (reply_queue.c.state == S.QUEUED.value) & old, limit=limit)


async def _conclude(
    work: UnitOfWork,
    touchpoint_id: TouchpointId,
    attempt_id: AttemptId | None,
    state: DeliveryState,
    reason: FailureReason,
    detail: str,
    provider_ids: Sequence[str],
) -> bool:
    held = await _lock_held(work.connection, touchpoint_id, attempt_id)
    if held is None or held[0].state == state.value:
        return False
    _, conversation, touchpoint = held
    await add_provider_ids(work, touchpoint, provider_ids)
    if state is S.FAILED:
        await leave_queue(work.connection, [touchpoint.number])
    else:
        await _update(work.connection, touchpoint_id, state=state.value, claimed_by=None, claimed_until=None)
    await _record(work, conversation, touchpoint, state, reason, detail)
    return True


async def _record(
    work: UnitOfWork,
    conversation: Conversation,
    touchpoint: Touchpoint,
    state: DeliveryState,
    failure: FailureReason | None = None,
    detail: str | None = None,
) -> None:
    set_delivery(touchpoint, state, work.clock.now(), failure=failure, detail=detail)
    changes = ChangeSet(work)
    changes.change(conversation, touchpoint)
    await changes.flush()


async def _lock_held(
    connection: AsyncConnection, touchpoint_id: TouchpointId, attempt_id: AttemptId | None
) -> tuple[Waiting, Conversation, Touchpoint] | None:
    """None when the reply was settled, or is not held by `attempt_id` (None: is not queued)."""
    conversation, touchpoint = await _lock_reply(connection, touchpoint_id)
    row = await _row(connection, touchpoint_id, lock=True)
    if row is None:
        return None
    is_queued = row.state == S.QUEUED.value
    holds = is_queued if attempt_id is None else row.attempt_id == attempt_id and not is_queued
    return (row, conversation, touchpoint) if holds else None


async def _lock_reply(connection: AsyncConnection, touchpoint_id: TouchpointId) -> tuple[Conversation, Touchpoint]:
    conversations = await _lock_conversations(connection, [touchpoint_id])
    touchpoint = (await touchpoint_store.by_ids(connection, [touchpoint_id], lock=True))[touchpoint_id]
    return conversations[touchpoint.conversation_id], touchpoint


async def _lock_conversations(
    connection: AsyncConnection, touchpoint_ids: Iterable[TouchpointId]
) -> dict[ConversationId, Conversation]:
    query = sa.select(touchpoints.c.conversation_id).where(touchpoints.c.id.in_(sorted(set(touchpoint_ids))))
    return await conversation_store.lock(connection, (await connection.execute(query)).scalars())


async def _claim(work: UnitOfWork, touchpoint: Touchpoint, attempt_id: AttemptId, attempts: int) -> Claim:
    query = sa.select(channel_identities.c.external_id, channel_identities.c.last_inbound_at).where(
        channel_identities.c.id == touchpoint.identity_id
    )
    identity = (await work.connection.execute(query)).one()
    since = work.clock.now() - identity.last_inbound_at if identity.last_inbound_at else None
    return Claim(
        touchpoint=touchpoint,
        channel=touchpoint.channel,
        account_id=ChannelAccountId(touchpoint.account_id),
        external_id=identity.external_id,
        attempt_id=attempt_id,
        attempts=attempts,
        since_last_inbound=since,
        quoted=await _quoted(work.connection, touchpoint),
    )


async def _quoted(connection: AsyncConnection, touchpoint: Touchpoint) -> str | None:
    """The provider's id of the quoted message, if it came through the very same identity."""
    if touchpoint.reply_to is None:
        return None
    query = (
        sa.select(provider_messages.c.provider_message_id)
        .join(touchpoints, touchpoints.c.number == provider_messages.c.touchpoint_number)
        .where(
            touchpoints.c.id == touchpoint.reply_to,
            touchpoints.c.identity_id == touchpoint.identity_id,
            *(provider_messages.c.provider_message_id.not_like(f"{ours}:%") for ours in ("attempt", "call")),
        )
        .order_by(provider_messages.c.provider_message_id)
        .limit(1)
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def _rows_of(connection: AsyncConnection, identity_id: IdentityId, *, lock: bool = False) -> list[Waiting]:
    return await _select(connection, reply_queue.c.identity_id == identity_id, lock=lock)


async def _row(connection: AsyncConnection, touchpoint_id: TouchpointId, *, lock: bool = False) -> Waiting | None:
    rows = await _select(connection, reply_queue.c.touchpoint_id == touchpoint_id, lock=lock)
    return rows[0] if rows else None


_COLUMNS = tuple(reply_queue.c[name] for name in Waiting.__dataclass_fields__)


async def _select(
    connection: AsyncConnection, condition: sa.ColumnElement[bool], *, limit: int | None = None, lock: bool = False
) -> list[Waiting]:
    query = sa.select(*_COLUMNS).where(condition).order_by(reply_queue.c.touchpoint_number).limit(limit)
    return [Waiting(**row._asdict()) for row in await connection.execute(query.with_for_update() if lock else query)]


async def _update(connection: AsyncConnection, touchpoint_id: TouchpointId, **values: Any) -> None:
    query = sa.update(reply_queue).where(reply_queue.c.touchpoint_id == touchpoint_id).values(values)
    await connection.execute(query)
