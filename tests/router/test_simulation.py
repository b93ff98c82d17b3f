"""The simulated day: right where a formula says what is right, sane elsewhere, and the same for the same seed."""

import orjson
import pytest
from click.testing import CliRunner

from hub.cli import main
from router.simulation.comparison import Case, compare
from router.simulation.day import retail_day
from router.simulation.erlang import ErlangC
from router.simulation.floor import Floor

CALLS = ErlangC(agents=10, arrivals_per_s=7 / 180, handle_s=180)


def test_erlang_c_is_that_of_the_published_tables() -> None:
    """Ten agents with the work of seven: 22.2 % of the callers wait (A. K. Erlang's second formula)."""
    assert round(CALLS.waits, 3) == 0.222
    assert round(CALLS.mean_wait_s, 1) == 13.3
    one = ErlangC(agents=1, arrivals_per_s=0.5, handle_s=1)
    assert one.waits == pytest.approx(0.5)  # a single agent who is busy half the time
    assert one.mean_wait_s == pytest.approx(1.0)
    assert one.served_within(0) == pytest.approx(0.5)


def test_two_thousand_agents_do_not_overflow_the_formula() -> None:
    assert 0 < ErlangC(agents=2000, arrivals_per_s=19, handle_s=100).waits < 1


def test_a_line_that_grows_for_ever_is_refused() -> None:
    with pytest.raises(ValueError, match="grows for ever"):
        ErlangC(agents=7, arrivals_per_s=7 / 180, handle_s=180)


def test_the_simulation_agrees_with_erlang_c_within_two_percent() -> None:
    rows = {row["figure"]: row for row in compare(Case(2, 0.5), 150_000, seed=1)}
    assert set(rows) == {"have to wait", "mean wait, s", "served within 20 s", "busy"}
    for row in rows.values():
        assert abs(row["difference"]) <= 0.02, row
        assert (row["standard_error"] or 0) < 0.02, row


def test_too_few_agents_are_seen() -> None:
    enough, few = (Floor(retail_day(agents), 1).run().figures()["all"] for agents in (60, 40))
    assert few["service_level"] < enough["service_level"]
    assert few["wait_p90_s"] > enough["wait_p90_s"]
    assert few["given_up"] > enough["given_up"]


def test_everybody_who_came_was_served_or_gave_up_or_waits_or_is_being_asked_for() -> None:
    outcome = Floor(retail_day(40), 3).run()
    everybody = outcome.figures()["all"]
    offered = everybody["arrived"] - everybody["served"] - everybody["given_up"] - outcome.left
    assert 0 <= offered <= 40 * 4  # offers that ring at midnight
    assert everybody["served"] > 1000


def test_the_same_seed_is_the_same_day() -> None:
    one, same, other = (Floor(retail_day(50), seed).run().figures() for seed in (5, 5, 6))
    assert one == same
    assert one != other


def test_the_command_prints_a_table_or_json() -> None:
    shown = CliRunner().invoke(main, ["simulate", "--agents", "30"])
    assert shown.exit_code == 0, shown.output
    assert "hotline" in shown.output
    assert "30 agents" in shown.output
    told = orjson.loads(CliRunner().invoke(main, ["simulate", "--json"]).output)
    assert [channel["name"] for channel in told["channels"]] == [
        *("hotline", "facebook", "zalo", "web chat", "e-mail", "comments"),
    ]
    assert 0 < told["occupancy"] <= 1
    compared = CliRunner().invoke(main, ["simulate", "--erlang", "--customers", "2000", "--json"])
    assert {"simulated", "formula", "difference"} <= orjson.loads(compared.output)[0].keys()


def test_the_command_refuses_a_house_without_agents() -> None:
    refused = CliRunner().invoke(main, ["simulate", "--agents", "0"])
    assert refused.exit_code == 2
    assert "--agents" in refused.output
