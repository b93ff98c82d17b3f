"""What the router knows of places: the plans and queues in force, and when which waiting conversation moves on."""

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from hub.events import ConversationPlaced
from hub.ids import ConversationId, QueueId
from router.facts import facts_of
from router.hours import is_open, next_opening
from router.lines import Work
from router.placing import Placing, overflow, overflows_at, place, placed_of, stage
from router.plan.book import Plans
from router.plan.hours import Calendar
from router.plan.queues import QueueSettings
from router.plan.rules import Placed
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.engine import Connection
from storage.routing import Queue, work_class

Time = tuple[datetime, int, ConversationId]


class Places:
    """Memory of one desk; `unplaced` and `times` are filled by `work_of`, emptied by `take_due`."""

    def __init__(self) -> None:
        self.plans = Plans()
        self.queues: Mapping[QueueId, Queue] = {}
        self.settings: dict[QueueId, QueueSettings] = {}
        self.unplaced: dict[ConversationId, None] = {}  # in order; those that no rule looked at since they changed
        self._times: list[Time] = []

    def know(self, queues: Mapping[QueueId, Queue]) -> None:
        """All queues there are; what waits is told anew."""
        self.queues, self._times = queues, []
        self.settings = {queue.id: QueueSettings.model_validate(queue.settings) for queue in queues.values()}

    def settings_of(self, queue_id: QueueId) -> QueueSettings:
        return self.settings.get(queue_id, QueueSettings())

    @property
    def have_rules(self) -> bool:
        return bool(self.plans.rules.rules) or self.plans.rules.default_queue_id is not None

    def work_of(self, conversation: Conversation, now: datetime) -> Work | None:
        """As the pool has it. None: it has to be placed first."""
        placed = placed_of(conversation)
        if placed is None:
            if self.have_rules:
                self.unplaced[conversation.id] = None
                return None
            placed = Placed(since=conversation.queued_at or conversation.opened_at)
        return self._work(conversation, placed, now)

    def reconsider(self, conversation_id: ConversationId) -> None:
        """It came back, or it or its customer is labelled otherwise: another rule may hold."""
        if self.have_rules:
            self.unplaced[conversation_id] = None

    def take_due(self, now: datetime, limit: int) -> list[ConversationId]:
        """At most `limit` that may have to move, or to ask others than before."""
        due = list(self.unplaced)[:limit]
        for conversation_id in due:
            del self.unplaced[conversation_id]
        while self._times and self._times[0][0] <= now and len(due) < limit:
            due.append(heapq.heappop(self._times)[2])
        return due

    def next_time(self, now: datetime) -> datetime | None:
        """At which something may have to be done without any event."""
        if self.unplaced:
            return now
        times = [self._times[0][0]] if self._times else []
        openings = (next_opening(calendar, now) for calendar in self._closing_calendars())
        return min([*times, *(at for at in openings if at is not None and at > now)], default=None)

    def shut(self, now: datetime) -> frozenset[QueueId]:
        """Queues of which nothing is offered now: closed, and not to be served out of hours."""
        return frozenset(
            queue_id
            for queue_id, settings in self.settings.items()
            if not settings.offer_out_of_hours and not is_open(self.calendar(settings), now)
        )

    def opens_at(self, queue_id: QueueId, now: datetime) -> datetime | None:
        """None: it is open, or never opens."""
        calendar = self.calendar(self.settings_of(queue_id))
        return None if calendar is None or is_open(calendar, now) else next_opening(calendar, now)

    def calendar(self, settings: QueueSettings) -> Calendar | None:
        """None: always open, also when its calendar is gone."""
        return next((one for one in self.plans.hours.calendars if one.id == settings.calendar), None)

    async def move(
        self, connection: Connection, changes: ChangeSet, waiting: Iterable[Conversation], now: datetime
    ) -> None:
        """Places those that no rule looked at, and lets those overflow that waited too long. The caller holds their
        locks, and flushes."""
        among = list(waiting)
        if self.have_rules:
            for conversation, facts in zip(among, await facts_of(connection, among), strict=True):
                rules, hours = self.plans.rules, self.plans.hours
                self._apply(changes, conversation, place(conversation, facts, rules, self.queues, now, hours))
        for conversation in among:
            placed = placed_of(conversation) or Placed(since=conversation.queued_at or conversation.opened_at)
            settings = self.settings_of(conversation.queue_id)
            self._apply(changes, conversation, overflow(conversation, placed, settings, self.queues, now))

    def _apply(self, changes: ChangeSet, conversation: Conversation, placing: Placing | None) -> None:
        if placing is None:
            return
        before, queue = conversation.queue_id, self.queues[placing.queue_id]
        why = placing.why.model_copy(update={"params": {**placing.why.params, "queue": queue.name}})
        conversation.queue_id, conversation.priority = placing.queue_id, placing.priority
        conversation.route = placing.placed.model_dump(mode="json")
        changes.record(
            conversation, lambda state: ConversationPlaced(conversation=state, before_queue_id=before, why=why)
        )

    def _work(self, conversation: Conversation, placed: Placed, now: datetime) -> Work:
        settings, at = self.settings_of(conversation.queue_id), stage(placed, now)
        queued_at = conversation.queued_at or conversation.opened_at
        overflows = overflows_at(conversation, placed, settings, self.queues, now)
        for moment in (at.until, overflows):
            if moment is not None and moment > now:
                heapq.heappush(self._times, (moment, conversation.id.int, conversation.id))
        moves_on = at.queue_id in self.queues and at.queue_id != conversation.queue_id
        if moves_on or (overflows is not None and overflows <= now):
            heapq.heappush(self._times, (now, conversation.id.int, conversation.id))
        patient_until = queued_at + timedelta(seconds=settings.sticky_s)
        return Work(
            id=conversation.id,
            queue_id=conversation.queue_id,
            queued_at=queued_at,
            last_agent_id=conversation.last_agent_id,
            work_class=work_class(conversation),
            wishes=at.wishes,
            due_at=due_at(conversation),
            priority=conversation.priority,
            patient_until=patient_until if conversation.last_agent_id and patient_until > now else None,
            rule=placed.rule_name,
        )

    def _closing_calendars(self) -> Iterable[Calendar]:
        closing = (self.calendar(s) for s in self.settings.values() if not s.offer_out_of_hours)
        return [calendar for calendar in closing if calendar is not None]


def due_at(conversation: Conversation) -> datetime | None:
    """The earliest moment at which a promise breaks. Those that are paused or kept do not press."""
    running = [
        clock.due_at
        for clock in conversation.sla
        if clock.due_at is not None and clock.met_at is None and clock.left_s is None
    ]
    return min(running, default=None)
