"""Settings of one hotline account. `pbx.supplier` says which of the two adapters reads the webhooks."""

import re
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from connectors.base import AccountSettings
from connectors.hotline.presets import PRESETS, PresetName

SECRET_MIN_CHARS: Final = 16  # of what we choose ourselves; a supplier's own signing secret may be shorter
LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|$)")

Digits = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,17}$")]
CallWord = Literal["offered", "ringing", "answered", "ended", "missed", "recording", "ignored"]
DirectionWord = Literal["inbound", "outbound", "internal"]


def _not_blank(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("must not be empty")
    return secret


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SECRET_MIN_CHARS:
        raise ValueError(f"must have at least {SECRET_MIN_CHARS} characters")
    return secret


def _https(url: str) -> str:
    if not url.startswith("https://") and not LOOPBACK.match(url):
        raise ValueError("must begin with https://")
    return url.rstrip("/")


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


SupplierSecret = Annotated[SecretStr, BeforeValidator(lambda v: v)]
OwnSecret = SecretStr
HttpsUrl = Annotated[str, StringConstraints(max_length=500)]
# Dotted places in a payload, the first that holds something counts: "data.caller_number", "to.0.number". "@tail" is the
# part of the webhook's path behind the account, for suppliers that have one URL per event.
Places = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
