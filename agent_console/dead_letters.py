"""Events that a consumer could not handle, read back from their topic, and put back where they came from.

Nothing of it stands in a table: letters are few, looked at once a week, and the log keeps them as long as anything.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from agent_console.admin_views import DeadLetterPage, DeadLettersQuery, DeadLetterView, ReplayOut
from hub.bus.base import Bus, Record, Tail
from hub.clock import Clock
from hub.errors import BadInput, Poison
from hub.events import DEAD_LETTERS, EventRejected, decode

KEPT = timedelta(days=30)
LETTERS_MAX = 2000  # the newest ones
READ_AT_ONCE = 200
READ_S = 10.0
BODY_CHARS_SHOWN = 4000


@dataclass(frozen=True, slots=True)
class Letter:
    record: Record
    rejected: EventRejected

    @property
    def id(self) -> str:
        return f"{self.record.partition}-{self.record.offset}"


class DeadLetters:
    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    async def page(self, query: DeadLettersQuery) -> DeadLetterPage:
        """Newest first. Raises BadInput for a cursor that names no letter any more."""
        letters = await self._letters()
        start = _after(letters, query.after)
        shown = letters[start : start + query.limit]
        more = start + query.limit < len(letters)
        return DeadLetterPage(items=tuple(map(_view, shown)), next=shown[-1].id if more else None)

    async def replay(self, ids: Iterable[str]) -> ReplayOut:
        """Publishes the events again, in the order they were filed. Their consumers may know some: that is harmless."""
        wanted = set(ids)
        letters = [letter for letter in reversed(await self._letters()) if letter.id in wanted]
        events, unreadable = [], []
        for letter in letters:
            try:
                events.append(decode(letter.rejected.original_type, letter.rejected.body))
            except Poison:
                unreadable.append(letter.id)
        await self._bus.publish(events)
        missing = sorted(wanted - {letter.id for letter in letters})
        return ReplayOut(replayed=len(events), missing=tuple(missing), unreadable=tuple(unreadable))

    async def _letters(self) -> Sequence[Letter]:
        """Raises TimeoutError when the log is too slow."""
        ends = await self._bus.ends(DEAD_LETTERS)
        since = await self._bus.offsets_at(DEAD_LETTERS, self._clock.now() - KEPT)
        tail = await self._bus.tail(DEAD_LETTERS, since=since)
        try:
            async with asyncio.timeout(READ_S):
                found = await _read(tail, {p: end for p, end in ends.items() if since.get(p, 0) < end})
        finally:
            await tail.close()
        return sorted(found, key=lambda letter: (letter.record.appended_at, letter.record.offset), reverse=True)


async def _read(tail: Tail, ends: dict[int, int]) -> deque[Letter]:
    """Everything below `ends`. Offsets have holes: a pause without records means that the rest are holes."""
    found: deque[Letter] = deque(maxlen=LETTERS_MAX)
    open_ends = dict(ends)
    while open_ends:
        records = await tail.read(READ_AT_ONCE, timeout_s=0.2)
        if not records:
            break
        for record in records:
            if record.offset < ends.get(record.partition, 0):
                found.extend(_letter(record))
            if record.offset + 1 >= ends.get(record.partition, 0):
                open_ends.pop(record.partition, None)
    return found


def _letter(record: Record) -> Iterable[Letter]:
    """None or one: what is no letter was not written by us."""
    try:
        data = record.decode().data
    except Poison:
        return ()
    return (Letter(record, data),) if isinstance(data, EventRejected) else ()


def _view(letter: Letter) -> DeadLetterView:
    rejected = letter.rejected
    return DeadLetterView(
        id=letter.id,
        at=letter.record.appended_at,
        group=rejected.group,
        topic=rejected.topic,
        type=rejected.original_type,
        key=rejected.original_key,
        reason=rejected.reason,
        body=rejected.body.decode("utf-8", "replace")[:BODY_CHARS_SHOWN],
    )


def _after(letters: Sequence[Letter], cursor: str | None) -> int:
    if cursor is None:
        return 0
    place = next((index for index, letter in enumerate(letters) if letter.id == cursor), None)
    if place is None:
        raise BadInput("cursor_invalid", "Begin with the first page again.", where="query.after")
    return place + 1
