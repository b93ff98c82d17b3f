"""Replies under whatever a provider does: shown as they stand, never sent twice. The provider's ledger is the truth."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from bench.simulators.facebook import FacebookSimulator
from tests.flow.console import Console, Json, Problem
from tests.flow.reading import deliveries_heard, delivery, entry, identity, row, row_saying
from tests.flow.shop import BOSS, LAN, Shop
from tests.flow.town import Person
from tests.services import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Page:
    """A page of the test's own, so that what a fault leaves behind (a closed gate, say) is nobody else's trouble."""

    account_id: str
    simulator: FacebookSimulator
    lan: Console
    person: Person
    conversation_id: str = ""
    identity_id: str = ""
    replies: list[Json] = field(default_factory=list)

    async def reply(self, text: str) -> Json:
        reply = await self.lan.reply(self.conversation_id, self.identity_id, text)
        self.replies.append(reply)
        return reply

    async def until(self, reply: Json, state: str, *, within_s: float = 15.0) -> None:
        await self.lan.until(lambda c: delivery(c, reply["id"]) == state, f"{state!r}", within_s=within_s)

    @property
    def sent(self) -> list[str | None]:
        return [sent.text for sent in self.simulator.ledger]


@pytest_asyncio.fixture(loop_scope="session")
async def page(shop: Shop) -> AsyncIterator[Page]:
    """Somebody wrote to it, and an agent has accepted the conversation and watches it."""
    person = shop.town.new_person()
    account_id = f"page-{person.psid}"
    simulator = FacebookSimulator(page_id=f"9{person.psid}", port=free_port(), retry_delays_s=(0.2,) * 50)
    simulator.callback_url = f"{shop.ingress_url}/webhooks/facebook/{account_id}"
    await simulator.start()
    boss = await shop.console(BOSS)
    await boss.post("/channel-accounts", account_of(shop, account_id, simulator))
    lan = await shop.desk(LAN)
    made = Page(account_id, simulator, lan, person)
    await simulator.customer_says(person.psid, f"Alo shop {person.psid}")
    found = await lan.until(lambda c: row_saying(c, person.psid), "the message")
    made.conversation_id = found["id"]
    await lan.until(lambda c: row(c, found["id"])["offered_to"], "an offer")
    await lan.do("accept", found["id"])
    made.identity_id = identity(await lan.watch(found["id"]), "facebook")["id"]
    yield made
    await simulator.stop()
    await boss.patch(f"/channel-accounts/{account_id}", {"active": False})


async def test_a_reply_to_a_provider_that_is_away_leaves_once_when_it_is_back(page: Page) -> None:
    port = int(page.simulator.url.rpartition(":")[2])
    await page.simulator.stop()
    reply = await page.reply("Dạ em nghe")
    await page.lan.until(lambda c: "queued" in deliveries_heard(c, reply["id"])[1:], "a first attempt in vain")
    back = FacebookSimulator(page_id=page.simulator.page_id, port=port)
    await back.start()
    try:
        await page.until(reply, "sent")
        assert [sent.text for sent in back.ledger] == ["Dạ em nghe"]
    finally:
        await back.stop()


async def test_a_reply_that_a_slow_provider_takes_in_the_end_leaves_once(page: Page) -> None:
    page.simulator.takes_s = 2.0
    reply = await page.reply("Dạ em nghe")
    await page.until(reply, "sending")
    await page.until(reply, "sent")
    assert page.sent == ["Dạ em nghe"]


async def test_replies_to_a_provider_in_passing_trouble_leave_once_and_in_order(page: Page) -> None:
    page.simulator.fail_next(code=2, status=500, is_transient=True, times=2)
    replies = [await page.reply(f"Tin {number}") for number in range(3)]
    await page.until(replies[-1], "sent", within_s=20.0)
    assert page.sent == ["Tin 0", "Tin 1", "Tin 2"]


async def test_a_throttled_account_waits_as_long_as_it_is_told_and_then_sends_once(page: Page) -> None:
    page.simulator.throttle_next(minutes=3 / 60)
    reply = await page.reply("Dạ em nghe")
    await page.lan.until(
        lambda c: deliveries_heard(c, reply["id"])[-1:] == ["queued"] and len(page.sent) == 0, "queued"
    )
    began = asyncio.get_running_loop().time()
    await page.until(reply, "sent")
    assert asyncio.get_running_loop().time() - began > 1.5
    assert page.sent == ["Dạ em nghe"]


async def test_a_refused_reply_says_why_and_the_next_one_leaves(page: Page) -> None:
    page.simulator.fail_next(code=10, subcode=2018278)
    reply = await page.reply("Quá muộn")
    await page.until(reply, "failed")
    shown = entry(page.lan, reply["id"])
    assert shown is not None
    assert shown["delivery"]["failure"] == "outside_window"
    await page.until(await page.reply("Kịp"), "sent")
    assert page.sent == ["Kịp"]


async def test_a_reply_whose_answer_was_lost_is_unknown_until_its_echo_settles_it(page: Page) -> None:
    page.simulator.echoes = False
    page.simulator.break_next("accept_then_drop")
    reply = await page.reply("Có tới không")
    await page.until(reply, "unknown")
    (sent,) = page.simulator.ledger
    await page.simulator.echo(sent)
    await page.until(reply, "sent")
    await page.simulator.read(page.person.psid)
    await page.until(reply, "read")
    assert page.sent == ["Có tới không"]


async def test_an_unknown_reply_is_never_resent_by_itself_and_an_agent_may_say_that_it_arrived(page: Page) -> None:
    page.simulator.echoes = False
    page.simulator.break_next("accept_then_drop")
    reply = await page.reply("Có tới không")
    await page.until(reply, "unknown")
    await page.until(await page.reply("Tin sau"), "sent")
    await asyncio.sleep(2.5)  # more than the first retry of a reply that may be repeated
    assert page.sent == ["Có tới không", "Tin sau"]
    await page.lan.post(f"/touchpoints/{reply['id']}/settle", {"outcome": "sent"})
    await page.until(reply, "sent")
    with pytest.raises(Problem) as refused:
        await page.lan.post(f"/touchpoints/{reply['id']}/settle", {"outcome": "queued"})
    assert refused.value.status == 409
    assert page.sent == ["Có tới không", "Tin sau"]


async def test_an_unknown_reply_that_an_agent_sends_again_leaves_once_more(page: Page) -> None:
    page.simulator.break_next("drop")
    reply = await page.reply("Có tới không")
    await page.until(reply, "unknown")
    assert page.sent == []
    await page.lan.post(f"/touchpoints/{reply['id']}/settle", {"outcome": "queued"})
    await page.until(reply, "sent")
    assert page.sent == ["Có tới không"]


async def test_replies_wait_while_the_credentials_are_refused_and_leave_when_they_are_renewed(
    shop: Shop, page: Page
) -> None:
    page.simulator.page_access_token = "EAAanotherToken"
    reply = await page.reply("Dạ em nghe")
    boss = await shop.console(BOSS)
    await page.lan.until(lambda c: deliveries_heard(c, reply["id"]).count("sending") > 0, "an attempt")
    alarm = await alarm_of(boss, page.account_id)
    assert alarm.startswith("credentials_invalid")
    account = account_of(shop, page.account_id, page.simulator)
    await boss.patch(f"/channel-accounts/{page.account_id}", {"settings": account["settings"]})
    await page.until(reply, "sent")
    assert page.sent == ["Dạ em nghe"]


async def alarm_of(boss: Console, account_id: str) -> str:
    for _ in range(100):
        accounts = (await boss.get("/channel-accounts"))["items"]
        alarm: str | None = next(account["alarm"] for account in accounts if account["id"] == account_id)
        if alarm:
            return alarm
        await asyncio.sleep(0.1)
    raise TimeoutError("no alarm was raised within 10 s")


def account_of(shop: Shop, account_id: str, simulator: FacebookSimulator) -> Json:
    settings = shop.town.facebook_settings() | {
        "page_id": simulator.page_id,
        "page_access_token": simulator.page_access_token,
        "graph_url": simulator.url,
    }
    return {"id": account_id, "channel": "facebook", "display_name": "Trang thử", "settings": settings}
