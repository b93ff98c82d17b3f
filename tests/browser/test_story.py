"""The newcomer's story as the agent sees it, in Chromium, against a real hub and simulated providers."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.agent import SETTLE_MS, Agent
from tests.flow.shop import Shop
from tests.flow.town import Person

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.timeout(180)]


async def test_an_agent_signs_in_and_out(shop: Shop, browser: Browser) -> None:
    lan = await Agent.before(browser, shop, signed_in=False)
    await lan.sign_in()
    await lan.be("Bận")
    await lan.button("Lan: Bận").click()
    await lan.page.get_by_role("menuitem", name="Đăng xuất").click()
    await lan.page.get_by_label("Tên đăng nhập").wait_for()
    await lan.leave()
    assert lan.troubles == []


async def test_an_agent_answers_one_person_on_four_channels_in_one_conversation(shop: Shop, lan: Agent) -> None:
    town, hoa = shop.town, shop.town.new_person()
    await lan.start_work()
    await town.hotline.call(hoa.digits, answered_by=None)
    await lan.accept_offer()
    await lan.sees("Cuộc gọi nhỡ")

    await town.facebook.customer_says(hoa.psid, "Máy lạnh của em chưa ai tới sửa", name="Hoà Nguyễn")
    await town.facebook.customer_says(hoa.psid, f"Số em {hoa.written}, shop kiểm tra giúp em")
    await lan.sees("Máy lạnh của em chưa ai tới sửa", f"Từ đây là cùng một khách — vì cùng số {hoa.written}")
    await lan.sees("do khách tự khai")

    await town.zalo.customer_says(hoa.zalo_id, "Alo shop, em nhắn bên Facebook rồi ạ", name="Hoà")
    await town.zalo.customer_shares_info(hoa.zalo_id, "Nguyễn Thị Hoà", hoa.digits)
    await lan.sees("Alo shop, em nhắn bên Facebook rồi ạ")
    await expect(lan.customer).to_contain_text("đã xác thực")

    await lan.reply("Dạ em xin lỗi chị, thợ tới chiều nay ạ")
    await lan.sees("Dạ em xin lỗi chị, thợ tới chiều nay ạ", "Đã gửi")
    (sent,) = (message for message in town.zalo.ledger if message.user_id == hoa.zalo_id)
    await town.zalo.received(hoa.zalo_id, sent.message_id)
    await lan.sees("Đã nhận")
    await town.zalo.seen(hoa.zalo_id)
    await lan.sees("Đã xem")
    await lan.photograph("story-desk-light")

    await lan.button("Hoàn tất").click()
    await expect(lan.page.get_by_role("main")).to_contain_text("Hội thoại đã hoàn tất")


async def test_a_suggestion_is_accepted_with_one_click_and_undone_with_another(shop: Shop, lan: Agent) -> None:
    town, hoa = shop.town, shop.town.new_person()
    await lan.start_work()
    await town.hotline.call(hoa.digits, answered_by=None)
    await lan.accept_offer()
    await lan.sees("Cuộc gọi nhỡ")
    visitor = town.new_visitor()
    await visitor.arrive()
    await visitor.introduce("Nguyễn Thị Hoà", hoa.national)
    await visitor.say("Máy lạnh chảy nước ạ")
    await lan.accept_offer()
    await lan.sees("Máy lạnh chảy nước ạ")

    suggestion = lan.page.get_by_role("region", name="Có thể cùng một người")
    await expect(suggestion).to_contain_text(hoa.written)
    await lan.photograph("suggestion-desk-light")
    await suggestion.get_by_role("button", name="Gộp").click()
    await lan.page.get_by_role("link", name="Mở hội thoại chung").click()
    await lan.sees("Cuộc gọi nhỡ", "Máy lạnh chảy nước ạ", "nhân viên đồng ý gợi ý gộp")

    await lan.thread.get_by_role("button", name="Hoàn tác").click()
    await expect(lan.thread).not_to_contain_text("Máy lạnh chảy nước ạ", timeout=SETTLE_MS)
    await lan.sees("Cuộc gọi nhỡ")
    await lan.open_row("Máy lạnh chảy nước ạ")
    await lan.sees("Máy lạnh chảy nước ạ")
    await expect(lan.thread).not_to_contain_text("Cuộc gọi nhỡ")
    assert visitor.texts() == ["Máy lạnh chảy nước ạ"]


async def test_a_second_tab_shows_the_same_without_being_touched(shop: Shop, lan: Agent) -> None:
    tuan = shop.town.new_person()
    await started_with(shop, lan, tuan, "Tủ lạnh còn không ạ")
    other = await lan.another_tab()
    await other.sees("Tủ lạnh còn không ạ")
    await lan.reply("Dạ còn ạ")
    await other.sees("Dạ còn ạ", "Đã gửi")
    await shop.town.facebook.customer_says(tuan.psid, "Chốt nhé shop")
    await lan.sees("Chốt nhé shop")
    await other.sees("Chốt nhé shop")
    await other.button("Hoàn tất").click()
    await expect(lan.page.get_by_role("main")).to_contain_text("Hội thoại đã hoàn tất", timeout=SETTLE_MS)


async def test_a_draft_survives_loading_the_page_anew_and_belongs_to_its_conversation(shop: Shop, lan: Agent) -> None:
    tuan = shop.town.new_person()
    await started_with(shop, lan, tuan, "Ship về Đà Nẵng mấy ngày ạ")
    await lan.composer.fill("Dạ khoảng hai")
    await lan.page.reload()
    await expect(lan.composer).to_have_value("Dạ khoảng hai")
    await lan.composer.press("End")
    await lan.composer.press_sequentially(" ngày ạ")
    await lan.composer.press("Enter")
    await lan.sees("Dạ khoảng hai ngày ạ", "Đã gửi")
    await expect(lan.composer).to_have_value("")
    assert [sent.text for sent in shop.town.facebook.ledger if sent.psid == tuan.psid] == ["Dạ khoảng hai ngày ạ"]


async def test_what_comes_while_the_line_is_cut_is_there_when_it_is_back(shop: Shop, lan: Agent) -> None:
    tuan = shop.town.new_person()
    await started_with(shop, lan, tuan, "Alo shop")
    await lan.context.set_offline(offline=True)
    await lan.page.get_by_text("Mất kết nối, đang nối lại.").wait_for(timeout=60_000)
    await shop.town.facebook.customer_says(tuan.psid, "Shop ơi còn đó không")
    await lan.reply("Dạ em viết lúc mất mạng")
    await lan.context.set_offline(offline=False)
    await lan.sees("Shop ơi còn đó không", "Dạ em viết lúc mất mạng", "Đã gửi")
    assert [sent.text for sent in shop.town.facebook.ledger if sent.psid == tuan.psid] == ["Dạ em viết lúc mất mạng"]
    lan.expected("ERR_INTERNET_DISCONNECTED")


async def test_the_language_changes_at_once_and_stays(shop: Shop, lan: Agent) -> None:
    await lan.start_work()
    await lan.button("Lan: Sẵn sàng").click()
    async with lan.page.expect_response("**/api/v1/me"):
        await lan.page.get_by_role("menuitem", name="English").click()
    await expect(lan.page.get_by_role("navigation", name="Views")).to_contain_text("Waiting")
    await lan.page.reload()
    await lan.button("Lan: Available").click()
    async with lan.page.expect_response("**/api/v1/me"):
        await lan.page.get_by_role("menuitem", name="Tiếng Việt").click()
    await expect(lan.page.get_by_role("navigation", name="Chế độ xem")).to_contain_text("Chờ")


async def test_what_customers_write_is_shown_as_words_and_nothing_else(shop: Shop, lan: Agent) -> None:
    tuan = shop.town.new_person()
    attack = "<img src=x onerror=document.title='hacked'><b>đậm</b> javascript:alert(1) [x](javascript:alert(2))"
    await started_with(shop, lan, tuan, attack, name="<script>document.title='hacked'</script>")
    await expect(lan.thread.locator("img, b, script")).to_have_count(0)
    assert await lan.thread.locator("a[href^='javascript:' i]").count() == 0
    await expect(lan.page).not_to_have_title(re.compile("hacked"))


async def started_with(shop: Shop, lan: Agent, person: Person, text: str, *, name: str = "Tuấn Lê") -> None:
    """Lan works, somebody wrote on Facebook, and she has accepted it."""
    await lan.start_work()
    await shop.town.facebook.customer_says(person.psid, text, name=name)
    await lan.accept_offer()
    await lan.sees(text)
