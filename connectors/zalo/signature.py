"""X-ZEvent-Signature. Source: the event pages under Official Account, Webhook at developers.zalo.me.

One formula: SHA-256 (not HMAC) over app id, raw body, timestamp and the OA's secret key, directly after each other.
Other formulas circulate; trying several until one fits would weaken the check.
"""

import hashlib
import hmac
from typing import Any

from hub.errors import SignatureInvalid

PREFIX = "mac="


def signature(app_id: str, body: bytes, timestamp: str, oa_secret_key: str) -> str:
    """64 lower-case hex digits. `timestamp`: the digits of the body's top-level field."""
    hashed = hashlib.sha256(app_id.encode())
    hashed.update(body)
    hashed.update(timestamp.encode())
    hashed.update(oa_secret_key.encode())
    return hashed.hexdigest()


def check(header: str, app_id: str, body: bytes, payload: dict[str, Any], oa_secret_key: str) -> None:
    """`payload` is what `body` says. Raises SignatureInvalid. No age limit: redeliveries keep their first timestamp."""
    expected = signature(app_id, body, _digits(payload.get("timestamp")), oa_secret_key)
    given = header.removeprefix(PREFIX).encode(errors="replace")
    if not hmac.compare_digest(given, expected.encode()):
        raise SignatureInvalid("signature_invalid", "X-ZEvent-Signature does not match the body.")
    if str(payload.get("app_id", app_id)) != app_id:
        raise SignatureInvalid("other_app", "The body is of another Zalo app.", where="app_id")


def _digits(timestamp: object) -> str:
    digits = str(timestamp) if isinstance(timestamp, int | str) and not isinstance(timestamp, bool) else ""
    if not digits.isascii() or not digits.isdigit() or len(digits) > 32:
        raise SignatureInvalid("timestamp_missing", "The body has no timestamp.", where="timestamp")
    return digits
