"""A console's socket, as the page opens it: Socket.IO over WebSocket, everything it hears kept in order."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import aiohttp
import socketio

from agent_console.live.messages import NAMESPACE
from tests.console.conftest import Browser

HEARD = ("event", "row", "reread", "sync", "reload", "presence", "call", "agents", "queues", "typing", "kick")


class Line:
    """`heard`: (event, message) in the order of arrival."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.heard: list[tuple[str, Any]] = []
        self.refused: Any = None
        self.closed = asyncio.Event()
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._client = socketio.AsyncClient(reconnection=False, http_session=self._http)
        self._client.on("bundle", self._hear_bundle, namespace=NAMESPACE)
        for event in HEARD:
            self._client.on(event, self._hearing(event), namespace=NAMESPACE)
        self._client.on("connect_error", self._refuse, namespace=NAMESPACE)
        self._client.on("disconnect", self._close, namespace=NAMESPACE)

    async def open(self, *, cursor: str | None = None, wait: bool = True, **auth: Any) -> "Line":
        """Returns when the hub has said `sync`, or refused."""
        given = {"csrf": self.browser.csrf} | ({"cursor": cursor} if cursor else {}) | auth
        try:
            await self._client.connect(
                self.browser.shop.url,
                headers=self.browser.headers(),
                auth=given,
                transports=["websocket"],
                namespaces=[NAMESPACE],
                wait_timeout=20,
            )
        except socketio.exceptions.ConnectionError:
            return self
        if wait:
            await self.until(lambda: bool(self.of("sync")))
        return self

    async def ask(self, event: str, data: Any = None) -> dict[str, Any]:
        return cast("dict[str, Any]", await self._client.call(event, data, namespace=NAMESPACE, timeout=20))

    def of(self, event: str) -> list[Any]:
        return [message for name, message in self.heard if name == event]

    def has(self, event: str) -> bool:
        return bool(self.of(event))

    async def until(self, condition: Callable[[], bool], *, within_s: float = 20.0) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.01)

    async def quiet(self, *, for_s: float = 0.3) -> None:
        """Waits long enough for what must not come to have come."""
        await asyncio.sleep(for_s)

    async def close(self) -> None:
        await self._client.disconnect()
        await self._http.close()

    def _hearing(self, event: str) -> Callable[[Any], None]:
        def hear(message: Any) -> None:
            self.heard.append((event, message))

        return hear

    def _hear_bundle(self, bundle: Any) -> None:
        self.heard += [("event" if "type" in message else "row", message) for message in bundle["messages"]]

    def _refuse(self, reason: Any = None) -> None:
        self.refused = reason

    def _close(self, *_: Any) -> None:
        self.closed.set()
