"""Posts a simulated provider's webhooks, with a bounded number of repeats, like the real ones do."""

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

ANSWER_TIMEOUT_S = 5.0
IN_FLIGHT_MAX = 64
LOG_MAX = 100_000


@dataclass(frozen=True)
class Posted:
    """One webhook as last tried. `status` 0: no answer."""

    body: bytes
    status: int
    attempts: int
    answered_after_s: float


class WebhookPoster:
    """`retry_delays_s` may be made longer or empty at any time. `posted` is what came of each webhook."""

    def __init__(self, retry_delays_s: Sequence[float], retry_header: str | None = None) -> None:
        self.retry_delays_s = retry_delays_s
        self.posted: list[Posted] = []
        self._retry_header = retry_header
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._slots = asyncio.Semaphore(IN_FLIGHT_MAX)

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Runs `work` beside the request that caused it; `settled` awaits it, `stop` cancels it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """All webhooks so far were answered or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """True once the receiver said 200. False when it never did within the repeats."""
        started = time.monotonic()
        async with self._slots:
            status, attempt = 0, 0
            for attempt, delay_s in enumerate((0.0, *self.retry_delays_s)):
                await asyncio.sleep(delay_s)
                status = await self._try(url, body, headers, attempt)
                if status == 200:
                    break
        if len(self.posted) < LOG_MAX:
            self.posted.append(Posted(body, status, attempt + 1, time.monotonic() - started))
        return status == 200

    async def _try(self, url: str, body: bytes, headers: Mapping[str, str], attempt: int) -> int:
        if self._session is None:
            raise RuntimeError("the simulator was not started")
        repeat = {self._retry_header: str(attempt)} if self._retry_header and attempt else {}
        sent = {"Content-Type": "application/json", **headers, **repeat}
        try:
            async with self._session.post(url, data=body, headers=sent) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0
