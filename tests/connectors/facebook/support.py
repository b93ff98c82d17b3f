"""A Facebook account for tests, and its recorded payloads."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connectors.facebook.connector import FacebookConnector
from connectors.facebook.settings import FacebookSettings

PAYLOADS = sorted((Path(__file__).parent / "payloads").glob("*.json"))
APP_SECRET = "fb_app_secret_demo_1"
PSID = "7300000000000001"


def settings(**changes: Any) -> FacebookSettings:
    return FacebookSettings.model_validate(
        {
            "page_id": "104200000000001",
            "app_id": "512000000000001",
            "app_secret": APP_SECRET,
            "page_access_token": "EAAdemoPageToken1",
            "verify_token": "demo-verify-token",
            **changes,
        }
    )


def recorded(name: str) -> bytes:
    return (Path(__file__).parent / "payloads" / f"{name}.json").read_bytes()


def signed(body: bytes) -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()}


def with_item(name: str, **changes: Any) -> bytes:
    """The recorded payload with fields of its one messaging item replaced."""
    payload = json.loads(recorded(name))
    payload["entry"][0]["messaging"][0].update(changes)
    return json.dumps(payload).encode()


def only(found: Sequence[Any]) -> Any:
    assert len(found) == 1
    return found[0]


__all__ = ["APP_SECRET", "PAYLOADS", "PSID", "FacebookConnector", "only", "recorded", "settings", "signed", "with_item"]
