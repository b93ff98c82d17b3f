"""Socket.IO namespace /visitor: the widget's live line. Who gets what is decided by the token, never asked for.

From the widget: message.send, typing, received, read, sync; each is acknowledged, whatever happens.
To the widget:   sync, message.created, message.updated, seen, typing, closed (then the socket ends).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import socketio
from aiohttp import web
from pydantic import ValidationError

from connectors.webchat.answers import ClientAddress
from connectors.webchat.inbound import Origin
from connectors.webchat.limits import Burst, TooFast, network_of
from connectors.webchat.line import NAMESPACE, Line
from connectors.webchat.service import Receipt, VisitorService, clean_locale
from connectors.webchat.sockets import Tabs, VisitorSocket, VisitorSockets
from connectors.webchat.tokens import TokenRefused, VisitorTokens
from connectors.webchat.widgets import OriginGate, Widget, Widgets, admitted
from connectors.webchat.wire import ConnectAuth, FromWidget, MessageIn, Refusal, SeqIn, SyncIn, SyncOut, TypingIn
from hub.errors import BadInput, Transient
from hub.events import DeliveryState
from hub.log import get_logger
from hub.metrics import counter

FAULTS_MAX = 20  # of one socket; whoever sends that much nonsense is no widget
STOP_S = 3.0  # for what is being answered
EVENTS_AT_ONCE, EVENTS_PER_S = 40, 10.0  # of one socket; a widget needs a tenth

EVENTS = counter("visitor_events_total", "What widgets sent over their sockets, by outcome.", ["event", "outcome"])
log = get_logger(__name__)

M = TypeVar("M", bound=FromWidget)


class VisitorNamespace(socketio.AsyncNamespace):
    def __init__(
        self,
        line: Line,
        service: VisitorService,
        tokens: VisitorTokens,
        widgets: Widgets,
        gate: OriginGate,
        sockets: VisitorSockets,
        client_address: ClientAddress,
    ) -> None:
        super().__init__(NAMESPACE)  # type: ignore[no-untyped-call]  # the library is untyped
        self._line = line
        self._service = service
        self._tokens = tokens
        self._widgets = widgets
        self._gate = gate
        self._sockets = sockets
        self._client_address = client_address
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_stopping = False
        self._handlers: dict[str, Callable[[VisitorSocket, Any], Awaitable[dict[str, Any]]]] = {
            "message.send": self._message_send,
            "typing": self._typing,
            "received": self._received,
            "read": self._read,
            "sync": self._sync,
        }

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Every event of the namespace comes through here: the library's own dispatch answers unknown ones and errors
        with silence."""
        if event == "disconnect":
            return self._sockets.remove(args[0])
        self._busy += 1
        self._idle.clear()
        try:
            if event == "connect":
                return await self._connect(*args)
            return await self._answer(event, args[0], args[1:])
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()

    # --- coming and going --------------------------------------------------------------------------------------------

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        request: web.BaseRequest = environ["aiohttp.request"]
        if self._is_stopping:
            raise _refused("unavailable", retry=True)
        try:
            given = ConnectAuth.model_validate(auth)
            access, widget = await admitted(given.token, self._tokens, self._widgets)
            self._gate.check(environ.get("HTTP_ORIGIN"), request.host, widget.settings.allowed_origins)
        except ValidationError as error:
            raise _refused("auth_invalid") from error
        except BadInput as error:
            raise _refused(error.code) from error
        except Transient as error:
            raise _refused("unavailable", retry=True) from error
        network = network_of(self._client_address(request))
        if self._sockets.count_of(network) >= widget.settings.sockets_per_address:
            raise _refused("too_many_sockets", retry=True)
        socket = VisitorSocket(
            sid=sid,
            visitor=access.visitor,
            token_version=widget.settings.token_version,
            expires_at=access.expires_at,
            network=network,
            locale=clean_locale(given.locale),
            burst=Burst(self._service.clock, size=EVENTS_AT_ONCE, per_s=EVENTS_PER_S),
        )
        await self._welcome(socket, widget, given.last_seq)

    async def _welcome(self, socket: VisitorSocket, widget: Widget, last_seq: int) -> None:
        """Listens first and reads afterwards: what comes in between is sent twice, not lost."""
        tabs = self._sockets.add(socket)
        try:
            sync = await self._catch_up(tabs, socket, widget, last_seq)
        except Transient as error:
            self._sockets.remove(socket.sid)
            raise _refused("unavailable", retry=True) from error
        except BaseException:
            self._sockets.remove(socket.sid)
            raise
        self._line.send([socket.sid], "sync", _json(sync))
        for oldest in list(tabs.sockets)[: -widget.settings.sockets_per_visitor]:
            await self.close(oldest, "too_many_tabs")

    async def stop(self) -> None:
        """Takes nothing more, ends what is being answered, and sends everybody elsewhere."""
        self._is_stopping = True
        try:
            async with asyncio.timeout(STOP_S):
                await self._idle.wait()
        except TimeoutError:
            log.warning("visitor_events_cut_off", events=self._busy)
        for socket in self._sockets:
            self._line.drop(socket.sid)

    async def close(self, sid: str, reason: str) -> None:
        """Says why, so that the widget knows whether coming back makes sense."""
        self._line.send([sid], "closed", {"reason": reason})
        await self._line.end(sid)
        self._sockets.remove(sid)

    async def close_stale(self) -> None:
        """Those whose token ran out or was revoked, and those of widgets that were switched off."""
        for socket in self._sockets:
            try:
                await self._still_admitted(socket)
            except TokenRefused:
                await self.close(socket.sid, "expired")
            except Transient:
                return  # without the list of accounts nobody is thrown out

    # --- events ------------------------------------------------------------------------------------------------------

    async def _answer(self, event: str, sid: str, data: tuple[Any, ...]) -> dict[str, Any]:
        socket = self._sockets.get(sid)
        if socket is None:
            return _refusal("not_connected")
        handler = self._handlers.get(event)
        answer = await self._handle(handler, socket, data) if handler else _refusal("unknown_event")
        code = str(answer.get("code", "ok"))
        EVENTS.labels(event if handler else "unknown", code).inc()
        if code in ("invalid", "unknown_event", "too_much"):
            socket.faults += 1
            if socket.faults == FAULTS_MAX:
                self._line.soon(lambda: self.close(sid, "nonsense"))
        elif code == "token_refused":
            self._line.soon(lambda: self.close(sid, "expired"))
        return answer

    async def _handle(
        self,
        handler: Callable[[VisitorSocket, Any], Awaitable[dict[str, Any]]],
        socket: VisitorSocket,
        data: tuple[Any, ...],
    ) -> dict[str, Any]:
        if self._is_stopping:
            return _refusal("unavailable", 2.0)
        if not socket.burst.take():
            return _refusal("too_much", 1.0)
        if len(data) != 1:
            return _refusal("invalid")
        try:
            return await handler(socket, data[0])
        except ValidationError:
            return _refusal("invalid")
        except TooFast as error:
            return _refusal(error.code, error.retry_after_s)
        except BadInput as error:
            return _refusal(error.code)
        except Transient as error:
            return _refusal("unavailable", error.retry_after_s or 2.0)
        except Exception as error:  # the library would answer with silence, and the widget wait for ever
            log.error("visitor_event_failed", exc_info=error)
            return _refusal("internal")

    async def _message_send(self, socket: VisitorSocket, data: Any) -> dict[str, Any]:
        tabs = self._tabs(socket)
        async with tabs.turn:  # events are tasks of their own: without this, two quick messages could swap places
            said = MessageIn.model_validate(data)
            widget = await self._still_admitted(socket)
            return _json(await self._service.send(said, self._origin(socket), widget))

    async def _typing(self, socket: VisitorSocket, data: Any) -> dict[str, Any]:
        typing = TypingIn.model_validate(data)
        identity_id = self._tabs(socket).identity_id
        if identity_id is not None:
            await self._service.tell_typing(identity_id, on=typing.on)
        return {"ok": True}

    async def _received(self, socket: VisitorSocket, data: Any) -> dict[str, Any]:
        return await self._acknowledge(socket, data, DeliveryState.DELIVERED)

    async def _read(self, socket: VisitorSocket, data: Any) -> dict[str, Any]:
        return await self._acknowledge(socket, data, DeliveryState.READ)

    async def _acknowledge(self, socket: VisitorSocket, data: Any, state: Receipt) -> dict[str, Any]:
        seq = SeqIn.model_validate(data).seq
        await self._still_admitted(socket)
        await self._service.acknowledge(self._origin(socket), state, seq)
        return {"ok": True}

    async def _sync(self, socket: VisitorSocket, data: Any) -> dict[str, Any]:
        asked = SyncIn.model_validate(data)
        widget = await self._still_admitted(socket)
        sync = await self._catch_up(self._tabs(socket), socket, widget, asked.last_seq)
        return {"ok": True, **_json(sync)}

    # --- helpers -----------------------------------------------------------------------------------------------------

    async def _catch_up(self, tabs: Tabs, socket: VisitorSocket, widget: Widget, last_seq: int) -> SyncOut:
        caught = await self._service.after(socket.visitor, widget, last_seq)
        if self._sockets.of(tabs.address) is tabs:  # else it went away meanwhile
            self._sockets.learn(tabs, caught.identity_id, caught.conversation_id, caught.sync.last_seq)
        return caught.sync

    async def _still_admitted(self, socket: VisitorSocket) -> Widget:
        """Raises TokenRefused. Costs nothing while the directory's picture is fresh."""
        if socket.expires_at <= self._service.clock.now():
            raise TokenRefused
        try:
            widget = await self._widgets.of(socket.visitor.account_id)
        except BadInput as error:
            raise TokenRefused from error
        if widget.settings.token_version != socket.token_version:
            raise TokenRefused
        return widget

    def _tabs(self, socket: VisitorSocket) -> Tabs:
        tabs = self._sockets.of(socket.visitor.address)
        if tabs is None:
            raise TokenRefused("not_connected")
        return tabs

    def _origin(self, socket: VisitorSocket) -> Origin:
        return Origin(socket.visitor, self._service.clock.now(), socket.locale)


def _refused(code: str, *, retry: bool = False) -> Exception:
    """What the library turns into a refusal that carries its reason. Not the builtin of the same name."""
    refused: Exception = socketio.exceptions.ConnectionRefusedError(code, {"retry": retry})
    return refused


def _refusal(code: str, retry_after: float | None = None) -> dict[str, Any]:
    return _json(Refusal(code=code, retry_after=retry_after))


def _json(model: Any) -> dict[str, Any]:
    shown: dict[str, Any] = model.model_dump(mode="json", exclude_none=True)
    return shown
