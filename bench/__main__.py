"""`python -m bench RIG`: measures, prints lines or JSON, and ends with 1 when it could not measure."""

import random
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click
import orjson
import uvloop

from bench import report
from bench.report import CannotMeasure, Figure, Machine, Report
from hub.log import configure

RESULTS = Path(__file__).with_name("RESULTS.md")
Measurement = Callable[[], Coroutine[Any, Any, list[Figure]]]


def in_json(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")(command)


def seconds(default: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    help_ = "How long one run lasts."
    return click.option("--seconds", type=click.FloatRange(0.5, 600), default=default, show_default=True, help=help_)


def count(default: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    help_ = "How many messages or decisions."
    return click.option("--count", type=click.IntRange(1, 1_000_000), default=default, show_default=True, help=help_)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Load and fault rigs. Each is bounded, stops what it started, and measures its yardstick in the same run."""
    configure("error", "text")


@main.command()
@seconds(4.0)
@click.option("--cluster", is_flag=True, help="Over Kafka, PostgreSQL and Redis of `tools/services up`.")
@in_json
def ingress(seconds: float, cluster: bool, as_json: bool) -> None:
    """Signed webhook -> durable -> 200, against a bare handler."""
    from bench.ingress import measure

    show(run("ingress", lambda: measure(seconds=seconds, cluster=cluster)), as_json)


@main.command()
@count(10_000)
@in_json
def pipeline(count: int, as_json: bool) -> None:
    """Log -> resolved, stored, routed, published, against bare consume and bulk insert."""
    from bench.pipeline import measure

    show(run("pipeline", lambda: measure(count=count)), as_json)


@main.command()
@count(10_000)
@seconds(5.0)
@click.option("--flat", is_flag=True, help="Compare with a database that holds many messages.")
@click.option("--stored", type=click.IntRange(1, 20_000_000), default=200_000, show_default=True, help="So many.")
@in_json
def path(count: int, seconds: float, flat: bool, stored: int, as_json: bool) -> None:
    """The whole way through one process, to a supervisor's console."""
    from bench.path import measure

    show(run("path", lambda: measure(count=count, seconds=seconds, flat=flat, stored=stored)), as_json)


@main.command()
@seconds(10.0)
@in_json
def latency(seconds: float, as_json: bool) -> None:
    """From a webhook to a console, at fixed rates."""
    from bench.latency import measure

    show(run("latency", lambda: measure(seconds=seconds)), as_json)


@main.command()
@seconds(15.0)
@click.option("--cluster", is_flag=True, help="Over Kafka, PostgreSQL and Redis of `tools/services up`.")
@click.option("--rate", type=click.FloatRange(0.1, 100), multiple=True, default=(20, 2), show_default=True)
@click.option("--messages", type=click.FloatRange(0.1, 1000), default=50, show_default=True, help="A second.")
@in_json
def calls(seconds: float, cluster: bool, rate: tuple[float, ...], messages: float, as_json: bool) -> None:
    """A PBX asks whom to ring, in a shop at work; --rate: so many calls a second, one rate after the other."""
    from bench.calls import measure

    show(
        run(
            "calls",
            lambda: measure(seconds=seconds, calls_per_s=rate, messages_per_s=messages, cluster=cluster),
        ),
        as_json,
    )


@main.command()
@count(10_000)
@in_json
def start(count: int, as_json: bool) -> None:
    """Start to ready, and memory."""
    from bench.start import measure

    show(run("start", lambda: measure(count=count)), as_json)


@main.command()
@count(1000)
@in_json
def sockets(count: int, as_json: bool) -> None:
    """Live sockets in one process, and 500 coming back at once."""
    from bench.sockets import measure

    show(run("sockets", lambda: measure(count=count)), as_json)


@main.command()
@click.option("--kills", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--seed", type=int, help="Of an earlier run, to repeat its schedule.")
@in_json
def kill9(kills: int, seed: int | None, as_json: bool) -> None:
    """Kill the hub at random moments under load; then compare what everybody knows."""
    from bench.kill9 import measure

    chosen = seed if seed is not None else random.randrange(2**32)
    show(run("kill9", lambda: measure(kills=kills, seed=chosen)), as_json)


@main.command()
@count(50_000)
@in_json
def routing(count: int, as_json: bool) -> None:
    """Decisions a second of the router's memory."""
    from bench.routing import measure

    show(run("routing", lambda: measure(count=count)), as_json)


@main.command()
@count(5_000)
@in_json
def automation(count: int, as_json: bool) -> None:
    """What automation costs each message, with 20 rules in force."""
    from bench.automation import measure

    show(run("automation", lambda: measure(count=count)), as_json)


@main.command()
@click.option("--messages", type=click.IntRange(100, 5_000_000), default=1_000_000, show_default=True)
@in_json
def ledger(messages: int, as_json: bool) -> None:
    """Merge and undo of customers with 10 and with very many messages."""
    from bench.ledger import measure

    show(run("ledger", lambda: measure(messages=messages)), as_json)


@main.command(name="import")
@count(100_000)
@in_json
def import_(count: int, as_json: bool) -> None:
    """A file of customers in, once more, and back out."""
    from bench.imports import measure

    show(run("import", lambda: measure(count=count)), as_json)


@main.command()
@click.option("--count", type=click.IntRange(100, 1_000_000), default=100_000, show_default=True, help="Customers.")
@click.option("--kind", type=click.Choice(["sqlite", "postgres"]), default="sqlite", show_default=True)
@in_json
def policy(count: int, kind: str, as_json: bool) -> None:
    """A changed identity policy over a whole customer base: dry run and application."""
    from bench.policy import measure

    show(run("policy", lambda: measure(count=count, kind=kind)), as_json)


@main.command()
@click.option("--count", type=click.IntRange(100, 1_000_000), default=10_000, show_default=True, help="Clocks.")
@click.option("--kind", type=click.Choice(["sqlite", "postgres"]), default="sqlite", show_default=True)
@click.option("--kills", type=click.IntRange(0, 100), default=5, show_default=True)
@in_json
def clocks(count: int, kind: str, kills: int, as_json: bool) -> None:
    """Service-level clocks that are all due at once, and their keeper killed on its way."""
    from bench.service_levels import measure

    show(run("clocks", lambda: measure(count=count, kind=kind, kills=kills)), as_json)


@main.command()
@count(100_000)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed is the same scenarios.")
@click.option("--scenario", type=click.IntRange(0), help="Only this one.")
@in_json
def adversary(count: int, seed: int, scenario: int | None, as_json: bool) -> None:
    """Attackers against the identity policy: wrong joins by claim alone."""
    from bench.adversary.rig import measure

    show(run("adversary", lambda: measure(count=count, seed=seed, scenario=scenario)), as_json)


@main.command()
@click.option("--rounds", type=click.IntRange(1, 100_000), default=210, show_default=True, help="Plans per database.")
@click.option("--seed", type=int, help="Of an earlier run, to repeat its plans.")
@click.option("--scenario", type=click.IntRange(0), help="Only this plan of the seed, in each round.")
@in_json
def races(rounds: int, seed: int | None, scenario: int | None, as_json: bool) -> None:
    """Workers and agents at one customer in the same moment, on SQLite and PostgreSQL."""
    from bench.races.rig import measure

    chosen = seed if seed is not None else random.randrange(2**32)
    show(run("races", lambda: measure(rounds=rounds, seed=chosen, scenario=scenario)), as_json)


@main.command()
@click.option("--rounds", type=click.IntRange(1, 100_000), default=10_000, show_default=True, help="Per database.")
@click.option("--seed", type=int, help="Of an earlier run, to repeat its rounds.")
@click.option("--kind", type=click.Choice(["sqlite", "postgres"]), multiple=True, default=("sqlite", "postgres"))
@in_json
def handoffs(rounds: int, seed: int | None, kind: tuple[str, ...], as_json: bool) -> None:
    """Agents, supervisors and routers at the same conversations in the same moment, on SQLite and PostgreSQL."""
    from bench.handoffs import measure

    chosen = seed if seed is not None else random.randrange(2**32)
    show(run("handoffs", lambda: measure(rounds=rounds, seed=chosen, databases=kind)), as_json)


@main.command()
@click.option("--times", type=click.IntRange(1, 50), default=3, show_default=True, help="Each way.")
@in_json
def takeover(times: int, as_json: bool) -> None:
    """From the end or pause of the router at work to the next offer by another one, in a cluster."""
    from bench.takeover import measure

    show(run("takeover", lambda: measure(times=times)), as_json)


@main.command()
@count(5_000)
@in_json
def numbers(count: int, as_json: bool) -> None:
    """Phone numbers in chat: precision, recall and speed beside PhoneNumberMatcher's."""
    from bench.numbers import measure

    show(run("numbers", lambda: measure(count=count)), as_json)


def run(rig: str, measurement: Measurement) -> Report:
    """Ends the program with 1 and the reason when it could not measure."""
    at, machine, load = report.now(), Machine.this(), report.load_average()
    began = time.monotonic()
    try:
        figures = uvloop.run(measurement())
    except CannotMeasure as error:
        click.echo(f"{rig}: could not measure: {error}", err=True)
        sys.exit(1)
    return Report(
        rig=rig, command=report.command_line(), at=at, machine=machine, load_before=load,
        took_s=time.monotonic() - began, figures=figures,
    )  # fmt: skip


def show(result: Report, as_json: bool) -> None:
    click.echo(orjson.dumps(result.as_object()).decode() if as_json else "\n".join(result.lines()))


if __name__ == "__main__":
    main()
