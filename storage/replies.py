"""Replies on their way out: the rule that delivery follows, and what everyone who settles a reply shares.

A reply is a touchpoint with a delivery and, until it is settled, a row in reply_queue (storage/reply_queue.py):

    queued --claim--> sending --> sent --> delivered --> read
      ^ ^                |   `--> failed
      | `--- not taken --|
      |                  `------> unknown --> sent, delivered, read or failed     by echo, receipt or a human
      `--------- a human: send again ---'

1. News from outside only moves forward (`delivery_after`), whatever order it comes in and however often.
2. Order of locks, for all who settle: conversations, then rows of reply_queue, then touchpoints.
3. Each attempt leaves a name for good, `attempt:<id>`, among the provider's ids of the touchpoint: an echo that carries
   the attempt id finds its reply days later, and only on its own account.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, NotFound
from hub.events import Delivery, DeliveryState, FailureReason, ReplyRequested
from hub.ids import AttemptId, ChannelAccountId, IdentityId, TouchpointId
from storage import conversations as conversation_store
from storage import touchpoints as touchpoint_store
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.dialect import upsert
from storage.early import take_pending_receipts
from storage.tables import channel_identities, provider_messages, reply_queue
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork

DETAIL_MAX_CHARS = 500

S = DeliveryState
_RANK = {S.QUEUED: 0, S.SENDING: 1, S.SENT: 2, S.DELIVERED: 3, S.READ: 4}
_MAY_FAIL = frozenset({S.SENDING, S.SENT, S.UNKNOWN})  # what arrived has arrived, whatever is said later


def delivery_after(current: DeliveryState, incoming: DeliveryState) -> DeliveryState | None:
    """The state after the provider's news `incoming` (SENT, by answer or echo; DELIVERED; READ; FAILED).

    None: the news is old or cannot be, nothing changes. A reply that we hold for failed, unknown or even for queued
    (an earlier attempt, sent again by a human) is sent once the provider shows it.
    """
    if incoming is S.FAILED:
        return S.FAILED if current in _MAY_FAIL else None
    if incoming not in (S.SENT, S.DELIVERED, S.READ):
        raise ValueError(f"{incoming} is no news from outside")
    return incoming if _RANK.get(current, 0) < _RANK[incoming] else None


def advance(
    touchpoint: Touchpoint,
    incoming: DeliveryState,
    at: datetime,
    *,
    failure: FailureReason | None = None,
    detail: str | None = None,
) -> bool:
    """Moves the delivery of the working copy as `delivery_after` says. False: nothing changed, or it is no reply."""
    if touchpoint.delivery is None:
        return False
    state = delivery_after(touchpoint.delivery.state, incoming)
    if state is None:
        return False
    reason = (failure or FailureReason.PROVIDER_REJECTED) if state is S.FAILED else None
    set_delivery(touchpoint, state, at, failure=reason, detail=detail)
    return True


def set_delivery(
    touchpoint: Touchpoint,
    state: DeliveryState,
    at: datetime,
    *,
    failure: FailureReason | None = None,
    detail: str | None = None,
) -> None:
    """For those who decided already; news from outside goes through `advance`."""
    touchpoint.delivery = Delivery(
        state=state, changed_at=at, failure=failure, detail=detail[:DETAIL_MAX_CHARS] if detail else None
    )


def attempt_key(attempt_id: AttemptId) -> str:
    """Under which name storage.touchpoints.by_provider_ids finds the reply of an attempt."""
    return f"attempt:{attempt_id}"


async def enqueue(work: UnitOfWork, touchpoint: Touchpoint, external_id: str) -> None:
    """The stored QUEUED reply is to be sent to `external_id` on its account. After ChangeSet.flush: its number is
    needed. Publishes ReplyRequested, which is only a hint: the row is what is worked off."""
    if not touchpoint.number or touchpoint.delivery is None or touchpoint.delivery.state is not S.QUEUED:
        raise ValueError("only a stored reply whose delivery is QUEUED can be enqueued")
    row = {
        "touchpoint_number": touchpoint.number,
        "touchpoint_id": touchpoint.id,
        "identity_id": touchpoint.identity_id,
        "account_id": touchpoint.account_id,
        "state": S.QUEUED.value,
        "attempts": 0,
        "next_attempt_at": work.clock.now(),
    }
    await work.connection.execute(sa.insert(reply_queue).values(row))
    _request(work, touchpoint, external_id)


async def settle_sent(
    work: UnitOfWork,
    changes: ChangeSet,
    conversation: Conversation,
    touchpoint: Touchpoint,
    *,
    provider_ids: Sequence[str] = (),
) -> None:
    """The provider has it: by its answer, by an echo, or because a human says so. Receipts that were faster count, too.

    Both working copies must be locked by `work`. Harmless when known already.
    """
    now = work.clock.now()
    moved = advance(touchpoint, S.SENT, now)
    await leave_queue(work.connection, [touchpoint.number])
    await add_provider_ids(work, touchpoint, provider_ids)
    for receipt in await take_pending_receipts(
        work.connection,
        touchpoint.account_id,
        provider_ids,
        identity_id=touchpoint.identity_id,
        touchpoint_id=touchpoint.id,
    ):
        moved = advance(touchpoint, receipt.state, now, failure=receipt.failure) or moved
    if moved:
        changes.change(conversation, touchpoint)


async def leave_queue(connection: AsyncConnection, numbers: Iterable[int]) -> None:
    """Nothing is to be sent any more for these touchpoints. Numbers that are not queued are let pass."""
    wanted = sorted(set(numbers))
    if wanted:
        await connection.execute(sa.delete(reply_queue).where(reply_queue.c.touchpoint_number.in_(wanted)))


async def add_provider_ids(work: UnitOfWork, touchpoint: Touchpoint, provider_ids: Iterable[str]) -> None:
    """Names under which receipts, echoes and quotes will find the touchpoint. Known ones stay with whom they have."""
    rows = [
        {"account_id": touchpoint.account_id, "provider_message_id": name, "touchpoint_number": touchpoint.number}
        for name in dict.fromkeys(provider_ids)
    ]
    if rows:
        insert = upsert(provider_messages, is_sqlite=work.is_sqlite).on_conflict_do_nothing()
        await work.connection.execute(insert, rows)


@dataclass(frozen=True, slots=True)
class InFlight:
    """A reply that may be at the provider already, although we have no provider id yet."""

    touchpoint_id: TouchpointId
    identity_id: IdentityId
    attempt_id: AttemptId | None
    state: DeliveryState  # SENDING or UNKNOWN


async def in_flight(connection: AsyncConnection, identities: Iterable[IdentityId]) -> list[InFlight]:
    """Of these identities, oldest first: what an echo without id and attempt may belong to."""
    query = (
        sa.select(reply_queue.c.touchpoint_id, reply_queue.c.identity_id, reply_queue.c.attempt_id, reply_queue.c.state)
        .where(reply_queue.c.identity_id.in_(sorted(set(identities))), reply_queue.c.state != S.QUEUED.value)
        .order_by(reply_queue.c.touchpoint_number)
    )
    return [
        InFlight(row.touchpoint_id, row.identity_id, row.attempt_id, DeliveryState(row.state))
        for row in await connection.execute(query)
    ]


HumanOutcome = Literal[DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.QUEUED]


async def settle_unknown(work: UnitOfWork, touchpoint_id: TouchpointId, outcome: HumanOutcome) -> None:
    """A human says what became of an UNKNOWN reply; QUEUED sends it again as a new attempt. The caller commits.

    Raises NotFound, and Conflict when it is not UNKNOWN any more. A FAILED one may be sent again, too.
    """
    conversation, touchpoint = await _locked(work, touchpoint_id)
    state = touchpoint.delivery.state if touchpoint.delivery else None
    if state is not S.UNKNOWN and not (state is S.FAILED and outcome is S.QUEUED):
        raise Conflict("reply_settled", "This reply is not in doubt any more.")
    changes = ChangeSet(work)
    if outcome is S.QUEUED:
        await _send_again(work, changes, conversation, touchpoint)
    elif outcome is S.SENT:
        await settle_sent(work, changes, conversation, touchpoint)
    else:
        advance(touchpoint, S.FAILED, work.clock.now(), failure=FailureReason.OUTCOME_UNKNOWN)
        await leave_queue(work.connection, [touchpoint.number])
        changes.change(conversation, touchpoint)
    await changes.flush()


async def _locked(work: UnitOfWork, touchpoint_id: TouchpointId) -> tuple[Conversation, Touchpoint]:
    """In the order of locks that the module promises."""
    seen = (await touchpoint_store.by_ids(work.connection, [touchpoint_id])).get(touchpoint_id)
    if seen is None or seen.delivery is None:
        raise NotFound("reply_unknown", "There is no such reply.")
    conversation = (await conversation_store.lock(work.connection, [seen.conversation_id]))[seen.conversation_id]
    touchpoint = (await touchpoint_store.by_ids(work.connection, [touchpoint_id], lock=True))[touchpoint_id]
    return conversation, touchpoint


async def _send_again(work: UnitOfWork, changes: ChangeSet, conversation: Conversation, touchpoint: Touchpoint) -> None:
    set_delivery(touchpoint, S.QUEUED, work.clock.now())
    changes.change(conversation, touchpoint)
    await leave_queue(work.connection, [touchpoint.number])
    query = sa.select(channel_identities.c.external_id).where(channel_identities.c.id == touchpoint.identity_id)
    await enqueue(work, touchpoint, (await work.connection.execute(query)).scalar_one())


def _request(work: UnitOfWork, touchpoint: Touchpoint, external_id: str) -> None:
    work.publish(
        ReplyRequested(
            channel=touchpoint.channel,
            account_id=ChannelAccountId(touchpoint.account_id),
            identity=external_id,
            identity_id=touchpoint.identity_id,
            touchpoint_id=touchpoint.id,
        )
    )
