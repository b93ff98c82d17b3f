"""Whose turn it is to use the one writing connection of SQLite."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """First come, first served, in two lanes. Urgent ones (a webhook waits for its answer) go before the others, but
    two of them never pass one that waits."""

    def __init__(self) -> None:
        self._taken = False
        self._was_urgent = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def take(self, *, urgent: bool, within_s: float) -> AsyncIterator[None]:
        """Raises TimeoutError when the turn has not come within that time."""
        async with asyncio.timeout(within_s):
            await self._acquire(self._urgent if urgent else self._others)
        self._was_urgent = urgent
        try:
            yield
        finally:
            self._pass_on()

    async def _acquire(self, lane: "deque[asyncio.Future[None]]") -> None:
        if not self._taken:
            self._taken = True
            return
        turn = asyncio.get_running_loop().create_future()
        lane.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                lane.remove(turn)
            else:
                self._pass_on()  # it came in the same moment
            raise

    def _pass_on(self) -> None:
        lanes = (self._others, self._urgent) if self._was_urgent else (self._urgent, self._others)
        for lane in lanes:
            while lane:
                turn = lane.popleft()
                if not turn.cancelled():
                    turn.set_result(None)
                    return
        self._taken = False
