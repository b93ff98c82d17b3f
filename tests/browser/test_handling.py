"""Work that is handed on, put off and brought to its end, in Chromium, by two people."""

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.agent import SETTLE_MS, Agent
from tests.flow.shop import MINH, Shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.timeout(180)]

ASKED = "Đổi máy cho khách được không anh?"
ANSWERED = "Được, còn bảo hành đến tháng 3"
HANDED = "Khách cần đổi máy, em đã hẹn chiều nay"


async def test_work_is_handed_on_put_off_and_resolved_with_its_end(shop: Shop, browser: Browser, lan: Agent) -> None:
    town, hoa = shop.town, shop.town.new_person()
    await lan.start_work()
    await town.facebook.customer_says(hoa.psid, "Máy lạnh của em vẫn chảy nước", name="Hoà Nguyễn")
    await lan.accept_offer()
    await lan.sees("Máy lạnh của em vẫn chảy nước")
    minh = await Agent.before(browser, shop, who=MINH)
    try:
        await ask_minh(lan)
        await answer(minh)
        await lan.sees(ANSWERED)
        await hand_to_minh(shop, lan)
        await minh.accept_offer()
        await minh.sees(HANDED)
        await put_off(minh)
        await town.facebook.customer_says(hoa.psid, "Thợ mấy giờ tới ạ")
        await expect(head(minh)).not_to_contain_text("Tạm hoãn đến", timeout=SETTLE_MS)
        await minh.sees("Thợ mấy giờ tới ạ", "khách vừa viết")
        await resolve_as(minh, "Đã giải quyết")
        await expect(minh.page.get_by_role("main")).to_contain_text("Đã giải quyết")
        assert not [said for said in town.facebook.ledger if said.text in {ASKED, ANSWERED, HANDED}]
        assert minh.troubles == []
    finally:
        await minh.leave()


async def ask_minh(lan: Agent) -> None:
    await press(lan, "n")
    await lan.page.get_by_role("textbox", name="Ghi chú nội bộ").fill(ASKED)
    await lan.page.get_by_role("button", name="Hỏi ý kiến").click()
    await lan.page.get_by_role("menuitem", name="Minh").click()
    await lan.page.keyboard.press("Escape")
    await lan.button("Lưu và hỏi").click()
    await lan.sees("Chỉ nội bộ", ASKED, "Hỏi ý kiến Minh")
    await lan.photograph("handling-note")


async def answer(minh: Agent) -> None:
    """Not his, but he is asked: he sees it among his own, and writes to colleagues only."""
    await minh.open_row("hỏi ý kiến")
    await minh.sees(ASKED)
    await expect(minh.composer).to_have_count(0)
    note = minh.page.get_by_role("textbox", name="Ghi chú nội bộ")
    await note.fill(ANSWERED)
    await note.press("Enter")
    await minh.sees(ANSWERED)
    await minh.button("Thôi hỏi bạn").click()
    await expect(minh.button("Thôi hỏi bạn")).to_have_count(0)


async def hand_to_minh(shop: Shop, lan: Agent) -> None:
    await (await shop.console(MINH)).be("available")
    await press(lan, "t")
    sheet = lan.page.get_by_role("dialog", name="Chuyển hội thoại")
    await sheet.get_by_role("button", name="Minh").click()
    await sheet.get_by_label("Ghi chú cho người nhận").fill(HANDED)
    await lan.photograph("handling-transfer")
    await sheet.get_by_role("button", name="Chuyển", exact=True).click()
    await expect(lan.page.get_by_role("status").filter(has_text="Đã chuyển hội thoại")).to_be_visible()


async def put_off(minh: Agent) -> None:
    await press(minh, "s")
    sheet = minh.page.get_by_role("dialog", name="Tạm hoãn")
    await sheet.get_by_role("button", name="1 giờ nữa").wait_for()
    await minh.photograph("handling-snooze")
    await sheet.get_by_role("button", name="1 giờ nữa").click()
    await expect(head(minh)).to_contain_text("Tạm hoãn đến", timeout=SETTLE_MS)
    await minh.sees("Minh tạm hoãn đến")  # the head says so at once, the hub a moment later


async def resolve_as(minh: Agent, disposition: str) -> None:
    await press(minh, "d")
    sheet = minh.page.get_by_role("dialog", name="Hoàn tất với kết quả")
    await sheet.get_by_role("button", name=disposition).click()
    await minh.photograph("handling-resolve")
    await sheet.get_by_role("button", name="Hoàn tất", exact=True).click()


async def press(agent: Agent, key: str) -> None:
    """Out of any field first: letters are keys only there."""
    await agent.thread.focus()
    await agent.page.keyboard.press(key)


def head(agent: Agent) -> Locator:
    return agent.page.get_by_role("main").get_by_role("banner").or_(agent.page.locator("main > header"))
