"""Decisions become offers, or assignments where that is what the queue or the agent wants: each is checked once more
against the rows, under locks. Capacity is kept here, not by hope."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hub.events import ConversationOffered, ConversationStatus, PresenceStatus
from hub.ids import AgentId
from router.commands.moving import give
from router.memory import Memory, waits
from router.pool import Decision
from router.room import Measure, has_room
from storage import conversations as conversation_store
from storage import routing
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.routing import AgentRow, work_class
from storage.unit_of_work import UnitOfWork


async def commit_offers(work: UnitOfWork, memory: Memory, decisions: Sequence[Decision], now: datetime) -> None:
    """What does not hold any more is put back in memory."""
    locked = await conversation_store.lock(work.connection, [d.work.id for d in decisions])
    rows = await _room(work, decisions)
    changes, taken = ChangeSet(work), set[AgentId]()
    for decision in decisions:
        conversation, row = locked.get(decision.work.id), rows.get(decision.agent.id)
        if conversation is None or not waits(conversation) or conversation.queue_id != decision.work.queue_id:
            memory.take_back(decision)
            if conversation is not None:
                memory.place(conversation)
        elif row is None or not _takes(row, conversation, memory.pool.measure, now):
            memory.take_back(decision)
            memory.place(conversation)
        else:
            rows[row.id] = row.holding(work_class(conversation))
            if row.auto_accept or memory.places.settings_of(conversation.queue_id).auto_accept:
                give(changes, conversation, row.id, decision.why)
                taken.add(row.id)
            else:
                _offer(changes, memory, conversation, decision, now)
    await changes.flush()
    await routing.touch_idle(work.connection, taken, now)
    memory.seat(replace(row, idle_since=now) if row.id in taken else row for row in rows.values())
    for agent_id in {decision.agent.id for decision in decisions} - rows.keys():
        memory.pool.drop_agent(agent_id)


async def _room(work: UnitOfWork, decisions: Sequence[Decision]) -> dict[AgentId, AgentRow]:
    """The agents' room as the database has it, held still until the commit."""
    ids = sorted({decision.agent.id for decision in decisions})
    await routing.lock_agents(work.connection, ids)
    return await routing.agent_rows(work.connection, ids, clock=work.clock)


def _takes(row: AgentRow, conversation: Conversation, measure: Measure, now: datetime) -> bool:
    """Whether the agent may be offered it, by what the database says under locks."""
    if row.status is not PresenceStatus.AVAILABLE or conversation.queue_id not in row.queues:
        return False
    wraps_up = row.wrap_up_until is not None and row.wrap_up_until > now
    return not wraps_up and has_room(row, conversation, measure)


def _offer(changes: ChangeSet, memory: Memory, conversation: Conversation, decision: Decision, now: datetime) -> None:
    expires_at = now + timedelta(seconds=memory.queues[conversation.queue_id].offer_s)
    agent_id, why = decision.agent.id, decision.why
    conversation.status = ConversationStatus.OFFERED
    conversation.offered_to, conversation.offer_expires_at, conversation.why = agent_id, expires_at, why
    memory.offers[conversation.id] = expires_at
    changes.record(
        conversation,
        lambda state: ConversationOffered(conversation=state, agent_id=agent_id, expires_at=expires_at, why=why),
    )
