"""Mailboxes and links in text -> where they stand. Pure, and linear however many "@" somebody types."""

import re
from typing import Final

from identity.normalize import email_key
from identity.numbers.shown import Shown
from identity.numbers.written import Candidate

_LOCAL_CHARS: Final = "abcdefghijklmnopqrstuvwxyz0123456789._%+-'"
_BLANK: Final = ord(" ")
_LOCAL_MAX: Final = 64  # RFC 5321, section 4.5.3.1.1
_DOMAIN: Final = re.compile(r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![a-z0-9])")
# What is linked is no number of the writer, but for links that open a chat with a number.
_LINK: Final = re.compile(
    r"(?:https?://|www\.|(?<![a-z0-9@.])[a-z0-9-]{1,40}\.(?:vn|com|me|ly|net|org|co|app)/)[^\s]+", re.IGNORECASE
)
_CHAT_LINK: Final = re.compile(r"(?:https?://)?(?:www\.)?(?:zalo\.me|wa\.me)/(?=\+?\d{9,15}(?![\w]))", re.IGNORECASE)


def mailboxes(text: Shown) -> list[Candidate]:
    """In order. Only such as can be one person's."""
    found: list[Candidate] = []
    at = text.plain.find("@")
    while at >= 0:
        start, end = _bounds(text.plain, at)
        value = email_key(text.original[slice(*text.span(start, end))]) if start < at < end else None
        if value is not None:
            found.append((value, start, end, False))
        at = text.plain.find("@", max(end, at + 1))
    return found


def without_links(text: Shown) -> Shown:
    """Blanks in their place, so that everything else stays where it is."""
    plain = text.plain
    if ("/" not in plain and "www." not in plain) or not _LINK.search(plain):
        return text
    plain = _CHAT_LINK.sub(_blank, plain)
    plain = _LINK.sub(_blank, plain)
    shown = plain.encode("latin-1", "replace")
    return text._replace(
        plain=plain, letters=bytes(map(_kept, shown, text.letters)), words=bytes(map(_kept, shown, text.words))
    )


def _kept(shown: int, letter: int) -> int:
    return _BLANK if shown == _BLANK else letter


def without(plain: str, found: list[Candidate]) -> str:
    """Blanks in place of what was found: "0912345678@gmail.com" is no telephone number."""
    if not found:
        return plain
    pieces, done = [], 0
    for _, start, end, _ in found:
        pieces += [plain[done:start], " " * (end - start)]
        done = end
    return "".join([*pieces, plain[done:]])


def _bounds(plain: str, at: int) -> tuple[int, int]:
    """Of the mailbox around this "@"; empty where there is none."""
    window = plain[max(0, at - _LOCAL_MAX) : at]
    local = window[len(window.rstrip(_LOCAL_CHARS)) :].lstrip(".-'%+")
    domain = _DOMAIN.match(plain, at)
    return (at - len(local), domain.end()) if domain else (at, at)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
