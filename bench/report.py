"""A rig's result: figures with what is owed, where and when they were measured; as lines, as JSON, as Markdown."""

import os
import platform
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click


class CannotMeasure(Exception):
    """The rig could not do its work; says why. Its figures would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`owed` is a lower bound, or an upper one when `at_most`. None: told, not owed."""

    name: str
    value: float
    unit: str = ""
    owed: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.owed is None:
            return None
        return self.value <= self.owed if self.at_most else self.value >= self.owed

    @property
    def bound(self) -> str:
        if self.owed is None:
            return ""
        return ("at most " if self.at_most else "at least ") + _shown(self.owed, self.unit)

    @property
    def shown(self) -> str:
        return _shown(self.value, self.unit)

    @property
    def verdict(self) -> str:
        return {True: "met", False: "MISSED", None: ""}[self.met]


@dataclass(frozen=True, slots=True)
class Machine:
    cores: int
    memory_gib: float
    system: str
    python: str

    @classmethod
    def this(cls) -> "Machine":
        pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
        cores = len(os.sched_getaffinity(0))
        system = f"{platform.system()} {platform.release()} {platform.machine()}"
        return cls(cores, round(pages * page / 2**30, 1), system, platform.python_version())

    def __str__(self) -> str:
        return f"{self.cores} cores, {self.memory_gib:g} GiB, {self.system}, Python {self.python}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`took_s`: how long the rig ran. `load_before`: of the machine, over the minute before; it should be near 0."""

    rig: str
    command: str
    at: datetime
    machine: Machine
    load_before: float
    took_s: float
    figures: Sequence[Figure]
    notes: Sequence[str] = field(default=())

    @property
    def missed(self) -> list[Figure]:
        return [figure for figure in self.figures if figure.met is False]

    def lines(self) -> Iterator[str]:
        yield f"{self.rig}: {self.at:%Y-%m-%d %H:%M} UTC, {self.machine}, load before {self.load_before:.1f}"
        yield f"  $ {self.command}"
        width = max((len(figure.name) for figure in self.figures), default=0)
        for figure in self.figures:
            owed = f"  owed {figure.bound}: {figure.verdict}" if figure.owed is not None else ""
            note = f"  ({figure.note})" if figure.note else ""
            yield f"  {figure.name:<{width}}  {figure.shown:>14}{owed}{note}"
        for note in self.notes:
            yield f"  {note}"

    def as_object(self) -> dict[str, Any]:
        figures = [asdict(figure) | {"met": figure.met} for figure in self.figures]
        return asdict(self) | {"at": self.at.isoformat(), "figures": figures}

    def markdown(self) -> str:
        """One section of RESULTS.md."""
        rows = "\n".join(
            f"| {figure.name} | {figure.shown} | {figure.bound} | {figure.verdict} | {figure.note} |"
            for figure in self.figures
        )
        notes = "".join(f"\n{note}\n" for note in self.notes)
        return (
            f"## {self.rig}\n\n{self.at:%Y-%m-%d %H:%M} UTC, `{self.command}`, {self.took_s:.0f} s; {self.machine}; "
            f"load before {self.load_before:.1f}\n\n"
            f"| figure | measured | owed | | |\n| --- | ---: | --- | --- | --- |\n{rows}\n{notes}"
        )


def write_results(path: Path, reports: Sequence[Report]) -> None:
    """Replaces the sections of these rigs; those of others stay."""
    head, *sections = path.read_text().split("\n## ") if path.exists() else [RESULTS_HEAD]
    kept = {section.split("\n", 1)[0]: section.rstrip("\n") + "\n" for section in sections}
    fresh = {report.rig: report.markdown().removeprefix("## ") for report in reports}
    path.write_text("\n## ".join([head.rstrip("\n") + "\n", *(kept | fresh).values()]))


RESULTS_HEAD = """# What was measured

Written by `python -m bench all --write`; each section says when, where and how to repeat it. Absolute figures are of
that machine and moment; the ratios to the yardsticks of the same run are what counts.
"""


def command_line() -> str:
    return shlex.join(["python", "-m", "bench", *sys.argv[1:]])


def load_average() -> float:
    return os.getloadavg()[0]


def now() -> datetime:
    return datetime.now(UTC)


def tell(line: str) -> None:
    """Progress, where it does not mix with the result."""
    click.echo(line, err=True)


def _shown(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()
