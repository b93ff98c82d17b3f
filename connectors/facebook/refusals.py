"""The Graph API's errors -> the families of hub.errors. Source: Messenger Platform, "Error Codes", "Rate Limiting".

Decided by code and subcode, not by the HTTP status. A 5xx without Graph's own error object comes from something in
front of Graph, so what Graph did is not known.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from connectors.base import HttpAnswer
from connectors.payload import LenientInt, Wire, read_json
from hub.errors import (
    BadInput,
    CredentialsInvalid,
    OutcomeUnknown,
    SendError,
    SendRejected,
    SendThrottled,
    SendTransient,
)
from hub.events import FailureReason

ANSWER_BYTES_MAX = 1024 * 1024
THROTTLE_S = 60.0  # where the usage header names no time
THROTTLE_S_MAX = 3600.0
USAGE_HEADERS = ("X-Business-Use-Case-Usage", "X-Page-Usage", "X-App-Usage")

_TRANSIENT = frozenset({1, 2, 1200})
_THROTTLED = frozenset({4, 17, 32, 613, *range(80001, 80007)})
_CREDENTIALS = frozenset({102, 190})
_PERMISSION = frozenset({10, 199, *range(200, 300)})

_BY_SUBCODE: dict[tuple[int, int], FailureReason] = {
    (10, 2018278): FailureReason.OUTSIDE_WINDOW,
    (10, 2018065): FailureReason.OUTSIDE_WINDOW,
    (10, 2018108): FailureReason.CUSTOMER_UNREACHABLE,
    (551, 1545041): FailureReason.CUSTOMER_UNREACHABLE,
    (200, 1545041): FailureReason.CUSTOMER_UNREACHABLE,
    (100, 2018001): FailureReason.CUSTOMER_UNREACHABLE,
    (2, 2018344): FailureReason.PERMISSION_MISSING,
}
_BY_CODE: dict[int, FailureReason] = {
    368: FailureReason.POLICY_BLOCK,
    551: FailureReason.CUSTOMER_UNREACHABLE,
}


class GraphError(Wire):
    message: str = ""
    code: LenientInt = None
    error_subcode: LenientInt = None
    is_transient: bool = False


def refusal(answer: HttpAnswer) -> SendError:
    """What `answer`, which is no success, means for the reply. Unknown codes keep their text."""
    error = _graph_error(answer.body)
    if error is None or error.code is None:
        return _without_code(answer)
    code, subcode = error.code, error.error_subcode or 0
    shown = f"{code}/{subcode}" if subcode else str(code)
    detail = error.message[:500]
    if (code, subcode) in _BY_SUBCODE:
        return SendRejected(_BY_SUBCODE[code, subcode], detail, provider_code=shown)
    if code in _THROTTLED:
        return SendThrottled(detail, retry_after_s=retry_after_s(answer.headers), provider_code=shown)
    if code in _CREDENTIALS:
        return CredentialsInvalid(detail, provider_code=shown)
    if code in _TRANSIENT or error.is_transient:
        return SendTransient(detail, provider_code=shown)
    return SendRejected(_reason(code), detail, provider_code=shown)


def usage_percent(headers: Mapping[str, str]) -> int:
    """The fullest of the rate limits that Meta reports, 0 when it reports none."""
    numbers = [
        usage.get(name, 0) for usage in _usages(headers) for name in ("call_count", "total_time", "total_cputime")
    ]
    return max((int(n) for n in numbers if isinstance(n, int | float)), default=0)


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Meta gives the time in minutes."""
    minutes = [usage.get("estimated_time_to_regain_access") for usage in _usages(headers)]
    longest = max((float(m) for m in minutes if isinstance(m, int | float)), default=0.0)
    return min(longest * 60, THROTTLE_S_MAX) or THROTTLE_S


def _reason(code: int) -> FailureReason:
    if code in _PERMISSION:
        return FailureReason.PERMISSION_MISSING
    return _BY_CODE.get(code, FailureReason.PROVIDER_REJECTED)


def _graph_error(body: bytes) -> GraphError | None:
    try:
        return GraphError.model_validate(read_json(body, ANSWER_BYTES_MAX).get("error"))
    except (BadInput, ValidationError):
        return None


def _without_code(answer: HttpAnswer) -> SendError:
    detail = f"HTTP {answer.status} without an error of the Graph API"
    if answer.status == 429:
        return SendThrottled(detail, retry_after_s=retry_after_s(answer.headers))
    if answer.status >= 500 or answer.status == 408 or answer.status < 300:
        return OutcomeUnknown(detail)
    if answer.status == 401:
        return CredentialsInvalid(detail)
    return SendRejected(FailureReason.PROVIDER_REJECTED, detail)


def _usages(headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Each usage object in the headers. The business one is a list per business id."""
    for name in USAGE_HEADERS:
        try:
            found = json.loads(headers.get(name, "{}"))
        except (ValueError, RecursionError):
            continue
        if not isinstance(found, dict):
            continue
        yield found
        for per_business in found.values():
            if isinstance(per_business, list):
                yield from (usage for usage in per_business if isinstance(usage, dict))
