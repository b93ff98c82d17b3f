"""A conversation changes hands: transferred by who has it, assigned by who oversees.

A colleague who is available and has room is offered it, and rings like any offer; who does not answer gives it back to
the queue, where the one who had it comes first. A colleague who is busy or full has it wait in its queue, first in
line for them. Nobody is ever given more than they have room for.
"""

from datetime import datetime, timedelta

from hub.errors import Conflict, NotFound
from hub.events import (
    ConversationOffered,
    ConversationStatus,
    ConversationTransferred,
    Explanation,
    PresenceStatus,
    WorkGone,
)
from hub.ids import AgentId, ConversationId, QueueId
from router.commands.moving import arrived, give, locked_open, put_back, with_room
from router.commands.notes import record_note
from router.commands.telling import tell_routers
from router.plan.rules import Placed
from router.room import has_room, measure_in_force
from storage import routing
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.routing import AgentRow
from storage.unit_of_work import UnitOfWork


async def transfer_to_queue(
    work: UnitOfWork,
    conversation_id: ConversationId,
    by: AgentId | None,
    queue_id: QueueId,
    *,
    note: str | None = None,
) -> None:
    """It waits there as long as it has waited here; no rule moves it on. Harmless when it waits there already."""
    conversation = await locked_open(work, conversation_id)
    if conversation.queue_id == queue_id and conversation.status is ConversationStatus.WAITING:
        return
    if queue_id not in await routing.queues_of(work.connection):
        raise NotFound("queue_unknown", "There is no such queue.", where="body.queue_id")
    had, now = conversation.owner_id or conversation.offered_to, work.clock.now()
    put_back(conversation, now)
    conversation.queue_id, conversation.last_agent_id = queue_id, None
    conversation.route = Placed(since=now, by_hand=True).model_dump(mode="json")
    changes = ChangeSet(work)
    if note:
        record_note(changes, conversation, by, note)
    changes.record(
        conversation,
        lambda state: ConversationTransferred(conversation=state, agent_id=had, by=by, to_queue=queue_id),
    )
    await changes.flush()
    await _moved(work, conversation, had)


async def transfer_to_agent(
    work: UnitOfWork, conversation_id: ConversationId, by: AgentId, agent_id: AgentId, *, note: str | None = None
) -> None:
    """Raises Conflict when that colleague is not there, or is full and does not serve the queue in which it could wait
    for them."""
    conversation = await locked_open(work, conversation_id)
    if agent_id in {conversation.owner_id, conversation.offered_to}:
        return
    await _lock_hands(work, conversation, agent_id)
    agent = await routing.lock_agent(work.connection, agent_id, clock=work.clock)
    if agent.status in {PresenceStatus.AWAY, PresenceStatus.OFFLINE}:
        raise Conflict("agent_away", f"{agent.name} is not there at the moment.", where="body.agent_id")
    now = work.clock.now()
    fits = has_room(agent, conversation, await measure_in_force(work.connection))
    may_ring = agent.status is PresenceStatus.AVAILABLE and fits and not _wraps_up(agent, now)
    if not may_ring and conversation.queue_id not in agent.queues:
        raise Conflict("agent_full", f"{agent.name} has no room at the moment.", where="body.agent_id")
    had = conversation.owner_id or conversation.offered_to
    changes = ChangeSet(work)
    _hand_on(changes, conversation, by, agent_id, note, now)
    why = Explanation(code="route.transferred", params={"agent": await _name(work, by)})
    if not may_ring:
        conversation.last_agent_id = agent_id
    elif agent.auto_accept:
        give(changes, conversation, agent_id, why)
    else:
        await _ring(work, changes, conversation, agent_id, why)
    await changes.flush()
    await _moved(work, conversation, had)


async def assign(
    work: UnitOfWork, conversation_id: ConversationId, by: AgentId, agent_id: AgentId, *, note: str | None = None
) -> None:
    """At once, whatever it is now; to oneself: taken over. Raises Conflict for who is offline or has no room."""
    conversation = await locked_open(work, conversation_id)
    if conversation.owner_id == agent_id and conversation.snoozed_until is None:
        return
    await _lock_hands(work, conversation, agent_id)
    if by == agent_id:
        await with_room(work, agent_id, conversation)
    else:
        agent = await routing.lock_agent(work.connection, agent_id, clock=work.clock)
        if agent.status is PresenceStatus.OFFLINE:
            raise Conflict("agent_away", f"{agent.name} is not there at the moment.", where="body.agent_id")
        fits = has_room(agent, conversation, await measure_in_force(work.connection))
        if not fits and conversation.offered_to != agent_id:
            raise Conflict("agent_full", f"{agent.name} has no room at the moment.", where="body.agent_id")
    had = conversation.owner_id or conversation.offered_to
    changes = ChangeSet(work)
    _hand_on(changes, conversation, by, agent_id, note, work.clock.now())
    code = "route.taken_over" if by == agent_id else "route.assigned_by"
    give(changes, conversation, agent_id, Explanation(code=code, params={"agent": await _name(work, by)}))
    await changes.flush()
    await _moved(work, conversation, had)


async def _lock_hands(work: UnitOfWork, conversation: Conversation, to: AgentId) -> None:
    """Both, in order: it is written of both that they were given or gave away work."""
    hands = (to, conversation.owner_id, conversation.offered_to)
    await routing.lock_agents(work.connection, [one for one in hands if one is not None])


def _hand_on(
    changes: ChangeSet, conversation: Conversation, by: AgentId, to: AgentId, note: str | None, now: datetime
) -> None:
    """It waits for a moment; who had it comes first if nothing comes of it."""
    had, waiting_since = conversation.owner_id or conversation.offered_to, conversation.waiting_since
    put_back(conversation, now)
    conversation.waiting_since = waiting_since  # a customer who was answered does not wait because of this
    if note:
        record_note(changes, conversation, by, note)
    changes.record(
        conversation,
        lambda state: ConversationTransferred(conversation=state, agent_id=had, by=by, to_agent=to),
    )


async def _ring(
    work: UnitOfWork, changes: ChangeSet, conversation: Conversation, agent_id: AgentId, why: Explanation
) -> None:
    queue = (await routing.queues_of(work.connection))[conversation.queue_id]
    expires_at = work.clock.now() + timedelta(seconds=queue.offer_s)
    conversation.status, conversation.why = ConversationStatus.OFFERED, why
    conversation.offered_to, conversation.offer_expires_at = agent_id, expires_at
    changes.record(
        conversation,
        lambda state: ConversationOffered(conversation=state, agent_id=agent_id, expires_at=expires_at, why=why),
    )


async def _moved(work: UnitOfWork, conversation: Conversation, had: AgentId | None) -> None:
    """The router reads it anew, and everybody whose room is another."""
    holder = conversation.owner_id or conversation.offered_to
    await routing.touch_idle(work.connection, [one for one in (had, holder) if one is not None], work.clock.now())
    if conversation.status is ConversationStatus.WAITING:
        await tell_routers(work, arrived(conversation, given_back_by=had))
    else:
        await tell_routers(work, WorkGone(conversation_id=conversation.id, agent_id=had))


async def _name(work: UnitOfWork, agent_id: AgentId) -> str:
    rows = await routing.agent_rows(work.connection, [agent_id], clock=work.clock)
    return rows[agent_id].name if agent_id in rows else ""


def _wraps_up(agent: AgentRow, now: datetime) -> bool:
    return agent.wrap_up_until is not None and agent.wrap_up_until > now
