"""The plans in force, as every process sees them: looked up at most every LOOK_EVERY_S, so that a change is everywhere
within that time."""

from typing import Any

from hub.clock import Clock
from hub.events.common import Frozen
from router.plan.automation import Automation
from router.plan.hours import Hours
from router.plan.rules import RoutingRules
from router.plan.sla import SlaPolicies
from router.plan.work import WorkWords
from storage import plans
from storage.engine import Connection

LOOK_EVERY_S = 2.0


class Plans(Frozen):
    """One of each kind, defaults where nobody stored any."""

    rules: RoutingRules = RoutingRules()
    hours: Hours = Hours()
    work: WorkWords = WorkWords()
    sla: SlaPolicies = SlaPolicies()
    automation: Automation = Automation()


MODELS: dict[plans.Kind, Any] = {
    "rules": RoutingRules,
    "hours": Hours,
    "work": WorkWords,
    "sla": SlaPolicies,
    "automation": Automation,
}


class PlanBook:
    """One per process."""

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}
        self._current = Plans()
        self._looked_at: float | None = None

    async def current(self, connection: Connection, clock: Clock) -> Plans:
        """The same object until something changed."""
        now = clock.monotonic()
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY_S:
            versions = await plans.versions(connection)
            if versions != self._versions:
                self._current, self._versions = await in_force(connection), versions
            self._looked_at = now
        return self._current


async def in_force(connection: Connection) -> Plans:
    """At this very moment, for what happens seldom."""
    stored = {kind: (await plans.newest(connection, kind)).document for kind in MODELS}
    return Plans(**{kind: model.model_validate(stored[kind] or {}) for kind, model in MODELS.items()})


async def work_words(connection: Connection) -> WorkWords:
    """Plan "work" at this very moment."""
    return WorkWords.model_validate((await plans.newest(connection, "work")).document or {})
