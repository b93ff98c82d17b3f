"""Live calls on consoles: who is rung sees it at once, supervisors see all, nobody else anything."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from hub.calls import LiveCall, Ring
from hub.events import PresenceStatus
from hub.ids import ChannelAccountId
from router import commands
from router.calls import CallRouter
from tests.console.conftest import Shop
from tests.console.sockets import Line

CALL = LiveCall(ChannelAccountId("hotline-1"), "call-1", "+84912345678", {"lan": "op-lan"})


@pytest.fixture
async def lines() -> AsyncIterator[list[Line]]:
    """Lines to be closed at the end."""
    opened: list[Line] = []
    yield opened
    for line in opened:
        await line.close()


async def test_who_is_rung_and_supervisors_see_a_call_and_colleagues_do_not(shop: Shop, lines: list[Line]) -> None:
    lan = await shop.add_agent("lan")
    await shop.add_agent("minh")
    await shop.add_agent("chi", role="supervisor")
    async with shop.units.begin() as work:
        await commands.set_presence(work, lan, PresenceStatus.AVAILABLE)
        await work.commit()
    browsers = [await shop.sign_in(name) for name in ("lan", "minh", "chi")]
    for browser in browsers:
        line = Line(browser)
        lines.append(line)
        await line.open()
    router = CallRouter(shop.units)
    assert await router.ring(CALL) == Ring("op-lan", 20)
    for line in (lines[0], lines[2]):
        await line.until(partial(line.has, "call"))
        (said,) = line.of("call")
        assert (said["call"]["state"], said["call"]["agent_id"]) == ("ringing", str(lan))
        assert said["call"]["caller"] == "+84912345678"
    listed = [(await browser.get("/calls")).body["items"] for browser in browsers]
    assert [len(items) for items in listed] == [1, 0, 1]
    await router.failed(CALL, "op-lan")
    await lines[0].until(lambda: len(lines[0].of("call")) == 2)
    assert lines[0].of("call")[1]["call"]["state"] == "waiting"
    assert lines[1].of("call") == []
