"""The console's server, put together: what the composition root mounts into its web application."""

import socketio
from aiohttp import web

from agent_console.api.endpoint import Endpoint, not_found
from agent_console.api.handlers import handlers
from agent_console.api.routes import PREFIX, ROUTES
from agent_console.auth import SignIns
from agent_console.guard import Guard
from agent_console.imports.runner import Importer
from agent_console.keys import Keys
from agent_console.live.live import Live
from agent_console.parts import Parts
from agent_console.passwords import Passwords
from agent_console.static_files import load, page_handler


class Console:
    """`server` is the process's Socket.IO server (hub.sockets.socket_server), attached by the composition root."""

    def __init__(self, parts: Parts, server: socketio.AsyncServer) -> None:
        passwords = Passwords()
        self._parts = parts
        self._sign_ins = SignIns(
            parts.units,
            parts.ephemeral,
            parts.clock,
            passwords,
            public_url=parts.public_url,
            address_of=parts.address_of,
        )
        self.importer = Importer(parts.units, parts.blobs, parts.name)
        self.live = Live(parts, self._sign_ins, server)
        self._handlers = handlers(parts, self._sign_ins, passwords, self.importer, self.live.feed.cursor_now)
        self._guard = Guard(parts.units.database)

    def routes(self) -> list[web.AbstractRouteDef]:
        """The API, and an answer for everything else below its prefix."""
        keys = Keys(self._parts.units, self._parts.ephemeral, self._parts.clock)
        methods: dict[str, tuple[str, ...]] = {}
        made: list[web.AbstractRouteDef] = []
        for route in ROUTES:
            methods[route.path] = (*methods.get(route.path, ()), route.method)
            endpoint = Endpoint(
                route,
                self._handlers[route.name],
                self._guard,
                self._sign_ins,
                keys,
                https=self._parts.https,
                file_bytes_max=self._parts.upload_bytes_max,
            )
            made.append(web.route(route.method, PREFIX + route.path, endpoint.__call__))
        nothing = not_found(methods, https=self._parts.https)
        return [*made, web.route("*", PREFIX + "{rest:(/.*)?}", nothing)]

    def page_routes(self) -> list[web.AbstractRouteDef]:
        """The console itself, for every path: mount it after everything else."""
        return [web.get("/{path:.*}", page_handler(load(), https=self._parts.https))]

    async def run(self) -> None:
        """The live part. Until cancelled."""
        await self.live.run()

    def problems(self) -> list[str]:
        """Why this process is not ready."""
        return self.live.feed.problems()

    async def close_sockets(self) -> None:
        """When the process stops: consoles go elsewhere at once, instead of being waited for."""
        self.live.drop_all()
