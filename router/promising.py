"""What was set up about time, ready for use: which policy is a conversation's, and what its queue says after hours.
Pure, but for `Promising`, which reads it anew when it may have changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from hub.clock import Clock
from hub.ids import QueueId
from router.conditions import holds
from router.facts import Facts
from router.plan.book import LOOK_EVERY_S, PlanBook, Plans
from router.plan.hours import Calendar
from router.plan.queues import QueueSettings
from router.sla import Terms
from storage import queues as queue_store
from storage.engine import Connection


@dataclass(frozen=True)
class Promises:
    """Policies that are switched on, in order, and the queues' settings."""

    plans: Plans = field(default_factory=Plans)
    queues: Mapping[QueueId, QueueSettings] = field(default_factory=dict)
    terms: Mapping[str, Terms] = field(default_factory=dict)

    @classmethod
    def of(cls, plans: Plans, queues: Mapping[QueueId, QueueSettings]) -> "Promises":
        policies = [policy for policy in plans.sla.policies if policy.active]
        return cls(plans, queues, {p.id: Terms(p, plans.hours.calendar(p.calendar)) for p in policies})

    def choose(self, facts: Facts, queue_id: QueueId, now: datetime) -> Terms | None:
        """The queue's own policy, else the first whose conditions hold. None: nothing is promised."""
        settings = self.queues.get(queue_id)
        named = self.terms.get(settings.sla_policy) if settings is not None and settings.sla_policy else None
        if named is not None:
            return named
        for terms in self.terms.values():
            policy = terms.policy
            served = not policy.queues or queue_id in policy.queues
            if served and holds(policy.when, facts, now, self.plans.hours):
                return terms
        return None

    def after_hours(self, queue_id: QueueId) -> tuple[Calendar, str] | None:
        """The queue's calendar and what is said while it is closed. None: it says nothing."""
        settings = self.queues.get(queue_id)
        calendar = self.plans.hours.calendar(settings.calendar) if settings is not None else None
        if settings is None or calendar is None or settings.out_of_hours_reply is None:
            return None
        return calendar, settings.out_of_hours_reply

    @cached_property
    def says_something(self) -> bool:
        """At least one queue does, when it is closed."""
        return any(self.after_hours(queue_id) is not None for queue_id in self.queues)


class Promising:
    """One per process: at most LOOK_EVERY_S behind what is stored. `current` is what was read last."""

    def __init__(self) -> None:
        self._book = PlanBook()
        self._looked_at: float | None = None
        self.current: Promises | None = None

    async def look(self, connection: Connection, clock: Clock) -> Promises:
        now = clock.monotonic()
        if self.current is None or self._looked_at is None or now - self._looked_at >= LOOK_EVERY_S:
            plans = await self._book.current(connection, clock)
            stored = await queue_store.settings_of(connection)
            queues = {queue_id: QueueSettings.model_validate(settings) for queue_id, settings in stored.items()}
            if self.current is None or (plans, queues) != (self.current.plans, self.current.queues):
                self.current = Promises.of(plans, queues)
            self._looked_at = now
        return self.current
