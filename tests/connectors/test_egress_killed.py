import asyncio
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from hub.events import DeliveryState
from hub.ids import TouchpointId
from tests.connectors.post_house import Post, eventually

S = DeliveryState
CLAIM_S = 3.0
KILLS = 3
SEED = 20261122


@asynccontextmanager
async def sender(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    arguments = ["-m", "tests.connectors.egress_process", url, str(CLAIM_S)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.faults
@pytest.mark.timeout(120)
async def test_a_sender_that_is_killed_again_and_again_sends_nothing_twice_and_forgets_nothing(
    post: Post, database_url: str
) -> None:
    chance = random.Random(SEED)
    post.api.takes_s = 0.05
    replies: dict[str, TouchpointId] = {}
    for customer in ("lan", "minh", "hoa"):
        texts = [f"{customer} {i:02}" for i in range(10)]
        replies |= dict(zip(texts, await post.write(customer, *texts), strict=True))
    for _ in range(KILLS):
        async with sender(database_url) as process:
            before = len(post.api.seen)
            await eventually(partial(_moves_on, post, before, replies), within_s=20)
            await asyncio.sleep(chance.uniform(0.0, 0.25))
            process.kill()
    async with sender(database_url):
        await eventually(lambda: _is_over(post, replies), within_s=40)
    states = {text: await post.state(reply) for text, reply in replies.items()}
    accepted = Counter(post.api.accepted)
    assert max(accepted.values()) == 1
    assert set(states.values()) <= {S.SENT, S.UNKNOWN}
    assert {text for text, state in states.items() if state is S.SENT} <= set(accepted)
    assert set(replies) - set(accepted) <= {text for text, state in states.items() if state is S.UNKNOWN}
    for customer in ("lan", "minh", "hoa"):
        assert [text for text in post.api.accepted if text.startswith(customer)] == sorted(
            text for text in post.api.accepted if text.startswith(customer)
        )


async def _moves_on(post: Post, before: int, replies: dict[str, TouchpointId]) -> bool:
    return len(post.api.seen) > before or await _is_over(post, replies)


async def _is_over(post: Post, replies: dict[str, TouchpointId]) -> bool:
    for reply in replies.values():
        if await post.state(reply) not in (S.SENT, S.UNKNOWN):
            return False
    return True
