"""What came to pass since the router's last step: agents are gone, offers rang out, work moves on or wakes.

Conversations are locked all at once, agents only after them: whoever else changes several at a time keeps the same
order (storage.routing.lock_agents), so that no two wait for each other.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from hub.events import ConversationStatus, PresenceStatus
from hub.ids import AgentId, ConversationId
from router.commands import end_offer, requeue
from router.commands.moving import arrived
from router.memory import Memory, waits
from router.waking import wake_due
from storage import conversations as conversation_store
from storage import routing
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork

BATCH: Final = 500

Gone = Mapping[AgentId, PresenceStatus | None]  # who may be offered nothing; None: there is no such agent any more


async def settle(work: UnitOfWork, memory: Memory, gone: Gone) -> set[AgentId]:
    """Whose room changed."""
    now = work.clock.now()
    held = await routing.held_by(work.connection, gone) if gone else []
    rung_out = [conversation_id for conversation_id, at in memory.offers.items() if at <= now]
    moving, asleep = memory.places.take_due(now, BATCH), memory.alarms.take_due(now, BATCH)
    ids = [*held, *rung_out, *moving, *asleep]
    if not ids:
        return set()
    locked = await conversation_store.lock(work.connection, ids)
    changes = ChangeSet(work)
    freed = _take_back(changes, _among(locked, held), gone, now)
    refused = _end_offers(changes, _among(locked, rung_out), now)
    moved = [conversation for conversation in _among(locked, moving) if waits(conversation)]
    await memory.places.move(work.connection, changes, moved, now)
    await changes.flush()
    freed |= await wake_due(work, changes, _among(locked, asleep), memory.pool.measure)
    await changes.flush()
    for conversation_id in rung_out:
        memory.offers.pop(conversation_id, None)
    for conversation in locked.values():
        memory.place(conversation)
    for conversation_id, agent_id in refused.items():
        memory.pool.refuse(conversation_id, agent_id, now)
    _hand_over(work, memory, moved)
    return freed | set(refused.values())


def _among(locked: Mapping[ConversationId, Conversation], ids: Iterable[ConversationId]) -> list[Conversation]:
    return [locked[conversation_id] for conversation_id in ids if conversation_id in locked]


def _take_back(changes: ChangeSet, held: Iterable[Conversation], gone: Gone, now: datetime) -> set[AgentId]:
    """Offers of those who are not available, and conversations of those who are gone, wait again in order."""
    freed: set[AgentId] = set()
    for conversation in held:
        holder = conversation.owner_id or conversation.offered_to
        if holder is None or holder not in gone:
            continue
        if conversation.status is ConversationStatus.OFFERED:
            end_offer(changes, conversation, holder, "agent_gone")
        elif conversation.status is ConversationStatus.ASSIGNED and gone[holder] in {None, PresenceStatus.OFFLINE}:
            requeue(changes, conversation, "agent_gone", now)
        else:
            continue
        freed.add(holder)
    return freed


def _end_offers(changes: ChangeSet, rung_out: Iterable[Conversation], now: datetime) -> dict[ConversationId, AgentId]:
    """Offers whose time is over go back to their place; the agent is not asked again at once."""
    refused: dict[ConversationId, AgentId] = {}
    for conversation in rung_out:
        agent_id, until = conversation.offered_to, conversation.offer_expires_at
        if conversation.status is ConversationStatus.OFFERED and agent_id and until is not None and until <= now:
            end_offer(changes, conversation, agent_id, "expired")
            refused[conversation.id] = agent_id
    return refused


def _hand_over(work: UnitOfWork, memory: Memory, moved: Iterable[Conversation]) -> None:
    """To the router of another pool; or it went to a queue that is newer than what we know."""
    for conversation in moved:
        if conversation.queue_id in memory.queues or not waits(conversation):
            continue
        memory.pool.drop_work(conversation.id)
        queue = memory.places.queues.get(conversation.queue_id)
        if queue is not None:
            work.publish(arrived(conversation).model_copy(update={"pool": queue.pool}))
