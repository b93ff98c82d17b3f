"""Many callers, one commit. A commit costs an fsync however much it holds: what arrives meanwhile shares the next."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.bus.base import Entry
from hub.deadlines import Deadlines
from hub.errors import BusUnavailable, Transient
from hub.log import get_logger
from hub.metrics import PUBLISH_WAITING
from storage.unit_of_work import Units

EVENTS_MAX = 10_000
BYTES_MAX = 64 * 1024 * 1024
COMMIT_EVENTS_MAX = 1000

log = get_logger(__name__)


@dataclass(eq=False, slots=True)
class _Call:
    """What one caller wants appended. `done` is cancelled when the caller has gone."""

    entries: Sequence[Entry]
    size: int
    done: "asyncio.Future[None]"


class GroupCommit:
    """`append` for callers; `run` is the one task that writes."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._calls: OrderedDict[_Call, None] = OrderedDict()
        self._events = 0
        self._bytes = 0
        self._some = asyncio.Event()
        self._deadlines = Deadlines()
        self._closed = False

    async def append(self, entries: Sequence[Entry], *, deadline_s: float) -> None:
        """Returns when durable. Raises BusUnavailable: too much waits already, or the deadline passed."""
        call = self._admit(entries)
        try:
            await self._deadlines.wait(call.done, deadline_s)
        except TimeoutError as error:
            raise BusUnavailable(f"the log did not take the event within {deadline_s:g} s") from error
        finally:
            self._withdraw(call)

    async def run(self) -> None:
        """Until `close` and nothing waits."""
        while True:
            while not self._calls:
                if self._closed:
                    return
                self._some.clear()
                await self._some.wait()
            await self._write(self._take())

    def close(self) -> None:
        """Takes nothing more; `run` ends after what waits."""
        self._closed = True
        self._some.set()

    def _admit(self, entries: Sequence[Entry]) -> _Call:
        size = sum(len(entry.value) for entry in entries)
        if self._closed:
            raise BusUnavailable("the log is closed")
        if self._calls and (self._events + len(entries) > EVENTS_MAX or self._bytes + size > BYTES_MAX):
            raise BusUnavailable("too many events wait for the log", retry_after_s=1.0)
        call = _Call(entries, size, asyncio.get_running_loop().create_future())
        self._calls[call] = None
        self._events += len(entries)
        self._bytes += size
        self._some.set()
        return call

    def _withdraw(self, call: _Call) -> None:
        """The caller has gone. What was not begun is not written."""
        call.done.cancel()
        if call in self._calls:
            del self._calls[call]
            self._forget(call)

    def _take(self) -> list[_Call]:
        """The calls of the next commit, at least one."""
        PUBLISH_WAITING.set(self._events)
        taken: list[_Call] = []
        events = 0
        while self._calls and events < COMMIT_EVENTS_MAX:
            call, _ = self._calls.popitem(last=False)
            self._forget(call)
            taken.append(call)
            events += len(call.entries)
        return taken

    def _forget(self, call: _Call) -> None:
        self._events -= len(call.entries)
        self._bytes -= call.size

    async def _write(self, calls: Sequence[_Call]) -> None:
        """Never raises but when cancelled: every caller is told, each for itself."""
        try:
            await self._commit(calls)
        except Transient as error:
            reason, retry_after_s = str(error), error.retry_after_s
            _fail(calls, lambda: BusUnavailable(reason, retry_after_s=retry_after_s))
        except Exception as error:  # one caller's bad entry must not harm the others
            if len(calls) > 1:
                for call in calls:
                    await self._write([call])
            else:
                log.exception("append_failed")
                told = error
                _fail(calls, lambda: told)
        else:
            for call in calls:
                if not call.done.done():
                    call.done.set_result(None)

    async def _commit(self, calls: Sequence[_Call]) -> None:
        async with self._units.begin(urgent=True) as work:
            for call in calls:
                work.append(call.entries)
            await work.commit()


def _fail(calls: Sequence[_Call], error: Callable[[], Exception]) -> None:
    for call in calls:
        if not call.done.done():
            call.done.set_exception(error())
