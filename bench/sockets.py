"""`bench sockets`: live sockets in one process, and how soon those who lost theirs know what they missed."""

import asyncio
import resource
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from bench import webhooks
from bench.console import LiveSocket
from bench.load import Load
from bench.people import Person
from bench.report import CannotMeasure, Figure, tell
from bench.rig import Rig, rig
from bench.shop import CONNECTIONS

PER_AGENT = 15  # below the 20 sockets that one agent may have
AT_ONCE = 50  # connecting at the same time while the hall fills
BACK_AT_ONCE = 500
MISSED = 200  # messages while they were away
PEOPLE = 50
FILES_SPARE = 500


async def measure(*, count: int) -> list[Figure]:
    _allow_files(count + FILES_SPARE)
    agents = -(-count // PER_AGENT)
    async with rig(agents=agents) as running, AsyncExitStack() as stack:
        owners = [person for person in running.people[1:] for _ in range(PER_AGENT)][:count]
        before_mib = running.hub.memory_mib()
        sockets, fill_s = await _fill(running, stack, owners)
        tell(f"{len(sockets)} sockets in {fill_s:.1f} s")
        held_mib = running.hub.memory_mib()
        back = min(BACK_AT_ONCE, count)
        cursor = (await running.supervisor.snapshot())["cursor"]
        await asyncio.gather(*(socket.close() for socket in sockets[:back]))
        await _write(running)
        caught_up_s = await _return(running, stack, owners[:back], cursor)
        lost = sum(socket.lost.is_set() for socket in sockets[back:])
    if lost:
        raise CannotMeasure(f"{lost} of {count - back} sockets were lost meanwhile")
    kib = (held_mib - before_mib) * 1024 / count
    note = f"after {MISSED} messages of {PEOPLE} customers, {count - back:,} others connected"
    return [
        Figure(name="live sockets held", value=count, owed=5000 if count >= 5000 else None),
        Figure(name="memory a socket", value=kib, unit="KiB"),
        Figure(name="connections accepted", value=count / fill_s, unit="/s"),
        Figure(name=f"{back} at once caught up", value=caught_up_s, unit="s", owed=5.0, at_most=True, note=note),
    ]


async def _fill(running: Rig, stack: AsyncExitStack, owners: Sequence[Person]) -> tuple[list[LiveSocket], float]:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(person: Person) -> LiveSocket:
        async with places:
            return await stack.enter_async_context(running.console(person).live(_ignore))

    began = time.monotonic()
    sockets = await asyncio.gather(*(one(person) for person in owners))
    return sockets, time.monotonic() - began


async def _return(running: Rig, stack: AsyncExitStack, owners: Sequence[Person], cursor: str) -> float:
    """Seconds until the last one has caught up. Raises CannotMeasure when one had to begin anew."""
    reloads = 0

    def watch(name: str, _: dict[str, Any]) -> None:
        nonlocal reloads
        reloads += name == "reload"

    began = time.monotonic()
    await asyncio.gather(
        *(stack.enter_async_context(running.console(person).live(watch, cursor=cursor)) for person in owners)
    )
    if reloads:
        raise CannotMeasure(f"{reloads} of {len(owners)} consoles were told to begin anew")
    return time.monotonic() - began


async def _write(running: Rig) -> None:
    """Customers write, and the hub is done with it."""
    messages = webhooks.messages(MISSED, people=PEOPLE)
    load = Load(running.hub.port, running.requests(messages), connections=CONNECTIONS)
    (await load.flood(seconds=30)).unrefused()
    await asyncio.sleep(2.0)


def _ignore(_: str, __: dict[str, Any]) -> None:
    """What the others are told is counted by nobody."""


def _allow_files(wanted: int) -> None:
    """For us and, by inheritance, for the hub."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise CannotMeasure(f"{wanted} files are needed open, {hard} are allowed")
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
