"""HTTP requests at a rate, or as fast as they are answered: bytes made beforehand, over kept connections.

The generator must cost little beside what it measures, so it speaks just enough HTTP/1.1: whole requests out; status,
Content-Length and body in. A request that is due while every connection is busy waits, and its wait counts: `due_at` is
when it should have been sent, so a slow server cannot make its own queue invisible.
"""

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from bench.report import CannotMeasure
from bench.statistics import percentile

CONNECT_S = 5.0
ANSWER_BYTES_MAX = 64 * 1024
PACE_TICK_S = 0.001
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

Answered = Callable[[int, int, float], None]  # index of the request, status (0: connection lost), monotonic time


@dataclass(slots=True)
class Tally:
    """`due_at` and `answered_at` are monotonic seconds by request index, 0.0 where there is none."""

    due_at: list[float]
    answered_at: list[float]
    statuses: list[int]
    began: float = 0.0
    ended: float = 0.0
    count: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, size: int) -> "Tally":
        return cls([0.0] * size, [0.0] * size, [0] * size)

    @property
    def accepted(self) -> int:
        """How many were answered 2xx."""
        return sum(number for status, number in self.count.items() if 200 <= status < 300)

    @property
    def per_s(self) -> float:
        """Accepted requests a second. Raises CannotMeasure when there were none."""
        if not self.accepted or self.ended <= self.began:
            raise CannotMeasure(f"no request was accepted; answers by status: {dict(self.count)}")
        return self.accepted / (self.ended - self.began)

    def wait_ms(self, percent: float) -> float:
        """Percentile of the time from due to answered, of what was accepted."""
        waits = [
            answered - due
            for due, answered, status in zip(self.due_at, self.answered_at, self.statuses, strict=True)
            if 200 <= status < 300
        ]
        return percentile(waits, percent) * 1000

    def unrefused(self) -> "Tally":
        """Itself. Raises CannotMeasure when anything was answered other than 2xx."""
        if self.accepted != sum(self.count.values()):
            raise CannotMeasure(f"not every request was accepted; answers by status: {dict(self.count)}")
        return self


class Load:
    """One run of `requests` against one port. Build it, then `flood` or `pace` once."""

    def __init__(
        self, port: int, requests: Sequence[bytes], *, connections: int = 64, on_answer: Answered | None = None
    ) -> None:
        self._port = port
        self._requests = requests
        self._wanted = connections
        self._waiting: deque[int] = deque()
        self._idle: deque[_Connection] = deque()
        self._open: set[_Connection] = set()
        self._in_flight = 0
        self._settled = asyncio.Event()
        self._over = False
        self._on_answer = on_answer
        self.tally = Tally.of(len(requests))

    async def flood(self, *, seconds: float) -> Tally:
        """As fast as they are answered, until all are sent or the time is up; what is on its way then still counts."""
        await self._connect()
        self._begin()
        self._waiting.extend(range(len(self._requests)))
        self._dispatch()
        await self._finish(seconds)
        return self.tally

    async def pace(self, per_s: float, *, seconds: float) -> Tally:
        """`per_s` a second, evenly, whether or not answers come."""
        await self._connect()
        count = min(len(self._requests), int(per_s * seconds))
        self._begin()
        sent = 0
        while sent < count:
            due = min(count, int((time.monotonic() - self.tally.began) * per_s) + 1)
            for index in range(sent, due):
                self.tally.due_at[index] = self.tally.began + index / per_s
                self._waiting.append(index)
            sent = due
            self._dispatch()
            await asyncio.sleep(PACE_TICK_S)
        await self._finish(seconds)
        return self.tally

    # --- connections -------------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                for _ in range(self._wanted):
                    _, connection = await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._port)
                    self._open.add(connection)
                    self._idle.append(connection)
        except (OSError, TimeoutError) as error:
            raise CannotMeasure(f"port {self._port} takes no connections: {error}") from error

    def _begin(self) -> None:
        self.tally.began = self.tally.ended = time.monotonic()

    def _dispatch(self) -> None:
        while self._waiting and self._idle and not self._over:
            self._send(self._idle.popleft())

    def _send(self, connection: "_Connection") -> None:
        index = self._waiting.popleft()
        if not self.tally.due_at[index]:
            self.tally.due_at[index] = time.monotonic()
        self._in_flight += 1
        connection.send(index, self._requests[index])

    async def _finish(self, seconds: float) -> None:
        """Waits for what was sent; what was not sent when the time is up never is."""
        try:
            async with asyncio.timeout(max(0.0, self.tally.began + seconds - time.monotonic())):
                await self._all_answered()
        except TimeoutError:
            self._over = True
            self._waiting.clear()
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._all_answered()
        except TimeoutError as error:
            raise CannotMeasure(f"{self._in_flight} requests were not answered within {CONNECT_S:g} s") from error
        finally:
            for connection in self._open:
                connection.close()

    async def _all_answered(self) -> None:
        while self._waiting or self._in_flight:
            self._settled.clear()
            await self._settled.wait()

    # --- called by connections ---------------------------------------------------------------------------------------

    def answered(self, connection: "_Connection", index: int, status: int) -> None:
        now = time.monotonic()
        tally = self.tally
        tally.answered_at[index] = tally.ended = now
        tally.statuses[index] = status
        tally.count[status] += 1
        self._in_flight -= 1
        if self._on_answer is not None:
            self._on_answer(index, status, now)
        if status and self._waiting and not self._over:
            self._send(connection)
        elif status:
            self._idle.append(connection)
        if not self._in_flight and not self._waiting:
            self._settled.set()

    def lost(self, connection: "_Connection", index: int | None) -> None:
        """The server closed it. A rig that measures a rate has nothing to measure then; the tally shows status 0."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if index is not None:
            self.answered(connection, index, 0)
        if not self._open:
            self._waiting.clear()
            self._settled.set()


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._index: int | None = None
        self._received = b""
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def send(self, index: int, request: bytes) -> None:
        assert self._transport is not None
        self._index = index
        self._transport.write(request)

    def close(self) -> None:
        self._closing = True
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        status = whole_answer(received)
        if status is None and len(received) <= ANSWER_BYTES_MAX:
            self._received = received
            return
        self._received = b""
        index, self._index = self._index, None
        if index is not None:
            self._load.answered(self, index, status or 0)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._closing:
            index, self._index = self._index, None
            self._load.lost(self, index)


def whole_answer(received: bytes) -> int | None:
    """The status, once the whole answer is there; None until then. Answers without Content-Length have no body."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return None
    length = _LENGTH.search(received, 0, head)
    if len(received) < head + 4 + (int(length.group(1)) if length else 0):
        return None
    return int(received[9:12])
