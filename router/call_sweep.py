"""Ends what nobody told the end of: calls, and the legs of agents who talk."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import uuid5

from hub.batch import Pace, describe, pause
from hub.errors import StorageUnavailable
from hub.events import ConversationStatus, WorkGone
from hub.ids import TaskId
from hub.log import get_logger
from router.call_aftermath import call_back, tell
from router.commands.moving import arrived
from router.commands.telling import tell_routers
from router.plan.book import PlanBook, Plans
from storage import call_legs, callers
from storage import calls as call_store
from storage import conversations as conversation_store
from storage.calls import Key
from storage.changes import ChangeSet
from storage.unit_of_work import UnitOfWork, Units

KEEP: Final = timedelta(days=1)
SWEEP_EVERY_S: Final = 2.0

log = get_logger(__name__)


class Sweep:
    """Ends calls and legs of which nobody told the end: one per process with role `router`, several do no harm."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._book = PlanBook()

    async def run(self) -> None:
        """Until cancelled."""
        attempt = 0
        while True:
            try:
                await self.look()
                attempt = 0
                await asyncio.sleep(SWEEP_EVERY_S)
            except StorageUnavailable as error:
                attempt += 1
                log.warning("call_sweep_waits", reason=describe(error))
                await asyncio.sleep(pause(attempt, Pace()))

    async def look(self) -> None:
        """One round. Writes nothing when there is nothing."""
        async with self._units.database.reading() as connection:
            stale = await call_store.stale(connection, self._units.clock.now(), KEEP)
        for key in stale:
            async with self._units.begin() as work:
                await _end(work, await self._book.current(work.connection, work.clock), key)
                await work.commit()


async def _end(work: UnitOfWork, plans: Plans, key: Key) -> None:
    """Whatever of it is past its time: looked at anew, it may have been heard of."""
    now = work.clock.now()
    seen = await call_store.find(work.connection, key)
    caller = await callers.caller_of(work.connection, seen.account_id, seen.caller) if seen else None
    held = await conversation_store.lock_open_of(work.connection, [caller.customer_id] if caller else [])
    conversation = next(iter(held.values()), None)
    call = await call_store.lock(work, key)
    leg = await call_legs.leg_of(work.connection, key)
    if leg is not None and leg.until <= now:
        await call_legs.drop(work, key)
    if call is not None and call.state != "over" and call.until <= now:
        call.state, call.ended_at, call.until = "over", now if call.answered_at else None, now
        await call_store.save(work, call)
        await tell(work, call)
        if call.wants_callback and conversation is not None:
            changes = ChangeSet(work)
            task_id = TaskId(uuid5(conversation.id, "|".join(key)))
            await call_back(work, changes, plans, conversation, task_id, call.queue_id, call.caller)
            await changes.flush()
    elif call is not None:
        await call_store.forget(work, now, KEEP)
    if conversation is None:
        return
    if conversation.status is ConversationStatus.WAITING:
        await tell_routers(work, arrived(conversation))
    if leg is not None:
        await tell_routers(work, WorkGone(conversation_id=conversation.id, agent_id=leg.agent_id))
