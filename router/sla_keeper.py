"""Keeps the clocks of service levels: follows the events of conversations, and looks at the clocks that come due.

Two doors, one row. The consumer moves clocks as conversations change, at the moments of their events. The office, held
by one process at a time, finds those whose time comes, warns, says that they are broken, and escalates. Both act under
the conversation's lock and on what its row says, so whoever is killed, late or twice there changes nothing.

The keeper's own events move no clock. Where nothing was set up, no event is even decoded.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from hub.batch import Pace, describe, pause
from hub.bus.base import Record
from hub.errors import StorageUnavailable
from hub.events import (
    Author,
    ConversationClosed,
    ConversationEvent,
    ConversationRequeued,
    ConversationStatus,
    CustomerChanged,
    CustomerMerged,
    CustomerRegrouped,
    CustomerSplit,
    Envelope,
    EventData,
    SlaClock,
    TouchpointAdded,
    TouchpointChanged,
)
from hub.ids import ConversationId
from hub.log import get_logger
from hub.tasks import together
from router import escalation, sla
from router.promising import Promises, Promising
from router.sla import Clocks, Noticed, Terms, View
from router.sla_catching_up import CatchingUp
from router.sla_looking import look_at
from router.sla_rows import choose, is_ours, put
from storage import conversations as conversation_store
from storage import sla as sla_store
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.leases import Office, Offices
from storage.unit_of_work import UnitOfWork, Units

GROUP: Final = "sla"
OFFICE: Final = "sla clocks"
LOOK_EVERY_S = 1.0
PLANS_EVERY_S = 2.0
AT_ONCE = 200

# They say nothing about who waits for whom, nor about which promises were made.
PASS_BY: Final = frozenset(
    f"hub.{name}.v1"
    for name in (
        "conversation_read",
        "conversation_offered",
        "offer_ended",
        "conversation_assigned",
        "suggestion_raised",
        "suggestion_settled",
        "sla_changed",
        "sla_warned",
        "sla_breached",
        "sla_escalated",
        "task_changed",
        "task_due",
        "note_added",
        "consult_ended",
    )
)
# After any other one, another policy may be the conversation's while its customer waits: it has another queue, say.
_SAME_POLICY: Final = (
    TouchpointAdded,
    TouchpointChanged,
    ConversationClosed,
    ConversationRequeued,
    CustomerChanged,
    CustomerMerged,
    CustomerRegrouped,
    CustomerSplit,
)

log = get_logger(__name__)


@dataclass(slots=True)
class _Heard:
    """Of one conversation, in the order of its events. `anew`: choose the policy again."""

    views: list[View] = field(default_factory=list)
    moves: bool = False
    anew: bool = False

    @property
    def waits(self) -> bool:
        return any(view.waiting_since is not None for view in self.views)


class SlaKeeper:
    """One per process with role `router`. `handle` is the consumer's handler; `run` is one long task."""

    def __init__(self, units: Units, owner: str, promising: Promising) -> None:
        self._units = units
        self._owner = owner
        self._promising = promising
        self._catching_up = CatchingUp()

    def concerns(self, record: Record) -> bool:
        current = self._promising.current
        return (current is None or bool(current.terms)) and record.type not in PASS_BY

    async def run(self) -> None:
        """Until cancelled."""
        await together(Offices(self._units).hold(OFFICE, self._owner, self._serve), self._stay_informed())

    async def handle(self, work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        promises = await self._promising.look(work.connection, work.clock)
        if not promises.terms:
            return
        heard = {i: one for i, one in _heard(events, promises).items() if one.moves}
        if not heard:
            return
        locked = await conversation_store.lock(work.connection, heard)
        kept = {i: conversation for i, conversation in locked.items() if is_ours(conversation)}
        chosen = await choose(work, promises, [kept[i] for i, one in heard.items() if one.waits and i in kept])
        changes = ChangeSet(work)
        moved: list[Conversation] = []
        for conversation_id, conversation in kept.items():
            one, terms = heard[conversation_id], chosen.get(conversation_id)
            clocks, broken = _told(conversation.sla, one, promises, terms)
            if clocks != conversation.sla:
                put(changes, conversation, clocks, [Noticed("breached", clock) for clock in broken], promises)
                moved.append(conversation)
        await changes.flush()
        await escalation.tell_router(work, moved)  # what is due first is offered first

    async def _stay_informed(self) -> None:
        """Of what was set up, also where nothing was and no event comes in."""
        while True:
            try:
                async with self._units.database.reading() as connection:
                    await self._promising.look(connection, self._units.clock)
            except StorageUnavailable as error:
                log.warning("sla_plans_not_read", reason=describe(error))
            await asyncio.sleep(PLANS_EVERY_S)

    async def _serve(self, _: Office) -> None:
        attempt = 0
        while True:
            try:
                await self.catch_up()
                found = await self.look()
                attempt = 0
            except StorageUnavailable as error:
                attempt += 1
                log.warning("sla_waits", reason=describe(error))
                await asyncio.sleep(pause(attempt, Pace()))
                continue
            if found < AT_ONCE:
                await asyncio.sleep(LOOK_EVERY_S)

    async def catch_up(self) -> int:
        """With those who began to wait while not every keeper knew what had been set up: how many got other clocks."""
        async with self._units.database.reading() as connection:
            promises = await self._promising.look(connection, self._units.clock)
        return await self._catching_up.look(self._units, promises)

    async def look(self, *, limit: int = AT_ONCE) -> int:
        """At clocks whose time has come: how many conversations. May be called by several at once."""
        now = self._units.clock.now()
        async with self._units.database.reading() as connection:
            promises = await self._promising.look(connection, self._units.clock)
            ids = await sla_store.due(connection, now, limit=limit)
        if ids:
            async with self._units.begin() as work:
                await look_at(work, ids, promises)
                await work.commit()
        return len(ids)


def _heard(events: Sequence[Envelope[EventData]], promises: Promises) -> dict[ConversationId, _Heard]:
    heard: dict[ConversationId, _Heard] = {}
    for event in events:
        data = event.data
        if isinstance(data, ConversationEvent) and data.TYPE not in PASS_BY:
            one = heard.setdefault(data.conversation.id, _Heard())
            view = _view(data, event.time)
            one.views.append(view)
            one.anew |= not isinstance(data, _SAME_POLICY)
            one.moves |= one.anew or _moves(data.conversation.sla, view, promises)
    return heard


def _view(data: ConversationEvent, at: datetime) -> View:
    state = data.conversation
    if isinstance(data, TouchpointAdded) and data.touchpoint.author is not Author.CUSTOMER:
        at = data.touchpoint.accepted_at  # when the answer was given; it took a moment to be written
    if state.status is ConversationStatus.CLOSED:
        return View(state.seq, state.closed_at or at, None, closed=True)
    return View(state.seq, at, state.waiting_since)


def _moves(clocks: Clocks, view: View, promises: Promises) -> bool:
    """False: by what the row said at that event, it moves nothing. Receipts and long talks then cost no lock."""
    if sla.follow(clocks, view, promises.terms, None) != clocks:
        return True
    return view.waiting_since is not None and not any(sla.is_running(clock) for clock in clocks)


def _told(clocks: Clocks, one: _Heard, promises: Promises, terms: Terms | None) -> tuple[Clocks, list[SlaClock]]:
    """The clocks after all that was heard, and those that broke meanwhile, some of which were replaced since."""
    broken: list[SlaClock] = []
    if one.anew or any(clock.policy not in promises.terms for clock in clocks):
        clocks = sla.rebased(clocks, terms) if one.waits else clocks
    for view in sorted(one.views, key=lambda view: view.seq):
        after = sla.follow(clocks, view, promises.terms, terms)
        broken += sla.breaches(clocks, after)
        clocks = after
    return clocks, broken
