"""Those who ask about calls at once take turns at the database, few at a time; the others wait in memory.

Whoever asks keeps a deadline, and in a rush many of them pass. One that passes in memory costs nothing. What was begun
for one who went is not torn: in the midst of a statement that would cost the connection, whose successor costs more
than the ask, and soon nobody would have an answer in time. It goes on to where it would commit, and finds them gone.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.errors import Transient

T = TypeVar("T")


@dataclass(slots=True)
class Asker:
    """`gone`: nobody waits for the answer any more."""

    gone: bool = False


class Turns:
    """One per process that takes webhooks."""

    def __init__(self, at_once: int, *, within_s: float) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._within_s = within_s
        self._begun: set[asyncio.Task[Any]] = set()

    async def take(self, step: Callable[[Asker], Coroutine[Any, Any, T]]) -> T:
        """What `step` gives. Raises Transient when there is no turn in time. Cancelled, it leaves `step` to its end."""
        await self._turn()
        asker = Asker()
        task = asyncio.create_task(step(asker))
        self._begun.add(task)
        task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            asker.gone = True
            raise

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(self._within_s):
                await self._free.acquire()
        except TimeoutError as error:
            raise Transient("too many calls ask at once") from error

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._free.release()
        self._begun.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked was told, or has gone
