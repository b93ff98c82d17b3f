"""Figures that follow from many events: how much waits in each queue, who is how busy. Read from the database at most
once a second, and only while somebody looks and something happened."""

import asyncio
from collections.abc import Iterable
from typing import Any

import orjson

from agent_console.live.listeners import Listener, Listeners
from agent_console.shapes import agent_card, queue_view
from hub.clock import Clock
from hub.errors import Transient
from hub.log import get_logger
from hub.sockets import Outlet
from storage import console_reads, routing
from storage.engine import Database

EVERY_S = 1.0

log = get_logger(__name__)


class Boards:
    """One per process. `stir` says that something happened."""

    def __init__(self, database: Database, clock: Clock, listeners: Listeners, outlet: Outlet) -> None:
        self._database = database
        self._clock = clock
        self._listeners = listeners
        self._outlet = outlet
        self._stirred = asyncio.Event()
        self._queues: dict[str, bytes] = {}  # id -> its view as JSON, in the order of their making
        self._agents: dict[str, bytes] = {}

    def stir(self) -> None:
        self._stirred.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            if len(self._listeners):
                await self._look()
            await asyncio.sleep(EVERY_S)

    def welcome(self, listener: Listener) -> None:
        """All figures, to somebody who has just gone live; then `stir`, for they may be old."""
        if self._queues:
            self._tell_queues([listener])
        if self._agents:
            self._outlet.send([listener.sid], "agents", {"agents": _fragments(self._agents.values())})
        self.stir()

    async def _look(self) -> None:
        try:
            async with self._database.reading() as connection:
                waiting = await console_reads.waiting_by_queue(connection)
                known = await routing.queues_of(connection)
                rows = await routing.agent_rows(connection, clock=self._clock)
        except Transient as error:
            log.warning("boards_wait", reason=str(error))
            self.stir()
            return
        queues = {str(q.id): queue_view(q, waiting.get(q.id)).model_dump_json().encode() for q in known.values()}
        agents = {str(row.id): agent_card(row).model_dump_json().encode() for row in rows.values()}
        self._publish(queues, agents)

    def _publish(self, queues: dict[str, bytes], agents: dict[str, bytes]) -> None:
        moved = {queue_id for queue_id, view in queues.items() if self._queues.get(queue_id) != view}
        busier = [card for agent_id, card in agents.items() if self._agents.get(agent_id) != card]
        self._queues, self._agents = queues, agents
        live = [listener for listener in self._listeners if listener.is_live]
        self._tell_queues(one for one in live if moved and (one.sight.sees_all or one.sight.queue_ids & moved))
        if busier:
            self._outlet.send([listener.sid for listener in live], "agents", {"agents": _fragments(busier)})

    def _tell_queues(self, listeners: Iterable[Listener]) -> None:
        """One message for all who serve the same queues."""
        groups: dict[frozenset[str] | None, list[str]] = {}
        for listener in listeners:
            groups.setdefault(None if listener.sight.sees_all else listener.sight.queue_ids, []).append(listener.sid)
        for served, sids in groups.items():
            views = [view for queue_id, view in self._queues.items() if served is None or queue_id in served]
            self._outlet.send(sids, "queues", {"queues": _fragments(views)})


def _fragments(views: Iterable[bytes]) -> list[Any]:
    return [orjson.Fragment(view) for view in views]
