"""Who began to wait just when something was promised, before everybody knew of it, gets the clocks of that promise.

Processes hear of a change within a few seconds, and where nothing was promised before they let events pass unread until
then. So the office looks, as soon as it knows and once more when all know, at those who wait since the change. A clock
counts from the beginning of the wait, whoever starts it, and a second look changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from hub.ids import ConversationId
from router import escalation, sla
from router.plan.book import LOOK_EVERY_S
from router.promising import Promises
from router.sla import View
from router.sla_rows import choose, is_behind, is_ours, put
from storage import conversations as conversation_store
from storage import plans
from storage import sla as sla_store
from storage.changes import ChangeSet
from storage.unit_of_work import UnitOfWork, Units

KINDS: Final = ("sla", "hours", plans.QUEUES)
KNOWN_TO_ALL_S: Final = 3 * LOOK_EVERY_S
APART: Final = timedelta(seconds=2)  # how far the clocks of two machines may differ
# An office that opens looks so far back: its predecessor may have been killed before its second look.
LOOKS_BACK: Final = timedelta(hours=1)
AT_ONCE = 200


class CatchingUp:
    """Memory of one office."""

    def __init__(self) -> None:
        self._known: Promises | None = None
        self._changed_at: datetime | None = None
        self._since: datetime | None = None
        self._looks: list[float] = []

    async def look(self, units: Units, promises: Promises) -> int:
        """How many conversations have other clocks now. Costs nothing while nothing was set up."""
        if promises is not self._known:
            await self._note_change(units)
            self._known = promises
        if self._since is None or units.clock.monotonic() < self._looks[0]:
            return 0
        moved = await _catch_up(units, promises, self._since)
        del self._looks[0]
        if not self._looks:
            self._since = None
        return moved

    async def _note_change(self, units: Units) -> None:
        now = units.clock.monotonic()
        async with units.database.reading() as connection:
            made = await plans.changed(connection, KINDS, self._changed_at or units.clock.now() - LOOKS_BACK)
        if made is not None:
            first, self._changed_at = made
            self._since = min(first - APART, self._since or first)
            self._looks = [now, now + KNOWN_TO_ALL_S]


async def _catch_up(units: Units, promises: Promises, since: datetime) -> int:
    if not promises.terms:
        return 0
    async with units.database.reading() as connection:
        ids = await sla_store.waiting_since(connection, since)
    moved = 0
    for start in range(0, len(ids), AT_ONCE):
        async with units.begin() as work:
            moved += await _put_clocks(work, promises, ids[start : start + AT_ONCE])
            await work.commit()
    return moved


async def _put_clocks(work: UnitOfWork, promises: Promises, ids: Sequence[ConversationId]) -> int:
    locked = (await conversation_store.lock(work.connection, ids)).values()
    waiting = [c for c in locked if is_ours(c) and c.waiting_since is not None and not (c.sla and is_behind(c))]
    chosen = await choose(work, promises, waiting)
    changes, moved = ChangeSet(work), []
    for conversation in waiting:
        since, terms = conversation.waiting_since, chosen[conversation.id]
        view = View(conversation.seq, since or work.clock.now(), since)
        clocks = sla.follow(sla.rebased(conversation.sla, terms), view, promises.terms, terms)
        if clocks != conversation.sla:
            put(changes, conversation, clocks, (), promises)
            moved.append(conversation)
    await changes.flush()
    await escalation.tell_router(work, moved)
    return len(moved)
