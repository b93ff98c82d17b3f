"""What rules did is told for a while, then forgotten, a few rows at a time so that nobody waits long for the writer.

A run that is forgotten could be repeated by its event; but long before that the event itself is too old to be acted on
(engine.OLDEST).
"""

import asyncio
from datetime import timedelta
from typing import Final

from hub.batch import describe
from hub.errors import StorageUnavailable
from hub.log import get_logger
from router.automation.engine import rules_of
from router.plan.book import PlanBook
from storage import automation as automation_store
from storage.unit_of_work import Units

ROWS_A_STEP: Final = 500
PAUSE_S: Final = 0.05
LOOK_EVERY_S = 600.0

log = get_logger(__name__)


class Trimming:
    """One long task of whoever holds the office of silence."""

    def __init__(self, units: Units, *, keep: timedelta) -> None:
        self._units = units
        self._keep = keep
        self._book = PlanBook()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                if forgotten := await self.trim():
                    log.info("automation_log_trimmed", runs=forgotten)
            except StorageUnavailable as error:
                log.warning("automation_trimming_put_off", reason=describe(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def trim(self, *, step: int = ROWS_A_STEP) -> int:
        """How many runs were forgotten."""
        before = self._units.clock.now() - self._keep
        forgotten = 0
        while found := await automation_store.forget_runs(self._units, before, limit=step):
            forgotten += found
            if found < step:
                break
            await asyncio.sleep(PAUSE_S)
        async with self._units.database.reading() as connection:
            plans = await self._book.current(connection, self._units.clock)
        looking = {rule.id for rule in rules_of(plans).get("silent", ())}
        await automation_store.forget_looks(self._units, before, besides=looking)
        return forgotten
