"""Many waits with a limit each, one timer for all of them.

asyncio.timeout makes a timer of the loop for every wait and throws it away again: measured, that cost more than
checking a webhook's signature and parsing it. Here a limit is kept to within TICK_S.
"""

import asyncio
from typing import TypeVar

TICK_S = 0.05

T = TypeVar("T")


class Deadlines:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._until: dict[asyncio.Future[object], float] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, future: "asyncio.Future[T]", within_s: float) -> T:
        """Its result. When the time is up before, the future fails with TimeoutError, and so does this."""
        loop = future.get_loop()
        waiting: asyncio.Future[object] = future  # type: ignore[assignment]  # whatever its result is
        self._until[waiting] = loop.time() + within_s
        if self._timer is None:
            self._timer = loop.call_later(TICK_S, self._look, loop)
        try:
            return await future
        finally:
            del self._until[waiting]

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """The timer lives as long as anybody waits."""
        now = loop.time()
        for future, until in self._until.items():
            if until <= now and not future.done():
                future.set_exception(TimeoutError())
        self._timer = loop.call_later(TICK_S, self._look, loop) if self._until else None
