"""Who may stay connected: sockets end with the sign-in that opened them, at most CHECK_S later.

Kicks come over the ephemeral store at once; the check against the database finds what was lost. An open console keeps
its sign-in from going idle, and tells the router that its agent is there.
"""

import asyncio
from collections.abc import Iterable

from agent_console import kicks
from agent_console.auth import IDLE, TOUCH_EVERY
from agent_console.kicks import Kick
from agent_console.live.listeners import Listener, Listeners
from agent_console.live.sockets import ALIVE_S, AgentNamespace, member
from agent_console.parts import Parts
from agent_console.permissions import Caller
from hub.errors import Transient
from hub.ids import AgentId
from hub.log import get_logger
from hub.sockets import Outlet, Sweeper
from hub.tasks import together
from router.liveness import AGENT_SOCKETS
from storage import agents as agent_store
from storage import sign_ins as sign_in_store

CHECK_S = 4.0
BEAT_S = ALIVE_S / 3
BEATS_AT_ONCE = 50

log = get_logger(__name__)


class Keeper:
    def __init__(
        self, parts: Parts, listeners: Listeners, outlet: Outlet, namespace: AgentNamespace, sweeper: Sweeper
    ) -> None:
        self._parts = parts
        self._listeners = listeners
        self._outlet = outlet
        self._namespace = namespace
        self._sweeper = sweeper
        self._touched_at = parts.clock.monotonic()

    async def run(self) -> None:
        """Until cancelled."""
        await together(self._check_regularly(), self._beat_regularly(), self._hear_kicks())

    async def _check_regularly(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            try:
                await self.check(self._listeners)
            except Transient as error:
                log.warning("sign_ins_not_checked", reason=str(error))
            self._sweeper.sweep()

    async def check(self, listeners: Iterable[Listener], reason: str = "signed_out") -> None:
        """Ends those whose sign-in is over. Raises Transient: then everybody stays until the next look."""
        now = self._parts.clock.now()
        present = [one for one in list(listeners) if not await self._gone(one)]
        async with self._parts.units.database.reading() as connection:
            valid = await sign_in_store.in_force(connection, {one.token_sha256 for one in present}, now=now, idle=IDLE)
        for listener in present:
            if listener.token_sha256 not in valid:
                await self._end(listener, "expired" if listener.expires_at <= now else reason)
        await self._keep_awake(valid)

    async def _gone(self, listener: Listener) -> bool:
        """A connection that broke while it was being opened: the library never says so."""
        if self._outlet.waiting(listener.sid) is not None:
            return False
        await self._namespace.trigger_event("disconnect", listener.sid)
        return True

    async def _keep_awake(self, tokens: Iterable[bytes]) -> None:
        now = self._parts.clock.monotonic()
        if now - self._touched_at < TOUCH_EVERY.total_seconds():
            return
        async with self._parts.units.begin() as work:
            await sign_in_store.touch(work, tokens)
            await work.commit()
        self._touched_at = now

    async def _beat_regularly(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            listeners = list(self._listeners)
            for start in range(0, len(listeners), BEATS_AT_ONCE):
                part = listeners[start : start + BEATS_AT_ONCE]
                beats = [self._parts.ephemeral.touch(AGENT_SOCKETS, member(one), ALIVE_S) for one in part]
                await asyncio.gather(*beats)

    async def _hear_kicks(self) -> None:
        async for message in self._parts.ephemeral.listen(kicks.CHANNEL):
            kick = kicks.read(message)
            if kick is None:
                continue
            try:
                await self._obey(kick)
            except Transient as error:
                log.warning("kick_waits_for_the_check", reason=str(error))

    async def _obey(self, kick: Kick) -> None:
        theirs = self._listeners.of_agent(str(kick.agent_id))
        if kick.sign_in is not None:
            theirs = [listener for listener in theirs if listener.token_sha256.hex() == kick.sign_in]
        if kick.reason == "changed":
            await self._see_anew(AgentId(kick.agent_id), theirs)
        else:
            await self.check(theirs, kick.reason)

    async def _see_anew(self, agent_id: AgentId, listeners: list[Listener]) -> None:
        async with self._parts.units.database.reading() as connection:
            agent = await agent_store.find(connection, agent_id)
        if agent is None:
            return
        caller = Caller(agent.id, agent.role, frozenset(agent.queue_ids))
        for listener in listeners:
            self._namespace.see_anew(listener, caller)

    async def _end(self, listener: Listener, reason: str) -> None:
        self._outlet.send([listener.sid], "kick", {"reason": reason})
        await self._namespace.end(listener.sid)
