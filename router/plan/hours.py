"""When the shop is open: calendars of weekly hours, with holidays and other days that differ. Times are local times of
the calendar's zone; a period that ends at 24:00 ends with the day."""

import itertools
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hub.events.common import Frozen
from router.plan.common import Name, Slug

MINUTES_A_DAY = 24 * 60
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


def minutes(clock: str) -> int:
    """ "08:30" -> 510."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not a time zone") from error
    return name


class Period(Frozen):
    """Of one day, from `opens` up to, not including, `closes`."""

    opens: Clock
    closes: Clock

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if minutes(self.opens) >= minutes(self.closes):
            raise ValueError("a period ends after it begins; one over midnight is two periods")
        return self


def _in_order(periods: tuple[Period, ...]) -> tuple[Period, ...]:
    ordered = sorted(periods, key=lambda period: minutes(period.opens))
    for one, other in itertools.pairwise(ordered):
        if minutes(other.opens) < minutes(one.closes):
            raise ValueError("two periods of a day overlap")
    return tuple(ordered)


Day = Annotated[tuple[Period, ...], Field(max_length=10), AfterValidator(_in_order)]


class SpecialDay(Frozen):
    """A day that differs from its week: a holiday (no periods), or other hours."""

    on: date
    name: Name
    periods: Day = ()


class Calendar(Frozen):
    """`week`: Monday first. `vietnamese_holidays`: closed on the days that the law gives off, beside `special`, which
    comes first where both speak of a day."""

    id: Slug
    name: Name
    zone: Annotated[str, Field(max_length=64), AfterValidator(_zone)] = "Asia/Ho_Chi_Minh"
    week: tuple[Day, Day, Day, Day, Day, Day, Day]
    special: tuple[SpecialDay, ...] = Field(default=(), max_length=400)
    vietnamese_holidays: bool = True

    @cached_property
    def special_days(self) -> Mapping[date, Day]:
        return {day.on: day.periods for day in self.special}

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({day.on for day in self.special}) != len(self.special):
            raise ValueError("a special day is named twice")
        return self


class Hours(Frozen):
    """Plan "hours". A queue without a calendar is always open."""

    calendars: tuple[Calendar, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({calendar.id for calendar in self.calendars}) != len(self.calendars):
            raise ValueError("a calendar id is used twice")
        return self

    def calendar(self, named: Slug | None) -> Calendar | None:
        """None, which is always open, also for an id that is no more."""
        return next((calendar for calendar in self.calendars if calendar.id == named), None)
