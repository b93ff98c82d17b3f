"""What was put off becomes work again: at its time, or when the customer wrote (identity then moves its time to now).

The times stand in the row. `Alarms` are the router's memory of them, rebuilt with the rest.
"""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.events import ConversationStatus, ConversationWoken, PresenceStatus, WakeReason
from hub.ids import AgentId, ConversationId
from router.commands.moving import requeue
from router.room import Measure, has_room
from storage import routing
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.routing import AgentRow, work_class
from storage.unit_of_work import UnitOfWork

THERE = frozenset({PresenceStatus.AVAILABLE, PresenceStatus.BUSY})


@dataclass(slots=True)
class Alarms:
    """When which conversation wakes. Entries of the heap that the times contradict are dropped when they come up."""

    _times: dict[ConversationId, datetime] = field(default_factory=dict)
    _heap: list[tuple[datetime, int, ConversationId]] = field(default_factory=list)

    def put(self, conversation: Conversation) -> bool:
        """As its row says. True when it sleeps."""
        until = conversation.snoozed_until if conversation.is_open else None
        if until is None:
            self._times.pop(conversation.id, None)
            return False
        if self._times.get(conversation.id) != until:
            self._times[conversation.id] = until
            heapq.heappush(self._heap, (until, conversation.id.int, conversation.id))
        return True

    def next(self) -> datetime | None:
        """The soonest."""
        while self._heap and self._times.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: datetime, limit: int) -> list[ConversationId]:
        """At most `limit`, the longest due first; they are put again when their rows are read."""
        due: list[ConversationId] = []
        while len(due) < limit and (at := self.next()) is not None and at <= now:
            conversation_id = heapq.heappop(self._heap)[2]
            del self._times[conversation_id]
            due.append(conversation_id)
        return due


async def wake_due(
    work: UnitOfWork, changes: ChangeSet, locked: Iterable[Conversation], measure: Measure
) -> set[AgentId]:
    """Those of `locked` whose time has come, oldest place first. Returns whose room changed; the caller flushes, and
    locks no conversation after this: agents are locked here."""
    now = work.clock.now()
    due = [c for c in locked if c.is_open and c.snoozed_until is not None and c.snoozed_until <= now]
    owners = sorted({c.owner_id for c in due if c.owner_id is not None})
    if owners:
        await routing.lock_agents(work.connection, owners)
    rows = dict(await routing.agent_rows(work.connection, owners, clock=work.clock)) if owners else {}
    for conversation in sorted(due, key=lambda c: (c.queued_at or c.opened_at, c.id)):
        _wake(changes, conversation, rows, measure, now)
    return set(owners)


def _wake(
    changes: ChangeSet, conversation: Conversation, rows: dict[AgentId, AgentRow], measure: Measure, now: datetime
) -> None:
    owner, reason = conversation.owner_id, _reason(conversation)
    if conversation.status is ConversationStatus.ASSIGNED and not _can_have_it(rows, owner, conversation, measure):
        requeue(changes, conversation, "woken", now)
        return
    conversation.snoozed_until = None
    if owner is not None:
        rows[owner] = rows[owner].holding(work_class(conversation))
    changes.record(conversation, lambda state: ConversationWoken(conversation=state, agent_id=owner, reason=reason))


def _can_have_it(
    rows: Mapping[AgentId, AgentRow], owner: AgentId | None, conversation: Conversation, measure: Measure
) -> bool:
    row = rows.get(owner) if owner is not None else None
    return row is not None and row.status in THERE and has_room(row, conversation, measure)


def _reason(conversation: Conversation) -> WakeReason:
    """A message moved its time to the moment at which it came."""
    answered = conversation.snoozed_until is not None and conversation.last_touch_at >= conversation.snoozed_until
    return "answer" if answered else "time"
