"""The agents' sockets: who may connect, what they may say, and when they must go.

What a console may ask (everything is acknowledged with Ack, whatever happens):
    watch {conversation_id}      tell me everything about this one -> {ok, seq}
    unwatch {conversation_id}
    typing {conversation_id, on, identity_id?}
    active {}                    somebody is at the keyboard; without it for long, its agent is set away
Everything else it may do goes through the HTTP API.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import socketio
import socketio.exceptions
from aiohttp import web
from pydantic import ValidationError

from agent_console.auth import SignedIn, SignIns, same
from agent_console.errors import NotSignedIn
from agent_console.guard import see_conversation
from agent_console.live.audience import Sight
from agent_console.live.boards import Boards
from agent_console.live.catching_up import catch_up
from agent_console.live.feed import Feed
from agent_console.live.listeners import Listener, Listeners
from agent_console.live.messages import NAMESPACE, Ack, ConnectAuth, TypingIn, WatchIn
from agent_console.live.typing import Typing
from agent_console.live.watches import Watch
from agent_console.origins import is_own
from agent_console.parts import Parts
from agent_console.permissions import Access, Caller, admits
from hub.errors import BadInput, Forbidden, NotFound, Transient
from hub.log import get_logger
from hub.metrics import counter
from hub.sockets import SOCKETS, Outlet
from hub.tasks import stop
from router.liveness import ACTIVE_AGENTS, ACTIVE_S, AGENT_SOCKETS, GRACE_S
from storage import touchpoints as touchpoint_store

WATCHED_MAX = 30  # conversations open in one console
PER_AGENT_MAX = 20  # sockets of one agent in one process: tabs and telephones
ALIVE_S = GRACE_S

EVENTS = counter("console_events_total", "What consoles sent over their sockets.", ["event", "outcome"])
log = get_logger(__name__)

# What each event asks of the role; the matrix test goes over these as it does over the routes.
EVENT_ACCESS: dict[str, Access] = dict.fromkeys(("watch", "unwatch", "typing", "active"), Access.AGENT)


class AgentNamespace(socketio.AsyncNamespace):
    """Register it with the process's Socket.IO server."""

    def __init__(
        self,
        parts: Parts,
        sign_ins: SignIns,
        feed: Feed,
        listeners: Listeners,
        outlet: Outlet,
        boards: Boards,
        typing: Typing,
    ) -> None:
        super().__init__(NAMESPACE)  # type: ignore[no-untyped-call]  # the library is untyped
        self._parts = parts
        self._sign_ins = sign_ins
        self._feed = feed
        self._listeners = listeners
        self._outlet = outlet
        self._boards = boards
        self._typing = typing
        self._callers: dict[str, Caller] = {}
        self._arrivals: set[asyncio.Task[None]] = set()
        self._handlers: dict[str, Callable[[Listener, Caller, Any], Awaitable[Ack]]] = {
            "watch": self._watch,
            "unwatch": self._unwatch,
            "typing": self._write,
            "active": self._stir,
        }

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Every event comes through here: the library would answer unknown ones and errors with silence."""
        if event == "connect":
            return await self._connect(*args)
        if event == "disconnect":
            return await self._disconnect(args[0])
        return (await self._answer(event, args[0], args[1:])).model_dump(mode="json", exclude_none=True)

    async def close(self) -> None:
        """Ends what is still catching up."""
        await stop(self._arrivals)

    async def end(self, sid: str) -> None:
        """Says goodbye in the library's way; the client does not come back by itself."""
        await self.disconnect(sid, namespace=NAMESPACE)  # type: ignore[no-untyped-call]  # the library is untyped

    def see_anew(self, listener: Listener, caller: Caller) -> None:
        """The agent's rights changed: their console begins anew with these."""
        if listener.sid not in self._callers:
            return
        self._callers[listener.sid] = caller
        self._listeners.see_anew(listener, Sight.of(caller))
        self._outlet.send([listener.sid], "reload", {"reason": "rights_changed"})

    # --- coming and going --------------------------------------------------------------------------------------------

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        """Raises the library's ConnectionRefusedError."""
        try:
            given = ConnectAuth.model_validate(auth)
            signed_in = await self._admit(environ["aiohttp.request"], given)
        except ValidationError as error:
            raise _refused("auth_invalid") from error
        except BadInput as error:
            raise _refused(error.code) from error
        except (Transient, TimeoutError) as error:
            raise _refused("unavailable", retry=True) from error
        except Exception as error:
            log.error("console_connect_failed", exc_info=error)
            raise _refused("failed", retry=True) from error
        caller = signed_in.caller
        listener = Listener(sid, Sight.of(caller), signed_in.sign_in.token_sha256, signed_in.sign_in.expires_at)
        self._callers[sid] = caller
        self._listeners.add(listener)
        SOCKETS.labels(namespace=NAMESPACE).set(len(self._listeners))
        await self._parts.ephemeral.touch(AGENT_SOCKETS, member(listener), ALIVE_S)
        # Only after the library has answered the connection may anything be sent: hence a task.
        arrival = asyncio.create_task(self._arrive(listener, given.cursor), name="console catches up")
        self._arrivals.add(arrival)
        arrival.add_done_callback(self._arrived)

    async def _admit(self, request: web.Request, given: ConnectAuth) -> SignedIn:
        """Raises BadInput, Transient."""
        origin, host = request.headers.get("Origin"), request.headers.get("Host")
        if origin is None or not is_own(origin, host, self._parts.public_url):
            raise Forbidden("origin_foreign", "This page may not do that.")
        signed_in = await self._sign_ins.of(request)
        if not same(given.csrf, signed_in.csrf):
            raise Forbidden("csrf", "Send the `csrf` of GET /api/v1/me.")
        if len(self._listeners.of_agent(str(signed_in.agent.id))) >= PER_AGENT_MAX:
            raise Forbidden("too_many_sockets", f"At most {PER_AGENT_MAX} consoles at once.")
        return signed_in

    async def _arrive(self, listener: Listener, cursor: str | None) -> None:
        await asyncio.sleep(0)
        try:
            await catch_up(self._feed, self._outlet, listener, cursor)
        except (Transient, TimeoutError) as error:
            log.info("console_did_not_catch_up", reason=type(error).__name__)
            self._outlet.drop(listener.sid, "never_caught_up")
        else:
            self._boards.welcome(listener)

    def _arrived(self, arrival: "asyncio.Task[None]") -> None:
        self._arrivals.discard(arrival)
        if not arrival.cancelled() and (error := arrival.exception()) is not None:
            log.error("console_arrival_failed", exc_info=error)

    async def _disconnect(self, sid: str) -> None:
        self._callers.pop(sid, None)
        listener = self._listeners.remove(sid)
        SOCKETS.labels(namespace=NAMESPACE).set(len(self._listeners))
        if listener is not None:
            await self._parts.ephemeral.drop(AGENT_SOCKETS, member(listener))

    # --- what a console says -----------------------------------------------------------------------------------------

    async def _answer(self, event: str, sid: str, args: tuple[Any, ...]) -> Ack:
        outcome = "ok"
        try:
            ack = await self._handle(event, sid, args)
        except ValidationError:
            ack, outcome = Ack(ok=False, code="invalid"), "invalid"
        except BadInput as error:
            ack, outcome = Ack(ok=False, code=error.code), "refused"
        except (Transient, TimeoutError):
            ack, outcome = Ack(ok=False, code="unavailable"), "unavailable"
        except Exception as error:
            log.error("console_event_failed", asked=event if event in EVENT_ACCESS else "other", exc_info=error)
            ack, outcome = Ack(ok=False, code="failed"), "failed"
        EVENTS.labels(event=event if event in EVENT_ACCESS else "other", outcome=outcome).inc()
        return ack

    async def _handle(self, event: str, sid: str, args: tuple[Any, ...]) -> Ack:
        """Raises BadInput, ValidationError, Transient."""
        listener, caller = self._listeners.get(sid), self._callers.get(sid)
        if listener is None or caller is None:
            raise NotSignedIn
        if not listener.admits(self._parts.clock.monotonic()):
            raise Forbidden("too_fast", "Slow down.")
        handler = self._handlers.get(event)
        if handler is None:
            raise NotFound("event_unknown", "There is no such event.")
        if not admits(EVENT_ACCESS[event], caller.role):
            raise Forbidden("role_lacking", f"This is for the role {EVENT_ACCESS[event]}.")
        async with asyncio.timeout(10):
            return await handler(listener, caller, args[0] if args else None)

    async def _watch(self, listener: Listener, caller: Caller, data: Any) -> Ack:
        """Watches first and reads then: what happens in between is told, and has a higher seq."""
        conversation_id = WatchIn.model_validate(data).conversation_id
        key, watching = str(conversation_id), listener.sight.watching
        if key not in watching and len(watching) >= WATCHED_MAX:
            raise Forbidden("too_many_watched", f"At most {WATCHED_MAX} conversations at once.")
        watching.add(key)
        try:
            async with self._parts.units.database.reading() as connection:
                conversation = await see_conversation(connection, caller, conversation_id)
                customer_id = await touchpoint_store.customer_of(connection, conversation.identity_id)
        except BaseException:
            self._listeners.unwatch(listener, key)
            raise
        if key in watching and self._listeners.get(listener.sid) is listener:  # it may have gone meanwhile
            self._listeners.watches.add(Watch(listener.sid, key, str(conversation.identity_id), str(customer_id)))
        return Ack(ok=True, seq=conversation.seq)

    async def _unwatch(self, listener: Listener, caller: Caller, data: Any) -> Ack:
        self._listeners.unwatch(listener, str(WatchIn.model_validate(data).conversation_id))
        return Ack(ok=True)

    async def _write(self, listener: Listener, caller: Caller, data: Any) -> Ack:
        await self._typing.by_agent(caller, TypingIn.model_validate(data))
        return Ack(ok=True)

    async def _stir(self, listener: Listener, caller: Caller, data: Any) -> Ack:
        await self._parts.ephemeral.touch(ACTIVE_AGENTS, str(caller.agent_id), ACTIVE_S)
        return Ack(ok=True)


def member(listener: Listener) -> str:
    """Under which the router finds that this agent has a console open."""
    return f"{listener.sight.agent_id}:{listener.sid}"


def _refused(code: str, *, retry: bool = False) -> Exception:
    refused: Exception = socketio.exceptions.ConnectionRefusedError(code, {"code": code, "retry": retry})
    return refused
