"""Customers by hand and in bulk, as an administrator does it in Chromium; pictures in .run/screenshots."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, expect

from tests.browser.agent import DESK, PHONE, Agent
from tests.browser.test_looks import fits
from tests.flow.shop import BOSS, Shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.timeout(180)]

FILE = (
    "Mã KH;Họ và tên;Số điện thoại;Hạng\n"
    "KH001;Đặng Thu Thảo;903111222;Vàng\n"
    "KH002;Lý Quốc Bảo;0903 111 333;\n"
    "KH003;Mai Anh Tú;12;Bạc\n"
)


@pytest_asyncio.fixture(loop_scope="session")
async def boss(shop: Shop, browser: Browser) -> AsyncIterator[Agent]:
    agent = await Agent.before(browser, shop, who=BOSS)
    yield agent
    await agent.leave()
    assert agent.troubles == []


async def go(agent: Agent, path: str) -> None:
    await agent.page.goto(agent.url.rstrip("/") + path)


async def make_attribute(boss: Agent) -> None:
    await go(boss, "/admin/attributes")
    await boss.button("Thêm thuộc tính").click()
    await boss.page.get_by_label("Tên tiếng Việt").fill("Hạng")
    await boss.page.get_by_label("Tên tiếng Anh").fill("Class")
    await boss.page.get_by_role("combobox", name="Loại").click()
    await boss.page.get_by_role("option", name="Lựa chọn").click()
    choices = boss.page.get_by_role("combobox", name="Các lựa chọn")
    for choice in ("Bạc", "Vàng"):
        await choices.fill(choice)
        await choices.press("Enter")
    await boss.button("Lưu").click()
    await boss.page.get_by_text("hang · Bạc · Vàng").wait_for()


async def upload(boss: Agent, folder: Path) -> Locator:
    """The item of the uploaded file."""
    path = folder / "khach-hang.csv"
    path.write_text(FILE, encoding="utf-16")
    await go(boss, "/admin/imports")
    await boss.page.locator("input[type=file]").set_input_files(path)
    item = boss.page.get_by_role("listitem", name="khach-hang.csv").first
    await item.wait_for()
    return item


async def test_a_file_goes_in_is_told_about_and_comes_out_again(boss: Agent, tmp_path: Path) -> None:
    await make_attribute(boss)
    item = await upload(boss, tmp_path)
    await expect(item.get_by_label("Cột “Số điện thoại” là")).to_have_value("phone")
    await expect(item.get_by_label("Cột “Hạng” là")).to_have_value("attribute:hang")
    await expect(item.get_by_text("Không phải số điện thoại của một người")).to_be_visible()
    await boss.photograph("import-mapping-desk-light")
    await fits(boss)
    await item.get_by_role("button", name="Nhập khoảng 3 dòng").click()
    await expect(item.get_by_text("Đã nhập", exact=True)).to_be_visible()
    await expect(item.locator("dl")).to_contain_text("Khách mới2")
    await item.get_by_role("button", name="1 dòng bị bỏ lại").click()
    await expect(item.get_by_role("cell", name="12", exact=True)).to_be_visible()
    await boss.photograph("import-done-desk-light")
    async with boss.page.expect_download() as report:
        await item.get_by_role("link", name="Tải báo cáo").click()
    lines = list(csv.reader(io.StringIO(Path(await (await report.value).path()).read_text("utf-8-sig"))))
    assert lines[1][:3] == ["4", "Số điện thoại", "12"]
    async with boss.page.expect_download() as export:
        await boss.page.get_by_role("link", name="Xuất CSV").click()
    assert "Đặng Thu Thảo" in Path(await (await export.value).path()).read_text("utf-8-sig")
    await item.get_by_role("button", name="Hoàn tác lần nhập").click()
    await expect(item.locator("dl")).to_contain_text("Đã hoàn tác2")


async def test_a_customer_by_hand_says_what_will_follow(boss: Agent) -> None:
    await go(boss, "/customers")
    await boss.button("Thêm khách hàng").click()
    form = boss.page.get_by_role("form", name="Thông tin khách hàng")
    await form.get_by_label("Tên khách hàng").fill("Vũ Thị Lan Anh")
    await form.get_by_label("Số điện thoại và e-mail do nhân viên nhập").fill("0903 222 111")
    await form.get_by_label("Số điện thoại và e-mail do nhân viên nhập").press("Enter")
    await expect(form.get_by_text("Chưa khách nào khác có số hay e-mail này.")).to_be_visible()
    await form.get_by_label("Thẻ").fill("VIP")
    await form.get_by_label("Thẻ").press("Enter")
    await form.get_by_label("Ghi chú").fill("Gọi sau 18 giờ")
    await boss.button("Lưu").click()
    panel = boss.page.get_by_role("region", name="Khách hàng", exact=True)
    await expect(panel.get_by_role("heading", name="Vũ Thị Lan Anh")).to_be_visible()
    await expect(panel).to_contain_text("0903 222 111")
    await boss.photograph("customer-by-hand-desk-light")
    await fits(boss)
    await boss.button("Thêm khách hàng").click()
    await form.get_by_label("Tên khách hàng").fill("Vũ Lan Anh")
    await form.get_by_label("Số điện thoại và e-mail do nhân viên nhập").fill("0903222111")
    await form.get_by_label("Số điện thoại và e-mail do nhân viên nhập").press("Enter")
    await expect(form.get_by_text("Lưu sẽ gộp với Vũ Thị Lan Anh.")).to_be_visible()
    await boss.photograph("customer-preview-desk-light")
    await boss.button("Huỷ").click()
    await boss.page.get_by_role("searchbox").fill("vu thi lan anh")
    await expect(boss.page.get_by_role("region", name="Danh sách khách hàng").get_by_role("listitem")).to_have_count(1)


async def test_a_key_is_shown_once(boss: Agent) -> None:
    await go(boss, "/admin/keys")
    await boss.button("Tạo khoá").click()
    await boss.page.get_by_label("Tên hệ thống").fill("CRM của cửa hàng")
    await boss.page.get_by_label("Đọc khách hàng").check()
    await boss.button("Tạo khoá").last.click()
    secret = await boss.page.get_by_role("region", name="Khoá mới").locator("code").inner_text()
    assert secret.startswith("otk_")
    await boss.button("Đã chép").click()
    await expect(boss.page.get_by_text(secret)).to_have_count(0)
    await boss.button("Thu hồi").first.click()
    await boss.button("Thu hồi hẳn?").click()
    await expect(boss.page.get_by_text("Đã thu hồi").first).to_be_visible()
    await fits(boss)


@pytest.mark.parametrize(("size", "scheme", "locale"), [("desk", "dark", "en"), ("phone", "light", "vi")])
async def test_the_pages_fit_at(
    shop: Shop, browser: Browser, tmp_path: Path, size: str, scheme: str, locale: str
) -> None:
    viewport = DESK if size == "desk" else PHONE
    boss = await Agent.before(browser, shop, who=BOSS, viewport=viewport, color_scheme=scheme)
    try:
        if locale == "en":
            await boss.button(f"{BOSS.name}: Ngoại tuyến").click()
            await boss.page.get_by_role("menuitem", name="English").click()
            await boss.page.get_by_role("navigation", name="Pages").wait_for()
        await upload(boss, tmp_path)
        for name, path in {
            "imports": "/admin/imports",
            "attributes": "/admin/attributes",
            "keys": "/admin/keys",
            "customers": "/customers",
        }.items():
            await go(boss, path)
            await boss.page.get_by_role("main").wait_for()
            await boss.page.wait_for_load_state("networkidle")
            await boss.photograph(f"{name}-{size}-{scheme}-{locale}")
            await fits(boss)
        if locale == "en":
            await boss.button(f"{BOSS.name}: Offline").click()
            async with boss.page.expect_response("**/api/v1/me"):  # or the next who signs in finds English
                await boss.page.get_by_role("menuitem", name="Tiếng Việt").click()
        assert boss.troubles == []
    finally:
        await boss.leave()
