"""What an agent or supervisor does to a conversation's place: accept, decline, take, release, resolve, reopen; and to
themselves: presence. Each runs inside the caller's unit of work and publishes what the router must know.

Who may see the conversation at all is checked by the caller. Raises Conflict when the state has moved on, NotFound when
there is no such conversation or agent.
"""

from datetime import datetime

from hub.errors import Conflict, NotFound
from hub.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationReopened,
    ConversationRequeued,
    ConversationStatus,
    Explanation,
    OfferAnswered,
    OfferEnd,
    OfferEnded,
    PresenceChanged,
    PresenceStatus,
    RequeueReason,
    WorkArrived,
    WorkGone,
)
from hub.ids import AgentId, ConversationId, CustomerId
from storage import conversations as conversation_store
from storage import customers as customer_store
from storage import routing
from storage import touchpoints as touchpoint_store
from storage.changes import AlreadyThere, ChangeSet
from storage.conversations import Conversation
from storage.routing import AgentRow
from storage.unit_of_work import UnitOfWork


async def accept(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    """The offer becomes an assignment. Accepting twice is harmless."""
    conversation = await _locked(work, conversation_id)
    if conversation.status is ConversationStatus.ASSIGNED and conversation.owner_id == agent_id:
        return
    if conversation.status is not ConversationStatus.OFFERED or conversation.offered_to != agent_id:
        raise Conflict("offer_over", "This offer has ended; the conversation went back to the queue.")
    why = conversation.why or Explanation(code="route.accepted")
    await _assign(work, conversation, agent_id, why)
    work.publish(OfferAnswered(conversation_id=conversation_id, agent_id=agent_id, answer="accepted"))


async def decline(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    """The conversation waits again at its old place. Declining what is over is harmless."""
    conversation = await _locked(work, conversation_id)
    if conversation.status is not ConversationStatus.OFFERED or conversation.offered_to != agent_id:
        return
    changes = ChangeSet(work)
    end_offer(changes, conversation, agent_id, "declined")
    await changes.flush()
    work.publish(OfferAnswered(conversation_id=conversation_id, agent_id=agent_id, answer="declined"))


async def take(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    """Pulls a waiting conversation out of the queue, or takes one's own offer. Raises Conflict at full capacity."""
    conversation = await _locked(work, conversation_id)
    if conversation.status is ConversationStatus.ASSIGNED and conversation.owner_id == agent_id:
        return
    if conversation.status is ConversationStatus.OFFERED and conversation.offered_to == agent_id:
        await accept(work, conversation_id, agent_id)
        return
    if conversation.status is not ConversationStatus.WAITING:
        raise Conflict("not_waiting", "Somebody else has this conversation now.")
    agent = await _with_room(work, agent_id)
    await _assign(work, conversation, agent_id, Explanation(code="route.taken", params={"agent": agent.name}))
    work.publish(WorkGone(conversation_id=conversation_id, agent_id=agent_id))


async def release(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    """Gives it back to the queue, at the place it had. Only its owner can."""
    conversation = await _locked(work, conversation_id)
    if conversation.status is not ConversationStatus.ASSIGNED or conversation.owner_id != agent_id:
        raise Conflict("not_owner", "This conversation is not yours.")
    changes = ChangeSet(work)
    requeue(changes, conversation, "released", work.clock.now())
    await changes.flush()
    await routing.touch_idle(work.connection, [agent_id], work.clock.now())
    work.publish(arrived(conversation))


async def resolve(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    """Closes it. Resolving what is closed is harmless."""
    conversation = await _locked(work, conversation_id)
    if not conversation.is_open:
        return
    holder = conversation.owner_id or conversation.offered_to
    now = work.clock.now()
    conversation.status = ConversationStatus.CLOSED
    conversation.last_agent_id = agent_id
    conversation.owner_id = conversation.offered_to = conversation.offer_expires_at = None
    conversation.waiting_since = conversation.queued_at = None
    conversation.unread = 0
    conversation.closed_at, conversation.closed_reason = now, "resolved"
    changes = ChangeSet(work)
    changes.record(conversation, lambda state: ConversationClosed(conversation=state, by=agent_id, reason="resolved"))
    await changes.flush()
    if holder is not None:
        await routing.touch_idle(work.connection, [holder], now)
    work.publish(WorkGone(conversation_id=conversation_id, agent_id=holder))


async def reopen(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    """Opens a resolved conversation again for this agent. Raises Conflict when the customer has a newer open one."""
    customer_id = await _hold_customer(work, conversation_id)
    conversation = await _locked(work, conversation_id)
    if conversation.is_open:
        return
    if conversation.closed_reason != "resolved":
        raise Conflict("merged_away", "This conversation was merged into another one: undo the merge instead.")
    if await conversation_store.lock_open_of(work.connection, [customer_id]):
        raise Conflict("newer_open", "The customer already has an open conversation.")
    agent = await _with_room(work, agent_id)
    conversation.status = ConversationStatus.WAITING
    conversation.closed_at = conversation.closed_reason = None
    conversation.queued_at = work.clock.now()
    conversation.customer_id = customer_id
    customer_store.show(conversation, (await customer_store.lines(work.connection, [customer_id]))[customer_id])
    changes = ChangeSet(work)
    changes.record(conversation, lambda state: ConversationReopened(conversation=state, reason="by_agent"))
    try:
        await changes.flush()
    except AlreadyThere as error:  # the customer wrote at this very moment, and a new one opened
        raise Conflict("newer_open", "The customer already has an open conversation.") from error
    await _assign(work, conversation, agent_id, Explanation(code="route.reopened", params={"agent": agent.name}))
    work.publish(WorkGone(conversation_id=conversation_id, agent_id=agent_id))


async def set_presence(work: UnitOfWork, agent_id: AgentId, status: PresenceStatus, *, by_system: bool = False) -> None:
    """The router moves the agent's offers (away, offline) and conversations (offline) when it hears of it."""
    agent = await routing.lock_agent(work.connection, agent_id, clock=work.clock)
    if agent.status is status:
        return
    now = work.clock.now()
    await routing.put_presence(work.connection, agent_id, status, now=now, is_sqlite=work.is_sqlite)
    work.publish(PresenceChanged(agent_id=agent_id, status=status, since=now, by="system" if by_system else "agent"))


async def refresh_agent(work: UnitOfWork, agent_id: AgentId) -> None:
    """Tell the router that capacity, queues or the account of this agent changed."""
    rows = await routing.agent_rows(work.connection, [agent_id], clock=work.clock)
    agent = rows.get(agent_id)
    status = agent.status if agent else PresenceStatus.OFFLINE
    work.publish(PresenceChanged(agent_id=agent_id, status=status, since=work.clock.now(), by="system"))


def end_offer(changes: ChangeSet, conversation: Conversation, agent_id: AgentId, reason: OfferEnd) -> None:
    """Waiting again, at its old place."""
    conversation.status = ConversationStatus.WAITING
    conversation.offered_to = conversation.offer_expires_at = None
    changes.record(
        conversation,
        lambda state: OfferEnded(conversation=state, agent_id=agent_id, reason=reason),
    )


def requeue(changes: ChangeSet, conversation: Conversation, reason: RequeueReason, now: datetime) -> None:
    """Takes it off its owner's hands. It keeps the place it had when it first came."""
    owner = conversation.owner_id
    conversation.status = ConversationStatus.WAITING
    conversation.last_agent_id = owner or conversation.last_agent_id
    conversation.owner_id = None
    conversation.queued_at = conversation.queued_at or now
    conversation.waiting_since = conversation.waiting_since or now
    changes.record(
        conversation,
        lambda state: ConversationRequeued(conversation=state, agent_id=owner, reason=reason),
    )


def arrived(conversation: Conversation) -> WorkArrived:
    """What the router must hear about a conversation that waits."""
    return WorkArrived(
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        queue_id=conversation.queue_id,
        channel=conversation.channels[-1],
        waiting_since=conversation.queued_at or conversation.opened_at,
        last_agent_id=conversation.last_agent_id,
    )


async def _with_room(work: UnitOfWork, agent_id: AgentId) -> AgentRow:
    """The agent, locked, who is about to take work by hand. Raises Conflict at full capacity.

    Whoever takes work is there, whatever their presence said: offline becomes busy, or the router would give the
    conversation straight back to the queue.
    """
    agent = await routing.lock_agent(work.connection, agent_id, clock=work.clock)
    if agent.load >= agent.capacity:
        raise Conflict("at_capacity", f"You already hold {agent.load} of {agent.capacity} conversations.")
    if agent.status is PresenceStatus.OFFLINE:
        await set_presence(work, agent_id, PresenceStatus.BUSY)
    return agent


async def _assign(work: UnitOfWork, conversation: Conversation, agent_id: AgentId, why: Explanation) -> None:
    conversation.status = ConversationStatus.ASSIGNED
    conversation.owner_id = conversation.last_agent_id = agent_id
    conversation.offered_to = conversation.offer_expires_at = None
    conversation.why = why
    changes = ChangeSet(work)
    changes.record(conversation, lambda state: ConversationAssigned(conversation=state, agent_id=agent_id, why=why))
    await changes.flush()
    await routing.touch_idle(work.connection, [agent_id], work.clock.now())


async def _hold_customer(work: UnitOfWork, conversation_id: ConversationId) -> CustomerId:
    """Whose the conversation is now: a closed one belongs to whoever its first identity belongs to, merges since then
    included. Locked before the conversation, as whoever opens one does."""
    found = await conversation_store.find(work.connection, conversation_id)
    owner = await touchpoint_store.customer_of(work.connection, found.identity_id) if found else None
    if found is None or owner is None:
        raise NotFound("conversation_unknown", "There is no such conversation.", where="conversation_id")
    await customer_store.lock(work.connection, [owner])
    if await touchpoint_store.customer_of(work.connection, found.identity_id) != owner:
        raise Conflict("customer_moved", "The customer was merged or split at this very moment. Try again.")
    return owner


async def _locked(work: UnitOfWork, conversation_id: ConversationId) -> Conversation:
    found = await conversation_store.lock(work.connection, [conversation_id])
    if conversation_id not in found:
        raise NotFound("conversation_unknown", "There is no such conversation.", where="conversation_id")
    return found[conversation_id]
