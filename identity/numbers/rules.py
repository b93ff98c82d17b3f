"""The rules about words around a number, as patterns over signs (identity.numbers.signs). Data for meaning.

What stands before a number is read backwards, so that a match at the start is next to the number and the first match of
a search is the nearest; `_before` writes a pattern for that.
"""

import re
from typing import Final

from identity.numbers import vocabulary as words
from identity.numbers.signs import COMMA, DIGIT, END, LINE, OPEN, UNKNOWN, Book

BOOK: Final = Book()
_any, _set = BOOK.any_of, BOOK.set_of


def _before(*tables: str) -> str:
    return _any(*tables, backward=True)


# --- patterns over the signs before, read backwards ------------------------------------------------------------------

_PHONE: Final = _before(words.PHONE)
_FILLER: Final = _before(words.FILLERS)
_SELF: Final = _before(words.SELF)
_SOMEBODY: Final = _before(words.OTHERS)
_STOPS: Final = f"{END}{LINE}{COMMA}{OPEN}{DIGIT}"

# "mã đơn 0912…", "stk của em: 0912…"; not "mã đơn 88123 sđt 0912…", not "lên đơn cho em 0912…".
_CODE: Final = rf"""{END}?{DIGIT}?(?!{_before(words.KEPT_UNDER)})(?:{_FILLER}){{0,4}}
      (?: (?!{_before(words.ORDERING)}) {_before(words.CODE_NEAR, words.BANKS, words.CODE_FAR, words.TRANSFERS)}
        | (?: (?!{_PHONE})[^{_STOPS}] (?:{_FILLER}){{0,2}} ){{1,2}} {_before(words.CODE_FAR)} )"""
NONE: Final = re.compile(f"{_CODE} | {_before(words.NOT_THIS)}", re.VERBOSE)  # a code, or taken back
_NAME: Final = rf"[^{_STOPS}{_set(words.SELF, words.PHONE, words.FILLERS)}]"
# Right before the number. "gọi em bằng số 0912…", "có số 0912… gọi em"; "gửi tặng cô giáo, số cô 0912…", "giao cho bạn
# Vy 0912…"; "số ổng 0912…", "ảnh tên Đạt 0912…": somebody who was named before.
NEAR: Final = re.compile(
    rf"""(?P<has_number>{_before("có số")})
       | (?P<caller>{_before(words.ASKED)} | {_before(words.CALLED_BY)}.{{0,3}}{_before("gọi, xưng, cuộc gọi, nhắn")})
       | (?P<given>
              (?:{_any("là")})?{_any("nhận")}{_before("số, sđt, đt, điện thoại, số đt")}
            | {_any("số")}{_any("tới, đến")}.{{0,2}}{_any("ship, giao")}
            | (?:{_any("là, này")})?(?P<title>[{_set(words.GIVEN_TO)}]){_before(words.NUMBER_OR_CALL)}.*
              (?: (?P=title)(?:{_any("cho")})?{_before(words.GIVING)} | {_SOMEBODY}(?P=title)
                | {_any("nhận")}{_NAME}{{1,2}}(?P=title) )
            | (?:{_SELF}{_before(words.AWAY)})?{_NAME}{{1,3}}[{_set(words.GIVEN_TO, "bạn")}]
              (?:{_SELF}|{_any("nhà")})?{_before(words.HANDING)} )
       | (?P<named>
              (?:{_any(words.LEADING)}){{0,2}}{_before(words.PRONOUNS)}{_before(words.NUMBER_OR_CALL)}
            | {UNKNOWN}{{0,2}}{_any("tên")}{_any(words.NAMED)}
            | (?:{_any("là")})?{_any("cháu")}{_any("số, sđt, đt, gọi, zalo")}.*{_any(words.OLDER_WRITER)} )""",
    re.VERBOSE,
)
# "em gọi 0912… không ai nghe"
CALLED_IN_VAIN: Final = re.compile(
    rf"(?:{_any('số, cho, vào, qua')}){{0,2}}{_any('gọi')}{_any('em, e, mình, tôi, tui, m')}"
)
NOT_REACHED: Final = re.compile(rf"{_any('mà')}?{_any(words.NOT_REACHED)}(?!{_any('thì')})")
NOT_TO_CALL: Final = re.compile(rf"(?:{_any('số, của')})*{_before(words.NOT_TO_CALL)}")
_OF_WRITER: Final = rf"(?:{_any('của, cũ, mới')})?(?:{_before(words.AWAY)}(?:{_any('của')})?)?"
_CALLED: Final = rf"{_before(words.PRONOUNS)}(?:{_any('cho, thẳng, giúp, giùm')}){{0,2}}{_any('gọi, nhắn, alo')}"
_TITLE: Final = rf"[{_set(words.TITLES)}]"
WHO: Final = re.compile(
    rf"""(?P<stop>[{END}{DIGIT}])
       | (?P<form>{LINE})
       | (?P<recipient>(?:{_SELF})?{_before(words.RECIPIENT)}(?!{_SELF}|{_any("xác, shop")}))
       | (?P<own>{_before(words.SELF_PAIRS)} | {_SOMEBODY}{_any("là")}{_SELF})
       | (?P<other>
              {_SELF}{_OF_WRITER}(?!{_before(words.SELF_PAIRS)}){_before(words.OTHERS, words.OTHERS_WITH_SELF)}
            | {_SOMEBODY} | {_CALLED})
       | (?P<self>(?: (?:(?<=[{_set(words.FILLERS, words.PHONE)}{_STOPS}])|^){_TITLE}
                    | (?!{_TITLE}){_SELF}) (?!{_any("giúp")}))""",
    re.VERBOSE,
)
DELIVERED: Final = re.compile(_before(words.DELIVERY))
NUMBER_OR_CALL: Final = re.compile(_before(words.PHONE, words.NUMBER_OR_CALL))
ASKED_FOR_PHONE: Final = re.compile(_PHONE)
FORM: Final = re.compile(
    rf"(?:(?P<recipient>{_before(words.FORM_OF_RECIPIENT)})|(?P<own>{_before(words.FORM_OF_WRITER)}))(?={LINE}|$)"
)

# --- patterns over the signs after -----------------------------------------------------------------------------------

NONE_AFTER: Final = re.compile(
    rf"""{OPEN}?(?:{_any("của, bên, stk, tk, bank")})?{_any(words.BANKS)}
       | {_any(words.MONEY)} | {_any("là")}{_any("mã, stk, số tài khoản")}
       | [{COMMA}{OPEN}]?(?:{_any(words.WRONG_FILLERS)}){{0,3}}{_any(words.WRONG)}""",
    re.VERBOSE,
)
STRANGER: Final = re.compile(
    rf"""(?:{_any("này, đó, nó")})?
      (?: {_any(words.STRANGER)} | {_any(words.REACHING)}[^{END}{LINE}{DIGIT}]{{0,4}}{_any(words.PRETENDING)} )""",
    re.VERBOSE,
)
HAVE: Final = frozenset(_set("có"))  # "có số 0912…": what comes after counts
CALLS_WRITER: Final = re.compile(_any("gọi"))
_FILLER_AFTER: Final = rf"(?:{_any(words.AFTER_FILLERS)}|{OPEN})"
_POINTED: Final = rf"{_FILLER_AFTER}{{0,3}}(?:{_any(words.POINTING)}|{OPEN}){_FILLER_AFTER}{{0,3}}"
WHO_AFTER: Final = re.compile(
    rf"""{_POINTED}(?:(?P<recipient>{_any(words.RECIPIENT)})|(?P<other>{_any(words.OTHERS)})
                    |(?P<of_writer>{_any(words.OTHERS_WITH_SELF)}{_any(words.SELF)})|(?P<own>{_any(words.SELF)}))
       | {_FILLER_AFTER}{{0,4}}{_any(words.OTHERS, words.OTHERS_WITH_SELF)}(?P<by_self>{_any(words.SELF)})""",
    re.VERBOSE,
)
CLAUSE: Final = re.compile(rf"[^{END}{LINE}{COMMA}{DIGIT}]*")

# --- whether there is anything to read -------------------------------------------------------------------------------

_SAID: Final = (
    words.CODE_NEAR, words.CODE_FAR, words.BANKS, words.TRANSFERS, words.NOT_THIS, words.OTHERS,
    words.OTHERS_WITH_SELF, words.PRONOUNS, words.RECIPIENT, words.ASKED, words.CALLED_BY, words.GIVING, words.HANDING,
    "nhận, có số",
)  # fmt: skip
_SAID_AFTERWARDS: Final = (
    words.OTHERS, words.OTHERS_WITH_SELF, words.RECIPIENT, words.BANKS, words.MONEY, words.WRONG, words.STRANGER,
    words.PRETENDING,
    words.NOT_REACHED, "mã, stk, tài khoản",
)  # fmt: skip
TELLS: Final = BOOK.telling(*_SAID)
TELLS_AFTERWARDS: Final = BOOK.telling(*_SAID_AFTERWARDS)
# Words of every other message: only next to the number, NEXT words from it, they are worth a closer look.
NEXT: Final = 3
TELLS_NEXT: Final = BOOK.telling(*_SAID, everyday=True)
TELLS_AFTERWARDS_NEXT: Final = BOOK.telling(*_SAID_AFTERWARDS, everyday=True)
