"""What the consume loop decides about a batch that failed, and how a record becomes a dead letter. Pure."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.bus.base import Record
from hub.errors import Poison, Transient
from hub.events.envelope import Envelope, EventData
from hub.events.rejected import BODY_BYTES_MAX, KEY_MAX_CHARS, REASON_MAX_CHARS, TYPE_MAX_CHARS, EventRejected
from hub.tasks import leaves

# Which records concern a group, told without reading them. The others pass by: not decoded, and without a transaction
# for the position alone.
Concerns = Callable[[Record], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a consumer works. All `_s` are seconds."""

    batch_max: int = 500
    handle_s: float = 30.0  # one attempt at one batch
    idle_s: float = 5.0  # one wait for records
    backoff_s: float = 0.1  # after the first failure; doubles
    backoff_max_s: float = 5.0  # a database that is back must find us back within 30 s
    attempts_max: int = 3  # of one event that fails for no reason we know
    lease_lost_pause_s: float = 10.0  # longer than a member takes to learn that its group has expelled it
    deaf_after_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Again:
    """The same events once more after `pause_s`."""

    pause_s: float


@dataclass(frozen=True, slots=True)
class Split:
    """Halve the batch: one event is to blame, the others need not wait for it."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Nothing will ever come of it: file it under dead-letters."""

    reason: str


def verdict(error: BaseException, size: int, attempt: int, pace: Pace) -> Again | Split | Reject:
    """About a batch of `size` records that failed for the `attempt`th time (from 1) in a row.

    OSError (TimeoutError is one) is trouble of the machine or the network, not of the event.
    """
    causes = list(leaves(error))
    waits = [cause for cause in causes if isinstance(cause, (Transient, OSError))]
    if waits:
        if size > 1 and all(isinstance(cause, TimeoutError) for cause in waits):
            return Split()  # too much for one transaction at the moment; smaller ones get on
        known_s = [cause.retry_after_s or 0.0 for cause in waits if isinstance(cause, Transient)]
        return Again(pause(attempt, pace, at_least_s=max(known_s, default=0.0)))
    if size > 1:
        return Split()
    if any(isinstance(cause, Poison) for cause in causes) or attempt >= pace.attempts_max:
        return Reject("; ".join(describe(cause) for cause in causes))
    return Again(pause(attempt, pace))


def pause(attempt: int, pace: Pace, *, at_least_s: float = 0.0) -> float:
    """Doubling, jittered so that workers do not come back in step; never above twice `backoff_max_s`."""
    grown = min(pace.backoff_max_s, pace.backoff_s * 2.0 ** min(attempt - 1, 16))
    jittered = grown * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing
    return min(max(jittered, at_least_s), 2 * pace.backoff_max_s)


def describe(error: BaseException) -> str:
    """One line for a person. A Poison speaks for itself; of any other error the type says more than the text."""
    text = " ".join(str(error).split())
    return text if isinstance(error, Poison) else f"{type(error).__name__}: {text}"


@dataclass(slots=True)
class Batch:
    """Records in order. `rejected`: file them under dead-letters for this reason, they were tried enough.
    `committed`: the last attempt's transaction is, whatever was raised after that."""

    records: Sequence[Record]
    attempts: int = 0
    committed: bool = False
    rejected: str | None = None

    def halves(self) -> "tuple[Batch, Batch]":
        middle = len(self.records) // 2
        return Batch(self.records[:middle]), Batch(self.records[middle:])

    def sorted_out(
        self, group: str, concerns: Concerns = lambda _: True
    ) -> tuple[list[Envelope[EventData]], list[EventRejected]]:
        """(events to handle, dead letters): what cannot be read does not stop the rest."""
        events, letters = [], []
        for record in filter(concerns, self.records):
            try:
                if self.rejected is not None:
                    raise Poison(self.rejected)
                events.append(record.decode())
            except Poison as poison:
                letters.append(dead_letter(record, group, str(poison)))
        return events, letters


def dead_letter(record: Record, group: str, reason: str) -> EventRejected:
    """Whatever the record holds, the letter can be written: what is too long is cut."""
    return EventRejected(
        group=group,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        original_key=record.key[:KEY_MAX_CHARS],
        original_type=record.type[:TYPE_MAX_CHARS],
        body=record.value[:BODY_BYTES_MAX],
        body_bytes=len(record.value),
        reason=reason[:REASON_MAX_CHARS],
    )
