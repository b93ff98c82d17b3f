"""A shop's day while something breaks: customers who write and an agent who answers, none of whom gives up."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bench.simulators.facebook import FacebookSimulator
from tests.flow.console import BROKEN, Console, Json, Problem
from tests.flow.town import Person

T = TypeVar("T")
PEOPLE = 3
PAUSE_S = 0.25  # between two messages of one person
PATIENCE_S = 45.0
RETRY_S = 0.2


class Traffic:
    """Start it with `async with asyncio.TaskGroup() as group: group.create_task(traffic.run())`, end it with `stop`.

    `acknowledged`: what each person said and the hub said 200 to. `replies`: what the agent said, in order.
    """

    def __init__(self, page: FacebookSimulator, agent: Console, people: list[Person]) -> None:
        self.page = page
        self.agent = agent
        self.people = people
        self.acknowledged: dict[Person, list[str]] = {person: [] for person in people}
        self.conversations: dict[Person, str] = {}
        self.replies: list[Json] = []
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for person in self.people:
                group.create_task(self._writes(person))
            group.create_task(self._answers())

    def stop(self) -> None:
        self._stopping.set()

    @property
    def said(self) -> int:
        return sum(len(texts) for texts in self.acknowledged.values())

    async def goes_on(self) -> None:
        """What is said from now on reaches the agent's screen, and the agent can answer. Raises TimeoutError."""
        already = {person: len(texts) for person, texts in self.acknowledged.items()}
        answered = len(self.replies)
        awaited = {_text(person, count + 2) for person, count in already.items()}  # + 1 may be on its way
        await self.agent.until(lambda c: awaited <= _texts(c), f"{awaited} on the screen", within_s=PATIENCE_S)
        async with asyncio.timeout(PATIENCE_S):
            while len(self.replies) == answered:
                await asyncio.sleep(0.05)

    async def _writes(self, person: Person) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            text = _text(person, number)
            if not await self.page.post(_item(self.page, person, text)):
                raise AssertionError(f"{text!r} was never acknowledged")
            self.acknowledged[person].append(text)
            await asyncio.sleep(PAUSE_S)

    async def _answers(self) -> None:
        """One reply to whoever wrote, after the other."""
        while not self._stopping.is_set():
            for person in self.people:
                await self._answer(person)
            await asyncio.sleep(PAUSE_S)

    async def _answer(self, person: Person) -> None:
        row = next((row for row in self.agent.screen.rows.values() if _is_of(row, person)), None)
        if row is None or self._stopping.is_set():
            return
        detail = await persistently(lambda: self._opened(person, row["id"]))
        option = detail["reply_options"][0]
        text, client_id = f"{person.psid} trả lời {len(self.replies)}", str(uuid.uuid4())
        reply = await persistently(
            lambda: self.agent.reply(row["id"], option["identity_id"], text, client_id=client_id)
        )
        self.replies.append(reply)

    async def _opened(self, person: Person, conversation_id: str) -> Json:
        """The detail. The first time everything is read and from then on heard of."""
        if person in self.conversations:
            return await self.agent.get(f"/conversations/{conversation_id}")  # type: ignore[no-any-return]  # JSON
        detail = await self.agent.watch(conversation_id)
        self.conversations[person] = conversation_id
        return detail


async def persistently(ask: Callable[[], Awaitable[T]]) -> T:
    """Asks again while there is no answer or a 503, as browsers and people do. Raises Problem for any other."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        try:
            return await ask()
        except Problem as problem:
            if problem.status != 503 or asyncio.get_running_loop().time() > deadline:
                raise
        except BROKEN:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(RETRY_S)


def _text(person: Person, number: int) -> str:
    return f"{person.psid} tin {number}"


def _texts(console: Console) -> set[str]:
    return {entry["text"] for entries in console.screen.entries.values() for entry in entries.values()}


def _is_of(row: Json, person: Person) -> bool:
    return bool(row["preview"]) and row["preview"]["text"].startswith(person.psid)


def _item(page: FacebookSimulator, person: Person, text: str) -> dict[str, Any]:
    at_ms = time.time_ns() // 1_000_000
    message = {"mid": f"m_{text}", "text": text}
    item = {"sender": {"id": person.psid}, "recipient": {"id": page.page_id}, "timestamp": at_ms, "message": message}
    return {"id": page.page_id, "time": at_ms, "messaging": [item]}
