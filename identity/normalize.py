"""Evidence as a source wrote it -> the value that is compared: E.164, mailbox, signed id. Pure."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from hub.events import Evidence, EvidenceKind, Strength
from hub.phones import is_personal, normalize_phone

EMAIL_MAX_CHARS: Final = 254  # RFC 5321, section 4.5.3.1.3, less the brackets
_EMAIL: Final = re.compile(r"[a-z0-9._%+\-']{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
# A post, not a person: whoever writes from it, or gives it, shares it with colleagues.
_ROLE_MAILBOXES: Final = frozenset(
    {"admin", "contact", "cskh", "hello", "help", "hotro", "info", "lienhe", "mail", "marketing", "no-reply", "noreply",
     "office", "postmaster", "sale", "sales", "service", "support", "webmaster"}
)  # fmt: skip
# 0900000000, 0911111111, 0999999999, 0123456789: typed to get past a form. Other numbers of one digit over and over are
# sold dear here, and their owners are real; what many people give is caught by how many they are.
_PLACEHOLDER: Final = re.compile(r"\+\d{1,4}?([01])\1{6,}|\+84(\d)\2{8}|\+84(?:123456789|12345678\d)")


def normalized(evidence: Evidence, *, never_keys: frozenset[str] = frozenset()) -> str | None:
    """None: no key, whoever gives it. Masked values are never keys."""
    if evidence.strength is Strength.MASKED or "*" in evidence.value:
        return None
    value = _KEY_OF[evidence.kind](evidence.value)
    return None if value in never_keys else value


def phone_key(raw: str) -> str | None:
    """E.164 of a number that can be one person's."""
    number = normalize_phone(raw)
    if number is None or not is_personal(number) or is_placeholder(number):
        return None
    return number


def is_placeholder(e164: str) -> bool:
    """Typed to get past a form."""
    return _PLACEHOLDER.fullmatch(e164) is not None


def email_key(raw: str) -> str | None:
    """Lower case, width variants folded. Dots and tags of the local part stay: not every provider ignores them."""
    mailbox = unicodedata.normalize("NFKC", raw).strip().casefold()
    if len(mailbox) > EMAIL_MAX_CHARS or not _EMAIL.fullmatch(mailbox):
        return None
    return None if is_role_mailbox(mailbox) else mailbox


def is_role_mailbox(mailbox: str) -> bool:
    """A post's, not a person's."""
    return mailbox.strip().casefold().partition("@")[0] in _ROLE_MAILBOXES


def signed_user_key(raw: str) -> str | None:
    """The shop's own id, exactly as its server signed it."""
    return raw.strip() or None


_KEY_OF: Final[dict[EvidenceKind, Callable[[str], str | None]]] = {
    EvidenceKind.PHONE: phone_key,
    EvidenceKind.EMAIL: email_key,
    EvidenceKind.SIGNED_USER: signed_user_key,
}
