"""HTTP in and out: JSON in, JSON and problems (RFC 9457) out, the headers that every answer carries."""

import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from connectors.bodies import Bodies, TooLarge, TooSlow
from connectors.webchat.limits import ChallengeRequired, TooFast
from connectors.webchat.tokens import CHALLENGE_BITS
from connectors.webchat.wire import FromWidget
from hub.errors import BadInput, Transient
from hub.log import get_logger

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

ClientAddress = Callable[[web.BaseRequest], str]  # who really called, behind our own proxies
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
M = TypeVar("M", bound=FromWidget)
log = get_logger(__name__)


class Unsupported(BadInput):
    status = 415


def answering(handler: Handler) -> Handler:
    """`handler` with every error as the answer that it means."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ValidationError as error:
            return problem(BadInput("invalid", _faults(error)))
        except BadInput as error:
            return problem(error)
        except Transient as error:
            log.warning("visitor_request_put_off", path=request.path, error=str(error))
            return _later(error)

    return handle


def shown(content: BaseModel | dict[str, Any], status: int = 200) -> web.Response:
    plain = content.model_dump(mode="json", exclude_none=True) if isinstance(content, BaseModel) else content
    return web.Response(status=status, body=orjson.dumps(plain), content_type="application/json", headers=HEADERS)


def problem(error: BadInput) -> web.Response:
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.problem,
    }
    headers = dict(HEADERS)
    if error.where:
        told["where"] = error.where
    if isinstance(error, ChallengeRequired):
        told |= {"challenge": error.challenge, "bits": CHALLENGE_BITS}
    if isinstance(error, TooFast):
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    response = web.Response(
        status=error.status, body=orjson.dumps(told), content_type="application/problem+json", headers=headers
    )
    if isinstance(error, (TooLarge, TooSlow)):
        response.force_close()
    return response


async def read_json(request: web.Request, model: type[M], bodies: Bodies) -> M:
    """Raises BadInput, ValidationError, Overloaded."""
    if request.content_type != "application/json":
        raise Unsupported("content_type", "Send application/json.")
    return model.model_validate_json(await bodies.read(request))


def bearer(request: web.Request) -> str:
    """The token of the Authorization header; "" when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _later(error: Transient) -> web.Response:
    retry_after_s = max(1, math.ceil(error.retry_after_s or 2))
    told = {"type": "about:blank", "title": HTTPStatus(503).phrase, "status": 503, "code": "unavailable"}
    headers = HEADERS | {"Retry-After": str(min(retry_after_s, 600))}
    return web.Response(status=503, body=orjson.dumps(told), content_type="application/problem+json", headers=headers)


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_input=False, include_url=False, include_context=False)[:5]
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in faults)
