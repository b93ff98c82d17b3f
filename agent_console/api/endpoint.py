"""From a request to its handler and back: who is it, may they, does it fit, and what is said to errors.

The order matters: nothing of a request is read before it is clear that the caller may make it, except to sign in.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ValidationError

from agent_console.api.problems import answer_to
from agent_console.api.routes import PREFIX, Route
from agent_console.auth import SignedIn, SignIns
from agent_console.errors import Misfit, NotSignedIn, TooLarge, WrongMedia, WrongMethod, misfit
from agent_console.headers import secure_api
from agent_console.keys import Keys
from agent_console.permissions import Access, Caller, admits
from hub.errors import BadInput, Forbidden, NotFound
from hub.log import get_logger
from hub.metrics import counter, histogram
from storage.api_keys import ApiKey

JSON_BYTES_MAX = 1024 * 1024
NAMES = frozenset({"account_id", "attribute_key", "external_id", "plan_kind"})  # parts of paths that are no UUIDs
NAME_CHARS_MAX = 200
READ_JSON_S = 10.0
READ_FILE_S = 120.0
HANDLE_S = 20.0

REQUESTS = counter("api_requests_total", "Requests to the console's API.", ["route", "status"])
SECONDS = histogram("api_seconds", "From the first byte of a request to its answer.", ["route"])

M = TypeVar("M", bound=BaseModel)
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted, validated request. What its route does not take is not there: asking for it is our mistake."""

    request: web.Request
    path: Mapping[str, Any] = field(default_factory=dict)
    signed_in: SignedIn | None = None
    key: ApiKey | None = None
    taken: BaseModel | None = None
    asked: BaseModel | None = None
    content: bytes = b""

    @property
    def who(self) -> SignedIn:
        if self.signed_in is None:
            raise NotSignedIn
        return self.signed_in

    @property
    def caller(self) -> Caller:
        return self.who.caller

    def id(self, name: str) -> UUID:
        """A UUID of the path. Wrap it in its own type."""
        value = self.path[name]
        if not isinstance(value, UUID):
            raise TypeError(f"{name} is no UUID")
        return value

    def body(self, model: type[M]) -> M:
        if not isinstance(self.taken, model):
            raise TypeError(f"this route takes no {model.__name__}")
        return self.taken

    def query(self, model: type[M]) -> M:
        if not isinstance(self.asked, model):
            raise TypeError(f"this route is asked no {model.__name__}")
        return self.asked


@dataclass(frozen=True, slots=True)
class Answer:
    """When a handler has more to say than a model. `finish` may still set cookies. `stream` is a file that is made
    while it is sent: when that fails the connection breaks, so that nobody takes a part for the whole."""

    model: BaseModel | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    stream: AsyncIterator[bytes] | None = None
    media: str = "application/json"
    finish: Callable[[web.StreamResponse], None] | None = None


Handler = Callable[[Call], Awaitable[BaseModel | Answer | None]]
Guard = Callable[[Caller, Mapping[str, Any]], Awaitable[None]]  # raises NotFound for what may not be seen


class Endpoint:
    """One route, served."""

    def __init__(
        self,
        route: Route,
        handler: Handler,
        guard: Guard,
        sign_ins: SignIns,
        keys: Keys,
        *,
        https: bool,
        file_bytes_max: int,
    ) -> None:
        self._route = route
        self._handler = handler
        self._guard = guard
        self._sign_ins = sign_ins
        self._keys = keys
        self._https = https
        self._file_bytes_max = file_bytes_max

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        with SECONDS.labels(route=self._route.name).time():
            try:
                response = await self._serve(request)
            except Exception as error:  # noqa: BLE001 - the edge of the process: the caller gets a problem, the log the rest
                response = answer_to(error, where=self._route.name)
        REQUESTS.labels(route=self._route.name, status=response.status).inc()
        secure_api(response, https=self._https)
        return response

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        call = await self._admit(request)
        async with asyncio.timeout(HANDLE_S):
            answer = await self._handler(call)
        return self._say(answer if isinstance(answer, Answer) else Answer(answer))

    async def _admit(self, request: web.Request) -> Call:
        route = self._route
        signed_in, key = None, None
        if route.scope is not None:
            key = await self._keys.of(request, route.scope)
        elif route.access is Access.PUBLIC:
            self._sign_ins.check_origin(request)
        else:
            signed_in = await self._sign_ins.of(request)
            if route.changes:
                self._sign_ins.check_csrf(request, signed_in)
        path = {name: _path_value(name, request.match_info[name]) for name in route.parameters}
        if signed_in is not None:
            await self._authorise(signed_in.caller, path)
        asked = _query(request, route.query) if route.query else None
        content = await self._content(request)
        taken = _body(content, route.takes) if isinstance(route.takes, type) else None
        return Call(request, path, signed_in, key, taken, asked, content)

    async def _authorise(self, caller: Caller, path: Mapping[str, Any]) -> None:
        """Raises Forbidden, NotFound; who tried what stands in the log."""
        try:
            if not admits(self._route.access, caller.role):
                raise Forbidden("role_lacking", f"This is for the role {self._route.access}.")
            if path:
                await self._guard(caller, path)
        except (Forbidden, NotFound) as error:
            log.info("api_refused", route=self._route.name, code=error.code, by=caller.agent_id, asked=path)
            raise

    async def _content(self, request: web.Request) -> bytes:
        if self._route.takes is None:
            return b""
        if self._route.takes == "bytes":
            return await _read(request, self._file_bytes_max, READ_FILE_S)
        if self._route.may_be_empty and not request.can_read_body:
            return b"{}"
        if request.content_type != "application/json" or (request.charset or "utf-8").lower() != "utf-8":
            raise WrongMedia("application/json")
        return await _read(request, JSON_BYTES_MAX, READ_JSON_S)

    def _say(self, answer: Answer) -> web.StreamResponse:
        written = answer.model.model_dump_json().encode() if answer.model is not None else answer.raw
        body = written if answer.stream is None else answer.stream
        media = answer.media if body is not None else None
        usual = self._route.status if self._route.answers else 204
        response = web.Response(status=answer.status or usual, body=body, content_type=media, headers=answer.headers)
        if answer.finish is not None:
            answer.finish(response)
        return response


def not_found(
    methods: Mapping[str, tuple[str, ...]], *, https: bool
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """For whatever below PREFIX is no route. `methods`: path pattern -> what it takes."""

    async def handle(request: web.Request) -> web.Response:
        allowed = next((taken for path, taken in methods.items() if _matches(path, request.path)), None)
        error = WrongMethod(allowed) if allowed else NotFound("path_unknown", "There is nothing here.")
        response = answer_to(error, where="unknown")
        secure_api(response, https=https)
        return response

    return handle


def _matches(pattern: str, path: str) -> bool:
    wanted, given = (PREFIX + pattern).split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        one == other or one.startswith("{") for one, other in zip(wanted, given, strict=True)
    )


def _path_value(name: str, text: str) -> UUID | int | str:
    """Raises NotFound: what is no id is the id of nothing."""
    try:
        if name == "index":
            return _index(text)
        return _name(text) if name in NAMES else UUID(text)
    except ValueError as error:
        raise NotFound("unknown", "There is no such thing.", where=f"path.{name}") from error


def _name(text: str) -> str:
    """An id that people or other systems chose."""
    if not 0 < len(text) <= NAME_CHARS_MAX or _unstorable(text):
        raise ValueError(text)
    return text


def _index(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 2):
        raise ValueError(text)
    return int(text)


def _query(request: web.Request, model: type[BaseModel]) -> BaseModel:
    given = request.query
    twice = sorted({name for name in given if len(given.getall(name)) > 1})
    if twice:
        raise Misfit([(f"query.{name}", "Given more than once.") for name in twice])
    try:
        return _without_nul(model.model_validate(dict(given)), "query")
    except ValidationError as error:
        raise misfit(error.errors(include_input=False, include_url=False), "query") from error


def _body(content: bytes, model: type[M]) -> M:
    try:
        return _without_nul(model.model_validate_json(content), "body")
    except ValidationError as error:
        raise misfit(error.errors(include_input=False, include_url=False), "body") from error


def _without_nul(model: M, part: str) -> M:
    """PostgreSQL stores no NUL and no lone surrogate in a text, and nobody types them."""
    if _unstorable(model.model_dump()):
        raise Misfit([(part, "Holds a character that is no text (NUL or half a surrogate pair).")])
    return model


def _unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value or any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, Mapping):
        return any(_unstorable(name) or _unstorable(one) for name, one in value.items())
    return isinstance(value, list | tuple) and any(_unstorable(one) for one in value)


async def _read(request: web.Request, bytes_max: int, limit_s: float) -> bytes:
    """Raises TooLarge as soon as that is known, BadInput when it takes too long or breaks off."""
    if (request.content_length or 0) > bytes_max:
        raise TooLarge("body_too_large", f"At most {bytes_max} bytes.")
    read = bytearray()
    try:
        async with asyncio.timeout(limit_s):
            async for chunk in request.content.iter_any():
                read += chunk
                if len(read) > bytes_max:
                    raise TooLarge("body_too_large", f"At most {bytes_max} bytes.")
    except TimeoutError as error:
        raise BadInput("body_too_slow", f"The body did not arrive within {limit_s:.0f} s.") from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise BadInput("body_broken", "The body ended before it was complete.") from error
    return bytes(read)
