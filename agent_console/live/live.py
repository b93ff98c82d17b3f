"""The live part of one process, put together."""

from collections.abc import Iterable, Sequence

import socketio

from agent_console.auth import SignIns
from agent_console.live.audience import Entry
from agent_console.live.boards import Boards
from agent_console.live.bundles import Bundles
from agent_console.live.catching_up import message_of
from agent_console.live.feed import Feed, Presence, Ringing
from agent_console.live.keeper import Keeper
from agent_console.live.listeners import Listeners
from agent_console.live.messages import NAMESPACE
from agent_console.live.sockets import AgentNamespace
from agent_console.live.typing import Typing
from agent_console.live.watches import Watch, by_conversation
from agent_console.parts import Parts
from hub.sockets import SocketOutlet, Sweeper
from hub.tasks import together


class Live:
    """`run` is one long task; `feed` says where the consoles stand."""

    def __init__(self, parts: Parts, sign_ins: SignIns, server: socketio.AsyncServer) -> None:
        self.feed = Feed(parts.bus, parts.clock)
        self.listeners = Listeners()
        self.outlet = SocketOutlet(server, NAMESPACE)
        database = parts.units.database
        self._boards = Boards(database, parts.clock, self.listeners, self.outlet)
        self._typing = Typing(database, parts.ephemeral, self.listeners, self.outlet)
        self._namespace = AgentNamespace(
            parts, sign_ins, self.feed, self.listeners, self.outlet, self._boards, self._typing
        )
        self._keeper = Keeper(parts, self.listeners, self.outlet, self._namespace, Sweeper(server))
        self._bundles = Bundles(self.outlet)
        self.feed.on_entry, self.feed.on_presence = self._tell, self._tell_presence
        self.feed.on_call = self._tell_call
        self.feed.on_regrouped = self._tell_who_it_is
        self.feed.on_pause = self._bundles.flush
        server.register_namespace(self._namespace)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await together(
                self.feed.run(),
                self._boards.run(),
                self._keeper.run(),
                self._typing.hear_agents(),
                self._typing.hear_visitors(),
            )
        finally:
            await self._namespace.close()

    def drop_all(self) -> None:
        for listener in self.listeners:
            self.outlet.drop(listener.sid, "stopping")

    def _tell(self, entry: Entry) -> None:
        self._boards.stir()
        for how, sids in self.listeners.told(entry).items():
            if sids:
                self._bundles.add(sids, how, message_of(entry, how))
        self._ask_to_reread(self.listeners.watches.elsewhere(entry))

    def _tell_who_it_is(self, customer_id: str, identities: Sequence[str]) -> None:
        self._ask_to_reread(self.listeners.watches.regrouped(customer_id, identities))

    def _ask_to_reread(self, watches: Iterable[Watch]) -> None:
        for conversation_id, sids in by_conversation(watches).items():
            self.outlet.send(sids, "reread", {"conversation_id": conversation_id})

    def _tell_call(self, ringing: Ringing) -> None:
        sids = [
            listener.sid
            for listener in self.listeners
            if listener.is_live and (listener.sight.sees_all or listener.sight.agent_id in ringing.agents)
        ]
        self.outlet.send(sids, "call", ringing.message)

    def _tell_presence(self, presence: Presence) -> None:
        self._boards.stir()
        sids = [listener.sid for listener in self.listeners if listener.is_live]
        self.outlet.send(sids, "presence", presence.message)
