"""The ephemeral in this process: for a shop, a demo, every test."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from weakref import WeakSet

from hub.clock import Clock
from hub.ephemeral import Rate

LISTENER_QUEUE_MAX = 1000  # messages; then the oldest is lost
FORGET_EVERY = 10_000  # touches; then members whose time has run out are removed, read or not
KEYS_MAX = 100_000  # rate limits remembered; the longest unused is forgotten, which only admits somebody early


def gcra(due: float, now: float, rate: Rate) -> tuple[float, float]:
    """(new due, 0.0) to admit, (due, seconds to wait) to refuse. `due` is when all that was admitted is paid for."""
    step_s = rate.per_s / rate.burst
    paid = max(due, now) + step_s
    wait_s = paid - now - rate.per_s
    return (paid, 0.0) if wait_s <= 1e-9 else (due, wait_s)


class Subscription:
    """What `listen` returns. Bounded: a slow reader loses the oldest. It ends when nobody holds it any more."""

    def __init__(self) -> None:
        self._messages: deque[bytes] = deque(maxlen=LISTENER_QUEUE_MAX)
        self._some = asyncio.Event()

    def put(self, message: bytes) -> None:
        self._messages.append(message)
        self._some.set()

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> bytes:
        while not self._messages:
            self._some.clear()
            await self._some.wait()
        return self._messages.popleft()


class Listeners:
    """Who listens to what in this process. The Redis implementation uses it, too."""

    def __init__(self) -> None:
        self._of: dict[str, WeakSet[Subscription]] = {}

    def join(self, channel: str) -> Subscription:
        subscription = Subscription()
        self._of.setdefault(channel, WeakSet()).add(subscription)
        return subscription

    def give(self, channel: str, message: bytes) -> None:
        for subscription in list(self._of.get(channel, ())):
            subscription.put(message)

    def channels(self) -> set[str]:
        """Those that somebody listens to now."""
        self._of = {channel: subscriptions for channel, subscriptions in self._of.items() if subscriptions}
        return set(self._of)


class MemoryEphemeral:
    """Ephemeral within one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listeners = Listeners()
        self._alive: dict[str, dict[str, float]] = {}  # key -> member -> until
        self._touches = 0
        self._due: OrderedDict[str, float] = OrderedDict()

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        self._alive.clear()
        self._due.clear()

    async def publish(self, channel: str, message: bytes) -> None:
        self._listeners.give(channel, message)

    def listen(self, channel: str) -> AsyncIterator[bytes]:
        """Listening begins with the call, not with the first message asked for."""
        return self._listeners.join(channel)

    async def touch(self, key: str, member: str, ttl_s: float) -> None:
        self._alive.setdefault(key, {})[member] = self._clock.monotonic() + ttl_s
        self._touches += 1
        if self._touches % FORGET_EVERY == 0:
            for known in list(self._alive):
                await self.alive(known)

    async def drop(self, key: str, member: str) -> None:
        self._alive.get(key, {}).pop(member, None)

    async def alive(self, key: str) -> set[str]:
        now = self._clock.monotonic()
        members = {member: until for member, until in self._alive.pop(key, {}).items() if until > now}
        if members:
            self._alive[key] = members
        return set(members)

    async def allow(self, key: str, rate: Rate) -> float:
        now = self._clock.monotonic()
        self._due[key], wait_s = gcra(self._due.pop(key, 0.0), now, rate)  # popped, so that the newest stands last
        if len(self._due) > KEYS_MAX:
            self._due.popitem(last=False)
        return wait_s
