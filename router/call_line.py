"""Who of those who are free is rung for whom of those who wait: pure, and the same for the same.

Callers: urgent ones first, then who asked first. Each takes the agent who served them last, else the one with the
lowest load, else the longest idle, of those who have the skills wanted and were not rung for this call a moment ago.
A caller takes nobody whom one further ahead would get, so that asking more often is no way to jump the line.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.ids import AgentId
from router.plan.common import WorkClass
from router.plan.rules import SkillWish
from router.plan.work import WorkWords
from storage.calls import Key, Seat

TRIED_COOLDOWN_S = 30.0
CLASS_OF: Mapping[str, WorkClass] = {"email": "email", "hotline": "voice"}  # all other channels are chats


@dataclass(frozen=True, slots=True)
class Asking:
    """One who waits. `tried`: agent -> when they were last rung for this call in vain."""

    key: Key
    wishes: Sequence[SkillWish] = ()
    last_agent_id: AgentId | None = None
    tried: Mapping[AgentId, datetime] = field(default_factory=dict)


def match(line: Iterable[Asking], seats: Iterable[Seat], now: datetime) -> dict[Key, Seat]:
    """Whom each of the line gets, first things first; who gets nobody is missing. `seats`: of those, the free ones."""
    free = {seat.agent_id: seat for seat in seats if seat.free}
    given: dict[Key, Seat] = {}
    for asking in line:
        seat = _best(asking, free.values(), now)
        if seat is not None:
            given[asking.key] = free.pop(seat.agent_id)
    return given


def may_be_called(seat: Seat, words: WorkWords) -> bool:
    """Whether a call may come on top of what they hold. Only what a call may not interrupt keeps it away."""
    if seat.limits.get("voice") == 0:
        return False
    lighter = words.interrupts.get("voice", ())
    return all(_class_of(channel) in lighter or _class_of(channel) == "voice" for channel in seat.held)


def needs_channels(words: WorkWords) -> bool:
    """Whether `may_be_called` depends on what somebody holds."""
    return not {"chat", "email", "comment"} <= set(words.interrupts.get("voice", ()))


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


def _has_skills(seat: Seat, wishes: Sequence[SkillWish]) -> bool:
    return all(seat.skills.get(wish.skill, 0) >= wish.level for wish in wishes)


def _just_tried(asking: Asking, seat: Seat, now: datetime) -> bool:
    at = asking.tried.get(seat.agent_id)
    return at is not None and now - at < timedelta(seconds=TRIED_COOLDOWN_S)


def _class_of(channel: str) -> WorkClass:
    return CLASS_OF.get(channel, "chat")
