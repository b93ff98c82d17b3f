"""A shop at work in front of a running hub: agents who accept what they are offered, and somebody who sees it all."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bench import webhooks
from bench.console import Console, Refused
from bench.follower import TROUBLE, Follower, following
from bench.load import Load, Tally
from bench.processes import Program
from bench.report import CannotMeasure
from bench.rig import Rig

CONNECTIONS = 64
OPENING_PER_S = 150.0  # customers who write for the first time, while the shop fills
QUIET_S = 30.0  # longest wait for the last message to be seen
ACCEPTING_MAX = 8


class Watcher(Follower):
    """A supervisor's console. `seen_at`: monotonic time at which message number n stood in its list, 0.0: not yet."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, self._look)
        self.seen_at: list[float] = []
        self.missing = 0
        self._run = 0
        self._some = asyncio.Event()

    def expect(self, messages: Sequence[webhooks.Webhook]) -> None:
        """From now on it looks for these, which are one run."""
        self._run = messages[0].run
        self.seen_at = [0.0] * len(messages)
        self.missing = len(messages)

    async def all_seen(self) -> float:
        """When the last one was seen. Raises CannotMeasure when nothing new was seen for QUIET_S before that."""
        while self.missing:
            self._some.clear()
            try:
                async with asyncio.timeout(QUIET_S):
                    await self._some.wait()
            except TimeoutError as error:
                raise CannotMeasure(
                    f"{self.missing} of {len(self.seen_at)} messages were not seen; the console connected "
                    f"{self.connections} times and began anew {self.reloads} times"
                ) from error
        return max(self.seen_at)

    def _look(self, name: str, content: dict[str, Any]) -> None:
        if name not in {"row", "event"}:
            return
        conversation = content["conversation"] if name == "row" else content["event"]["conversation"]
        number = webhooks.number_in((conversation["preview"] or {}).get("text", ""), self._run)
        if number is not None and number < len(self.seen_at) and not self.seen_at[number]:
            self.seen_at[number] = time.monotonic()
            self.missing -= 1
            self._some.set()


class Desk(Follower):
    """An agent's console: available, and accepts every offer."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, self._look)
        self.accepted = 0
        self._offers: asyncio.Queue[str] = asyncio.Queue()

    async def accept(self) -> None:
        """Until cancelled."""
        while True:
            conversation_id = await self._offers.get()
            try:
                await self.console.post(f"/conversations/{conversation_id}/accept")
                self.accepted += 1
            except Refused as error:
                if error.status != 409:  # the offer was over: it comes back
                    raise
            except TROUBLE:
                self._offers.put_nowait(conversation_id)
                await asyncio.sleep(1.0)

    def _look(self, name: str, content: dict[str, Any]) -> None:
        if name == "event" and content["type"] == "hub.conversation_offered.v1":
            self._offers.put_nowait(content["event"]["conversation"]["id"])


@dataclass(frozen=True, slots=True)
class Shop:
    rig: Rig
    watcher: Watcher
    desks: Sequence[Desk]

    @property
    def accepted(self) -> int:
        return sum(desk.accepted for desk in self.desks)

    @property
    def hub(self) -> Program:
        return self.rig.hub


@asynccontextmanager
async def open_shop(rig: Rig) -> AsyncIterator[Shop]:
    """Everybody at work until the end."""
    watcher = Watcher(rig.supervisor)
    desks = [Desk(rig.console(person)) for person in rig.people if person.role == "agent"]
    async with following(watcher, *desks):
        for desk in desks:
            await desk.console.available()
        accepting = [asyncio.create_task(desk.accept()) for desk in desks]
        try:
            yield Shop(rig, watcher, desks)
        finally:
            for task in accepting:
                task.cancel()
            for task in accepting:
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def fill(shop: Shop, people: int) -> None:
    """Everybody writes once, is offered and accepted: a shop in the middle of its day. Raises CannotMeasure."""
    messages = webhooks.messages(people, people=people)
    await paced(shop, messages, OPENING_PER_S)
    until = time.monotonic() + QUIET_S
    while shop.accepted < people:
        if time.monotonic() > until:
            raise CannotMeasure(f"only {shop.accepted} of {people} conversations were offered and accepted")
        await asyncio.sleep(0.1)


async def paced(shop: Shop, messages: list[webhooks.Webhook], per_s: float) -> Tally:
    """Returns when the last message was seen."""
    shop.watcher.expect(messages)
    load = Load(shop.hub.port, shop.rig.requests(messages), connections=CONNECTIONS)
    tally = await load.pace(per_s, seconds=len(messages) / per_s + QUIET_S)
    await shop.watcher.all_seen()
    return tally.unrefused()


async def flooded(shop: Shop, messages: list[webhooks.Webhook], *, seconds: float) -> Tally:
    """As much as is accepted, then until the last message was seen."""
    shop.watcher.expect(messages)
    load = Load(shop.hub.port, shop.rig.requests(messages), connections=CONNECTIONS)
    tally = await load.flood(seconds=seconds)
    if tally.accepted < len(messages):
        raise CannotMeasure(f"only {tally.accepted} of {len(messages)} messages were accepted in {seconds:g} s")
    await shop.watcher.all_seen()
    return tally
