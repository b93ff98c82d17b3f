"""A supervisor makes a rule, tries it, saves it, and is told when somebody else saved meanwhile."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.agent import Agent
from tests.flow.shop import BOSS, Shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.timeout(180)]
WORD = "tủ lạnh"


async def test_a_rule_is_made_tried_saved_and_joined_with_what_another_saved(shop: Shop, browser: Browser) -> None:
    boss = await Agent.before(browser, shop, who=BOSS)
    try:
        page = boss.page
        await boss.go("Quản trị")
        await page.get_by_role("link", name="Quy tắc điều phối").click()
        await make_a_rule(boss)
        panel = page.get_by_role("region", name="Thử xem")
        await panel.get_by_label("Khách nhắn").fill(f"{WORD} nhà em không lạnh")
        await panel.get_by_role("button", name="Thử", exact=True).click()
        await expect(panel.get_by_text("Theo bản đang sửa, chưa lưu.")).to_be_visible()
        await expect(panel.get_by_text("Theo quy tắc")).to_be_visible()
        await page.keyboard.press("Control+s")
        await expect(page.get_by_text("Đã lưu phiên bản")).to_be_visible()

        other = await boss.another_tab()
        await rename(other, "Tủ lạnh", "Tủ lạnh, tủ đông")
        await other.page.keyboard.press("Control+s")
        await expect(other.page.get_by_text("Đã lưu phiên bản")).to_be_visible()

        await make_a_rule(boss, name="Máy giặt", word="máy giặt")
        boss.expected("409")
        await page.keyboard.press("Control+s")
        outdated = page.get_by_role("alert", name="Người khác vừa lưu")
        await expect(outdated.get_by_text("Đã đổi: Tủ lạnh, tủ đông.")).to_be_visible()
        await outdated.get_by_role("button", name="Gộp thay đổi của tôi vào bản mới").click()
        await page.keyboard.press("Control+s")
        await expect(page.get_by_text("Đã lưu phiên bản")).to_be_visible()
        await expect(page.get_by_role("switch", name="Bật Máy giặt")).to_be_visible()
        await expect(page.get_by_role("switch", name="Bật Tủ lạnh, tủ đông")).to_be_visible()
        boss.expected("409")
        assert boss.troubles == []
    finally:
        await put_back(shop)
        await boss.leave()


async def make_a_rule(boss: Agent, *, name: str = "Tủ lạnh", word: str = WORD) -> None:
    page = boss.page
    await boss.button("Thêm quy tắc").click()
    await page.get_by_label("Tên quy tắc").fill(name)
    await boss.button("Thêm điều kiện").click()
    await page.get_by_role("menuitem", name="Có từ khoá").click()
    words = page.locator("input[aria-label='Có từ khoá']")
    await words.fill(word)
    await words.press("Enter")


async def rename(boss: Agent, old: str, new: str) -> None:
    page = boss.page
    await page.get_by_role("button", name=old).and_(page.locator("[aria-expanded]")).click()
    await page.get_by_label("Tên quy tắc").fill(new)


async def put_back(shop: Shop) -> None:
    """Other tests find a shop without rules."""
    tab = await shop.console(BOSS)
    plan = await tab.get("/plans/rules")
    await tab.put("/plans/rules", {"seen": plan["version"], "document": {"rules": []}})
