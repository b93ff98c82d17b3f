"""Who takes part in a race: does the steps of a plan with connections of their own, and tries again as consumers do."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from bench import town
from bench.races.plans import Accept, Hears, Merge, Move, Split, Step, Told, Undo, Who
from hub.errors import BadInput, Conflict, NotFound, Transient
from hub.events import TouchpointEvent, wrap
from hub.ids import AgentId, CustomerId, IdentityId, LedgerEntryId
from identity import commands
from identity.service import Resolver
from storage import identities, ledger, suggestions
from storage.identities import Identity
from storage.ledger import in_force
from storage.unit_of_work import UnitOfWork, Units

TRIES = 200
PAUSE_S = (0.001, 0.02)


class NeverPassed(Exception):
    """Trouble that should pass did not: a deadlock that nobody solves."""


@dataclass
class Tally:
    """`again`: steps that met trouble and were repeated. `moot`: decisions that somebody else had made meanwhile."""

    again: int = 0
    moot: int = 0


class Hand:
    """One worker or agent."""

    def __init__(self, units: Units, agent_id: AgentId, seed: int = 0) -> None:
        self._units = units
        self._agent_id = agent_id
        self._resolver = Resolver()
        self._rng = Random(seed)

    async def does(self, steps: tuple[Step, ...]) -> Tally:
        """Raises NeverPassed."""
        tally = Tally()
        for step in steps:
            try:
                tally.again += await self._insist(lambda work, step=step: self._step(work, step))  # type: ignore[misc]  # bound now
            except (Conflict, NotFound, BadInput):
                tally.moot += 1
        return tally

    async def _insist(self, act: Callable[[UnitOfWork], Awaitable[object]]) -> int:
        for tried in range(TRIES):
            try:
                async with self._units.begin() as work:
                    await act(work)
                    await work.commit()
            except Transient:
                await asyncio.sleep(self._rng.uniform(*PAUSE_S))
            else:
                return tried
        raise NeverPassed(f"a step did not pass in {TRIES} tries")

    async def _step(self, work: UnitOfWork, step: Step) -> None:
        match step:
            case Hears(told=told):
                await self._resolver.handle(work, [wrap(self._event(one), work.clock) for one in told])
            case Merge(one=one, other=other):
                await commands.merge_customers(
                    work, await self._customer(work, one), await self._customer(work, other), self._agent_id
                )
            case Undo(who=who):
                await commands.undo_entry(work, await self._newest_entry(work, who), self._agent_id)
            case Split(who=who):
                await commands.split_identity(work, [await self._identity(work, who)], self._agent_id)
            case Move(who=who, to=to):
                customer_id = await self._customer(work, to)
                await commands.move_identity(work, await self._identity(work, who), customer_id, self._agent_id)
            case Accept(who=who):
                shown = await suggestions.shown_to(work.connection, await self._customer(work, who))
                if not shown:
                    raise Conflict("suggestion_settled", "Nothing is suggested any more.")
                await commands.accept_suggestion(work, shown[0][0].id, self._agent_id)

    def _event(self, told: Told) -> TouchpointEvent:
        if told.call:
            return town.missed_call(told.who[1], told.mid, self._units.clock)
        return town.message(told.who, told.mid, told.text, self._units.clock)

    async def _customer(self, work: UnitOfWork, who: Who) -> CustomerId:
        return (await self._known(work, who)).customer_id

    async def _identity(self, work: UnitOfWork, who: Who) -> IdentityId:
        return (await self._known(work, who)).id

    async def _known(self, work: UnitOfWork, who: Who) -> Identity:
        found = await identities.find(work.connection, [who])
        if who not in found:
            raise NotFound("identity_unknown", "Nobody was heard of under this id yet.")
        return found[who]

    async def _newest_entry(self, work: UnitOfWork, who: Who) -> LedgerEntryId:
        entries = await ledger.of_identities(work.connection, [await self._identity(work, who)])
        standing = [entry for entry in entries if in_force(entry.id, entries)]
        if not standing:
            raise Conflict("entry_undone", "Nothing is left to undo.")
        return standing[-1].id
