"""Agents whose consoles are gone. A console process keeps `AGENT_SOCKETS` alive for each socket it serves; an agent
with none for GRACE_S is set offline, and the router gives their conversations back to the queue, in order.

A reload, a sleeping tab's reconnect or a console process that restarts fits into the grace. When the ephemeral store
itself is away nobody is set offline: the probe shows that the answer "nobody" is not to be believed.
"""

import asyncio

import structlog

from hub.clock import Clock
from hub.ephemeral import Ephemeral
from hub.errors import Transient
from hub.events import PresenceStatus
from hub.ids import AgentId
from router.commands import set_presence
from storage import routing
from storage.unit_of_work import Units

AGENT_SOCKETS = "agent-sockets"  # members "<agent id>:<socket id>"
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
        self._missing_since: dict[AgentId, float] = {}

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
            return
        connected = {member.partition(":")[0] for member in await self._ephemeral.alive(AGENT_SOCKETS)}
        async with self._units.database.reading() as connection:
            rows = await routing.agent_rows(connection, clock=self._clock)
        present = {row.id for row in rows.values() if row.status is not PresenceStatus.OFFLINE}
        missing = {agent_id for agent_id in present if str(agent_id) not in connected}
        now = self._clock.monotonic()
        self._missing_since = {a: self._missing_since.get(a, now) for a in missing}
        for agent_id, since in list(self._missing_since.items()):
            if now - since >= self._grace_s:
                await self._set_offline(agent_id)

    async def _set_offline(self, agent_id: AgentId) -> None:
        async with self._units.begin() as work:
            await set_presence(work, agent_id, PresenceStatus.OFFLINE, by_system=True)
            await work.commit()
        self._missing_since.pop(agent_id, None)
        log.info("liveness.agent_gone")
