"""`bench clocks`: how fast service-level clocks that are all due at once are found broken, and what kill -9 costs.

A keeper of its own process works them off; it is killed several times on its way and another goes on. Each conversation
must be told late exactly once: nothing lost, nothing twice.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from bench.report import CannotMeasure, Figure
from bench.town import Town, town
from hub.clock import SystemClock
from hub.events import SlaBreached, SlaClock
from hub.ids import new_id
from router.promising import Promising
from router.sla_keeper import SlaKeeper
from storage import plans, tables
from storage.engine import Database
from storage.unit_of_work import Units

AT_ONCE = 1000
POLL_S = 0.02
POLICY = {"id": "chat", "name": "Chat", "promises": [{"target": "first_response", "within_s": 600}]}


async def measure(*, count: int, kind: str, kills: int) -> list[Figure]:
    async with town(kind) as here:
        await promise(here)
        await settle(here, count)
        began = time.perf_counter()
        await _work_off(SlaKeeper(here.units, "bench", Promising()))
        took_s = time.perf_counter() - began
        await check(here, count)
        await settle(here, count)
        await work_off_and_kill(here, count, kills)
        await check(here, 2 * count)
    return [
        Figure(name=f"{kind}: {count:,} clocks due at once", value=took_s, unit="s"),
        Figure(name=f"{kind}: clocks found broken", value=count / took_s, unit="/s"),
        Figure(name=f"{kind}: again, with kill -9", value=kills, unit="kills", note="each told once"),
    ]


async def settle(here: Town, count: int) -> None:
    """So many customers wait, each promised an answer by a minute ago."""
    now = here.units.clock.now()
    since = now - timedelta(seconds=660)
    clock = SlaClock(
        target="first_response", policy="chat", started_at=since, due_at=since + timedelta(seconds=600), followed=1
    )
    async with here.units.database.reading() as connection:
        queue_id = (await connection.execute(sa.select(tables.queues.c.id))).scalars().first()
    for start in range(0, count, AT_ONCE):
        rows: dict[sa.Table, list[dict[str, Any]]] = {}
        for _ in range(start, min(start + AT_ONCE, count)):
            customer_id, identity_id = new_id(), new_id()
            who = {"home_customer_id": customer_id, "customer_id": customer_id, "last_seq": 1, "created_at": since}
            address = {"account_id": "fb-main", "channel": "facebook", "external_id": str(identity_id)}
            customer = {"id": customer_id, "current_id": customer_id, "tags": [], "created_at": since}
            rows.setdefault(tables.customers, []).append(customer)
            rows.setdefault(tables.channel_identities, []).append(who | address | {"id": identity_id})
            place = {"customer_id": customer_id, "identity_id": identity_id, "queue_id": queue_id, "status": "waiting"}
            times = dict.fromkeys(("opened_at", "waiting_since", "queued_at", "last_touch_at"), since)
            shown = {"seq": 2, "channels": ["facebook"], "phone_verified": False, "suggestions": 0, "unread": 1}
            due = {"sla": [clock.model_dump(mode="json")], "sla_wake_at": clock.due_at}
            rows.setdefault(tables.conversations, []).append({"id": new_id()} | place | times | shown | due)
        async with here.units.begin() as work:
            for table, some in rows.items():
                await work.connection.execute(sa.insert(table), some)
            await work.commit()


async def check(here: Town, count: int) -> None:
    """Each of `count` conversations was told late once, and says so itself. Raises CannotMeasure."""
    query = sa.select(tables.log.c.value).where(tables.log.c.type == SlaBreached.TYPE)
    async with here.units.database.reading() as connection:
        told = Counter(orjson.loads(row.value)["data"]["conversation"]["id"] for row in await connection.execute(query))
        clocks = (await connection.execute(sa.select(tables.conversations.c.sla))).scalars().all()
    if len(told) != count or set(told.values()) != {1}:
        raise CannotMeasure(f"{len(told)} of {count} were told late, some {max(told.values(), default=0)} times")
    if not all(sla[0]["breached_at"] == sla[0]["due_at"] for sla in clocks):
        raise CannotMeasure("a clock that was told late does not say so")


async def work_off_and_kill(here: Town, count: int, kills: int) -> None:
    """A keeper in a process of its own works off `count` clocks, and is killed that often on its way."""
    before = await _told(here)
    for number in range(1, kills + 1):
        process = await _spawn(here)
        while await _told(here) < before + count * number // (kills + 1):
            if process.returncode is not None:
                raise CannotMeasure(f"the keeper ended by itself with {process.returncode}")
            await asyncio.sleep(POLL_S)
        process.kill()
        await process.wait()
    last = await _spawn(here)
    if await last.wait() != 0:
        raise CannotMeasure(f"the keeper ended with {last.returncode}")


async def _spawn(here: Town) -> asyncio.subprocess.Process:
    arguments = (here.url, str(here.units.partitions))
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.service_levels", *arguments)


async def _told(here: Town) -> int:
    query = sa.select(sa.func.count()).where(tables.log.c.type == SlaBreached.TYPE)
    async with here.units.database.reading() as connection:
        return int((await connection.execute(query)).scalar_one())


async def promise(here: Town) -> None:
    async with here.units.begin() as work:
        await plans.put(work, "sla", {"policies": [POLICY]}, seen=0, by=None)
        await work.commit()


async def _work_off(keeper: SlaKeeper) -> None:
    while await keeper.look():
        pass


async def _keep(url: str, partitions: int) -> None:
    database = Database(url)
    try:
        await _work_off(SlaKeeper(Units(database, SystemClock(), partitions=partitions), str(os.getpid()), Promising()))
    finally:
        await database.dispose()


def main(arguments: Sequence[str]) -> None:
    url, partitions = arguments
    asyncio.run(_keep(url, int(partitions)))


if __name__ == "__main__":
    main(sys.argv[1:])
