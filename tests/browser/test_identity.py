"""Who is who, as people decide it: the queue of suggestions, why and undo, an identity that moves, the merge rules."""

import re

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.agent import DESK, PHONE, SETTLE_MS, Agent
from tests.browser.test_looks import fits
from tests.flow.shop import BOSS, Shop
from tests.flow.town import Person

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.timeout(180)]


async def test_suggestions_are_decided_by_key_and_an_accepted_one_is_taken_back(shop: Shop, lan: Agent) -> None:
    hoa, tuan = await claimed_by_a_visitor(shop, "Nguyễn Thị Hoà"), await claimed_by_a_visitor(shop, "Lê Văn Tuấn")
    await lan.go("Gợi ý gộp")
    await row(lan, hoa).click()
    await expect(side_by_side(lan)).to_contain_text(hoa.written)
    await expect(side_by_side(lan)).to_contain_text("quyết định")
    await expect(side_by_side(lan)).to_contain_text("khách tự khai")
    await lan.photograph("suggestions-desk-light")
    await fits(lan)
    await lan.page.keyboard.press("x")
    await expect(lan.page.get_by_role("status").filter(has_text="hai người")).to_be_visible()
    await expect(row(lan, hoa)).to_have_count(0)

    await row(lan, tuan).click()
    await expect(side_by_side(lan)).to_contain_text(tuan.written)
    await lan.page.keyboard.press("a")
    await expect(row(lan, tuan)).to_have_count(0)
    await lan.page.get_by_role("status").get_by_role("button", name="Hoàn tác").click()
    await expect(row(lan, tuan)).to_have_count(1)
    await expect(lan.page.get_by_role("link", name="Gợi ý gộp")).to_have_text(re.compile(r"\d"))  # how many wait


async def test_two_customers_fit_side_by_side_on_a_telephone(shop: Shop, browser: Browser) -> None:
    hoa = await claimed_by_a_visitor(shop, "Nguyễn Thị Hoà")
    for scheme, viewport in (("dark", PHONE), ("dark", DESK)):
        lan = await Agent.before(browser, shop, viewport=viewport, color_scheme=scheme)
        await lan.go("Gợi ý gộp")
        await row(lan, hoa).click()
        await expect(side_by_side(lan)).to_contain_text(hoa.written)
        await lan.photograph(f"suggestions-{'phone' if viewport is PHONE else 'desk'}-{scheme}")
        await fits(lan)
        await lan.leave()
        assert lan.troubles == []


async def test_an_identity_moves_to_another_customer_and_back_and_the_history_says_why(shop: Shop, lan: Agent) -> None:
    town = shop.town
    hoa, tuan = town.new_person(), town.new_person()
    await lan.start_work()
    await town.facebook.customer_says(tuan.psid, "Máy giặt còn không ạ", name="Tuấn Lê")
    await lan.accept_offer()
    await town.hotline.call(hoa.digits, answered_by=None)
    await lan.accept_offer()
    await town.zalo.customer_says(hoa.zalo_id, f"Số em {hoa.written}", name="Nhà Tuấn")
    await lan.sees("Cuộc gọi nhỡ", f"Số em {hoa.written}")
    card = lan.customer.get_by_role("listitem").filter(has_text="Nhà Tuấn").first
    await card.get_by_role("button", name="Chuyển").click()
    await card.get_by_label("Tìm tên hoặc số điện thoại").fill("Tuấn Lê")
    await card.get_by_role("button", name=re.compile("Tuấn Lê")).first.click()
    await card.get_by_label("Vì sao là của khách đó").fill("Zalo của nhà anh Tuấn")
    await card.get_by_role("button", name="Chuyển").click()
    await expect(lan.thread).not_to_contain_text(f"Số em {hoa.written}", timeout=SETTLE_MS)
    history = lan.customer.get_by_role("region", name="Lịch sử gộp và tách")
    moved = history.get_by_role("listitem").filter(has_text="Zalo của nhà anh Tuấn")
    await expect(moved).to_contain_text("Chuyển")
    await lan.photograph("moved-desk-light")
    await moved.get_by_role("button", name="Hoàn tác").click()
    await lan.sees(f"Số em {hoa.written}")
    await expect(history.get_by_role("listitem").filter(has_text="Zalo của nhà anh Tuấn")).to_contain_text(
        "đã hoàn tác"
    )


async def test_a_dry_run_shows_whom_rules_would_split_and_an_application_is_undone(
    shop: Shop, browser: Browser
) -> None:
    hoa = shop.town.new_person()
    await shop.town.hotline.call(hoa.digits, answered_by=None)
    await shop.town.facebook.customer_says(hoa.psid, f"Số em {hoa.written}", name="Hoà Nguyễn")
    boss = await Agent.before(browser, shop, who=BOSS)
    await boss.page.goto(f"{boss.url}/conversations/all")
    await expect(boss.rows.filter(has_text="Hoà Nguyễn").filter(has_text=hoa.written).first).to_be_visible()
    await boss.go("Quản trị")
    await boss.page.get_by_role("link", name="Quy tắc gộp").click()
    await boss.page.get_by_label("Khách tự khai", exact=True).first.click()
    await boss.page.get_by_role("option", name="Chỉ gợi ý").click()
    await boss.button("Chạy thử").click()
    tried = boss.page.get_by_role("region", name="Chạy thử")
    await expect(tried).to_contain_text("đã xong", timeout=SETTLE_MS)
    if await tried.get_by_role("button", name="Xem thêm").count():
        await tried.get_by_role("button", name="Xem thêm").click()
    await expect(tried.get_by_role("listitem").filter(has_text=hoa.written)).to_contain_text("đặt chỉ gợi ý")
    await boss.photograph("rules-dry-run-desk-light")
    await fits(boss)

    await tried.get_by_label("Lý do").fill("Thử ở cửa hàng")
    await tried.get_by_role("button", name="Áp dụng").click()
    applied = boss.page.get_by_role("region", name="Áp dụng quy tắc")
    await expect(applied).to_contain_text("đã xong", timeout=2 * SETTLE_MS)
    history = boss.page.get_by_role("region", name="Lịch sử quy tắc")
    await expect(history).to_contain_text("Thử ở cửa hàng")
    assert await customers_with(shop, hoa) == 2

    await history.get_by_role("button", name="Hoàn tác").click()
    undone = boss.page.get_by_role("region", name="Hoàn tác thay đổi")
    await expect(undone).to_contain_text("đã xong", timeout=2 * SETTLE_MS)
    await expect(history).to_contain_text("đã hoàn tác một thay đổi")
    assert await customers_with(shop, hoa) == 1
    await boss.leave()
    assert boss.troubles == []


async def claimed_by_a_visitor(shop: Shop, name: str) -> Person:
    """Who called, and whose number somebody typed into the web chat: only a human can say whether that is them."""
    person = shop.town.new_person()
    await shop.town.hotline.call(person.digits, answered_by=None)
    visitor = shop.town.new_visitor()
    await visitor.arrive()
    await visitor.introduce(name, person.national)
    await visitor.say("Máy lạnh chảy nước ạ")
    return person


def row(agent: Agent, person: Person) -> Locator:
    return agent.page.get_by_role("region", name="Gợi ý đang chờ").get_by_role("button").filter(has_text=person.written)


def side_by_side(agent: Agent) -> Locator:
    return agent.page.get_by_role("region", name="So sánh hai khách")


async def customers_with(shop: Shop, person: Person) -> int:
    """How many customers have an open conversation and that number."""
    boss = await shop.console(BOSS)
    found = await boss.get("/conversations", view="all", q=person.national)
    return len({conversation["customer_id"] for conversation in found["items"]})
