"""Open or closed, and time that counts: business hours of a calendar (router.plan.hours). Pure.

A calendar of None is always open. Moments go in and come out aware; what comes out is UTC. A moment is open from
`opens` on and closed from `closes` on. Where a zone turns its clocks, an hour that does not exist is no business time
and one that comes twice counts once. Beyond HORIZON_DAYS nothing is looked for: None says "never".
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from router.holidays import holidays
from router.plan.hours import Calendar, Day, minutes

# A promise of 90 days at an hour a day comes due within nine years.
HORIZON_DAYS = 3700


def is_open(calendar: Calendar | None, at: datetime) -> bool:
    if calendar is None:
        return True
    return any(opens <= at < closes for opens, closes in _spans_of(calendar, _local(calendar, at)))


def next_opening(calendar: Calendar | None, at: datetime) -> datetime | None:
    """`at` itself when it is open then; None: never."""
    return next((opens for opens, _ in _spans(calendar, at)), None)


def next_closing(calendar: Calendar | None, at: datetime) -> datetime | None:
    """The end of the spell that is open at `at`, or of the next one. None: it never closes, or never opens."""
    end: datetime | None = None
    for opens, closes in _spans(calendar, at):
        if end is not None and opens > end:
            return end
        end = closes
    return None


def add_business_seconds(calendar: Calendar | None, at: datetime, seconds: float) -> datetime | None:
    """The first moment at which so many business seconds have passed since `at`; `at` itself for none. None: never."""
    if seconds <= 0:
        return at.astimezone(UTC)
    left = timedelta(seconds=seconds)
    for opens, closes in _spans(calendar, at):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    return None


def business_seconds_between(calendar: Calendar | None, start: datetime, end: datetime) -> float:
    """0 when `end` is not after `start`."""
    total = timedelta(0)
    for opens, closes in _spans(calendar, start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total.total_seconds()


def periods_on(calendar: Calendar, day: date) -> Day:
    """The local day's own word comes first, then the law's, then the week's."""
    special = calendar.special_days.get(day)
    if special is not None:
        return special
    if calendar.vietnamese_holidays and day in holidays(day.year):
        return ()
    return calendar.week[day.weekday()]


def _spans(calendar: Calendar | None, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is open from `at` on, in order, none overlapping; neighbours may touch."""
    at = at.astimezone(UTC)
    if calendar is None:
        yield at, datetime.max.replace(tzinfo=UTC)
        return
    day = _local(calendar, at)
    until = at
    for _ in range(HORIZON_DAYS):
        for opens, closes in _spans_of(calendar, day):
            if closes > until:
                yield max(opens, until), closes
                until = closes
        if day == date.max:
            return
        day += timedelta(days=1)


def _spans_of(calendar: Calendar, day: date) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(calendar.zone)
    for period in periods_on(calendar, day):
        opens, closes = _moment(day, minutes(period.opens), zone), _moment(day, minutes(period.closes), zone)
        if opens < closes:
            yield opens, closes


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return (datetime.combine(day, time(), zone) + timedelta(minutes=minute)).astimezone(UTC)


def _local(calendar: Calendar, at: datetime) -> date:
    return at.astimezone(ZoneInfo(calendar.zone)).date()
