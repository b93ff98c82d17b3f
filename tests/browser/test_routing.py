"""Work as rules and promises shape it, in Chromium: what a supervisor saves is what agents meet a moment later."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from bench.simulators.hotline import StringeeSimulator
from tests.browser.agent import SETTLE_MS, Agent
from tests.browser.test_handling import head, press, resolve_as
from tests.browser.test_planning import make_a_rule, put_back
from tests.flow.shop import BOSS, LAN, Shop
from tests.flow.town import HOTLINE, Person

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.timeout(180)]
LIVE, TELEPHONE = "hotline-live", "op-301"


async def test_a_promise_and_a_rule_are_saved_and_work_is_met_labelled_and_closed(
    shop: Shop, browser: Browser, lan: Agent
) -> None:
    hoa = shop.town.new_person()
    await lan.start_work()
    try:
        await the_boss_saves(shop, browser)
        await shop.town.facebook.customer_says(hoa.psid, "Tủ lạnh nhà em không lạnh", name="Hoà Nguyễn")
        await lan.accept_offer()
        await a_promise_runs(shop, lan, hoa)
        await label(lan)
        await narrow(lan)
        await put_off_and_take_up(lan)
        await resolve_as(lan, "Đã giải quyết")
        await expect(lan.page.get_by_role("main")).to_contain_text("Đã giải quyết")
    finally:
        await put_back(shop)
        await no_promises(shop)


async def test_a_call_rings_in_the_bar_and_becomes_work(shop: Shop, lan: Agent) -> None:
    hoa = shop.town.new_person()
    await lan.start_work()
    async with live_line(shop) as line:
        call = line.new_call()
        actions = await line.dial(call, hoa.digits)
        rung = next(action["to"] for action in actions if action["action"] == "connect")
        assert rung["number"] == TELEPHONE
        bar = lan.page.get_by_role("region", name="Cuộc gọi của tôi")
        await expect(bar).to_contain_text("Đang đổ chuông máy của bạn", timeout=SETTLE_MS)
        await expect(bar).to_contain_text(hoa.written)
        await lan.photograph("call-rings")
        await line.tell(call, hoa.digits, rung, None, line.now(), talk_s=42)
        await expect(bar).to_have_count(0, timeout=SETTLE_MS)
        await lan.open_row(hoa.written)
        await lan.sees("Khách gọi đến")
        await expect(head(lan)).to_contain_text("Bạn đang xử lý")


@asynccontextmanager
async def live_line(shop: Shop) -> AsyncIterator[StringeeSimulator]:
    """A second number, for which the hub says whom to ring."""
    settings = dict(next(settings for account, _, _, settings in shop.town.accounts() if account == HOTLINE))
    url = f"{shop.town.hub_url}/webhooks/hotline/{LIVE}"
    secrets = {name: settings["pbx"][name] for name in ("signing_secret", "api_key_sid", "api_key_secret")}
    async with StringeeSimulator(url, hotline="842871085678", **secrets) as line:
        settings["pbx"] |= {"hotline_numbers": [f"+{line.hotline}"], "webhook_url": url, "api_url": line.server_url}
        settings["pbx"] |= {"live": {"enabled": True}, "telephones": {LAN.login: TELEPHONE}}
        account = {"id": LIVE, "channel": "hotline", "display_name": "Hotline 028 7108 5678", "settings": settings}
        await (await shop.console(BOSS)).post("/channel-accounts", account)
        yield line


async def the_boss_saves(shop: Shop, browser: Browser) -> None:
    """By hand, as a supervisor would: five minutes for the first answer, and where refrigerators go."""
    boss = await Agent.before(browser, shop, who=BOSS)
    page = boss.page
    await boss.go("Quản trị")
    await page.get_by_role("link", name="Thời hạn (SLA)").click()
    await boss.button("Thêm chính sách").click()
    await page.get_by_label("Tên chính sách").fill("Nhắn tin")
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Đã lưu phiên bản")).to_be_visible()
    await page.get_by_role("link", name="Quy tắc điều phối").click()
    await make_a_rule(boss)
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Đã lưu phiên bản")).to_be_visible()
    assert boss.troubles == []
    await boss.leave()


async def a_promise_runs(shop: Shop, lan: Agent, hoa: Person) -> None:
    """What was saved is in force within seconds: of what the customer writes from then on. The chip counts: what it
    says now it does not say any more in a while."""
    chip = head(lan).locator("[data-urgency]")
    promised = chip.filter(has_text=re.compile(r"còn \d"))
    async with asyncio.timeout(SETTLE_MS / 1000):
        while await promised.count() == 0:
            written = f"Alo shop {time.monotonic_ns()}"
            await shop.town.facebook.customer_says(hoa.psid, written)
            await lan.sees(written)
    await expect(head(lan)).to_contain_text("Phản hồi đầu")
    await expect(chip).not_to_have_text(await chip.inner_text(), timeout=SETTLE_MS)


async def label(lan: Agent) -> None:
    await lan.customer.get_by_label("Mức ưu tiên").select_option("Cao")
    await lan.customer.get_by_label("Trạng thái khách").select_option("Bảo hành")
    tag = lan.customer.get_by_label("Thêm thẻ…")
    await tag.fill("Tủ lạnh")
    await tag.press("Enter")
    await expect(lan.button("Bỏ thẻ Tủ lạnh")).to_be_visible()


async def narrow(lan: Agent) -> None:
    """By what the conversation was labelled with; the address keeps it."""
    await press(lan, "f")
    sheet = lan.page.get_by_role("dialog", name="Lọc danh sách")
    await sheet.get_by_label("Trạng thái khách").select_option("Khiếu nại")
    await expect(lan.page.get_by_text("Không có hội thoại nào khớp bộ lọc")).to_be_visible()
    await sheet.get_by_label("Trạng thái khách").select_option("Bảo hành")
    await sheet.get_by_label("Thẻ").fill("tủ lạnh")
    await sheet.get_by_label("Thẻ").press("Enter")
    await expect(lan.rows).to_have_count(1)
    await lan.page.reload()
    await expect(lan.button("Bỏ lọc tủ lạnh")).to_be_visible()
    await expect(lan.rows.filter(has_text="Hoà Nguyễn")).to_be_visible()
    await lan.photograph("list-narrowed")
    await lan.button("Bỏ lọc tủ lạnh").click()
    await lan.button("Bỏ lọc Bảo hành").click()


async def put_off_and_take_up(lan: Agent) -> None:
    await press(lan, "s")
    sheet = lan.page.get_by_role("dialog", name="Tạm hoãn")
    await sheet.get_by_role("button", name="3 giờ nữa").click()
    await lan.sees("Lan tạm hoãn đến")
    await press(lan, "s")
    await expect(head(lan)).not_to_contain_text("Tạm hoãn đến")


async def no_promises(shop: Shop) -> None:
    tab = await shop.console(BOSS)
    plan = await tab.get("/plans/sla")
    await tab.put("/plans/sla", {"seen": plan["version"], "document": {"policies": []}})
