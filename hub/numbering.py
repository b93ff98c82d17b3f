"""Vietnam's numbering plan: numbers of before the moves of 2015-2018 -> as they are dialled today. Pure.

Mobile numbers went from eleven digits to ten (2018), land lines got new area codes (2015-2017). An old area code is
taken only where it is certain, that is where the number cannot be read as one of today:

- 030, 031, 033, 036-039, 052, 055, 056, 058, 059, 070, 076, 077, 079 and 08 are ranges of mobiles now: read as such;
- 067 holds service numbers now: nobody's;
- 020, 022, 025, 026, 027, 029 with seven digits look like a land line of today (0203..., 0225...) that lost a digit,
  which is the likelier of the two by now: nobody's.

Source: Ministry of Information and Communications, decision 2036/QD-BTTTT of 2016, and its plan of 2018 for mobiles.
"National" is the number without country code and trunk zero.
"""

import re
from typing import Final

# Surely; what else may be one, phonenumbers is asked.
MOBILE: Final = re.compile(r"(?:(?:3[2-9]|5[689]|7[06-9]|8[1-8]|9[0-8])\d|52[238]|559|89[6-9]|99[013-9])\d{6}")
LAND_LINE: Final = re.compile(r"2(?:0[3-9]|1[0-689]|2[0-25-9]|[38][2-9]|4[2-8]|5[124-9]|6[0-39]|7[0-7]|9[0-4679])\d{7}")

_MOVED_MOBILE: Final = {
    **{f"16{n}": f"3{n}" for n in "23456789"},
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "186": "56", "188": "58", "199": "59",
}  # fmt: skip

_MOVED_AREA: Final = {
    "4": "24",  # Hà Nội
    "53": "233", "54": "234", "57": "257", "60": "260", "61": "251", "62": "252", "63": "263",
    "64": "254", "66": "276", "68": "259", "72": "272", "73": "273", "74": "294", "75": "275",
    "230": "215", "231": "213", "240": "204", "241": "222", "280": "208", "281": "209", "320": "220", "321": "221",
    "350": "228", "351": "226", "500": "262", "501": "261", "510": "235", "511": "236", "650": "274", "651": "271",
    "710": "292", "711": "293", "780": "290", "781": "291",
}  # fmt: skip
_CODE_DIGITS: Final = {9: (1, 2), 10: (3,)}  # length of the whole national number -> lengths of old codes in such


def todays(national: str) -> str:
    """`national` as it is dialled today; unchanged when it did not move, or when that is not certain."""
    if len(national) == 10 and national[:3] in _MOVED_MOBILE:
        return _MOVED_MOBILE[national[:3]] + national[3:]
    return _todays_land_line(national)


def is_old_land_line(national: str) -> bool:
    """Whether its area code is one of before 2017."""
    return _todays_land_line(national) != national


def _todays_land_line(national: str) -> str:
    for code_digits in _CODE_DIGITS.get(len(national), ()):
        area = _MOVED_AREA.get(national[:code_digits])
        if area is not None:
            return area + national[code_digits:]
    return national
