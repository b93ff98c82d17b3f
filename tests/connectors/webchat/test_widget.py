"""The real widget in Chromium, on a shop's page of another origin."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, async_playwright, expect

from bench.simulators.serving import PNG
from bench.simulators.shop import ShopSite
from connectors.webchat.pages import STATIC
from hub.events import DeliveryState
from tests.connectors.webchat.house import KEY, House, open_house
from tests.connectors.webchat.test_who import proofs_of, user_token
from tests.services import unavailable
from tools.servers import free_port

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

LAUNCH = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
SETTLE_MS = 10_000


@dataclass
class Visit:
    """One tab. `troubles`: errors that reached the page's console."""

    page: Page
    house: House
    troubles: list[str] = field(default_factory=list)

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def bubble(self) -> Any:
        return self.page.get_by_role("button", name="chat")

    @property
    def field(self) -> Any:
        return self.frame.get_by_label("Nhập tin nhắn")

    async def open(self) -> None:
        await self.bubble.click()

    async def open_chat(self) -> None:
        """Past the form."""
        await self.open()
        await self.frame.get_by_role("button", name="Chat luôn").click()
        await self.field.wait_for()

    async def say(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def sees(self, text: str) -> None:
        await expect(self.frame.get_by_role("log")).to_contain_text(text, timeout=SETTLE_MS)

    async def until_stored(self, *texts: str) -> None:
        await self.house.until_stored(*texts)

    async def token(self, slot: str = "") -> str | None:
        found: str | None = await self.page.evaluate(f"localStorage.getItem('hubchat:{KEY}{slot}')")
        return found

    async def reply(self, text: str) -> Any:
        """The shop answers this very visitor."""
        visitor = self.house.visitor(token=await self.token())
        await visitor.boot()
        return await self.house.reply(visitor, text)


@dataclass
class Street:
    """A shop, its hub, and a browser before it."""

    house: House
    shop: ShopSite
    browser: Browser

    async def context(self, **more: Any) -> BrowserContext:
        return await self.browser.new_context(
            **({"locale": "vi-VN", "viewport": {"width": 1280, "height": 800}} | more)
        )

    async def visit(self, path: str = "/", context: BrowserContext | None = None) -> Visit:
        page = await (context or await self.context()).new_page()
        page.set_default_timeout(SETTLE_MS)
        visit = Visit(page, self.house)
        page.on("pageerror", lambda error: visit.troubles.append(str(error)))
        page.on("console", lambda line: visit.troubles.append(line.text) if line.type == "error" else None)
        await page.goto(self.shop.url + path)
        return visit


@asynccontextmanager
async def street(folder: Path, chromium: Path, **settings: Any) -> AsyncIterator[Street]:
    if not (STATIC / "v1.js").exists():
        unavailable("the widget is not built: run `make web`")
    shop = ShopSite("", KEY)
    await shop.start()
    try:
        given = {"new_visitors_per_hour": 1000, "origins": [shop.url], **settings}
        async with open_house(folder, **given) as house, async_playwright() as playwright:
            shop.hub_url = house.url
            browser = await playwright.chromium.launch(executable_path=chromium, args=LAUNCH)
            try:
                yield Street(house, shop, browser)
            finally:
                await browser.close()
    finally:
        await shop.stop()


@pytest.fixture
async def town(tmp_path: Path, chromium_path: Path) -> AsyncIterator[Street]:
    async with street(tmp_path, chromium_path) as opened:
        yield opened


# --- talking ---------------------------------------------------------------------------------------------------------


async def test_form_message_answer_receipt_and_resume_after_reload(town: Street) -> None:
    visit = await town.visit()
    await visit.open()
    await visit.frame.get_by_label("Họ và tên").fill("Nguyễn Thị Hoà")
    await visit.frame.get_by_label("Số điện thoại").fill("0912.345.678")
    await visit.frame.get_by_label("Nội dung").fill("Máy lạnh chưa ai tới sửa")
    await visit.frame.get_by_role("button", name="Bắt đầu chat").click()
    await expect(visit.frame.get_by_text("đánh dấu đồng ý")).to_be_visible()
    assert await town.house.identities() == [], "nothing is kept without consent"
    assert not await visit.frame.get_by_role("checkbox").is_checked()
    await visit.frame.get_by_role("checkbox").check()
    await visit.frame.get_by_role("button", name="Bắt đầu chat").click()
    await visit.sees("Máy lạnh chưa ai tới sửa")
    await expect(visit.frame.get_by_text("Đã gửi")).to_be_visible()
    (identity,) = await town.house.identities()
    assert identity.display_name == "Nguyễn Thị Hoà"
    assert "+84912345678" in str(await proofs_of(town.house))

    reply = await visit.reply("Dạ em kiểm tra ngay ạ")
    await visit.sees("Dạ em kiểm tra ngay ạ")
    await expect(visit.frame.get_by_text("Lan", exact=True)).to_be_visible()
    await town.house.until_delivery(reply, DeliveryState.READ)

    await visit.page.reload()
    await visit.sees("Dạ em kiểm tra ngay ạ")
    await visit.say("Em cảm ơn")
    await visit.until_stored("Em cảm ơn")
    assert len(await town.house.identities()) == 1
    await visit.page.goto(town.shop.url + "/san-pham/may-lanh")
    await visit.sees("Em cảm ơn")
    assert visit.troubles == []


async def test_two_tabs_show_the_same_conversation_once(town: Street) -> None:
    context = await town.context()
    one = await town.visit(context=context)
    await one.open_chat()
    await one.say("từ thẻ một")
    await one.sees("từ thẻ một")
    other = await town.visit(context=context)
    await other.open()
    await other.sees("từ thẻ một")
    await other.say("từ thẻ hai")
    for tab in (one, other):
        await tab.sees("từ thẻ hai")
        await expect(tab.frame.get_by_text("từ thẻ")).to_have_count(2)
    assert await town.house.texts() == ["từ thẻ một", "từ thẻ hai"]


async def test_typing_and_seen_are_shown(town: Street) -> None:
    heard = town.house.ephemeral.listen("typing")
    visit = await town.visit()
    await visit.open_chat()
    await visit.say("có ai không ạ")
    await expect(visit.frame.get_by_text("Đã gửi")).to_be_visible()
    await visit.until_stored("có ai không ạ")
    await visit.field.press_sequentially("em hỏi")
    told = orjson.loads(await asyncio.wait_for(anext(heard), 10))
    (identity,) = await town.house.identities()
    assert told == {"identity_id": str(identity.id), "on": True}
    await town.house.ephemeral.publish("typing-agent", orjson.dumps({"identity_id": str(identity.id), "on": True}))
    await expect(visit.frame.get_by_text("Nhân viên đang nhập")).to_be_attached()
    visitor = town.house.visitor(token=await visit.token())
    await visitor.boot()
    await town.house.look(visitor)
    await expect(visit.frame.get_by_text("Đã xem")).to_be_visible()
    await expect(visit.frame.get_by_text("Nhân viên đang nhập")).not_to_be_attached(timeout=8000)


async def test_an_answer_that_comes_while_the_chat_is_closed_is_counted_on_the_bubble(town: Street) -> None:
    visit = await town.visit()
    await visit.open_chat()
    await visit.say("em đợi nhé")
    await visit.sees("em đợi nhé")
    await visit.until_stored("em đợi nhé")
    await visit.frame.get_by_label("Đóng khung chat").click()
    reply = await visit.reply("Dạ có rồi ạ")
    await expect(visit.page.get_by_role("button", name="Mở chat, 1 tin chưa đọc")).to_be_visible()
    await town.house.until_delivery(reply, DeliveryState.DELIVERED)
    await visit.page.reload()
    await expect(visit.page.get_by_role("button", name="1 tin chưa đọc")).to_be_visible()
    await visit.open()
    await visit.sees("Dạ có rồi ạ")
    await town.house.until_delivery(reply, DeliveryState.READ)
    await visit.frame.get_by_label("Đóng khung chat").click()
    await expect(visit.page.get_by_role("button", name="Mở chat", exact=True)).to_be_focused()


async def test_a_picture_goes_up_and_is_shown(town: Street) -> None:
    visit = await town.visit()
    await visit.open_chat()
    picker = visit.frame.locator("input[type=file]")
    await picker.set_input_files({"name": "anh.png", "mimeType": "image/png", "buffer": PNG})
    await expect(visit.frame.get_by_role("img", name="anh.png")).to_be_visible()
    await expect(visit.frame.get_by_text("Đã gửi")).to_be_visible()
    await visit.page.reload()
    picture = visit.frame.get_by_role("img", name="anh.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 10
    await picker.set_input_files(
        {"name": "a.png.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ" + b"\0" * 99}
    )
    await expect(visit.frame.get_by_text("Chỉ nhận ảnh, PDF")).to_be_visible()


# --- writing ---------------------------------------------------------------------------------------------------------


async def test_enter_while_an_input_method_composes_sends_nothing(town: Street) -> None:
    visit = await town.visit()
    await visit.open_chat()
    await visit.field.focus()
    client = await visit.page.context.new_cdp_session(visit.page)
    for step in ("v", "vi", "vie", "viê", "viêt", "việt"):
        await client.send(
            "Input.imeSetComposition", {"text": step, "selectionStart": len(step), "selectionEnd": len(step)}
        )
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    await client.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    await client.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    await asyncio.sleep(0.3)
    assert await town.house.texts() == []
    await expect(visit.field).to_have_value("việt")
    await client.send("Input.insertText", {"text": "việt"})
    await visit.field.press("Shift+Enter")
    await visit.field.press_sequentially("nam")
    await visit.field.press("Enter")
    await visit.until_stored("việt\nnam")


async def test_what_looks_like_html_stays_text(town: Street) -> None:
    attack = '<img src=x onerror="document.title=1"> <svg onload=alert(1)> javascript:alert(2) https://ok.example/a'
    visit = await town.visit()
    await visit.open_chat()
    await visit.say(attack)
    await visit.sees("<img src=x onerror=")
    await visit.until_stored(attack)
    await visit.reply(attack)
    await expect(visit.frame.get_by_text("<svg onload=alert(1)>")).to_have_count(2)
    log = visit.frame.get_by_role("log")
    assert await log.locator("img, svg, script").count() == 0
    links = log.get_by_role("link")
    assert [await links.nth(n).get_attribute("href") for n in range(await links.count())] == [
        "https://ok.example/a"
    ] * 2
    assert await links.first.get_attribute("rel") == "noopener noreferrer nofollow ugc"
    assert visit.troubles == []


async def test_quick_writing_is_slowed_not_lost(town: Street) -> None:
    visit = await town.visit()
    await visit.open_chat()
    words = [f"tin số {number}" for number in range(8)]
    for word in words:
        await visit.say(word)
    await visit.until_stored(*words)
    assert await town.house.texts() == words
    await expect(visit.frame.get_by_text("tin số")).to_have_count(8)


# --- trouble ---------------------------------------------------------------------------------------------------------


@pytest.mark.faults
async def test_what_is_written_while_the_hub_is_away_arrives_once_after_a_reload_too(
    tmp_path: Path, chromium_path: Path
) -> None:
    port = free_port()
    async with street(tmp_path / "a", chromium_path, port=port) as town:
        visit = await town.visit()
        await visit.open_chat()
        await visit.say("trước")
        await visit.until_stored("trước")
        shop, browser_page = town.shop, visit.page
        async with _away(town.house):
            await visit.say("trong lúc mất kết nối")
            await expect(visit.frame.get_by_text("Mất kết nối")).to_be_visible()
            await expect(visit.frame.get_by_text("Đang gửi")).to_be_visible()
            await browser_page.reload()
        await browser_page.goto(shop.url)
        await visit.sees("trong lúc mất kết nối")
        await visit.until_stored("trong lúc mất kết nối")
        await visit.say("sau")
        await visit.until_stored("sau")
        assert await town.house.texts() == ["trước", "trong lúc mất kết nối", "sau"]


@asynccontextmanager
async def _away(house: House) -> AsyncIterator[None]:
    """The hub's port is closed, and every connection to it with it."""
    await house.leave_network()
    try:
        yield
    finally:
        await house.join_network()


async def test_a_revoked_visitor_goes_on_as_a_new_one_without_help(town: Street) -> None:
    visit = await town.visit()
    await visit.open_chat()
    await visit.say("một")
    await visit.until_stored("một")
    await town.house.change(token_version=2)
    await visit.say("hai")
    await visit.until_stored("hai")
    assert len(await town.house.identities()) == 2
    await expect(visit.frame.get_by_text("một")).to_have_count(0)


# --- the page around it ----------------------------------------------------------------------------------------------


async def test_the_snippet_twice_is_one_widget(town: Street) -> None:
    twice = f"<!doctype html><title>x</title><body>{town.shop.snippet()}{town.shop.snippet()}"
    town.shop.put("/hai-lan", twice)
    visit = await town.visit("/hai-lan")
    await visit.open()
    await visit.frame.get_by_label("Họ và tên").wait_for()
    assert await visit.page.locator("iframe").count() == 1
    assert await visit.page.get_by_role("button", name="chat").count() == 1


async def test_a_page_that_is_not_on_the_list_shows_no_widget(town: Street) -> None:
    evil = ShopSite(town.house.url, KEY)
    await evil.start()
    frame = f'<iframe src="{town.house.url}/w/v1/frame?key={KEY}"></iframe>'
    evil.put("/frame", f"<!doctype html><title>x</title><body>{frame}")
    try:
        page = await (await town.context()).new_page()
        async with page.expect_console_message(lambda line: line.text.startswith("HubChat:")):
            await page.goto(evil.url)
        assert await page.get_by_role("button", name="chat").count() == 0
        async with page.expect_console_message(lambda line: "frame-ancestors" in line.text):
            await page.goto(evil.url + "/frame")
    finally:
        await evil.stop()


async def test_a_hostile_style_sheet_and_a_strict_policy_do_not_break_it(town: Street) -> None:
    hub = town.house.url
    style = "div,button,span,svg,iframe{display:none!important;opacity:0!important;position:static!important}"
    page = f"<!doctype html><title>x</title><style>{style}</style><body>{town.shop.snippet()}"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; frame-src {hub}; connect-src {hub}"
    policy += f"; script-src 'unsafe-inline' {hub}; require-trusted-types-for 'script'"
    town.shop.put("/chat-che", page, **{"Content-Security-Policy": policy})
    visit = await town.visit("/chat-che")
    await visit.page.evaluate("Object.prototype.polluted = 'yes'")
    await visit.open_chat()
    await visit.say("vẫn chạy")
    await visit.until_stored("vẫn chạy")


async def test_a_page_whose_policy_forbids_the_widget_goes_on_without_it(town: Street) -> None:
    page = f"<!doctype html><title>x</title><body><p>Cửa hàng</p>{town.shop.snippet()}<script>window.after = 1</script>"
    town.shop.put("/cam", page, **{"Content-Security-Policy": "script-src 'unsafe-inline'"})
    visit = await town.visit("/cam")
    await expect(visit.page.get_by_text("Cửa hàng")).to_be_visible()
    assert await visit.page.evaluate("window.after") == 1
    assert await visit.bubble.count() == 0


async def test_scripts_of_the_page_cannot_read_the_conversation_or_speak_for_the_frame(town: Street) -> None:
    visit = await town.visit()
    await visit.open_chat()
    await visit.say("riêng tư")
    await visit.sees("riêng tư")
    found = await visit.page.evaluate(
        """() => {
          const host = [...document.documentElement.children].at(-1);
          const frame = host.shadowRoot.querySelector("iframe");
          try { return frame.contentWindow.document.body.textContent } catch (error) { return error.name }
        }"""
    )
    assert found in ("SecurityError", "TypeError")
    forged = {"src": "hub-chat", "v": 1, "type": "token", "data": {"token": "stolen"}}
    before = await visit.token()
    await visit.page.evaluate("message => window.postMessage(message, '*')", forged)
    for name in ("__proto__", "constructor", "toString"):
        await visit.page.evaluate("name => window.HubChat(name, 1, 2)", name)
        await visit.page.evaluate("type => window.postMessage({src: 'hub-chat', v: 1, type}, '*')", name)
    assert await visit.token() == before
    assert visit.troubles == []


async def test_a_logged_in_customer_is_attested_and_leaves_nothing_behind(town: Street) -> None:
    visit = await town.visit()
    await visit.page.evaluate("token => HubChat('setUser', () => Promise.resolve(token))", user_token())
    await visit.open_chat()
    await visit.say("đơn của tôi")
    await visit.until_stored("đơn của tôi")
    assert "signed_visitor" in str(await proofs_of(town.house))
    assert (await visit.token(), bool(await visit.token(":u"))) == (None, True)
    await visit.page.reload()
    await visit.bubble.first.wait_for()
    await expect(visit.frame.get_by_text("đơn của tôi")).to_have_count(0)
    await visit.page.evaluate("token => HubChat('setUser', token)", user_token())
    await visit.sees("đơn của tôi")
    await visit.page.evaluate("HubChat('reset')")
    await expect(visit.frame.get_by_text("đơn của tôi")).to_have_count(0)
    assert await visit.token(":u") is None


async def test_the_visitor_can_delete_the_conversation_from_a_shared_device(town: Street) -> None:
    visit = await town.visit()
    await visit.open_chat()
    await visit.say("bí mật")
    await visit.until_stored("bí mật")
    await visit.field.fill("đang viết dở")
    before = await visit.token()
    await visit.frame.get_by_label("Tuỳ chọn").click()
    await visit.frame.get_by_role("menuitem", name="Xoá cuộc trò chuyện").click()
    await expect(visit.frame.get_by_text("bí mật")).to_have_count(0)
    await visit.frame.get_by_label("Họ và tên").wait_for()
    assert await visit.token() not in (None, before)
    assert "đang viết dở" not in await visit.frame.locator("body").inner_text()


async def test_the_page_can_drive_the_widget_and_listen(town: Street) -> None:
    visit = await town.visit()
    await visit.page.evaluate(
        """() => {
          window.heard = [];
          for (const name of ["ready", "opened", "closed"]) HubChat("on", name, () => heard.push(name));
          HubChat("on", "opened", () => { throw new Error("a listener of the shop") });
          HubChat("setLanguage", "en");
          HubChat("open");
        }"""
    )
    await visit.frame.get_by_label("Full name").wait_for()
    await visit.page.evaluate("HubChat('close')")
    await expect(visit.page.get_by_role("button", name="Open chat")).to_be_visible()
    await visit.page.evaluate("HubChat('hide')")
    await expect(visit.page.get_by_role("button", name="Open chat")).to_be_hidden()
    names = await visit.page.evaluate("heard")
    assert names.index("opened") < names.index("closed")
    assert visit.troubles == []


# --- hands and eyes --------------------------------------------------------------------------------------------------


async def test_it_is_used_by_keyboard_alone(town: Street) -> None:
    visit = await town.visit()
    bubble = visit.page.get_by_role("button", name="Mở chat")
    await bubble.focus()
    assert await bubble.get_attribute("aria-expanded") == "false"
    await bubble.press("Enter")
    await visit.frame.get_by_label("Họ và tên").focus()
    await visit.page.keyboard.press("Escape")
    await expect(visit.page.get_by_role("button", name="Mở chat")).to_be_focused()
    await visit.page.keyboard.press("Enter")
    await visit.frame.get_by_role("button", name="Chat luôn").press("Enter")
    await visit.field.press_sequentially("bàn phím")
    await visit.page.keyboard.press("Enter")
    await visit.until_stored("bàn phím")


async def test_on_a_phone_it_fills_the_screen_and_holds_the_page(town: Street) -> None:
    context = await town.context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    visit = await town.visit(context=context)
    await visit.bubble.tap()
    await visit.frame.get_by_label("Họ và tên").wait_for()
    box = await visit.page.get_by_role("dialog").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert await visit.page.evaluate("document.documentElement.style.overflow") == "hidden"
    size = await visit.frame.get_by_label("Họ và tên").evaluate("field => parseFloat(getComputedStyle(field).fontSize)")
    assert size >= 16
    await visit.frame.get_by_label("Đóng khung chat").tap()
    await visit.page.wait_for_function("document.documentElement.style.overflow === ''")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("accent", ["#0b6bcb", "#ffd400", "#808080"])
async def test_every_text_can_be_read_whatever_the_shops_colour(town: Street, scheme: str, accent: str) -> None:
    await town.house.change(accent=accent)
    visit = await town.visit(context=await town.context(color_scheme=scheme))
    await visit.open_chat()
    await visit.say("một hai ba https://shop.example")
    await visit.until_stored("một hai ba https://shop.example")
    await visit.reply("bốn năm sáu https://shop.example")
    await visit.sees("bốn năm sáu")
    faint = json.loads(await visit.frame.locator("body").evaluate(CONTRASTS))
    assert faint == []


# What a reader cannot tell from its background: every text of the page with its contrast, when that is below 4.5.
CONTRASTS = """(body) => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of body.querySelectorAll("*")) {
    const words = [...element.childNodes].filter((n) => n.nodeType === 3 && n.data.trim()).map((n) => n.data).join(" ");
    if (!words || !element.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.push([words, ratio]);
  }
  return JSON.stringify(faint);
}"""
