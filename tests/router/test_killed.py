"""Rules, silence and waking, killed right before and after their commits, and in the middle of a webhook call: each is
done once, and a call that was cut off is made again under its id."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import HttpUrl

from hub.clock import SystemClock
from hub.events import ConversationLabelled, ConversationWoken
from hub.ids import ConversationId
from router.plan.automation import AddTags, Automation, AutomationRule, CallWebhook, SetPriority
from storage import automation as automation_store
from storage import plans, tables
from storage.unit_of_work import Units
from tests import databases
from tests.builders import build_house
from tests.router.test_automation import runs_of, says
from tools.servers import REPOSITORY

MESSAGES, SILENT, ASLEEP = 8, 3, 3
WITHIN_S = 30.0


class Other:
    """Whom the rule tells. It keeps every call waiting until it `answers`."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()
        self.answers = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        self.heard[request.headers["webhook-id"]] += 1
        await self.answers.wait()
        return web.Response(status=204)


@asynccontextmanager
async def life(url: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Of a process; killed at the end unless it did that itself."""
    command = ("-m", "tests.router.killed_process", url, *arguments)
    process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=REPOSITORY)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def dies(url: str, part: str, at: str) -> None:
    async with life(url, part, f"{part}:{at}") as process, asyncio.timeout(WITHIN_S):
        assert await process.wait() == -signal.SIGKILL


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not await holds():
            await asyncio.sleep(0.02)


async def events(units: Units, kind: str) -> int:
    query = sa.select(sa.func.count()).select_from(tables.log).where(tables.log.c.type == kind)
    async with units.database.reading() as connection:
        return int((await connection.execute(query)).scalar_one())


async def calls(units: Units) -> dict[str, str]:
    async with units.database.reading() as connection:
        rows = await connection.execute(sa.select(tables.webhook_calls.c.id, tables.webhook_calls.c.state))
        return {str(row.id): row.state for row in rows}


async def set_up(units: Units, hook: str) -> tuple[list[ConversationId], list[ConversationId]]:
    """Who writes, and who is put off and due."""
    house, now = await build_house(units), units.clock.now()
    then = (AddTags(tags=("hỏi",)), CallWebhook(url=HttpUrl(hook)))
    asked = AutomationRule(id="asked", name="Hỏi", on="customer_message", then=then)
    quiet = AutomationRule(id="quiet", name="Im", on="silent", silent_s=60, then=(SetPriority(priority=2),))
    writing = [await house.add_waiting(f"w{n}") for n in range(MESSAGES)]
    silent = [await house.add_waiting(f"s{n}") for n in range(SILENT)]
    asleep = [await house.add_waiting(f"a{n}") for n in range(ASLEEP)]
    lan = await house.add_agent("Lan", capacity=10)
    change = sa.update(tables.conversations)
    an_hour_ago = now - timedelta(hours=1)
    async with units.begin() as work:
        document = Automation(rules=(asked, quiet)).model_dump(mode="json")
        await plans.put(work, "automation", document, seen=0, by=None)
        await automation_store.put_looked_until(work, "quiet", now - timedelta(hours=2))
        said = change.where(tables.conversations.c.id.in_(silent))
        await work.connection.execute(said.values(agent_active_at=an_hour_ago, waiting_since=None))
        slept = change.where(tables.conversations.c.id.in_(asleep))
        await work.connection.execute(slept.values(status="assigned", owner_id=lan, snoozed_until=an_hour_ago))
        await work.commit()
    for conversation_id in writing:
        await says(house, conversation_id, "còn hàng không")
    return writing, asleep


@pytest.mark.faults
@pytest.mark.timeout(120)
async def test_what_rules_silence_and_the_clock_set_off_is_done_once_whenever_they_are_killed(tmp_path: Path) -> None:
    other, app, url = Other(), web.Application(), databases.sqlite_url(tmp_path)
    app.router.add_post("/hook", other.take)
    async with (
        TestServer(app, host="127.0.0.1") as server,
        databases.opened(url, SystemClock()) as units,
    ):
        writing, asleep = await set_up(units, str(server.make_url("/hook")))

        await dies(url, "automation", "before")
        assert (await runs_of(units), await calls(units), await events(units, ConversationLabelled.TYPE)) == ([], {}, 0)
        await dies(url, "automation", "after")
        promised = await calls(units)
        assert 0 < len(promised) == len(await runs_of(units)) < MESSAGES
        await dies(url, "silence", "before")
        await dies(url, "router", "before")
        assert (await runs_of(units, rule_id="quiet"), await events(units, ConversationWoken.TYPE)) == ([], 0)

        async def is_heard() -> bool:
            return bool(other.heard)

        async def is_over() -> bool:
            settled = [state for state in (await calls(units)).values() if state == "taken"]
            woken = await events(units, ConversationWoken.TYPE)
            silent = len(await runs_of(units, rule_id="quiet"))
            return (len(settled), woken, silent) == (MESSAGES, ASLEEP, SILENT)

        async with life(url, "webhooks"):
            await until(is_heard)
        cut_off = set(other.heard)
        other.answers.set()
        async with life(url, "automation,silence,router,webhooks"):
            await until(is_over)

        runs = await runs_of(units)
        assert Counter(run.rule_id for run in runs) == {"asked": MESSAGES, "quiet": SILENT}
        assert {run.outcome for run in runs} == {"done"}
        assert await events(units, ConversationLabelled.TYPE) == MESSAGES + SILENT
        assert await events(units, ConversationWoken.TYPE) == ASLEEP == len(asleep)
        assert set(other.heard) == set(await calls(units)) >= set(promised)
        assert len(cut_off) == 1
        assert {call for call, times in other.heard.items() if times > 1} == cut_off
        assert Counter(run.conversation_id for run in runs if run.rule_id == "asked") == dict.fromkeys(writing, 1)
