"""Who of those who are free is rung for whom of those who wait: pure, and the same for the same.

Callers: urgent ones first, then who asked first. Each takes the agent who served them last, else the one with the
lowest load, else the longest idle, of those who have the skills wanted and were not rung for this call a moment ago.
A caller takes nobody whom one further ahead would get, so that asking more often is no way to jump the line.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.ids import AgentId
from router.lines import Wishes
from storage.call_seats import Seat
from storage.calls import Key

TRIED_COOLDOWN_S = 30.0


@dataclass(frozen=True, slots=True)
class Asking:
    """One who waits. `tried`: agent -> when they were last rung for this call in vain."""

    key: Key
    wishes: Wishes = ()
    last_agent_id: AgentId | None = None
    tried: Mapping[AgentId, datetime] = field(default_factory=dict)


def match(line: Iterable[Asking], seats: Iterable[Seat], now: datetime) -> dict[Key, Seat]:
    """Whom each of the line gets, first things first; who gets nobody is missing. `seats`: of the free."""
    free = {seat.agent_id: seat for seat in seats}
    given: dict[Key, Seat] = {}
    for asking in line:
        seat = _best(asking, free.values(), now)
        if seat is not None:
            given[asking.key] = free.pop(seat.agent_id)
    return given


def position(line: Sequence[Asking], key: Key) -> int:
    """From 1; behind everybody when it is not in line."""
    return next((place for place, asking in enumerate(line, 1) if asking.key == key), len(line) + 1)


def wait_s(place: int, handling_s: float | None, wrap_up_s: int, agents: int) -> int | None:
    """By what the latest calls took: as many of those in front as there are agents are served in one such time."""
    if handling_s is None or agents <= 0:
        return None
    return round((handling_s + wrap_up_s) * place / agents)


def _best(asking: Asking, free: Collection[Seat], now: datetime) -> Seat | None:
    fitting = [seat for seat in free if _has_skills(seat, asking.wishes) and not _just_tried(asking, seat, now)]
    if not fitting:
        return None
    last = asking.last_agent_id
    return min(fitting, key=lambda seat: (seat.agent_id != last, seat.load, seat.idle_since, seat.agent_id))


def _has_skills(seat: Seat, wishes: Wishes) -> bool:
    return all(seat.skills.get(skill, 0) >= level for skill, level in wishes)


def _just_tried(asking: Asking, seat: Seat, now: datetime) -> bool:
    at = asking.tried.get(seat.agent_id)
    return at is not None and now - at < timedelta(seconds=TRIED_COOLDOWN_S)
