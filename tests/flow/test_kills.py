"""Any process may be killed at any moment, in the middle of the work: nothing acknowledged is lost, nothing leaves or
shows twice, and the rest goes on or comes back by itself."""

import asyncio

import pytest

from bench.simulators.facebook import FacebookSimulator
from tests.flow.console import Console, Json, insist
from tests.flow.reading import whole_timeline
from tests.flow.shop import LAN, Shop
from tests.flow.traffic import PATIENCE_S, PEOPLE, Traffic

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
    await insist(lambda: is_settled(lan, traffic), "every reply to be settled", within_s=PATIENCE_S, every_s=0.5)
    left = [sent.text for sent in page.ledger]
    for person, conversation_id in traffic.conversations.items():
        entries = await whole_timeline(lan, conversation_id)
        assert [entry["text"] for entry in entries if not entry["delivery"]] == traffic.acknowledged[person]
        replies = {entry["id"]: entry for entry in entries if entry["delivery"]}
        assert list(replies) == [
            reply["id"] for reply in traffic.replies if reply["identity_id"] in identities(entries)
        ]
        for reply in replies.values():
            state, times = reply["delivery"]["state"], left.count(reply["text"])
            assert times <= 1
            assert times == 1 or state == "unknown", f"{reply['text']} is {state}, but never left"


async def is_settled(console: Console, traffic: Traffic) -> bool:
    """Nothing is on its way any more."""
    for conversation_id in traffic.conversations.values():
        for entry in await whole_timeline(console, conversation_id):
            if entry["delivery"] and entry["delivery"]["state"] in ("queued", "sending"):
                return False
    return True


def identities(entries: list[Json]) -> set[str]:
    return {entry["identity_id"] for entry in entries}
