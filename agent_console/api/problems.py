"""Errors as RFC 9457 problems. What is not ours to explain becomes 500 with a reference into the log, and no detail."""

import math
from http import HTTPStatus
from uuid import uuid4

from aiohttp import web

from agent_console.errors import TooFast, WrongMethod
from agent_console.views import Fault, Problem
from hub.errors import BadInput, Transient
from hub.log import get_logger

MEDIA = "application/problem+json"
RETRY_AFTER_S = 1.0

log = get_logger(__name__)


def answer_to(error: Exception, *, where: str) -> web.Response:
    """`where` is the route's name, for the log."""
    if isinstance(error, BadInput):
        return _response(_refusal(error), _headers(error))
    if isinstance(error, Transient | TimeoutError):
        log.warning("api_unavailable", route=where, exc_info=error)
        wait_s = getattr(error, "retry_after_s", None) or RETRY_AFTER_S
        problem = _problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Try again in a moment.")
        return _response(problem, {"Retry-After": str(math.ceil(wait_s))})
    reference = uuid4().hex
    log.error("api_failed", route=where, reference=reference, exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    problem = _problem(status, "failed", "This is our fault; the reference tells us where.")
    return _response(problem.model_copy(update={"reference": reference}), {})


def _refusal(error: BadInput) -> Problem:
    faults = tuple(Fault(where=where, problem=problem) for where, problem in error.faults)
    problem = _problem(HTTPStatus(error.status), error.code, error.problem)
    return problem.model_copy(update={"where": error.where, "faults": faults})


def _headers(error: BadInput) -> dict[str, str]:
    if isinstance(error, TooFast):
        return {"Retry-After": str(math.ceil(error.retry_after_s))}
    if isinstance(error, WrongMethod):
        return {"Allow": ", ".join(error.allowed)}
    return {}


def _problem(status: HTTPStatus, code: str, detail: str) -> Problem:
    return Problem(type="about:blank", title=status.phrase, status=status, code=code, detail=detail)


def _response(problem: Problem, headers: dict[str, str]) -> web.Response:
    body = problem.model_dump_json().encode()
    return web.Response(status=problem.status, body=body, content_type=MEDIA, headers=headers)
