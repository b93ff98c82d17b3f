"""The ephemeral of a cluster, in Redis. Its loss costs speed and comfort only, so nothing here raises or waits long.

Commands: no retries of their own (a PUBLISH must not happen twice), a short time limit, and after a failure none is
tried for REST_S, so that a Redis that hangs does not make everybody wait. Times are Redis' own clock, in scripts.
Listening: one connection per process, which hears its own heartbeat; when it does not, it is begun anew, because
pub/sub on a dead link is silent, not broken.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar, cast
from uuid import uuid4

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hub.batch import Pace, describe, pause
from hub.clock import Clock, SystemClock
from hub.ephemeral import Rate
from hub.ephemeral_memory import Listeners
from hub.log import get_logger
from hub.metrics import EPHEMERAL_DEGRADED
from hub.tasks import heed_cancellation, stop

COMMAND_S = 0.5
REST_S = 1.0
HEARTBEAT_EVERY_S = 5.0
DEAF_AFTER_S = 15.0
SUBSCRIBE_LOOK_S = 0.1  # how soon a new listener's channel is subscribed at the latest
RECONNECT_PACE = Pace(backoff_s=0.2, backoff_max_s=2.0)
TROUBLE = (RedisError, OSError, TimeoutError)

# KEYS[1], ARGV = step in us, most that may be owed in us. Returns us to wait; 0: counted.
_ALLOW = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local step, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + step
local wait = due - now - most
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000))
return 0
"""
# KEYS[1], ARGV = member, ttl in ms. The key lives as long as its longest-living member.
_TOUCH = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], last[2])
return 0
"""
_ALIVE = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
"""

T = TypeVar("T")
log = get_logger(__name__)


class RedisEphemeral:
    """Implements hub.ephemeral.Ephemeral."""

    def __init__(self, url: str, *, prefix: str = "", clock: Clock | None = None) -> None:
        """`prefix` keeps several hubs in one Redis apart: of keys and of channels."""
        self._clock = clock or SystemClock()
        self._prefix = f"{prefix}hub:"
        self._redis = _client(url)
        self._listening = _client(url)
        self._allow = self._redis.register_script(_ALLOW)
        self._touch = self._redis.register_script(_TOUCH)
        self._alive = self._redis.register_script(_ALIVE)
        self._rest_until = 0.0
        self._listeners = Listeners()
        self._heartbeat = f"heartbeat:{uuid4().hex}"
        self._heard_at = 0.0
        self._listener: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Also without Redis: it may come later."""
        self._listener = asyncio.create_task(self._listen_for_ever(), name="redis listener")

    async def stop(self) -> None:
        if self._listener is not None:
            await stop([self._listener])
        await self._redis.aclose()
        await self._listening.aclose()

    async def publish(self, channel: str, message: bytes) -> None:
        await self._or("publish", lambda: self._redis.publish(self._prefix + channel, message), 0)

    def listen(self, channel: str) -> AsyncIterator[bytes]:
        """Listening begins soon after the call, not with the first message asked for."""
        return self._listeners.join(channel)

    async def touch(self, key: str, member: str, ttl_s: float) -> None:
        await self._or("touch", lambda: self._touch([self._prefix + key], [member, int(ttl_s * 1000)]), 0)

    async def drop(self, key: str, member: str) -> None:
        await self._or("drop", lambda: self._redis.zrem(self._prefix + key, member), 0)

    async def alive(self, key: str) -> set[str]:
        members: list[bytes] = await self._or("alive", lambda: self._alive([self._prefix + key]), [])
        return {member.decode() for member in members}

    async def allow(self, key: str, rate: Rate) -> float:
        step_us = rate.per_s / rate.burst * 1e6
        arguments = [step_us, rate.per_s * 1e6 + 1]  # 1 us: the steps' rounding must not cost the last of a burst
        return float(await self._or("allow", lambda: self._allow([self._prefix + key], arguments), 0)) / 1e6

    @property
    def is_resting(self) -> bool:
        """True shortly after a failure: calls are answered without Redis."""
        return self._clock.monotonic() < self._rest_until

    async def _or(self, operation: str, command: Callable[[], Awaitable[Any]], otherwise: T) -> Any | T:
        """What Redis says, or `otherwise`, at the latest after COMMAND_S."""
        if self.is_resting:
            EPHEMERAL_DEGRADED.labels(operation=operation).inc()
            return otherwise
        try:
            async with asyncio.timeout(COMMAND_S):
                return await command()
        except TROUBLE as error:
            self._rest_until = self._clock.monotonic() + REST_S
            EPHEMERAL_DEGRADED.labels(operation=operation).inc()
            log.warning("redis_unavailable", operation=operation, reason=describe(error))
            return otherwise

    # --- listening ---------------------------------------------------------------------------------------------------

    async def _listen_for_ever(self) -> None:
        attempt = 0
        while True:
            began = self._clock.monotonic()
            pubsub = self._listening.pubsub()
            try:
                await self._listen(pubsub)
            except TROUBLE as error:
                attempt = 1 if self._clock.monotonic() - began > DEAF_AFTER_S else attempt + 1
                EPHEMERAL_DEGRADED.labels(operation="listen").inc()
                log.warning("redis_listener_begins_anew", reason=describe(error))
                await asyncio.sleep(pause(attempt, RECONNECT_PACE))
            finally:
                await _close(pubsub)

    async def _listen(self, pubsub: PubSub) -> None:
        """Until something fails, or the own heartbeat was not heard for DEAF_AFTER_S: raises."""
        self._heard_at = self._clock.monotonic()
        beat_at = 0.0
        while True:
            heed_cancellation()
            async with asyncio.timeout(COMMAND_S * 4):
                await self._follow_listeners(pubsub)
            now = self._clock.monotonic()
            if now - self._heard_at > DEAF_AFTER_S:
                raise TimeoutError("our own heartbeat is not heard")
            if now >= beat_at:
                beat_at = now + HEARTBEAT_EVERY_S
                async with asyncio.timeout(COMMAND_S * 4):
                    await self._listening.publish(self._prefix + self._heartbeat, b"")
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=SUBSCRIBE_LOOK_S)
            if message is not None:
                self._hear(message["channel"].decode().removeprefix(self._prefix), message["data"])

    async def _follow_listeners(self, pubsub: PubSub) -> None:
        wanted = {self._prefix + channel for channel in {*self._listeners.channels(), self._heartbeat}}
        present = {channel.decode() for channel in pubsub.channels}
        if fresh := wanted - present:
            await pubsub.subscribe(*fresh)
        if left := present - wanted:
            await pubsub.unsubscribe(*left)

    def _hear(self, channel: str, message: bytes) -> None:
        if channel == self._heartbeat:
            self._heard_at = self._clock.monotonic()
        else:
            self._listeners.give(channel, message)


def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=COMMAND_S * 4,
        socket_connect_timeout=COMMAND_S,
        health_check_interval=10,
        max_connections=50,
    )


async def _close(pubsub: PubSub) -> None:
    try:
        async with asyncio.timeout(COMMAND_S):
            await cast(Any, pubsub).aclose()
    except TROUBLE as error:
        log.debug("redis_listener_closed_hard", reason=describe(error))
