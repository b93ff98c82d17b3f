"""The demo shop: "Điện máy Bình Minh", an appliance chain. Its accounts, its people, their passwords."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.events import Channel

SHOP = "Điện máy Bình Minh"
PASSWORD = "onethread-demo"  # noqa: S105 - of demo agents only, on a loopback address
QUEUE = "Chăm sóc khách hàng"
OFFER_S = 45

FACEBOOK, ZALO, HOTLINE, WEBCHAT = "fanpage", "zalo-oa", "hotline-1900", "website"
WIDGET_KEY = "wk_demo_dienmay"
HOTLINE_NUMBER = "842871081234"


@dataclass(frozen=True, slots=True)
class DemoAgent:
    login: str
    name: str
    role: str
    capacity: int


AGENTS = (
    DemoAgent("lan", "Lan", "agent", 8),
    DemoAgent("minh", "Minh", "agent", 6),
    DemoAgent("huong", "Hương", "supervisor", 4),
    DemoAgent("admin", "Quản trị", "admin", 2),
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    id: str
    channel: Channel
    name: str
    settings: Mapping[str, Any]


def accounts(hub_url: str, providers: "Providers") -> tuple[DemoAccount, ...]:
    """With the credentials that the simulated providers check, pointing at their addresses."""
    return (
        DemoAccount(FACEBOOK, Channel.FACEBOOK, SHOP, providers.facebook),
        DemoAccount(ZALO, Channel.ZALO, f"{SHOP} (Zalo OA)", providers.zalo),
        DemoAccount(HOTLINE, Channel.HOTLINE, "Hotline 028 7108 1234", _hotline(hub_url, providers.hotline)),
        DemoAccount(WEBCHAT, Channel.WEBCHAT, "dienmaybinhminh.example", providers.webchat),
    )


@dataclass(frozen=True, slots=True)
class Providers:
    """Account settings as each provider hands them out."""

    facebook: Mapping[str, Any]
    zalo: Mapping[str, Any]
    hotline: Mapping[str, Any]
    webchat: Mapping[str, Any]


def _hotline(hub_url: str, keys: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "pbx": {
            "supplier": "stringee",
            "hotline_numbers": [f"+{HOTLINE_NUMBER}"],
            "webhook_url": f"{hub_url}/webhooks/hotline/{HOTLINE}",
            "operators": ["op-201", "op-202"],
            "recording": "ours",
            **keys,
        }
    }
