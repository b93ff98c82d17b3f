"""Looks at clocks whose time has come: warns, says that they are broken, escalates."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.ids import ConversationId
from router import escalation, sla
from router.promising import Promises
from router.sla_rows import is_behind, put
from storage import conversations as conversation_store
from storage import sla as sla_store
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork

# An answer that the row shows already, and whose event is on its way to us: it says when exactly.
BEHIND_S = 2.0


async def look_at(work: UnitOfWork, ids: Sequence[ConversationId], promises: Promises) -> None:
    now = work.clock.now()
    changes = ChangeSet(work)
    later: dict[datetime | None, list[ConversationId]] = {}
    moved: list[Conversation] = []
    for conversation in (await conversation_store.lock(work.connection, ids)).values():
        if conversation.sla_wake_at is None or conversation.sla_wake_at > now:
            continue  # somebody was faster
        if not conversation.is_open:
            later.setdefault(None, []).append(conversation.id)
        elif is_behind(conversation):
            later.setdefault(now + timedelta(seconds=BEHIND_S), []).append(conversation.id)
        else:
            seq, queue_id = conversation.seq, conversation.queue_id
            _notice(changes, conversation, now, promises)
            if conversation.seq == seq:
                later.setdefault(conversation.sla_wake_at, []).append(conversation.id)
            if conversation.queue_id != queue_id:
                moved.append(conversation)
    await changes.flush()
    for until, some in later.items():
        await sla_store.put_off(work, some, until)
    await escalation.tell_router(work, moved)


def _notice(changes: ChangeSet, conversation: Conversation, now: datetime, promises: Promises) -> None:
    """Clocks of a policy that is no more end here, unsaid."""
    held = tuple(clock for clock in conversation.sla if clock.met_at is not None or clock.policy in promises.terms)
    clocks, noticed = sla.look(held, now)
    if clocks != conversation.sla:
        put(changes, conversation, clocks, noticed, promises)
    for clock in clocks:
        terms = promises.terms.get(clock.policy)
        if terms is not None:
            escalation.escalate(changes, conversation, clock, terms, now, promises.queues)
    conversation.sla_wake_at = sla.wake_at(conversation.sla, promises.terms)
