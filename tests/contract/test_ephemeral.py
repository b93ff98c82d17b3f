"""What hub.ephemeral promises, over both implementations."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable

import pytest

from hub.clock import SystemClock
from hub.ephemeral import Ephemeral, Rate
from hub.ephemeral_memory import LISTENER_QUEUE_MAX, MemoryEphemeral
from hub.ephemeral_redis import REST_S, RedisEphemeral
from hub.metrics import REGISTRY
from tests.services import RedisServer

Name = Callable[[str], str]


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.services)])
async def ephemeral(request: pytest.FixtureRequest, unique_name: Name) -> AsyncIterator[Ephemeral]:
    made: Ephemeral
    if request.param == "memory":
        made = MemoryEphemeral(SystemClock())
    else:
        made = RedisEphemeral(request.getfixturevalue("redis_url"), prefix=unique_name("t"))
    await made.start()
    yield made
    await made.stop()


async def hears(subscription: AsyncIterator[bytes], publish: Callable[[], object]) -> bytes:
    """Publishes until the first message arrives: how soon listening begins is not promised to the millisecond."""
    waiting = asyncio.ensure_future(anext(subscription))
    async with asyncio.timeout(5):
        while not waiting.done():
            await publish()  # type: ignore[misc]  # made by each test, awaitable
            await asyncio.wait([waiting], timeout=0.05)
    return waiting.result()


async def test_a_message_reaches_every_listener_of_its_channel_and_nobody_else(ephemeral: Ephemeral) -> None:
    first, second, other = ephemeral.listen("typing"), ephemeral.listen("typing"), ephemeral.listen("kick")
    assert await hears(first, lambda: ephemeral.publish("typing", b"an")) == b"an"
    assert await hears(second, lambda: ephemeral.publish("typing", b"an")) == b"an"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await anext(other)


async def test_messages_of_one_publisher_arrive_in_order(ephemeral: Ephemeral) -> None:
    subscription = ephemeral.listen("c")
    await hears(subscription, lambda: ephemeral.publish("c", b"start"))
    for number in range(50):
        await ephemeral.publish("c", b"%d" % number)
    got: list[bytes] = []
    async with asyncio.timeout(5):
        while len(got) < 50:
            message = await anext(subscription)
            if message != b"start":
                got.append(message)
    assert got == [b"%d" % number for number in range(50)]


async def test_a_slow_reader_loses_the_oldest_messages_and_no_memory(ephemeral: Ephemeral) -> None:
    slow = ephemeral.listen("c")
    await hears(slow, lambda: ephemeral.publish("c", b"start"))
    watcher = ephemeral.listen("c")
    await hears(watcher, lambda: ephemeral.publish("c", b"start"))
    for number in range(LISTENER_QUEUE_MAX + 100):
        await ephemeral.publish("c", b"%d" % number)
    last = b"%d" % (LISTENER_QUEUE_MAX + 99)
    async with asyncio.timeout(10):
        while await anext(watcher) != last:
            pass
    kept: list[bytes] = []
    async with asyncio.timeout(5):
        while not kept or kept[-1] != last:
            kept.append(await anext(slow))
    assert len(kept) == LISTENER_QUEUE_MAX


async def test_a_listener_that_nobody_holds_any_more_is_forgotten(ephemeral: Ephemeral) -> None:
    subscription = ephemeral.listen("c")
    await hears(subscription, lambda: ephemeral.publish("c", b"x"))
    listeners = ephemeral._listeners  # type: ignore[attr-defined]  # what is forgotten can only be seen inside
    assert listeners.channels() == {"c"}
    del subscription
    gc.collect()
    assert listeners.channels() == set()


async def test_a_member_is_alive_until_its_time_has_run_out(ephemeral: Ephemeral) -> None:
    await ephemeral.touch("agents", "an", 0.3)
    await ephemeral.touch("agents", "binh", 30)
    assert await ephemeral.alive("agents") == {"an", "binh"}
    await asyncio.sleep(0.4)
    assert await ephemeral.alive("agents") == {"binh"}
    assert await ephemeral.alive("nobody") == set()


async def test_touching_again_prolongs_and_dropping_ends_a_life(ephemeral: Ephemeral) -> None:
    await ephemeral.touch("agents", "an", 0.2)
    await ephemeral.touch("agents", "an", 30)
    await asyncio.sleep(0.3)
    assert await ephemeral.alive("agents") == {"an"}
    await ephemeral.drop("agents", "an")
    await ephemeral.drop("agents", "never there")
    assert await ephemeral.alive("agents") == set()


async def test_a_burst_is_admitted_and_then_one_per_step(ephemeral: Ephemeral) -> None:
    rate = Rate(burst=5, per_s=1.0)
    assert [await ephemeral.allow("k", rate) for _ in range(5)] == [0.0] * 5
    wait_s = await ephemeral.allow("k", rate)
    assert 0 < wait_s <= 0.2
    await asyncio.sleep(wait_s + 0.005)
    assert await ephemeral.allow("k", rate) == 0.0
    assert await ephemeral.allow("k", rate) > 0
    assert await ephemeral.allow("another", rate) == 0.0


async def test_a_refused_call_is_not_counted(ephemeral: Ephemeral) -> None:
    rate = Rate(burst=1, per_s=0.3)
    assert await ephemeral.allow("k", rate) == 0.0
    for _ in range(20):
        assert await ephemeral.allow("k", rate) > 0
    await asyncio.sleep(0.32)
    assert await ephemeral.allow("k", rate) == 0.0


@pytest.mark.services
async def test_two_processes_share_rates_members_and_messages(redis_url: str, unique_name: Name) -> None:
    prefix = unique_name("t")
    async with contextlib.AsyncExitStack() as stack:
        here, there = (RedisEphemeral(redis_url, prefix=prefix) for _ in range(2))
        for one in (here, there):
            await one.start()
            stack.push_async_callback(one.stop)
        assert await here.allow("k", Rate(1, 60)) == 0.0
        assert await there.allow("k", Rate(1, 60)) > 0
        await here.touch("agents", "an", 30)
        assert await there.alive("agents") == {"an"}
        assert await hears(there.listen("c"), lambda: here.publish("c", b"hello")) == b"hello"


@pytest.mark.services
async def test_without_redis_everybody_is_admitted_nobody_waits_long_and_it_is_counted(own_redis: RedisServer) -> None:
    ephemeral = RedisEphemeral(own_redis.url)
    await ephemeral.start()
    rate = Rate(1, 60)
    assert await ephemeral.allow("k", rate) == 0.0
    own_redis.kill9()
    before = REGISTRY.get_sample_value("hub_ephemeral_degraded_total", {"operation": "allow"}) or 0
    began = asyncio.get_running_loop().time()
    for _ in range(20):
        assert await ephemeral.allow("k", rate) == 0.0
        assert await ephemeral.alive("agents") == set()
        await ephemeral.publish("c", b"dropped")
        await ephemeral.touch("agents", "an", 5)
    assert asyncio.get_running_loop().time() - began < 3
    assert (REGISTRY.get_sample_value("hub_ephemeral_degraded_total", {"operation": "allow"}) or 0) >= before + 20
    await ephemeral.stop()


@pytest.mark.services
async def test_a_redis_that_hangs_costs_half_a_second_once_and_then_nothing_for_a_while(own_redis: RedisServer) -> None:
    ephemeral = RedisEphemeral(own_redis.url)
    await ephemeral.start()
    await ephemeral.touch("agents", "an", 60)
    own_redis.pause()
    began = asyncio.get_running_loop().time()
    for _ in range(10):
        assert await ephemeral.allow("k", Rate(1, 60)) == 0.0
    assert asyncio.get_running_loop().time() - began < 1.0
    own_redis.resume()
    await asyncio.sleep(REST_S + 0.1)
    assert await ephemeral.alive("agents") == {"an"}
    await ephemeral.stop()


@pytest.mark.services
async def test_listening_goes_on_when_redis_is_back(own_redis: RedisServer) -> None:
    ephemeral = RedisEphemeral(own_redis.url)
    await ephemeral.start()
    subscription = ephemeral.listen("c")
    assert await hears(subscription, lambda: ephemeral.publish("c", b"one")) == b"one"
    own_redis.kill9()
    await ephemeral.publish("c", b"dropped")
    await own_redis.start()
    async with asyncio.timeout(20):
        while await hears(subscription, lambda: ephemeral.publish("c", b"two")) != b"two":
            pass
    await ephemeral.stop()
