"""Any process may be killed at any moment, in the middle of the work: nothing acknowledged is lost, nothing leaves or
shows twice, and the rest goes on or comes back by itself."""

import asyncio

import pytest

from bench.simulators.facebook import FacebookSimulator
from tests.flow.console import Console
from tests.flow.reading import delivery, texts
from tests.flow.shop import LAN, Shop
from tests.flow.traffic import PATIENCE_S, PEOPLE, Traffic, persistently, settled

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.faults, pytest.mark.timeout(300)]
ONE_AFTER_ANOTHER = {"embedded": ["hub", "hub"], "cluster": ["ingress", "identity", "router", "egress", "console"]}


async def test_each_process_killed_once_under_traffic_loses_and_doubles_nothing(shop: Shop) -> None:
    page = shop.town.facebook
    page.poster.retry_delays_s = (0.2,) * 200
    lan = await shop.desk(LAN)
    traffic = Traffic(page, lan, [shop.town.new_person() for _ in range(PEOPLE)])
    async with asyncio.TaskGroup() as group:
        group.create_task(traffic.run())
        await traffic.goes_on()
        for name in ONE_AFTER_ANOTHER[shop.way]:
            await shop.kill9(name)
            await traffic.goes_on()
        traffic.stop()
    await lan.until(lambda c: settled(c, traffic.replies), "every reply to be settled", within_s=PATIENCE_S)
    await nothing_lost_or_doubled(lan, page, traffic)


@pytest.mark.services
@pytest.mark.parametrize("open_shop", ["cluster"], indirect=True)
async def test_a_second_worker_takes_over_from_one_that_is_gone(shop: Shop) -> None:
    """In the cluster identity runs twice: one of them dead, and not started again, holds up nobody."""
    page = shop.town.facebook
    lan = await shop.desk(LAN)
    traffic = Traffic(page, lan, [shop.town.new_person() for _ in range(PEOPLE)])
    async with asyncio.TaskGroup() as group:
        group.create_task(traffic.run())
        await traffic.goes_on()
        shop.programs["identity-again"].kill9()
        await traffic.goes_on()
        traffic.stop()
    await shop.start("identity-again")
    await nothing_lost_or_doubled(lan, page, traffic)


async def nothing_lost_or_doubled(lan: Console, page: FacebookSimulator, traffic: Traffic) -> None:
    """What each side holds, compared: the customers, the hub, the agent, the provider."""
    assert traffic.said > PEOPLE
    for person, conversation_id in traffic.conversations.items():
        shown = texts(await persistently(lambda: lan.get(f"/conversations/{conversation_id}")))  # noqa: B023
        assert [text for text in shown if text and " tin " in text] == traffic.acknowledged[person]
    left = [sent.text for sent in page.ledger]
    for reply_id, reply in traffic.replies.items():
        state = delivery(lan, reply_id)
        assert left.count(reply["text"]) <= 1
        assert left.count(reply["text"]) == 1 or state == "unknown", f"{reply['text']} is {state}, but never left"
