"""Business time: calendars of local hours with Vietnamese holidays, and arithmetic over them."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.holidays import holidays
from router.hours import add_business_seconds, business_seconds_between, is_open, next_closing, next_opening
from router.lunar import solar_date
from router.plan.hours import Calendar, Period, SpecialDay

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
MORNING, AFTERNOON = Period(opens="08:00", closes="12:00"), Period(opens="13:30", closes="17:30")
WORKDAY = (MORNING, AFTERNOON)
ALL_DAY = (Period(opens="00:00", closes="24:00"),)
HOUR = 3600


def shop(**changes: object) -> Calendar:
    week = (WORKDAY,) * 5 + ((MORNING,), ())
    return Calendar.model_validate({"id": "shop", "name": "Shop", "week": week} | changes)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("tet", "hung_kings"),
    [
        ("2024-02-10", "2024-04-18"),
        ("2025-01-29", "2025-04-07"),
        ("2026-02-17", "2026-04-26"),
        ("2027-02-06", "2027-04-16"),
        ("2028-01-26", "2028-04-04"),
        ("2029-02-13", "2029-04-23"),
        ("2030-02-02", "2030-04-12"),
    ],
)
def test_the_lunar_calendar_agrees_with_the_printed_one(tet: str, hung_kings: str) -> None:
    year = int(tet[:4])
    assert solar_date(year, 1, 1).isoformat() == tet
    assert solar_date(year, 3, 10).isoformat() == hung_kings


@pytest.mark.parametrize(("year", "vietnam"), [(1985, "1985-01-21"), (2007, "2007-02-17"), (2030, "2030-02-02")])
def test_the_new_year_is_vietnams_where_it_is_not_chinas(year: int, vietnam: str) -> None:
    assert solar_date(year, 1, 1).isoformat() == vietnam


def test_every_lunar_year_has_its_twelve_months_in_order_and_at_most_one_leap_month() -> None:
    for year in range(1950, 2100):
        begins = [solar_date(year, month, 1) for month in range(1, 13)] + [solar_date(year + 1, 1, 1)]
        lengths = [(later - earlier).days for earlier, later in itertools.pairwise(begins)]
        assert all(length in (29, 30, 58, 59, 60) for length in lengths)
        assert sum(length > 30 for length in lengths) <= 1
        assert date(year, 1, 20) <= begins[0] <= date(year, 2, 21)


def test_the_holidays_of_a_year_are_those_of_the_law() -> None:
    assert {day.isoformat(): name for day, name in holidays(2026).items()} == {
        "2026-01-01": "new_year",
        "2026-02-16": "lunar_new_year",
        "2026-02-17": "lunar_new_year",
        "2026-02-18": "lunar_new_year",
        "2026-02-19": "lunar_new_year",
        "2026-02-20": "lunar_new_year",
        "2026-04-26": "hung_kings",
        "2026-04-30": "reunification",
        "2026-05-01": "labour_day",
        "2026-09-01": "national_day",
        "2026-09-02": "national_day",
    }
    assert date(2024, 9, 3) in holidays(2024)
    assert date(2025, 9, 1) in holidays(2025)
    assert not holidays(9999)


def test_a_moment_is_open_from_the_opening_on_and_closed_from_the_closing_on() -> None:
    moments = ["2026-11-23T07:59:59", "2026-11-23T08:00", "2026-11-23T11:59:59", "2026-11-23T12:00", "2026-11-22T09:00"]
    assert [is_open(shop(), local(at)) for at in moments] == [False, True, True, False, False]
    assert is_open(None, local("2026-11-22T03:00"))


def test_holidays_are_closed_unless_a_special_day_says_otherwise() -> None:
    tet_eve = local("2026-02-16T09:00")
    assert not is_open(shop(), tet_eve)
    assert is_open(shop(vietnamese_holidays=False), tet_eve)
    special = SpecialDay(on=date(2026, 2, 16), name="Trực Tết", periods=(Period(opens="09:00", closes="10:00"),))
    assert is_open(shop(special=(special,)), tet_eve)
    assert not is_open(shop(special=(special,)), local("2026-02-16T10:00"))
    assert next_opening(shop(), local("2026-02-15T09:00")) == local("2026-02-21T08:00")


def test_opening_and_closing_are_found_across_breaks_weekends_and_midnights() -> None:
    assert next_opening(shop(), local("2026-11-21T12:30")) == local("2026-11-23T08:00")
    assert next_opening(shop(), local("2026-11-23T09:00")) == local("2026-11-23T09:00")
    assert next_closing(shop(), local("2026-11-23T09:00")) == local("2026-11-23T12:00")
    assert next_closing(shop(), local("2026-11-22T09:00")) == local("2026-11-23T12:00")
    nights = shop(week=(ALL_DAY, ALL_DAY, (Period(opens="00:00", closes="02:00"),), (), (), (), ()))
    assert next_closing(nights, local("2026-11-23T09:00")) == local("2026-11-25T02:00")


def test_what_never_opens_or_closes_says_never() -> None:
    never = shop(week=((),) * 7)
    at = local("2026-11-23T09:00")
    assert next_opening(never, at) is None
    assert next_closing(never, at) is None
    assert add_business_seconds(never, at, 1) is None
    assert business_seconds_between(never, at, at + timedelta(days=400)) == 0
    assert next_closing(None, at) is None
    assert next_closing(shop(week=(ALL_DAY,) * 7, vietnamese_holidays=False), at) is None


def test_business_seconds_pass_only_while_it_is_open() -> None:
    friday = local("2026-11-20T16:30")
    assert add_business_seconds(shop(), friday, HOUR) == local("2026-11-20T17:30")
    assert add_business_seconds(shop(), friday, 2 * HOUR) == local("2026-11-21T09:00")
    assert add_business_seconds(shop(), friday, 6 * HOUR) == local("2026-11-23T09:00")
    assert business_seconds_between(shop(), friday, local("2026-11-23T09:00")) == 6 * HOUR
    assert business_seconds_between(shop(), local("2026-11-23T09:00"), friday) == 0


def test_hours_of_a_zone_that_turns_its_clocks_are_counted_once() -> None:
    berlin = shop(zone="Europe/Berlin", week=(ALL_DAY,) * 7, vietnamese_holidays=False)
    day = timedelta(days=1)
    for begins, hours in ((datetime(2026, 3, 28, 23, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, tzinfo=UTC), 25)):
        ends = (begins.astimezone(ZoneInfo("Europe/Berlin")) + day).astimezone(UTC)
        assert business_seconds_between(berlin, begins, ends) == hours * HOUR
    gap = berlin.model_copy(update={"week": ((Period(opens="02:15", closes="03:15"),),) * 7})
    opens = next_opening(gap, datetime(2026, 3, 29, tzinfo=UTC))
    assert opens is not None
    assert is_open(gap, opens)


CLOCKS = st.integers(0, 24 * 4).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    def day() -> tuple[Period, ...]:
        times = sorted(draw(st.sets(CLOCKS, max_size=4)))
        return tuple(Period(opens=a, closes=b) for a, b in zip(times[::2], times[1::2], strict=False))

    zone = draw(st.sampled_from(["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/Santiago", "UTC"]))
    return shop(zone=zone, week=tuple(day() for _ in range(7)), vietnamese_holidays=draw(st.booleans()))


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # made aware
SECONDS = st.integers(0, 2 * 24 * HOUR)  # at a quarter of an hour a week, within the horizon


@settings(max_examples=40)
@given(calendars(), MOMENTS, SECONDS, SECONDS)
def test_adding_then_measuring_gives_back_what_was_added(
    calendar: Calendar, at: datetime, seconds: int, more: int
) -> None:
    due = add_business_seconds(calendar, at, seconds)
    if due is None:
        assert next_opening(calendar, at + timedelta(days=370)) is None
        return
    assert business_seconds_between(calendar, at, due) == seconds
    later = add_business_seconds(calendar, at, seconds + more)
    assert later is not None
    assert later >= due
    assert add_business_seconds(calendar, due, more) == later or more == 0, "in two steps as in one"
    if seconds:
        assert is_open(calendar, due - timedelta(microseconds=1)), "time ran out while it was closed"


@settings(max_examples=40)
@given(calendars(), MOMENTS, st.integers(0, 40 * 24 * HOUR), st.integers(0, 40 * 24 * HOUR))
def test_time_between_grows_and_adds_up(calendar: Calendar, at: datetime, first: int, second: int) -> None:
    middle = at + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    parts = [business_seconds_between(calendar, a, b) for a, b in ((at, middle), (middle, end), (at, end))]
    assert parts[0] + parts[1] == pytest.approx(parts[2])
    assert 0 <= parts[0] <= first


@settings(max_examples=40)
@given(calendars(), MOMENTS)
def test_between_an_opening_and_its_closing_it_is_open_and_at_the_closing_it_is_not(
    calendar: Calendar, at: datetime
) -> None:
    opens = next_opening(calendar, at)
    closes = next_closing(calendar, at)
    if opens is None:
        return
    assert is_open(calendar, opens)
    assert (opens == at) == is_open(calendar, at)
    if closes is not None:
        assert opens < closes
        assert not is_open(calendar, closes)
        assert business_seconds_between(calendar, opens, closes) == (closes - opens).total_seconds()
