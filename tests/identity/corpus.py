"""The labelled lines of tests/identity/corpus: what shoppers write, and what is in it.

One text a line; `\\n` and `\\uXXXX` as in Python. Each find stands in ⟦brackets⟧; behind bars what differs from the
usual: its value (usual: the digits as a Vietnamese number, or the mailbox in lower case) and its role (usual: own).

    sđt e ⟦0912 345 678⟧, chồng e ⟦O987654321|+84987654321|other⟧

Parts: `development`, on which the code was made; `held_out`, written before it and first run when the code was right on
the other; `fresh`, written after it, hard on purpose; `batch_1` to `batch_3`, labelled together before any of them was
run, then run one after the other, the faults of each being looked at before the next; `batch_4`, by another hand that
had not seen the code, more than half of it plain. bench/RESULTS.md has the first figures of each.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

FOLDER: Final = Path(__file__).with_name("corpus")
Part = Literal["development", "held_out", "fresh", "batch_1", "batch_2", "batch_3", "batch_4"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)
_MARKED: Final = re.compile(r"⟦([^⟧]*)⟧")
_ESCAPE: Final = re.compile(r"\\n|\\u([0-9a-f]{4})")
_ROLES: Final = frozenset({"own", "recipient", "other"})


@dataclass(frozen=True, slots=True)
class Label:
    value: str
    start: int
    end: int
    role: str = "own"

    @property
    def is_phone(self) -> bool:
        return "@" not in self.value


@dataclass(frozen=True, slots=True)
class Line:
    """`number`: in its file."""

    part: Part
    number: int
    text: str
    labels: tuple[Label, ...]


def lines(part: Part) -> list[Line]:
    rows = (FOLDER / f"{part}.txt").read_text(encoding="utf-8").splitlines()
    return [_line(part, number, row) for number, row in enumerate(rows, 1) if row and not row.startswith("# ")]


def _line(part: Part, number: int, row: str) -> Line:
    row = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else "\n", row)
    text, labels = "", []
    for outside, marked in _pieces(row):
        text += outside
        if marked is not None:
            written, *told = marked.split("|")
            labels.append(_label(written, told, len(text)))
            text += written
    return Line(part, number, text, tuple(labels))


def _pieces(row: str) -> Iterator[tuple[str, str | None]]:
    done = 0
    for match in _MARKED.finditer(row):
        yield row[done : match.start()], match[1]
        done = match.end()
    yield row[done:], None


def _label(written: str, told: list[str], start: int) -> Label:
    value = next((word for word in told if word not in _ROLES), None) or _usual(written)
    role = next((word for word in told if word in _ROLES), "own")
    return Label(value, start, start + len(written), role)


def _usual(written: str) -> str:
    if "@" in written:
        return written.lower()
    digits = re.sub(r"\D", "", written)
    return "+84" + re.sub(r"^(?:00)?(?:84)?0?", "", digits)
