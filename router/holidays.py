"""The days that Vietnamese labour law gives off (Labour Code 2019, article 112).

Which days surround the new year and National Day, and which working day makes up for a holiday at the weekend, the
government says year by year. Here stand the usual ones; a calendar's special days have the last word.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from router.lunar import solar_date

Holiday = Literal["new_year", "lunar_new_year", "hung_kings", "reunification", "labour_day", "national_day"]
# The Labour Code gives five: usually the eve and four from the new year's first day on.
BEFORE_TET, FROM_TET = 1, 4
FIRST_YEAR, LAST_YEAR = 1900, 2199


@lru_cache(maxsize=64)
def holidays(year: int) -> Mapping[date, Holiday]:
    """In order. Years that no calendar reaches have none."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return MappingProxyType({})
    found: dict[date, Holiday] = {date(year, 1, 1): "new_year"}
    tet = solar_date(year, 1, 1)
    found |= {tet + timedelta(days): "lunar_new_year" for days in range(-BEFORE_TET, FROM_TET)}
    found[solar_date(year, 3, 10)] = "hung_kings"
    found |= {date(year, 4, 30): "reunification", date(year, 5, 1): "labour_day"}
    found |= dict.fromkeys(_national_days(year), "national_day")
    return MappingProxyType(dict(sorted(found.items())))


def _national_days(year: int) -> tuple[date, date]:
    """2 September and the day that makes the longer rest: the 3rd after a Monday, Thursday or Sunday, else the 1st."""
    second = date(year, 9, 2)
    return second, date(year, 9, 3 if second.weekday() in (0, 3, 6) else 1)
