"""The simulated providers of the demo and what customers do on them. Replies of agents get receipts and an answer."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.simulators.facebook import FacebookSimulator
from bench.simulators.hotline import StringeeSimulator
from bench.simulators.shop import ShopSite
from bench.simulators.webchat import ScriptedVisitor
from bench.simulators.zalo import ZaloSimulator
from hub.demo import house

SIGNING = {"signing_secret": "demo-stringee-signing", "api_key_sid": "SKdemo1", "api_key_secret": "demo-stringee-key"}
READ_AFTER_S = (1.0, 4.0)
ANSWER_AFTER_S = (4.0, 12.0)
ANSWERS_MAX = 3  # a simulated customer is polite, not endless


class Stage:
    """Use as an async context manager; `hub_url` is where webhooks go."""

    def __init__(self, hub_url: str, seed: int = 20261122) -> None:
        self.hub_url = hub_url
        self.random = random.Random(seed)
        self.days_ago = 0.0
        self.facebook = FacebookSimulator(callback_url=f"{hub_url}/webhooks/facebook/{house.FACEBOOK}")
        self.zalo = ZaloSimulator(callback_url=f"{hub_url}/webhooks/zalo/{house.ZALO}")
        self.hotline = StringeeSimulator(
            f"{hub_url}/webhooks/hotline/{house.HOTLINE}", hotline=house.HOTLINE_NUMBER, now=self._now, **SIGNING
        )
        self.shop = ShopSite(hub_url, house.WIDGET_KEY, name=house.SHOP)
        self._answers: dict[str, list[str]] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Stage":
        await self.facebook.start()
        self._stack.push_async_callback(self.facebook.stop)
        await self.zalo.start()
        self._stack.push_async_callback(self.zalo.stop)
        await self._stack.enter_async_context(self.hotline)
        await self.shop.start()
        self._stack.push_async_callback(self.shop.stop)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def providers(self) -> house.Providers:
        """The credentials that the accounts of the hub need."""
        facebook, zalo = self.facebook, self.zalo
        return house.Providers(
            facebook={
                "page_id": facebook.page_id,
                "app_id": facebook.app_id,
                "app_secret": facebook.app_secret,
                "page_access_token": facebook.page_access_token,
                "verify_token": facebook.verify_token,
                "human_agent_allowed": True,
                "graph_url": facebook.url,
            },
            zalo={
                "app_id": zalo.app_id,
                "oa_id": zalo.oa_id,
                "app_secret": zalo.app_secret,
                "oa_secret_key": zalo.oa_secret_key,
                "access_token": zalo.access_token,
                "refresh_token": zalo.refresh_token,
                "access_token_expires_at": (datetime.now(UTC) + timedelta(hours=24)).isoformat(),
                "api_url": zalo.url,
                "oauth_url": zalo.url,
            },
            hotline={**SIGNING, "api_url": self.hotline.server_url},
            webchat={
                "widget_key": house.WIDGET_KEY,
                "allowed_origins": [self.shop.url, self.hub_url],
                "topics_vi": ["Mua hàng", "Bảo hành, sửa chữa", "Đơn hàng"],
                "topics_en": ["Buying", "Warranty, repair", "Orders"],
                "new_visitors_per_hour": 1000,
            },
        )

    def will_answer(self, person: str, answers: tuple[str, ...]) -> None:
        """When an agent writes to `person` (their id on the channel), one of these comes back after a while."""
        self._answers.setdefault(person, list(answers[:ANSWERS_MAX]))

    async def attend(self) -> None:
        """Reads the agents' replies, confirms them, and lets customers answer. Until cancelled."""
        seen = {"facebook": len(self.facebook.ledger), "zalo": len(self.zalo.ledger)}
        async with asyncio.TaskGroup() as group:
            while True:
                for sent in self.facebook.ledger[seen["facebook"] :]:
                    seen["facebook"] += 1
                    group.create_task(self._react_on_facebook(sent.psid))
                for reply in self.zalo.ledger[seen["zalo"] :]:
                    seen["zalo"] += 1
                    group.create_task(self._react_on_zalo(reply.user_id, reply.message_id))
                await asyncio.sleep(0.2)

    async def visits(self, name: str, number: str, lines: tuple[str, ...], answers: tuple[str, ...]) -> None:
        """Somebody opens the web chat, gives their number in the form, writes, and stays for the answer."""
        visitor = ScriptedVisitor(self.hub_url, house.WIDGET_KEY, page_url=f"{self.shop.url}/san-pham/may-lanh")
        left = list(answers)
        arrived = asyncio.Queue[int]()
        visitor.on_message = lambda message: arrived.put_nowait(message["seq"])
        await visitor.arrive()
        try:
            await visitor.introduce(name, number)
            for line in lines:
                await visitor.say(line)
                await self._pause((2.0, 5.0))
            while left:
                seq = await arrived.get()
                await visitor.received(seq)
                await self._pause(READ_AFTER_S)
                await visitor.read(seq)
                await self._pause(ANSWER_AFTER_S)
                await visitor.say(left.pop(0))
            await asyncio.Event().wait()
        finally:
            await visitor.leave()

    async def _react_on_facebook(self, psid: str) -> None:
        await self.facebook.delivered(psid)
        await self._pause(READ_AFTER_S)
        await self.facebook.read(psid)
        await self._answer(psid, lambda text: self.facebook.customer_says(psid, text))

    async def _react_on_zalo(self, user_id: str, message_id: str) -> None:
        await self.zalo.received(user_id, message_id)
        await self._pause(READ_AFTER_S)
        await self.zalo.seen(user_id)
        await self._answer(user_id, lambda text: self.zalo.customer_says(user_id, text))

    async def _answer(self, person: str, say: Callable[[str], Any]) -> None:
        answers = self._answers.get(person)
        if answers:
            text = answers.pop(0)
            await self._pause(ANSWER_AFTER_S)
            await say(text)

    async def _pause(self, between: tuple[float, float]) -> None:
        await asyncio.sleep(self.random.uniform(*between))

    def _now(self) -> datetime:
        """The hotline's clock: the past can be played too."""
        return datetime.now(UTC) - timedelta(days=self.days_ago)
