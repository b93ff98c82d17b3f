"""Tells that tasks are due, once each, whichever process lives: an office held by lease looks at the clock.

Told means: an event of the conversation, in the transaction that notes it. Whoever is at a console hears it at once,
and finds it in their list later.
"""

import asyncio

from hub.batch import Pace, describe, pause
from hub.errors import StorageUnavailable
from hub.ids import ConversationId, TaskId
from hub.log import get_logger
from storage import conversations as conversation_store
from storage import tasks as task_store
from storage.changes import ChangeSet
from storage.leases import Office, Offices
from storage.unit_of_work import Units

OFFICE = "task reminders"
LOOK_EVERY_S = 2.0  # nobody minds being reminded so late
AT_ONCE = 200

log = get_logger(__name__)


class Reminder:
    """Runs in every process with role `router`; one of them works."""

    def __init__(self, units: Units, owner: str) -> None:
        self._units = units
        self._owner = owner

    async def run(self) -> None:
        """Until cancelled."""
        await Offices(self._units).hold(OFFICE, self._owner, self._serve)

    async def _serve(self, _: Office) -> None:
        attempt = 0
        while True:
            try:
                told = await tell_due(self._units)
                attempt = 0
            except StorageUnavailable as error:
                attempt += 1
                log.warning("reminder_waits", reason=describe(error))
                await asyncio.sleep(pause(attempt, Pace()))
                continue
            if told < AT_ONCE:
                await asyncio.sleep(LOOK_EVERY_S)


async def tell_due(units: Units, *, limit: int = AT_ONCE) -> int:
    """How many were due. Two that do this at once tell each of them once: the conversation's lock decides."""
    async with units.database.reading() as connection:
        found = await task_store.due(connection, units.clock.now(), limit=limit)
    if found:
        await _tell(units, found)
    return len(found)


async def _tell(units: Units, found: list[tuple[TaskId, ConversationId]]) -> None:
    async with units.begin() as work:
        held = await conversation_store.lock(work.connection, [conversation_id for _, conversation_id in found])
        changes = ChangeSet(work)
        now = work.clock.now()
        for task in await task_store.by_ids(work.connection, [task_id for task_id, _ in found]):
            if task.state == "open" and task.told_at is None and task.due_at <= now:
                await task_store.tell_due(work, changes, held[task.conversation_id], task)
        await changes.flush()
        await work.commit()
