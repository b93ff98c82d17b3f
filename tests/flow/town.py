"""The providers around one shop, simulated, and fresh people who use them."""

import itertools
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.simulators.facebook import FacebookSimulator
from bench.simulators.hotline import StringeeSimulator
from bench.simulators.webchat import ScriptedVisitor
from bench.simulators.zalo import ZaloSimulator

FACEBOOK, ZALO, HOTLINE, WEBCHAT = "fanpage", "zalo-oa", "hotline-028", "website"
WIDGET_KEY = "wk_flow-tests-0001"
HOTLINE_NUMBER = "842871081234"
STRINGEE_SIGNING, STRINGEE_KEY, STRINGEE_SECRET = "flow-stringee-signing", "SKflow1", "flow-stringee-key-secret"


@dataclass(frozen=True)
class Person:
    """Somebody whom no other test knows: one telephone, an id on each channel."""

    national: str  # 0912345678
    psid: str
    zalo_id: str

    @property
    def digits(self) -> str:
        """As a PBX writes it: 84912345678."""
        return f"84{self.national[1:]}"

    @property
    def e164(self) -> str:
        return f"+{self.digits}"

    @property
    def written(self) -> str:
        """As people write it: 0912 345 678."""
        return f"{self.national[:4]} {self.national[4:7]} {self.national[7:]}"


class Town:
    """Use as an async context manager; afterwards tell it where the hub listens, with `face`."""

    def __init__(self) -> None:
        self.facebook = FacebookSimulator()
        self.zalo = ZaloSimulator()
        self.hotline = StringeeSimulator(
            "",
            hotline=HOTLINE_NUMBER,
            signing_secret=STRINGEE_SIGNING,
            api_key_sid=STRINGEE_KEY,
            api_key_secret=STRINGEE_SECRET,
        )
        self.hub_url = ""
        self._visitors: list[ScriptedVisitor] = []
        self._people = itertools.count(1)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Town":
        await self.facebook.start()
        self._stack.push_async_callback(self.facebook.stop)
        await self.zalo.start()
        self._stack.push_async_callback(self.zalo.stop)
        await self._stack.enter_async_context(self.hotline)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def face(self, hub_url: str) -> None:
        """`hub_url`: where webhooks and visitors go."""
        self.hub_url = hub_url
        self.facebook.callback_url = f"{hub_url}/webhooks/facebook/{FACEBOOK}"
        self.zalo.callback_url = f"{hub_url}/webhooks/zalo/{ZALO}"
        self.hotline.webhook_url = f"{hub_url}/webhooks/hotline/{HOTLINE}"

    def new_person(self) -> Person:
        count = next(self._people)
        return Person(
            national=f"0912{(345_000 + count * 137) % 1_000_000:06d}",
            psid=f"73{count:014d}",
            zalo_id=f"22{count:017d}",
        )

    def new_visitor(self, **more: Any) -> ScriptedVisitor:
        visitor = ScriptedVisitor(self.hub_url, WIDGET_KEY, **more)
        self._visitors.append(visitor)
        return visitor

    async def calm(self) -> None:
        """Visitors have left, no fault is left, receipts come only when asked for."""
        for visitor in self._visitors:
            await visitor.leave()
        self._visitors.clear()
        for simulator in (self.facebook, self.zalo):
            simulator.faults.clear()
            simulator.echoes, simulator.receipts = True, False
        self.hotline.not_found_first = 0

    def accounts(self) -> list[tuple[str, str, str, Mapping[str, Any]]]:
        """(id, channel, name, settings) as `hub accounts add` wants them."""
        return [
            (FACEBOOK, "facebook", "Điện máy Bình Minh", self.facebook_settings()),
            (ZALO, "zalo", "Bình Minh OA", self._zalo_settings()),
            (HOTLINE, "hotline", "Hotline 028 7108 1234", self._hotline_settings()),
            (WEBCHAT, "webchat", "binhminh.example", self._webchat_settings()),
        ]

    def facebook_settings(self) -> dict[str, Any]:
        page = self.facebook
        return {
            "page_id": page.page_id,
            "app_id": page.app_id,
            "app_secret": page.app_secret,
            "page_access_token": page.page_access_token,
            "verify_token": page.verify_token,
            "human_agent_allowed": True,
            "graph_url": page.url,
        }

    def _zalo_settings(self) -> dict[str, Any]:
        oa = self.zalo
        return {
            "app_id": oa.app_id,
            "oa_id": oa.oa_id,
            "app_secret": oa.app_secret,
            "oa_secret_key": oa.oa_secret_key,
            "access_token": oa.access_token,
            "refresh_token": oa.refresh_token,
            "access_token_expires_at": (datetime.now(UTC) + timedelta(hours=24)).isoformat(),
            "api_url": oa.url,
            "oauth_url": oa.url,
        }

    def _hotline_settings(self) -> dict[str, Any]:
        return {
            "pbx": {
                "supplier": "stringee",
                "hotline_numbers": [f"+{HOTLINE_NUMBER}"],
                "webhook_url": self.hotline.webhook_url,
                "operators": ["op-201", "op-202"],
                "recording": "ours",
                "api_url": self.hotline.server_url,
                "signing_secret": STRINGEE_SIGNING,
                "api_key_sid": STRINGEE_KEY,
                "api_key_secret": STRINGEE_SECRET,
            }
        }

    def _webchat_settings(self) -> dict[str, Any]:
        return {
            "widget_key": WIDGET_KEY,
            "allowed_origins": ["http://localhost"],
            "new_visitors_per_hour": 100_000,
            "new_visitors_per_minute": 100_000,
            "messages_per_minute": 600,
        }
