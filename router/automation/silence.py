"""Rules about silence: nobody said anything since the agent's last word, for so long. An office looks at the clock.

Each rule has a mark up to which it has looked, in the database, moved on in the transaction of its runs. A new rule
begins at the moment it is first seen: whoever fell silent before is left in peace.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid5

from hub.batch import Pace, describe, pause
from hub.errors import StorageUnavailable
from hub.ids import ConversationId, EventId
from hub.log import get_logger
from hub.tasks import together
from router.automation.actions import NAMES
from router.automation.engine import carry_out, rules_of
from router.automation.triggers import Occasion
from router.automation.trimming import Trimming
from router.plan.automation import AutomationRule
from router.plan.book import PlanBook, Plans
from storage import automation as automation_store
from storage.leases import Office, Offices
from storage.unit_of_work import Units

OFFICE: Final = "automation silence"
LOOK_EVERY_S = 5.0
AT_ONCE = 100

log = get_logger(__name__)


class Silence:
    """Runs in every process with role `router`; one of them works."""

    def __init__(self, units: Units, owner: str, *, keep: timedelta) -> None:
        """`keep`: how long it is told what rules did."""
        self._units = units
        self._owner = owner
        self._book = PlanBook()
        self._trimming = Trimming(units, keep=keep)

    async def run(self) -> None:
        """Until cancelled."""
        await Offices(self._units).hold(OFFICE, self._owner, self._serve)

    async def _serve(self, _: Office) -> None:
        await together(self._look_on(), self._trimming.run())

    async def _look_on(self) -> None:
        attempt = 0
        while True:
            try:
                async with self._units.database.reading() as connection:
                    plans = await self._book.current(connection, self._units.clock)
                more = await look(self._units, plans)
                attempt = 0
            except StorageUnavailable as error:
                attempt += 1
                log.warning("silence_waits", reason=describe(error))
                await asyncio.sleep(pause(attempt, Pace()))
                continue
            if not more:
                await asyncio.sleep(LOOK_EVERY_S)


async def look(units: Units, plans: Plans) -> bool:
    """Once for each rule. True: there was more than one look takes."""
    rules = rules_of(plans).get("silent", ())
    if not rules:
        return False
    return any([await _look(units, plans, rule) for rule in rules])


async def _look(units: Units, plans: Plans, rule: AutomationRule) -> bool:
    async with units.begin() as work:
        until = work.clock.now() - timedelta(seconds=rule.silent_s or 0)
        after = (await automation_store.looked_until(work.connection)).get(rule.id)
        if after is None or after >= until:
            if after is None:
                await automation_store.put_looked_until(work, rule.id, until)
                await work.commit()
            return False
        found = await automation_store.silent(work.connection, after, until, limit=AT_ONCE + 1)
        more = len(found) > AT_ONCE
        # Those of one very moment go together, or the mark would leave some out.
        last = found[AT_ONCE - 1][1] if more else until
        if more:
            found = await automation_store.silent(work.connection, after, last, limit=10 * AT_ONCE)
        occasions = [_occasion(rule, conversation_id, since, work.clock.now()) for conversation_id, since in found]
        if occasions:
            await carry_out(work, plans, {"silent": [rule]}, occasions)
        await automation_store.put_looked_until(work, rule.id, last)
        await work.commit()
    return more


def _occasion(rule: AutomationRule, conversation_id: ConversationId, since: datetime, now: datetime) -> Occasion:
    """The same silence is the same occasion, whoever looks, and however often. It is judged by what is so `now`."""
    key = EventId(uuid5(NAMES, f"silent:{conversation_id}:{since.isoformat()}"))
    return Occasion("silent", key, "silent", now, conversation_id)
