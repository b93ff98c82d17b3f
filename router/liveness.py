"""Agents whose consoles are gone. A console process keeps `AGENT_SOCKETS` alive for each socket it serves; an agent
with none for GRACE_S is set offline, and the router gives their conversations back to the queue, in order. It keeps
`ACTIVE_AGENTS` alive while somebody is at its keyboard; whoever is available and shows no sign of life for as long as
plan "work" says, and is not on the telephone, is set away.

A reload, a sleeping tab's reconnect or a console process that restarts fits into the grace. When the ephemeral store
itself is away nobody is set offline or away: the probe shows that the answer "nobody" is not to be believed.
"""

import asyncio
from collections.abc import Iterable

import structlog

from hub.clock import Clock
from hub.ephemeral import Ephemeral
from hub.errors import Transient
from hub.events import PresenceStatus
from hub.ids import AgentId
from router.commands import set_idle, set_presence
from router.plan.book import PlanBook
from storage import routing
from storage.routing import AgentRow
from storage.unit_of_work import Units

AGENT_SOCKETS = "agent-sockets"  # members "<agent id>:<socket id>"
ACTIVE_AGENTS = "agent-active"  # members "<agent id>"
ACTIVE_S = 60.0  # so long a sign of life counts; a console gives one every half of it, if there is any
GRACE_S = 30.0
LOOK_EVERY_S = 5.0
_PROBE = "router-probe"

log = structlog.get_logger(__name__)


class Liveness:
    """One per process with role `router`; several do no harm."""

    def __init__(self, units: Units, ephemeral: Ephemeral, clock: Clock, *, grace_s: float = GRACE_S) -> None:
        self._units = units
        self._ephemeral = ephemeral
        self._clock = clock
        self._grace_s = grace_s
        self._plans = PlanBook()
        self._missing_since: dict[AgentId, float] = {}
        self._still_since: dict[AgentId, float] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except Transient as error:
                log.warning("liveness.retry", reason=str(error))
            await asyncio.sleep(min(LOOK_EVERY_S, self._grace_s / 4))

    async def look(self) -> None:
        """One round."""
        await self._ephemeral.touch(_PROBE, "self", 60)
        if not await self._ephemeral.alive(_PROBE):
            self._missing_since.clear()
            self._still_since.clear()
            return
        connected = {member.partition(":")[0] for member in await self._ephemeral.alive(AGENT_SOCKETS)}
        async with self._units.database.reading() as connection:
            rows = await routing.agent_rows(connection, clock=self._clock)
            talking = await routing.on_calls(connection)
            away_after_s = (await self._plans.current(connection, self._clock)).work.away_after_s
        present = {row.id for row in rows.values() if row.status is not PresenceStatus.OFFLINE}
        missing = {agent_id for agent_id in present if str(agent_id) not in connected}
        now = self._clock.monotonic()
        self._missing_since = {a: self._missing_since.get(a, now) for a in missing}
        for agent_id, since in list(self._missing_since.items()):
            if now - since >= self._grace_s:
                await self._set_offline(agent_id)
        if away_after_s is not None:
            await self._look_for_still_ones(rows.values(), talking, away_after_s)

    async def _look_for_still_ones(self, rows: Iterable[AgentRow], talking: set[AgentId], away_after_s: float) -> None:
        """Times are this process's own: after its start everybody has been active a moment ago."""
        active = await self._ephemeral.alive(ACTIVE_AGENTS)
        now = self._clock.monotonic()
        still = {
            row.id
            for row in rows
            if row.status is PresenceStatus.AVAILABLE and str(row.id) not in active and row.id not in talking
        }
        self._still_since = {a: self._still_since.get(a, now) for a in still}
        for agent_id, since in list(self._still_since.items()):
            if now - since >= max(0.0, away_after_s - ACTIVE_S):
                await self._set_away(agent_id)

    async def _set_away(self, agent_id: AgentId) -> None:
        async with self._units.begin() as work:
            await set_idle(work, agent_id)
            await work.commit()
        self._still_since.pop(agent_id, None)
        log.info("liveness.agent_still")

    async def _set_offline(self, agent_id: AgentId) -> None:
        async with self._units.begin() as work:
            await set_presence(work, agent_id, PresenceStatus.OFFLINE, by="system")
            await work.commit()
        self._missing_since.pop(agent_id, None)
        log.info("liveness.agent_gone")
