"""A live process that does nothing is worse than a dead one: whoever supervises processes starts a dead one again."""

import asyncio
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType

from hub.log import get_logger

DEAF_EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h

log = get_logger(__name__)


def end_process(reason: str) -> None:
    """At once, without clean-up: whatever hangs would hang the clean-up too, and nothing needs it (kill -9 is safe)."""
    log.critical("process_ends_itself", reason=reason)
    faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    os._exit(DEAF_EXIT_CODE)


class LoopWatchdog:
    """`async with LoopWatchdog():` a thread that ends the process when the event loop has not run for `limit_s`."""

    def __init__(self, *, limit_s: float = 45.0, on_hang: Callable[[str], None] = end_process) -> None:
        self._limit_s = limit_s
        self._on_hang = on_hang
        self._ticked_at = time.monotonic()
        self._over = threading.Event()
        self._ticker: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._watch, name="loop watchdog", daemon=True)

    async def __aenter__(self) -> "LoopWatchdog":
        self._ticked_at = time.monotonic()
        self._ticker = asyncio.create_task(self._tick(), name="loop watchdog")
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.wait([self._ticker])
        await asyncio.to_thread(self._thread.join)

    async def _tick(self) -> None:
        while True:
            self._ticked_at = time.monotonic()
            await asyncio.sleep(self._limit_s / 10)

    def _watch(self) -> None:
        """A machine that slept (or a stopped process that goes on) is not a hang: the thread did not run either."""
        interval_s = self._limit_s / 10
        looked_at = time.monotonic()
        while not self._over.wait(interval_s):
            now = time.monotonic()
            if now - looked_at > 3 * interval_s:
                self._ticked_at = now
            elif now - self._ticked_at > self._limit_s:
                self._on_hang(f"the event loop has not run for {now - self._ticked_at:.0f} s")
                return
            looked_at = now
