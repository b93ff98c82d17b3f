"""What administrators do while the hub runs: new agents and channel accounts work at once, and so does their end."""

import pytest

from bench.simulators.facebook import FacebookSimulator
from tests.flow.console import Console, Json, Problem, insist
from tests.flow.reading import row, row_saying
from tests.flow.shop import BOSS, LAN, PASSWORD, Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")
KICKED_S = 8.0  # DESIGN: a disabled agent's socket ends within 5 s


async def test_a_new_agent_signs_in_and_is_offered_what_a_new_account_receives(shop: Shop) -> None:
    boss = await shop.console(BOSS)
    person = shop.town.new_person()
    new = await boss.post("/agents", agent(f"moi-{person.psid}", [queue["id"] for queue in await queues(boss)]))
    page = FacebookSimulator(page_id=f"8{person.psid}")
    await page.start()
    newcomer = Console(shop.console_url, new["login"], PASSWORD)
    try:
        added = await boss.post("/channel-accounts", account(shop, f"trang-{person.psid}", page))
        page.callback_url = f"{shop.ingress_url}/webhooks/facebook/{added['id']}"
        await newcomer.sign_in()
        await newcomer.open()
        await newcomer.be("available")
        await page.customer_says(person.psid, f"Trang mới {person.psid}")
        found = await newcomer.until(lambda c: row_saying(c, person.psid), "the message to the new page")
        await newcomer.until(lambda c: row(c, found["id"])["offered_to"] == c.agent_id, "an offer")
    finally:
        await newcomer.close()
        await page.stop()
        await boss.patch(f"/agents/{new['id']}", {"disabled": True})


async def test_a_disabled_agent_is_out_within_seconds(shop: Shop) -> None:
    boss = await shop.console(BOSS)
    mark = shop.town.new_person().psid
    new = await boss.post("/agents", agent(f"di-{mark}", []))
    leaver = Console(shop.console_url, new["login"], PASSWORD)
    try:
        await leaver.sign_in()
        await leaver.open()
        await boss.patch(f"/agents/{new['id']}", {"disabled": True})
        await leaver.until(lambda c: any(kind == "kick" for kind, _ in c.heard), "the kick", within_s=KICKED_S)
        with pytest.raises(Problem) as refused:
            await leaver.get("/snapshot")
        assert refused.value.status == 401
    finally:
        await leaver.close()


async def test_secrets_go_in_and_never_come_out(shop: Shop) -> None:
    boss = await shop.console(BOSS)
    accounts = (await boss.get("/channel-accounts"))["items"]
    shown = str(accounts)
    page, oa = shop.town.facebook, shop.town.zalo
    for secret in (page.app_secret, page.page_access_token, page.verify_token, oa.app_secret, oa.oa_secret_key):
        assert secret not in shown
    named = next(each["secrets"] for each in accounts if each["channel"] == "facebook")
    assert {"app_secret", "page_access_token", "verify_token"} <= set(named)


async def test_an_account_that_is_switched_off_takes_no_webhooks_and_one_that_is_on_again_does(shop: Shop) -> None:
    boss = await shop.watcher()
    person = shop.town.new_person()
    page = FacebookSimulator(page_id=f"7{person.psid}", retry_delays_s=())
    await page.start()
    try:
        added = await boss.post("/channel-accounts", account(shop, f"tam-{person.psid}", page))
        page.callback_url = f"{shop.ingress_url}/webhooks/facebook/{added['id']}"
        await boss.patch(f"/channel-accounts/{added['id']}", {"active": False})
        await insist(lambda: refused(page, person.psid), "the account to be off")
        await boss.patch(f"/channel-accounts/{added['id']}", {"active": True})
        await insist(lambda: taken(page, person.psid), "the account to be on")
        await boss.until(lambda c: row_saying(c, person.psid), "the message")
    finally:
        await page.stop()


async def test_an_agent_may_not_administrate(shop: Shop) -> None:
    lan = await shop.console(LAN)
    for path in ("/channel-accounts", "/agents", "/dead-letters", "/channels"):
        with pytest.raises(Problem) as refusal:
            await lan.get(path)
        assert refusal.value.status == 403


async def refused(page: FacebookSimulator, psid: str) -> bool:
    await page.customer_says(psid, "không ai nghe")
    return page.poster.posted[-1].status == 404


async def taken(page: FacebookSimulator, psid: str) -> bool:
    await page.customer_says(psid, f"có người nghe {psid}")
    return page.poster.posted[-1].status == 200


async def queues(boss: Console) -> list[Json]:
    found: list[Json] = (await boss.get("/queues"))["items"]
    return found


def agent(login: str, queue_ids: list[str]) -> Json:
    return {"login": login, "display_name": "Người mới", "password": PASSWORD, "capacity": 3, "queue_ids": queue_ids}


def account(shop: Shop, account_id: str, page: FacebookSimulator) -> Json:
    settings = shop.town.facebook_settings() | {"page_id": page.page_id, "graph_url": page.url}
    return {"id": account_id, "channel": "facebook", "display_name": "Trang phụ", "settings": settings}
