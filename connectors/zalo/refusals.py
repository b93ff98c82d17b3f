"""Zalo's error numbers -> the families of hub.errors. Source: Official Account, appendix "Error codes".

Zalo answers HTTP 200 to almost everything: success is `error` 0 and nothing else. Unknown numbers are not retried.
"""

from collections.abc import Mapping
from typing import Any

from connectors.base import HttpAnswer
from connectors.payload import read_json
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
RATE_LIMITED = -32
SEND_FAILED = -200
ATTACHMENT_EXPIRED = "-100"
BAD_PARAMETER = "-201"
TOKEN_CODES = frozenset({-216, -220})  # sources differ about which is which: one renewal answers both
_DISCONNECTED = frozenset({-204, -205, -219, -242})  # OA or app gone, or the app's secret is another one now

_REASONS: dict[int, FailureReason] = {
    **dict.fromkeys((-230, -232), FailureReason.OUTSIDE_WINDOW),
    **dict.fromkeys((-213, -217, -227, -244), FailureReason.CUSTOMER_UNREACHABLE),
    **dict.fromkeys((-211, -218, -224, -320, -321), FailureReason.QUOTA_EXHAUSTED),
    **dict.fromkeys((-209, -212, -221, -223, -235, -240), FailureReason.PERMISSION_MISSING),
    -100: FailureReason.ATTACHMENT_REFUSED,
    -233: FailureReason.UNSUPPORTED_CONTENT,
    -234: FailureReason.QUIET_HOURS,
    -248: FailureReason.POLICY_BLOCK,
}


class TokenRefused(CredentialsInvalid):
    """The access token is not, or no longer, good. A renewal may help, once."""


def success(answer: HttpAnswer, *, rate_limit_s: float) -> dict[str, Any]:
    """The `data` of a successful answer, maybe empty. Raises the SendError that stands in it otherwise;
    `rate_limit_s` is how long to wait when the minute's quota is used up, for Zalo does not say."""
    body = _body(answer)
    code = body.get("error")
    if isinstance(code, str) and code.lstrip("-").isdigit() and len(code) < 12:
        code = int(code)
    if not isinstance(code, int) or isinstance(code, bool):
        raise _without_code(answer)
    if code != 0:
        raise refusal(code, str(body.get("message", ""))[:500], rate_limit_s=rate_limit_s)
    data = body.get("data")
    return data if isinstance(data, dict) else {}


def refusal(code: int, detail: str, *, rate_limit_s: float) -> SendError:
    shown = str(code)
    if code == RATE_LIMITED:
        return SendThrottled(detail, retry_after_s=rate_limit_s, provider_code=shown)
    if code == SEND_FAILED:
        return SendTransient(detail, provider_code=shown)
    if code in TOKEN_CODES:
        return TokenRefused(detail, provider_code=shown)
    if code in _DISCONNECTED:
        return CredentialsInvalid(detail, provider_code=shown)
    return SendRejected(_REASONS.get(code, FailureReason.PROVIDER_REJECTED), detail, provider_code=shown)


def rate_left(headers: Mapping[str, str]) -> float | None:
    """Share of this minute's requests that is left, 0 to 1; None when Zalo does not say. Spelled so by Zalo."""
    limit, remain = headers.get("X-RateLimit-Limit", ""), headers.get("X-RateLimit-Remain", "")
    if not (limit.isascii() and limit.isdigit() and remain.isascii() and remain.isdigit() and len(limit) < 10):
        return None
    return int(remain[:10]) / int(limit) if int(limit) else None


def _body(answer: HttpAnswer) -> dict[str, Any]:
    try:
        return read_json(answer.body, ANSWER_BYTES_MAX)
    except BadInput:
        return {}  # no JSON: the status decides


def _without_code(answer: HttpAnswer) -> SendError:
    detail = f"HTTP {answer.status} without an error number"
    if answer.status == 401:
        return TokenRefused(detail)
    if answer.status == 429:
        return SendThrottled(detail, retry_after_s=60.0)
    if 300 <= answer.status < 500 and answer.status != 408:
        return SendRejected(FailureReason.PROVIDER_REJECTED, detail)
    return OutcomeUnknown(detail)
