"""`hub numbers`: texts in, one a line; what is in each out, as one JSON object a line. Bounded, whatever comes."""

import os
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple

import orjson

from hub.events.common import TEXT_MAX_CHARS
from identity.numbers.finds import Find, finds_in

LINE_MAX_BYTES: Final = 4 * TEXT_MAX_CHARS  # UTF-8 takes at most four for a character
_SKIPPED_AT_ONCE: Final = 1 << 16


class Line(NamedTuple):
    """`cut`: the rest of the line was not looked at. `broken`: bytes that are no UTF-8 stand as U+FFFD."""

    number: int
    text: str
    cut: bool
    broken: bool


def answer(source: BinaryIO, out: BinaryIO) -> None:
    """Until `source` ends or nobody reads `out` any more; each answer is sent at once."""
    try:
        for line in lines(source):
            out.write(orjson.dumps(found(line)) + b"\n")
            out.flush()
    except BrokenPipeError:
        # `hub numbers | head`: enough was read. What is left in the buffer must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def lines(source: BinaryIO) -> Iterator[Line]:
    """Numbered from 1, without their ends (LF or CRLF)."""
    number = 0
    while raw := source.readline(LINE_MAX_BYTES):
        number += 1
        cut = not raw.endswith(b"\n") and _skip_rest(source)
        raw = raw.removesuffix(b"\n").removesuffix(b"\r")
        text = raw.decode("utf-8", "replace")
        broken = not cut and "\ufffd" in text and text.encode() != raw
        yield Line(number, text[:TEXT_MAX_CHARS], cut or len(text) > TEXT_MAX_CHARS, broken)


def found(line: Line) -> dict[str, Any]:
    remarks = {name: True for name in ("cut", "broken") if getattr(line, name)}
    return {"line": line.number, "finds": [_told(find) for find in finds_in(line.text)], **remarks}


def _told(find: Find) -> dict[str, Any]:
    return {
        "kind": find.kind.value,
        "value": find.value,
        "span": [find.start, find.end],
        "role": find.role.value,
        "strength": find.strength.value,
    }


def _skip_rest(source: BinaryIO) -> bool:
    """To the end of the line; False when there was none."""
    skipped = False
    while rest := source.readline(_SKIPPED_AT_ONCE):
        skipped = True
        if rest.endswith(b"\n"):
            break
    return skipped
