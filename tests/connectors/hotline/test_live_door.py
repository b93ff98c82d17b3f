"""Callers on the line, over HTTP: a simulated PBX asks, the router answers, and an outage silences nobody."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from bench.simulators.hotline import StringeeSimulator
from connectors.accounts import plain_settings
from connectors.hotline.connector import HotlineConnector
from connectors.hotline.settings import HotlineSettings
from connectors.ingress import IngressLimits
from hub.calls import LiveCall, Next
from hub.clock import ManualClock
from hub.errors import BusUnavailable, StorageUnavailable
from hub.events import Channel
from router.calls import CallRouter
from storage import accounts as account_store
from storage.unit_of_work import Units
from tests.builders import House, build_house
from tests.connectors import edge
from tests.connectors.hotline.support import ACCOUNT, PATH, SIGNING_SECRET, STRINGEE

TELEPHONES = {"lan": "op-301", "minh": "op-302"}


class Flaky:
    """The router, unless it is away or slow."""

    def __init__(self, router: CallRouter) -> None:
        self._router = router
        self.trouble: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def ring(self, call: LiveCall) -> Next:
        await self.gate.wait()
        if self.trouble is not None:
            raise self.trouble
        return await self._router.ring(call)

    async def failed(self, call: LiveCall, telephone: str) -> Next:
        return await self._router.failed(call, telephone)

    async def call_back(self, call: LiveCall) -> Next:
        return await self._router.call_back(call)


@dataclass
class Door:
    house: House
    pbx: StringeeSimulator
    router: Flaky
    shelf: edge.Shelf
    clock: ManualClock
    url: str


@pytest.fixture
async def door(units: Units, clock: ManualClock) -> AsyncIterator[Door]:
    house = await build_house(units)
    router, shelf = Flaky(CallRouter(units, turn_s=2.0)), edge.Shelf()
    async with (
        edge.directory_of(units, kind=HotlineConnector) as directory,
        edge.ingress_at(directory, shelf, calls=router, limits=IngressLimits(call_s=2.0)) as url,
        StringeeSimulator(
            f"{url}{PATH}", signing_secret=SIGNING_SECRET, api_key_sid="SK.0.abc", api_key_secret="-", now=clock.now
        ) as pbx,
    ):
        live = {"live": {"enabled": True}, "telephones": TELEPHONES, "webhook_url": f"{url}{PATH}"}
        settings = HotlineSettings.model_validate({"pbx": {**STRINGEE, **live}})
        async with units.begin() as work:
            await account_store.add(
                work, edge.box(), account_id=ACCOUNT, channel=Channel.HOTLINE, display_name="1900",
                settings=plain_settings(settings),
            )  # fmt: skip
            await work.commit()
        yield Door(house, pbx, router, shelf, clock, url)


async def test_a_call_rings_one_agent_after_the_other_and_then_waits_in_line(door: Door) -> None:
    await door.house.add_agent("Lan", idle_s=600)
    await door.house.add_agent("Minh", idle_s=10)
    call = await door.pbx.call("84912345678", answered_by=1)
    assert (call.rung, call.refused) == (["op-301", "op-302"], [])
    waiting = await door.pbx.call("84912345679", answered_by=None, keys=["", ""])
    assert (waiting.rung[:1], waiting.listened) == (["op-301"], 2)
    assert "vị trí thứ 1" in waiting.spoken[0]


async def test_fifty_callers_at_once_never_ring_one_agent_twice(door: Door) -> None:
    await door.house.add_agent("Lan")
    await door.house.add_agent("Minh")
    calls = [(door.pbx.new_call(), f"8491234{n:04}") for n in range(50)]
    answers = await asyncio.gather(*(door.pbx.dial(call, caller) for call, caller in calls))
    rung = [action["to"]["number"] for actions in answers for action in actions if action["action"] == "connect"]
    assert sorted(rung) == ["op-301", "op-302"]


async def test_the_suppliers_own_queue_is_told_who_may_ring(door: Door) -> None:
    await door.house.add_agent("Minh")
    told = await door.pbx.agents_for({"c-1": "84912345678", "c-2": "84912345679"})
    assert told == {"c-1": ["op-302"], "c-2": []}


async def test_a_router_that_is_away_leaves_the_call_to_the_accounts_own_operators(door: Door) -> None:
    await door.house.add_agent("Lan")
    door.router.trouble = StorageUnavailable("no database")
    assert (await door.pbx.dial(door.pbx.new_call(), "84912345678"))[0]["to"]["number"] == "op-201"


async def test_a_slow_router_leaves_the_call_to_the_accounts_own_operators_in_time(door: Door) -> None:
    await door.house.add_agent("Lan")
    door.router.gate.clear()  # for longer than an ask may take
    assert (await door.pbx.dial(door.pbx.new_call(), "84912345678"))[0]["to"]["number"] == "op-201"


async def test_a_log_that_is_away_silences_nobody(door: Door) -> None:
    await door.house.add_agent("Lan")
    door.shelf.trouble = BusUnavailable("no quorum")
    assert (await door.pbx.dial(door.pbx.new_call(), "84912345678"))[0]["to"]["number"] == "op-301"
    assert door.shelf.events == []


async def test_a_stranger_learns_nothing_and_rings_nobody(door: Door) -> None:
    await door.house.add_agent("Lan")
    async with aiohttp.ClientSession() as http, http.get(f"{door.url}{PATH}/answer?from=1&to=2&callId=c") as answer:
        assert answer.status == 401
    assert (await door.pbx.dial(door.pbx.new_call(), "84912345678"))[0]["to"]["number"] == "op-301"
