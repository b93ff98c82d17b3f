"""`hub simulate`: a simulated day as a table or as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from router.simulation.comparison import CASES, compare
from router.simulation.day import retail_day
from router.simulation.floor import Floor

_COLUMNS = {
    "name": "channel",
    "arrived": "came",
    "served": "served",
    "given_up": "gave up",
    "service_level": "in target",
    "wait_mean_s": "mean wait",
    "wait_p50_s": "p50",
    "wait_p90_s": "p90",
    "wait_max_s": "longest",
}


def play(agents: int, seed: int, *, as_json: bool) -> str:
    figures = Floor(retail_day(agents), seed).run().figures()
    if as_json:
        return orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode()
    rows = [*figures["channels"], {"name": "all", **figures["all"]}]
    occupancy, room = f"{figures['occupancy']:.0%}", f"{figures['room_used']:.0%}"
    return "\n".join(
        (
            *_table(rows, _COLUMNS),
            "",
            f"{agents} agents: with something in hand {occupancy} of their time, {room} of their room used",
            f"longest line {figures['longest_line']}, still waiting at the end {figures['left_waiting']}",
        )
    )


def compared_with_erlang(customers: int, seed: int, *, as_json: bool) -> str:
    """Takes some 15 seconds for a million customers, three times."""
    rows = [row for case in CASES for row in compare(case, customers, seed)]
    if as_json:
        return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode()
    return "\n".join(_table(rows, {name: name.replace("_", " ") for name in rows[0]}))


def _table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> list[str]:
    cells = [list(columns.values()), *([_shown(name, row[name]) for name in columns] for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(columns))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name in ("service_level", "difference", "standard_error"):
        return f"{value:.1%}"
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
