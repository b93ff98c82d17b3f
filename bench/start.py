"""`bench start`: from `hub run` to ready, and what memory it takes, idle and after some work."""

import asyncio

from bench import webhooks
from bench.load import Load
from bench.report import Figure, tell
from bench.rig import Rig, rig
from bench.statistics import median, spread

STARTS = 5
PEOPLE = 500
WORKED_PER_S = 500.0
IDLE_AFTER_S = 1.0
DRAIN_S_MAX = 60.0


async def measure(*, count: int) -> list[Figure]:
    async with rig() as running:
        first_s = running.start_s
        starts_s = [await _again(running) for _ in range(STARTS)]
        await asyncio.sleep(IDLE_AFTER_S)
        idle_mib = running.hub.memory_mib()
        tell(f"started in {median(starts_s):.2f} s, {idle_mib:.0f} MiB idle")
        await _work(running, count)
        worked_mib = running.hub.memory_mib()
    note = f"median of {STARTS}, which differ by {spread(starts_s):.0%}"
    return [
        Figure(name="start to ready", value=median(starts_s), unit="s", owed=2.0, at_most=True, note=note),
        Figure(name="fastest start", value=min(starts_s), unit="s"),
        Figure(name="first start, with an empty folder", value=first_s, unit="s"),
        Figure(name="memory idle", value=idle_mib, unit="MiB", owed=200, at_most=True),
        Figure(name=f"memory after {count:,} messages", value=worked_mib, unit="MiB", owed=200, at_most=True),
    ]


async def _again(running: Rig) -> float:
    await running.hub.stop()
    return await running.hub.start()


async def _work(running: Rig, count: int) -> None:
    messages = webhooks.messages(count, people=PEOPLE)
    load = Load(running.hub.port, running.requests(messages))
    (await load.pace(WORKED_PER_S, seconds=count / WORKED_PER_S + DRAIN_S_MAX)).unrefused()
    await asyncio.sleep(IDLE_AFTER_S)
