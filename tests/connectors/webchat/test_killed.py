"""The hub is killed while visitors write. What was acknowledged is there; what was sent again is there once."""

import asyncio
import random
import signal
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bench.simulators.webchat import Refused, ScriptedVisitor
from tests.connectors.webchat.house import KEY, open_house
from tools.servers import REPOSITORY, free_port

LIVES = 2  # besides the first and the last
MESSAGES = 12  # a visitor may send one a second


@asynccontextmanager
async def life(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """From ready to killed."""
    arguments = ("-m", "tests.connectors.webchat.serve", str(folder), str(port), "http://localhost")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        assert (await asyncio.wait_for(process.stdout.readline(), 30)).strip() == b"ready"
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def deliver(visitor: ScriptedVisitor, text: str) -> None:
    """As the widget does: the same id until it is acknowledged."""
    client_id = str(uuid.uuid4())
    for attempt in range(200):
        try:
            if visitor.line is None:
                await visitor.connect()
            await visitor.say(text, client_id=client_id, retry=attempt > 0)
            return
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            await visitor.leave()
            await asyncio.sleep(0.1)
        except Refused as refused:
            if refused.code not in ("too_fast", "unavailable"):
                raise
            await asyncio.sleep(refused.answer.get("retry_after", 0.2))
    raise AssertionError(f"{text} was never taken")


@pytest.mark.faults
@pytest.mark.timeout(120)
async def test_every_acknowledged_message_survives_and_none_is_doubled(tmp_path: Path) -> None:
    port = free_port()
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    texts = [f"tin {number}" for number in range(MESSAGES)]
    visitor = ScriptedVisitor(f"http://127.0.0.1:{port}", KEY, acknowledges=False)

    async def write() -> None:
        for text in texts:
            await deliver(visitor, text)

    async with life(tmp_path, port):
        await visitor.boot()
    writer = asyncio.create_task(write())
    for _ in range(LIVES):
        async with life(tmp_path, port):
            await asyncio.sleep(chance.uniform(0.3, 1.5))
    async with life(tmp_path, port):
        await asyncio.wait_for(writer, 60)
        await visitor.leave()
    async with open_house(tmp_path) as house:
        await house.until_stored(*texts)
        assert await house.texts() == texts, f"seed {seed}"
