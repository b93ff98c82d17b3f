"""Phones and mailboxes in what a customer wrote -> claims. Pure.

Wrong finds cost more than missed ones: a find can join two people. So a number must be written with its leading zero or
country code, stand free, and not follow a word that says it is something else (order, account, price, date).
"""

import re
import unicodedata
from typing import Final

from hub.events import Evidence, EvidenceKind, EvidenceSource, Strength
from hub.folding import fold
from identity.normalize import EMAIL_MAX_CHARS, email_key, phone_key

SEARCHED_MAX_CHARS: Final = 10_000  # nobody gives their number after ten thousand letters
FINDS_MAX: Final = 5  # a list of numbers is not about the one who sends it

_HINT: Final = re.compile(r"\d(?:\D{0,3}\d){7}")  # eight digits close together: what most messages do not have
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+\-']{1,64}@[A-Za-z0-9.\-]{1,189}\.[A-Za-z]{2,24}")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_NUMBER: Final = re.compile(
    r"""(?<![\w#/@$€£*+.,])          # free on the left: no order code, no amount, no tail of a longer number
        (?<![A-Za-z][-_])            # DH-0912345678
        (?:\(?\+\d{1,3}\)?|\(?0|[oO]|84|0084)   # written with a country code or the leading zero
        (?:[ .\-()]{0,2}[\doO]){7,12}
        (?![\w*%€$£]|[.,\-/]\d|\s?(?:đ|d|k|vnd|vnđ|usd|đồng|dong|triệu|tr|nghìn)\b)""",
    re.VERBOSE | re.IGNORECASE,
)
_SAYS_OTHERWISE: Final = re.compile(
    r"(?:\b(?:stk|so tk|tk|tai khoan|account|acc|iban|ma|ma so|ma don|don hang|don|order|van don|bill|hoa don|invoice|"
    r"mst|ma so thue|cmnd|cccd|can cuoc|serial|imei|sn|code|otp|gia|ngay|date)\b[^a-z0-9]{0,3}"
    r"(?:so|hang|la|number|no|nr)?[^a-z0-9]{0,4})$"
)
_LOOK_BACK_CHARS: Final = 24


def claims_in(text: str | None) -> tuple[Evidence, ...]:
    """What the text gives as the writer's own, as far as text can tell. The raw text of a find is kept as its value."""
    if not text:
        return ()
    if not _HINT.search(text, 0, SEARCHED_MAX_CHARS) and "@" not in text:
        return ()
    plain = unicodedata.normalize("NFKC", text[:SEARCHED_MAX_CHARS])
    plain = _LINK.sub(" ", plain)
    mailboxes = [found[:EMAIL_MAX_CHARS] for found in _ADDRESS.findall(plain) if email_key(found)]
    phones = _phones(_ADDRESS.sub(" ", plain))
    finds = [*((EvidenceKind.PHONE, value) for value in phones), *((EvidenceKind.EMAIL, value) for value in mailboxes)]
    return tuple(
        Evidence(kind=kind, value=value, strength=Strength.CLAIMED, source=EvidenceSource.MESSAGE_TEXT)
        for kind, value in list(dict.fromkeys(finds))[:FINDS_MAX]
    )


def _phones(text: str) -> list[str]:
    found: list[str] = []
    for match in _NUMBER.finditer(text):
        before = fold(text[max(0, match.start() - _LOOK_BACK_CHARS) : match.start()])
        number = phone_key(match.group())
        if number is not None and not _SAYS_OTHERWISE.search(before):
            found.append(number)
    return list(dict.fromkeys(found))
