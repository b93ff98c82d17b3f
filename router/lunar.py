"""Days of the Vietnamese lunar calendar, reckoned from the sun and the moon as they stand over Vietnam (UTC+7).

The rules of the calendar: a month begins on the local day of a new moon; month 11 holds the winter solstice; where
thirteen months lie between two of those, the first that the sun ends in the sign in which it began it is a leap month
and bears the number of the one before. An hour's difference to Peking moves the new year now and then (1985, 2007,
2030). Positions: Meeus, Astronomical Algorithms, chapters 25 and 49, good to about a minute from 1900 to 2100.
"""

import itertools
import math
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

SYNODIC_DAYS = 29.530588861
# Of UTC+7 as a part of the day; what Vietnamese law has set since 1968.
VIETNAM = 7 / 24

# Chapter 49, new moons: amplitude in days; factor of the eccentricity's power; multiples of M, M', F and the node.
_PERIODIC: tuple[tuple[float, int, int, int, int, int], ...] = (
    (-0.40720, 0, 0, 1, 0, 0),
    (0.17241, 1, 1, 0, 0, 0),
    (0.01608, 0, 0, 2, 0, 0),
    (0.01039, 0, 0, 0, 2, 0),
    (0.00739, 1, -1, 1, 0, 0),
    (-0.00514, 1, 1, 1, 0, 0),
    (0.00208, 2, 2, 0, 0, 0),
    (-0.00111, 0, 0, 1, -2, 0),
    (-0.00057, 0, 0, 1, 2, 0),
    (0.00056, 1, 1, 2, 0, 0),
    (-0.00042, 0, 0, 3, 0, 0),
    (0.00042, 1, 1, 0, 2, 0),
    (0.00038, 1, 1, 0, -2, 0),
    (-0.00024, 1, -1, 2, 0, 0),
    (-0.00017, 0, 0, 0, 0, 1),
    (-0.00007, 0, 2, 1, 0, 0),
    (0.00004, 0, 0, 2, -2, 0),
    (0.00004, 0, 3, 0, 0, 0),
    (0.00003, 0, 1, 1, -2, 0),
    (0.00003, 0, 0, 2, 2, 0),
    (-0.00003, 0, 1, 1, 2, 0),
    (0.00003, 0, -1, 1, 2, 0),
)
# The planets': amplitude in days, argument in degrees at k = 0, degrees for each new moon.
_PLANETARY: tuple[tuple[float, float, float], ...] = (
    (0.000325, 299.77, 0.107408),
    (0.000165, 251.88, 0.016321),
    (0.000164, 251.83, 26.651886),
    (0.000126, 349.42, 36.412478),
    (0.000110, 84.66, 18.206239),
)


def solar_date(year: int, month: int, day: int) -> date:
    """The date on which this lunar day falls, in a month that is no leap month. `year`: of the new year's date."""
    for number, leap, begins in _months(year):
        if number == month and not leap:
            return date.fromordinal(begins + day - 1)
    raise ValueError("a lunar year has months 1 to 12")


@lru_cache(maxsize=64)
def _months(year: int) -> tuple[tuple[int, bool, int], ...]:
    """Number, leap or not, and first day (ordinal) of each month of the lunar year that begins in `year`."""
    both = itertools.chain(_from_eleventh(year - 1), _from_eleventh(year))
    of_year = itertools.dropwhile(lambda month: month[0] != 1, both)
    return tuple(itertools.takewhile(lambda month: month[0] < 11, of_year)) + tuple(
        month for month in _from_eleventh(year) if month[0] >= 11
    )


def _from_eleventh(year: int) -> Iterator[tuple[int, bool, int]]:
    """The months from the eleventh of `year` up to, not including, the next eleventh."""
    first, following = _eleventh(year), _eleventh(year + 1)
    leap = next((k for k in range(first + 1, following) if _signless(k)), None) if following - first == 13 else None
    number = 11
    for k in range(first, following):
        if k == leap:
            yield (number - 2) % 12 + 1, True, _first_day(k)
        else:
            yield (number - 1) % 12 + 1, False, _first_day(k)
            number += 1


def _eleventh(year: int) -> int:
    """Which new moon (k) begins the month with the winter solstice."""
    k = math.floor((date(year, 12, 21).toordinal() - date(2000, 1, 6).toordinal()) / SYNODIC_DAYS) + 1
    # From here back to the last new moon whose day begins before the sun stands at 270 degrees.
    while _longitude(_midnight(_first_day(k))) % 360 >= 270 or _longitude(_midnight(_first_day(k))) % 360 < 90:
        k -= 1
    return k


def _signless(k: int) -> bool:
    """In the month of this new moon, the sun enters no sign."""
    begin, end = (_longitude(_midnight(_first_day(n))) // 30 for n in (k, k + 1))
    return begin % 12 == end % 12


@lru_cache(maxsize=1024)
def _first_day(k: int) -> int:
    """The ordinal (date.toordinal) of the Vietnamese day of the k-th new moon after January 2000."""
    return math.floor(_new_moon(k) + 0.5 + VIETNAM) - 1721425


def _midnight(ordinal: int) -> float:
    """Its Julian day: when the day begins in Vietnam."""
    return ordinal + 1721424.5 - VIETNAM


def _new_moon(k: int) -> float:
    """Julian day, universal time."""
    t = k / 1236.85
    eccentricity = 1 - 0.002516 * t - 0.0000074 * t * t
    sun = math.radians(2.5534 + 29.10535670 * k - 0.0000014 * t * t)
    moon = math.radians(201.5643 + 385.81693528 * k + 0.0107582 * t * t)
    latitude = math.radians(160.7108 + 390.67050284 * k - 0.0016118 * t * t)
    node = math.radians(124.7746 - 1.56375588 * k + 0.0020672 * t * t)
    mean = 2451550.09766 + SYNODIC_DAYS * k + 0.00015437 * t * t
    periodic = sum(
        amplitude * eccentricity**power * math.sin(a * sun + b * moon + c * latitude + d * node)
        for amplitude, power, a, b, c, d in _PERIODIC
    )
    planetary = sum(size * math.sin(math.radians(at + each * k)) for size, at, each in _PLANETARY)
    return mean + periodic + planetary - _delta_t_days(2000 + k / 12.3685)


def _delta_t_days(year: float) -> float:
    """Terrestrial less universal time: 0 about 1900, a minute now, not known for what is to come."""
    since = year - 2000
    seconds = 62.92 + 0.32217 * since + (0.005589 * since * since if since > 0 else 0.0)
    return seconds / 86400


def _longitude(julian_day: float) -> float:
    """Of the sun, apparent, in degrees; good to a hundredth of one, which it takes a quarter of an hour to cross."""
    t = (julian_day + _delta_t_days(2000 + (julian_day - 2451545) / 365.25) - 2451545) / 36525
    anomaly = math.radians(357.52911 + 35999.05029 * t - 0.0001537 * t * t)
    centre = (
        (1.914602 - 0.004817 * t) * math.sin(anomaly)
        + (0.019993 - 0.000101 * t) * math.sin(2 * anomaly)
        + 0.000289 * math.sin(3 * anomaly)
    )
    node = math.radians(125.04 - 1934.136 * t)
    return (280.46646 + 36000.76983 * t + 0.0003032 * t * t + centre - 0.00569 - 0.00478 * math.sin(node)) % 360
