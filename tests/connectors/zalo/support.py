"""A Zalo account for tests, and its recorded payloads."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.zalo.settings import ZaloSettings

PAYLOADS = sorted((Path(__file__).parent / "payloads").glob("*.json"))
APP_ID = "3100000000000000001"
OA_KEY = "oa_secret_demo_1"
USER = "2200000000000000001"
EXPIRES_AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # 25 h after ManualClock starts


def settings(**changes: Any) -> ZaloSettings:
    return ZaloSettings.model_validate(
        {
            "app_id": APP_ID,
            "oa_id": "4400000000000000001",
            "app_secret": "zalo_app_secret_demo_1",
            "oa_secret_key": OA_KEY,
            "access_token": "zalo_access_token_demo_1",
            "refresh_token": "zalo_refresh_token_demo_1",
            "access_token_expires_at": EXPIRES_AT,
            **changes,
        }
    )


def recorded(name: str) -> bytes:
    return (Path(__file__).parent / "payloads" / f"{name}.json").read_bytes()


def signed(body: bytes, timestamp: str) -> dict[str, str]:
    hashed = APP_ID.encode() + body + timestamp.encode() + OA_KEY.encode()
    return {"x-zevent-signature": f"mac={hashlib.sha256(hashed).hexdigest()}"}


def changed(name: str, **changes: Any) -> bytes:
    """The recorded payload with top-level fields replaced."""
    return json.dumps({**json.loads(recorded(name)), **changes}).encode()


def only(found: Sequence[Any]) -> Any:
    assert len(found) == 1
    return found[0]
