"""`bench path`: the whole way, all roles in one process: signed webhook .. seen in a supervisor's console.

A shop in the middle of its day: `people` customers with an open conversation each, 20 agents who hold them, every
message told to the supervisor and to the agent who owns the conversation. Sustained is what flows end to end: a flood
of `count` messages, from the first one sent to the last one seen. `--flat` does it twice, over an almost empty database
and over one with `stored` older messages.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench import webhooks
from bench.report import Figure, tell
from bench.rig import rig
from bench.shop import Shop, fill, flooded, open_shop, paced
from bench.statistics import alternating, percentile

AGENTS = 20
PEOPLE = 500
FLOOD_S_MAX = 60.0
OFFERED_PER_S = 1500.0
FLAT_BASE = 10_000


async def measure(*, count: int, seconds: float, flat: bool = False, stored: int = 200_000) -> list[Figure]:
    if flat:
        return await _flat(count, stored)
    async with working_shop() as shop:
        cpu_s = shop.hub.cpu_s()
        per_s = await sustained(shop, count, run=2)
        cpu_us = (shop.hub.cpu_s() - cpu_s) / count * 1e6
        tell(f"flood: {per_s:,.0f}/s")
        behind_ms = await _offered(shop, int(OFFERED_PER_S * seconds))
        memory_mib = shop.hub.memory_mib()
    note = f"{count:,} messages of {PEOPLE} customers, {AGENTS} agents, to the last one seen"
    return [
        Figure(name="whole path, flood", value=per_s, unit="messages/s", owed=1500, note=note),
        Figure(name="CPU a message", value=cpu_us, unit="us", note="of the hub's process, one core and a little"),
        Figure(name=f"seen after, p50 at {OFFERED_PER_S:,.0f}/s offered", value=percentile(behind_ms, 50), unit="ms"),
        Figure(name=f"seen after, p99 at {OFFERED_PER_S:,.0f}/s offered", value=percentile(behind_ms, 99), unit="ms"),
        Figure(name="memory afterwards", value=memory_mib, unit="MiB"),
    ]


@asynccontextmanager
async def working_shop(stored: int = 0) -> AsyncIterator[Shop]:
    async with rig(agents=AGENTS, stored=stored) as running, open_shop(running) as shop:
        await fill(shop, PEOPLE)
        yield shop


async def sustained(shop: Shop, count: int, *, run: int) -> float:
    """Messages a second, end to end."""
    messages = webhooks.messages(count, people=PEOPLE, run=run)
    tally = await flooded(shop, messages, seconds=FLOOD_S_MAX)
    return count / (max(shop.watcher.seen_at) - tally.began)


async def _offered(shop: Shop, count: int) -> list[float]:
    """Milliseconds from due to seen, at OFFERED_PER_S."""
    messages = webhooks.messages(count, people=PEOPLE, run=3)
    tally = await paced(shop, messages, OFFERED_PER_S)
    return [(seen - due) * 1000 for seen, due in zip(shop.watcher.seen_at, tally.due_at, strict=True)]


async def _flat(count: int, stored: int) -> list[Figure]:
    """Turns over an almost empty and a large database, small, large, small, so that noise shows as noise."""
    small: list[float] = []
    large: list[float] = []
    for older in (FLAT_BASE, stored, FLAT_BASE):
        async with working_shop(older) as shop:
            per_s = await sustained(shop, count, run=2)
        (large if older == stored else small).append(per_s)
        tell(f"over {older:,} stored messages: {per_s:,.0f}/s")
    slower = 1 / alternating(small, large)
    note = f"{FLAT_BASE:,} against {stored:,} stored messages; the promise is for 10^7"
    return [
        Figure(name="slower over a large database", value=slower, unit="times", owed=1.2, at_most=True, note=note),
        Figure(name=f"over {FLAT_BASE:,}", value=sum(small) / len(small), unit="messages/s"),
        Figure(name=f"over {stored:,}", value=large[0], unit="messages/s"),
    ]
