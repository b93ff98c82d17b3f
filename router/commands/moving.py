"""The moves that commands and the router are made of. They change working copies and record events; the caller holds
the lock of the conversation, and flushes."""

from datetime import datetime

from hub.errors import Conflict, NotFound
from hub.events import (
    ConversationAssigned,
    ConversationRequeued,
    ConversationStatus,
    DeclineReason,
    Explanation,
    OfferEnd,
    OfferEnded,
    PresenceStatus,
    RequeueReason,
    WorkArrived,
)
from hub.ids import AgentId, ConversationId
from router.commands.presence import set_presence
from router.room import has_room, measure_in_force
from storage import conversations as conversation_store
from storage import routing
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.routing import AgentRow
from storage.unit_of_work import UnitOfWork


def end_offer(
    changes: ChangeSet,
    conversation: Conversation,
    agent_id: AgentId,
    reason: OfferEnd,
    because: DeclineReason | None = None,
) -> None:
    """Waiting again, at its old place."""
    conversation.status = ConversationStatus.WAITING
    conversation.offered_to = conversation.offer_expires_at = None
    changes.record(
        conversation,
        lambda state: OfferEnded(conversation=state, agent_id=agent_id, reason=reason, because=because),
    )


def requeue(changes: ChangeSet, conversation: Conversation, reason: RequeueReason, now: datetime) -> None:
    """Takes it off its owner's hands. It keeps the place it had when it first came."""
    owner = conversation.owner_id
    put_back(conversation, now)
    changes.record(
        conversation,
        lambda state: ConversationRequeued(conversation=state, agent_id=owner, reason=reason),
    )


def put_back(conversation: Conversation, now: datetime) -> None:
    """It waits, at the place it had when it first came; whoever had it served the customer last."""
    conversation.status = ConversationStatus.WAITING
    conversation.last_agent_id = conversation.owner_id or conversation.last_agent_id
    conversation.owner_id = conversation.offered_to = conversation.offer_expires_at = None
    conversation.snoozed_until = None
    conversation.queued_at = conversation.queued_at or now
    conversation.waiting_since = conversation.waiting_since or now


def arrived(conversation: Conversation, *, given_back_by: AgentId | None = None) -> WorkArrived:
    """What the router must hear about a conversation that waits."""
    return WorkArrived(
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        queue_id=conversation.queue_id,
        channel=conversation.channels[-1],
        waiting_since=conversation.queued_at or conversation.opened_at,
        last_agent_id=conversation.last_agent_id,
        given_back_by=given_back_by,
    )


def give(changes: ChangeSet, conversation: Conversation, agent_id: AgentId, why: Explanation) -> None:
    """It is this agent's, whoever had it."""
    conversation.status = ConversationStatus.ASSIGNED
    conversation.owner_id = conversation.last_agent_id = agent_id
    conversation.offered_to = conversation.offer_expires_at = conversation.snoozed_until = None
    conversation.why = why
    changes.record(conversation, lambda state: ConversationAssigned(conversation=state, agent_id=agent_id, why=why))


async def assign_to(work: UnitOfWork, conversation: Conversation, agent_id: AgentId, why: Explanation) -> None:
    """`give`, written down."""
    changes = ChangeSet(work)
    give(changes, conversation, agent_id, why)
    await changes.flush()
    await routing.touch_idle(work.connection, [agent_id], work.clock.now())


async def with_room(work: UnitOfWork, agent_id: AgentId, conversation: Conversation) -> AgentRow:
    """The agent, locked, who is about to take it by hand. Raises Conflict at full capacity.

    Whoever takes work is there, whatever their presence said: offline becomes busy, or the router would give the
    conversation straight back to the queue.
    """
    agent = await routing.lock_agent(work.connection, agent_id, clock=work.clock)
    if not has_room(agent, conversation, await measure_in_force(work.connection)):
        raise Conflict("at_capacity", f"You already hold {agent.load} of {agent.capacity} conversations.")
    if agent.status is PresenceStatus.OFFLINE:
        await set_presence(work, agent_id, PresenceStatus.BUSY)
    return agent


async def locked(work: UnitOfWork, conversation_id: ConversationId) -> Conversation:
    """Raises NotFound."""
    found = await conversation_store.lock(work.connection, [conversation_id])
    if conversation_id not in found:
        raise NotFound("conversation_unknown", "There is no such conversation.", where="conversation_id")
    return found[conversation_id]


async def locked_open(work: UnitOfWork, conversation_id: ConversationId) -> Conversation:
    """Raises NotFound, and Conflict for a closed one."""
    conversation = await locked(work, conversation_id)
    if not conversation.is_open:
        raise Conflict("conversation_closed", "This conversation is closed: reopen it first.")
    return conversation
