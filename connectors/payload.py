"""What every webhook reader needs: JSON that cannot hurt, ids that stay strings, times of two units, bounded raw text.

Bodies are signed, so their sender is known, but not flawless: a cut emoji or a NUL in a customer's text must not make
a provider repeat its webhook until it switches us off.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import from_json

from hub.errors import BadInput
from hub.events import Channel, UnsupportedReceived
from hub.events.common import TEXT_MAX_CHARS

KEY_CHARS_MAX = 512  # hub.events ExternalId
ATTACHMENTS_MAX = 100  # no chat channel sends a third of it
OVERSIZED = "oversized"  # a kind: the ingress keeps the whole body in the blob store
SECONDS_BELOW = 100_000_000_000  # providers mix units; as milliseconds this would be March 1973

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|u0000|.)",
    re.DOTALL,
)
_LONE = re.compile(rb"\\u[dD][89a-fA-F]")


class Wire(BaseModel):
    """Base of the models in wire.py: what we read of a payload, everything else let pass."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def read_json(body: bytes, bytes_max: int) -> dict[str, Any]:
    """The JSON object in `body`. Half surrogate pairs and NULs, which no store takes, become U+FFFD. Of a key given
    twice the last counts. Raises BadInput for anything else than one object of at most `bytes_max`."""
    if len(body) > bytes_max:
        raise BadInput("body_too_large", f"The body has {len(body)} bytes; {bytes_max} are allowed.")
    try:
        value = _parsed(body)
    except ValueError as error:
        raise BadInput("body_not_json", f"The body is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise BadInput("body_not_object", "The body must be one JSON object.")
    return value


def _parsed(body: bytes) -> Any:
    """Raises ValueError. Mending looks at every escape of the body, of which Vietnamese text is full: only where it is
    needed."""
    if b"\\u0000" not in body:
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError:
            if not _LONE.search(body):
                raise
    return from_json(_ESCAPE.sub(_mend, body), allow_inf_nan=False)


def _mend(escape: re.Match[bytes]) -> bytes:
    found = escape.group()
    if found == b"\\u0000" or (len(found) == 6 and _LONE.match(found)):
        return b"\\ufffd"
    return found


def _id(value: object) -> object:
    """Some providers send ids now as strings, now as numbers. A float has lost digits already: refused."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > 128:
            raise ValueError("no id has that many digits")
        return str(value)
    return value


def _int(value: object) -> object:
    """None for what is no whole number: a time or a count that cannot be read never costs us the message."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 63:
        return value
    return None


def _web_address(value: object) -> object:
    """None for what is no http(s) address a browser may be given."""
    if isinstance(value, str) and len(value) <= 4096 and value.lower().startswith(("https://", "http://")):
        return value
    return None


_Plain = Annotated[str, StringConstraints(min_length=1, max_length=KEY_CHARS_MAX, strict=True)]
_Whole = Annotated[int, Field(strict=True, gt=-(2**63), lt=2**63)]
# What providers usually send is tried first: that costs no call into Python.
Id = Annotated[_Plain | Annotated[_Plain, BeforeValidator(_id)], Field(union_mode="left_to_right")]
LenientInt = Annotated[_Whole | Annotated[int | None, BeforeValidator(_int)], Field(union_mode="left_to_right")]
WebAddress = Annotated[str | None, BeforeValidator(_web_address)]


def moment(stamp: int | None, otherwise: datetime) -> datetime:
    """`stamp` in milliseconds or seconds since 1970, aware UTC; `otherwise` for None and for impossible times."""
    if stamp is None or stamp <= 0:
        return otherwise
    try:
        return datetime.fromtimestamp(stamp if stamp < SECONDS_BELOW else stamp / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return otherwise


def dedupe_key(*parts: object) -> str:
    """The parts with colons between them; a digest where that is longer than a key may be."""
    key = ":".join("" if part is None else str(part) for part in parts)
    return key if len(key) <= KEY_CHARS_MAX else f"sha256:{digest(key)}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def clip(text: str | None, chars_max: int) -> str | None:
    """None for an empty text; otherwise at most `chars_max`, the end replaced by an ellipsis."""
    if not text:
        return None
    return text if len(text) <= chars_max else text[: chars_max - 1] + "…"


def unsupported(channel: Channel, head: Mapping[str, Any], kind: str, item: object) -> UnsupportedReceived:
    """`item` kept as JSON under the provider's word for it. `head`: the fields of TouchpointEvent but the channel."""
    raw = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    if len(raw) > TEXT_MAX_CHARS:
        kind, raw = OVERSIZED, raw[:TEXT_MAX_CHARS]
    return UnsupportedReceived(channel=channel, kind=clip(kind, 100) or "unknown", raw=raw, **head)
