"""Offers and the queue: accept, decline, take, release."""

from hub.errors import Conflict
from hub.events import ConversationStatus, DeclineReason, Explanation, OfferAnswered, WorkGone
from hub.ids import AgentId, ConversationId
from router.commands.moving import arrived, assign_to, end_offer, locked, requeue, with_room
from router.commands.telling import tell_routers
from storage import routing
from storage.changes import ChangeSet
from storage.unit_of_work import UnitOfWork


async def accept(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    """The offer becomes an assignment. Accepting twice is harmless."""
    conversation = await locked(work, conversation_id)
    if conversation.status is ConversationStatus.ASSIGNED and conversation.owner_id == agent_id:
        return
    if conversation.status is not ConversationStatus.OFFERED or conversation.offered_to != agent_id:
        raise Conflict("offer_over", "This offer has ended; the conversation went back to the queue.")
    why = conversation.why or Explanation(code="route.accepted")
    await assign_to(work, conversation, agent_id, why)
    await tell_routers(work, OfferAnswered(conversation_id=conversation_id, agent_id=agent_id, answer="accepted"))


async def decline(
    work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId, *, because: DeclineReason | None = None
) -> None:
    """The conversation waits again at its old place. Declining what is over is harmless."""
    conversation = await locked(work, conversation_id)
    if conversation.status is not ConversationStatus.OFFERED or conversation.offered_to != agent_id:
        return
    changes = ChangeSet(work)
    end_offer(changes, conversation, agent_id, "declined", because)
    await changes.flush()
    await tell_routers(work, OfferAnswered(conversation_id=conversation_id, agent_id=agent_id, answer="declined"))


async def take(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    """Pulls a waiting conversation out of the queue, or takes one's own offer. Raises Conflict at full capacity."""
    conversation = await locked(work, conversation_id)
    if conversation.status is ConversationStatus.ASSIGNED and conversation.owner_id == agent_id:
        return
    if conversation.status is ConversationStatus.OFFERED and conversation.offered_to == agent_id:
        await accept(work, conversation_id, agent_id)
        return
    if conversation.status is not ConversationStatus.WAITING:
        raise Conflict("not_waiting", "Somebody else has this conversation now.")
    agent = await with_room(work, agent_id, conversation)
    await assign_to(work, conversation, agent_id, Explanation(code="route.taken", params={"agent": agent.name}))
    await tell_routers(work, WorkGone(conversation_id=conversation_id, agent_id=agent_id))


async def release(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    """Gives it back to the queue, at the place it had. Only its owner can."""
    conversation = await locked(work, conversation_id)
    if conversation.status is not ConversationStatus.ASSIGNED or conversation.owner_id != agent_id:
        raise Conflict("not_owner", "This conversation is not yours.")
    changes = ChangeSet(work)
    requeue(changes, conversation, "released", work.clock.now())
    await changes.flush()
    await routing.touch_idle(work.connection, [agent_id], work.clock.now())
    await tell_routers(work, arrived(conversation, given_back_by=agent_id))
