"""The arithmetic of service-level clocks: begun, paused, resumed, met, warned, breached, escalated. Pure.

Clocks follow from how a conversation stood after each of its events (`follow`) and from time passing (`look`):

1. A response clock runs while the customer waits for a person: `first_response` the first time, `next_response` each
   time after it (every time, where no first response is promised). An answer ends it, closing does, too.
2. The `resolution` clock runs over the same spells, rests between them, ends with the conversation, and goes on from
   where it stood when that opens again.
3. Each clock knows the seq that moved it last and passes over anything older, so repeats change nothing. What becomes
   of clocks in merges is identity's: here a clock that runs is let run, whoever started it.
4. Moments are those of the events: who looks late finds the same warnings and breaches, at the same moments.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from hub.events import SlaClock, SlaTarget
from router.hours import add_business_seconds, business_seconds_between
from router.plan.hours import Calendar
from router.plan.sla import Escalation, Promise, SlaPolicy

Clocks = tuple[SlaClock, ...]
_ORDER: Mapping[SlaTarget, int] = {"first_response": 0, "next_response": 1, "resolution": 2}


@dataclass(frozen=True, slots=True)
class Terms:
    """A policy with its calendar (None: around the clock)."""

    policy: SlaPolicy
    calendar: Calendar | None

    def promise(self, target: SlaTarget) -> Promise | None:
        return next((promise for promise in self.policy.promises if promise.target == target), None)


@dataclass(frozen=True, slots=True)
class View:
    """How the conversation stood from `at` on, after its event `seq`. `waiting_since`: a customer waits for a person;
    None for one that is closed."""

    seq: int
    at: datetime
    waiting_since: datetime | None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Noticed:
    """`clock` as it is then."""

    what: Literal["warned", "breached"]
    clock: SlaClock


def follow(clocks: Clocks, view: View, known: Mapping[str, Terms], chosen: Terms | None) -> Clocks:
    """`known`: every policy by its id. `chosen`: whose promises new clocks make; None: nobody's."""
    stepped = [_stepped(clock, view, known) for clock in clocks]
    if view.closed or view.waiting_since is None or chosen is None:
        return _ordered(stepped)
    if any(view.seq <= clock.followed for clock in clocks):
        return _ordered(stepped)
    begun = {clock.target: clock for clock in stepped}
    for target in _missing(begun, chosen):
        promise = chosen.promise(target)
        if promise is not None:
            begun[target] = _running(SlaClock(target=target, policy=chosen.policy.id, due_at=None, followed=view.seq),
                                     promise, chosen.calendar, view.waiting_since)  # fmt: skip
    return _ordered(begun.values())


def rebased(clocks: Clocks, terms: Terms | None) -> Clocks:
    """Under another policy, as if it had been this one from the beginning. What it does not promise is forgotten,
    unless it is over; what was warned of and broken stays so."""
    found = []
    for clock in clocks:
        promise = terms.promise(clock.target) if terms is not None else None
        if clock.met_at is not None or (terms is not None and clock.policy == terms.policy.id):
            found.append(clock)
        elif terms is not None and promise is not None:
            moved = clock.model_copy(update={"policy": terms.policy.id})
            resting = clock.started_at is None
            found.append(_resting(moved, promise) if resting else _running(moved, promise, terms.calendar,
                                                                           clock.started_at))  # fmt: skip
    return tuple(found)


def look(clocks: Clocks, now: datetime) -> tuple[Clocks, list[Noticed]]:
    """What came to pass by `now`, of clocks that run."""
    noticed: list[Noticed] = []
    seen = []
    for clock in clocks:
        after = _seen(clock, now) if is_running(clock) else clock
        if after.breached_at != clock.breached_at:
            noticed.append(Noticed("breached", after))
        elif after.warned_at != clock.warned_at:
            noticed.append(Noticed("warned", after))
        seen.append(after)
    return tuple(seen), noticed


def steps_due(clock: SlaClock, terms: Terms, now: datetime) -> list[tuple[datetime, Escalation]]:
    """Steps of a running clock whose moment has come and that were not taken yet, in order of time."""
    if not is_running(clock):
        return []
    return [(at, step) for at, step in _steps_ahead(clock, terms) if at <= now]


def wake_at(clocks: Iterable[SlaClock], known: Mapping[str, Terms]) -> datetime | None:
    """When something comes to pass unless somebody acts. None: nothing will."""
    moments: list[datetime] = []
    for clock in filter(is_running, clocks):
        if clock.breached_at is None and clock.due_at is not None:
            moments.append(clock.due_at)
            if clock.warned_at is None and clock.warn_at is not None:
                moments.append(clock.warn_at)
        terms = known.get(clock.policy)
        moments += [at for at, _ in _steps_ahead(clock, terms)] if terms is not None else []
    return min(moments, default=None)


def is_running(clock: SlaClock) -> bool:
    return clock.met_at is None and clock.started_at is not None


def breaches(before: Clocks, after: Clocks) -> list[SlaClock]:
    """Clocks of `after` that are broken now and were not, those that are over by now as well."""
    known = {(clock.target, clock.breached_at) for clock in before}
    return [c for c in after if c.breached_at is not None and (c.target, c.breached_at) not in known]


# --- one clock --------------------------------------------------------------------------------------------------------


def _stepped(clock: SlaClock, view: View, known: Mapping[str, Terms]) -> SlaClock:
    if view.seq <= clock.followed:
        return clock
    terms = known.get(clock.policy)
    promise = terms.promise(clock.target) if terms is not None else None
    calendar = terms.calendar if terms is not None else None
    if clock.target != "resolution":
        return _response(clock, view, promise, calendar)
    if view.closed:
        return _met(clock, view, calendar)
    if view.waiting_since is None:
        return _paused(clock, view, promise, calendar)
    if is_running(clock) or promise is None:
        return clock
    again = clock.model_copy(update={"met_at": None, "followed": view.seq})
    return _running(again, promise, calendar, view.waiting_since)


def _response(clock: SlaClock, view: View, promise: Promise | None, calendar: Calendar | None) -> SlaClock:
    if clock.met_at is not None:
        return clock
    if view.waiting_since is None:
        return _met(clock, view, calendar)
    if promise is not None and clock.started_at is not None and view.waiting_since > clock.started_at:
        # Another spell than the one it measured: that one ended while the conversation was part of another.
        return _running(_fresh(clock, view.seq), promise, calendar, view.waiting_since)
    return clock


def _met(clock: SlaClock, view: View, calendar: Calendar | None) -> SlaClock:
    if clock.met_at is not None:
        return clock
    ended = _stopped(clock, view.at, calendar)
    return ended.model_copy(update={"met_at": view.at, "left_s": None, "warn_at": None, "followed": view.seq})


def _paused(clock: SlaClock, view: View, promise: Promise | None, calendar: Calendar | None) -> SlaClock:
    if clock.met_at is None and clock.started_at is None:
        return clock
    stopped = _stopped(clock, view.at, calendar).model_copy(update={"met_at": None, "followed": view.seq})
    return _resting(stopped, promise) if promise is not None else stopped


def _stopped(clock: SlaClock, at: datetime, calendar: Calendar | None) -> SlaClock:
    """No longer running, from `at` on."""
    if clock.started_at is None:
        return clock
    spent_s = clock.spent_s + business_seconds_between(calendar, clock.started_at, at)
    return _seen(clock, at).model_copy(update={"started_at": None, "spent_s": spent_s})


def _seen(clock: SlaClock, now: datetime) -> SlaClock:
    """With what came to pass before `now`. At the very moment of `due_at` it is still kept."""
    changes: dict[str, datetime] = {}
    if clock.warn_at is not None and clock.warned_at is None and now > clock.warn_at:
        changes["warned_at"] = clock.warn_at
    if clock.due_at is not None and clock.breached_at is None and now > clock.due_at:
        changes["breached_at"] = clock.due_at
    return clock.model_copy(update=changes) if changes else clock


def _running(clock: SlaClock, promise: Promise, calendar: Calendar | None, since: datetime | None) -> SlaClock:
    """A broken promise stays due when it was."""
    left_s = promise.within_s - clock.spent_s
    if since is None:
        return clock
    due_at = clock.breached_at or add_business_seconds(calendar, since, left_s)
    warns = promise.warn_before_s > 0 and clock.breached_at is None
    warn_at = add_business_seconds(calendar, since, left_s - promise.warn_before_s) if warns else None
    return clock.model_copy(update={"started_at": since, "due_at": due_at, "warn_at": warn_at, "left_s": None})


def _resting(clock: SlaClock, promise: Promise) -> SlaClock:
    left_s = max(0.0, promise.within_s - clock.spent_s)
    return clock.model_copy(update={"started_at": None, "due_at": None, "warn_at": None, "left_s": left_s})


def _fresh(clock: SlaClock, seq: int) -> SlaClock:
    return SlaClock(target=clock.target, policy=clock.policy, due_at=None, followed=seq)


def _missing(clocks: Mapping[SlaTarget, SlaClock], chosen: Terms) -> list[SlaTarget]:
    """What begins now, with a customer who waits."""
    found: list[SlaTarget] = [] if "resolution" in clocks else ["resolution"]
    responses = [clocks[t] for t in ("first_response", "next_response") if t in clocks]
    if all(clock.met_at is not None for clock in responses):
        first = not responses and chosen.promise("first_response") is not None
        found.append("first_response" if first else "next_response")
    return found


def _steps_ahead(clock: SlaClock, terms: Terms) -> list[tuple[datetime, Escalation]]:
    begun = {"warning": clock.warned_at, "breach": clock.breached_at}
    found = []
    for step in terms.policy.escalations:
        since = begun[step.on]
        if step.target == clock.target and since is not None:
            at = since + timedelta(seconds=step.after_s)
            if clock.escalated_at is None or at > clock.escalated_at:
                found.append((at, step))
    return sorted(found, key=lambda pair: pair[0])


def _ordered(clocks: Iterable[SlaClock] | Sequence[SlaClock]) -> Clocks:
    return tuple(sorted(clocks, key=lambda clock: _ORDER[clock.target]))
