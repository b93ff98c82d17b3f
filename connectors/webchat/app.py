"""Web chat as one thing that a process runs: its routes, its Socket.IO namespace, its long tasks.

webchat = Webchat(directory=…, database=…, bus=…, ephemeral=…, clock=…, box=…, files=…, link_to=…)
app.add_routes(webchat.routes())
webchat.register(socket_server)        # a python-socketio AsyncServer, websocket only, that others may use, too
tasks |= webchat.tasks()               # after `register`
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import socketio
from aiohttp import web

from connectors.accounts import ConnectorDirectory
from connectors.limits import Network, client_address
from connectors.webchat.limits import VisitorLimits
from connectors.webchat.line import Line
from connectors.webchat.live import VisitorLive
from connectors.webchat.namespace import VisitorNamespace
from connectors.webchat.outbound import LinkTo
from connectors.webchat.pages import STATIC, Assets, WidgetPages
from connectors.webchat.routes import VisitorRoutes
from connectors.webchat.service import VisitorService
from connectors.webchat.sockets import VisitorSockets
from connectors.webchat.tokens import VisitorTokens
from connectors.webchat.uploads import Files, Uploads
from connectors.webchat.widgets import OriginGate, Widgets
from hub.bus import Bus
from hub.clock import Clock
from hub.ephemeral import Ephemeral
from hub.sockets import Sweeper
from storage.engine import Database
from storage.secrets import SecretBox

SIGNING_PURPOSE = "web chat visitor tokens"
LOOK_FOR_STALE_S = 5.0


class Webchat:
    """One per process. `link_to` makes a short-lived address of a stored file; `public_url` is where browsers reach
    the hub, None for wherever their Host header says; `trusted_proxies` are believed about addresses."""

    def __init__(
        self,
        *,
        directory: ConnectorDirectory,
        database: Database,
        bus: Bus,
        ephemeral: Ephemeral,
        clock: Clock,
        box: SecretBox,
        files: Files,
        link_to: LinkTo,
        public_url: str | None = None,
        trusted_proxies: Sequence[Network] = (),
        static: Path = STATIC,
    ) -> None:
        tokens = VisitorTokens(box.signing_keys(SIGNING_PURPOSE), clock)
        limits = VisitorLimits(ephemeral, tokens)
        self._bus = bus
        self._ephemeral = ephemeral
        self._link_to = link_to
        self._tokens = tokens
        self._trusted = tuple(trusted_proxies)
        self._widgets = Widgets(directory)
        self._gate = OriginGate(public_url)
        self._sockets = VisitorSockets()
        self._service = VisitorService(database, bus, ephemeral, clock, tokens, limits, link_to)
        uploads = Uploads(files, limits)
        self._routes = VisitorRoutes(self._service, tokens, self._widgets, self._gate, uploads, self._caller)
        self._pages = WidgetPages(self._widgets, self._gate, self._service, limits, Assets(static), self._caller)
        self._namespace: VisitorNamespace | None = None
        self._live: VisitorLive | None = None
        self._sweeper: Sweeper | None = None

    def routes(self) -> list[web.RouteDef]:
        return self._pages.routes() + self._routes.routes()

    def register(self, server: socketio.AsyncServer) -> None:
        """Adds namespace /visitor, which checks Origins itself. `server` as hub.sockets makes it."""
        line = Line(server)
        self._namespace = VisitorNamespace(
            line, self._service, self._tokens, self._widgets, self._gate, self._sockets, self._caller
        )
        self._live = VisitorLive(
            line, self._bus, self._ephemeral, self._service, self._widgets, self._sockets, self._link_to
        )
        self._sweeper = Sweeper(server)
        server.register_namespace(self._namespace)

    def tasks(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Long tasks, to run until cancelled. Raises RuntimeError before `register`."""
        if self._live is None or self._namespace is None or self._sweeper is None:
            raise RuntimeError("register a Socket.IO server first")
        return {
            "visitor live": self._live.run,
            "visitor typing": self._live.run_typing,
            "visitor sockets": self._close_stale(self._namespace, self._sweeper),
        }

    async def close_sockets(self) -> None:
        """When the process stops: messages on their way are answered, then visitors are sent elsewhere instead of
        being waited for."""
        if self._namespace is not None:
            await self._namespace.stop()

    def _close_stale(self, namespace: VisitorNamespace, sweeper: Sweeper) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            while True:
                await asyncio.sleep(LOOK_FOR_STALE_S)
                sweeper.sweep()
                await namespace.close_stale()

        return run

    def _caller(self, request: web.BaseRequest) -> str:
        return client_address(request.remote, request.headers.getall("X-Forwarded-For", ()), self._trusted)
