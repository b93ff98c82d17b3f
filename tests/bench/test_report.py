"""A report says what is owed and whether it was met, and RESULTS.md keeps what other rigs measured."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from bench.report import Figure, Machine, Report, write_results

MACHINE = Machine(2, 23.5, "Linux 6.1 x86_64", "3.11.7")


def report(rig: str, *figures: Figure) -> Report:
    at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    command = f"python -m bench {rig}"
    return Report(rig=rig, command=command, at=at, machine=MACHINE, load_before=0.1, took_s=12.3, figures=figures)


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure(name="a", value=0.5, owed=0.5), True),
        (Figure(name="a", value=0.49, owed=0.5), False),
        (Figure(name="a", value=20, owed=20, at_most=True), True),
        (Figure(name="a", value=20.1, owed=20, at_most=True), False),
        (Figure(name="a", value=20.1), None),
    ],
)
def test_a_figure_is_met_missed_or_not_owed(figure: Figure, met: bool | None) -> None:
    assert figure.met is met


def test_lines_name_machine_date_command_and_verdicts() -> None:
    lines = list(report("ingress", Figure(name="ratio", value=0.19, owed=0.5, note="3 rounds")).lines())
    assert (
        lines[0] == "ingress: 2026-11-22 03:00 UTC, 2 cores, 23.5 GiB, Linux 6.1 x86_64, Python 3.11.7, load before 0.1"
    )
    assert lines[1] == "  $ python -m bench ingress"
    assert "owed at least 0.5: MISSED  (3 rounds)" in lines[2]


def test_json_is_one_object_with_every_figure() -> None:
    made = report("routing", Figure(name="decisions", value=60_000, unit="/s", owed=50_000)).as_object()
    assert orjson.loads(orjson.dumps(made))["figures"][0]["met"] is True


def test_results_of_other_rigs_stay_and_those_measured_again_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    write_results(path, [report("ingress", Figure(name="old", value=1)), report("path", Figure(name="kept", value=2))])
    write_results(path, [report("ingress", Figure(name="new", value=3))])
    text = path.read_text()
    assert text.startswith("# What was measured")
    assert text.count("## ingress") == text.count("## path") == 1
    assert "| new | 3 |" in text
    assert "| kept | 2 |" in text
    assert "| old |" not in text
