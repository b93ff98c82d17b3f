"""An agent in front of the console, in a real browser: what they see and press, by role and label, in Vietnamese."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright._impl._api_structures import SetCookieParam
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.flow.shop import LAN, PASSWORD, Member, Shop
from tools.servers import REPOSITORY

LAUNCH = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
SETTLE_MS = 15_000
SCREENSHOTS = REPOSITORY / ".run" / "screenshots"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

# What a Content-Security-Policy forbids is told to the page alone; say it where tests listen.
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (violation) =>
  console.error(`CSP: ${violation.violatedDirective} ${violation.blockedURI}`));
"""


@dataclass
class Agent:
    """One tab. `troubles`: errors, failed requests of ours and CSP violations of every tab of this browser."""

    page: Page
    context: BrowserContext
    url: str
    troubles: list[str] = field(default_factory=list)

    @classmethod
    async def before(
        cls, browser: Browser, shop: Shop, *, who: Member = LAN, signed_in: bool = True, **more: Any
    ) -> "Agent":
        """In front of the console: of the form to sign in, or of the first screen."""
        options: dict[str, Any] = {"locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh", "viewport": DESK} | more
        context = await browser.new_context(**options)
        await context.add_init_script(TELL_VIOLATIONS)
        context.set_default_timeout(SETTLE_MS)
        url = shop.console_url
        if signed_in:
            name, value = (await shop.console(who)).cookie
            # As if set over HTTPS: browsers hold loopback for secure, but not the tool that sets cookies from outside.
            cookie = SetCookieParam(name=name, value=value, url="https://127.0.0.1/", secure=True, httpOnly=True)
            await context.add_cookies([cookie])
        return await cls._at(context, url, [])

    @classmethod
    async def _at(cls, context: BrowserContext, url: str, troubles: list[str]) -> "Agent":
        page = await context.new_page()
        agent = cls(page, context, url, troubles)
        page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
        page.on("console", lambda line: troubles.append(f"console: {line.text}") if line.type == "error" else None)
        await page.goto(url)
        return agent

    async def another_tab(self) -> "Agent":
        return await self._at(self.context, self.page.url, self.troubles)

    async def leave(self) -> None:
        await self.context.close()

    def expected(self, text: str) -> None:
        """Chromium tells every failed request as an error; these were meant to fail."""
        self.troubles[:] = [trouble for trouble in self.troubles if text not in trouble]

    # --- what is done ------------------------------------------------------------------------------------------------

    async def sign_in(self) -> None:
        await self.page.get_by_label("Tên đăng nhập").fill(LAN.login)
        await self.page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
        self.expected("401")  # the answer that led to this form
        await self.button("Đăng nhập").click()
        await self.page.get_by_role("navigation", name="Chế độ xem").wait_for()

    async def be(self, presence: str, *, was: str = "Ngoại tuyến") -> None:
        await self.button(f"{LAN.name}: {was}").click()
        await self.page.get_by_role("menuitem").filter(has_text=presence).click()
        await self.button(f"{LAN.name}: {presence}").wait_for()

    async def start_work(self) -> None:
        await self.be("Sẵn sàng")

    async def accept_offer(self) -> None:
        await self.offer.get_by_role("button", name="Nhận").first.click()
        await expect(self.offer.get_by_role("article")).to_have_count(0)

    async def reply(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def open_row(self, text: str) -> None:
        await self.rows.filter(has_text=text).first.click()

    async def view(self, name: str) -> None:
        await self.page.get_by_role("navigation", name="Chế độ xem").get_by_role("link", name=name).click()

    async def go(self, page: str) -> None:
        """By the rail."""
        await self.page.get_by_role("navigation", name="Trang").get_by_role("link", name=page).click()

    # --- what is seen ------------------------------------------------------------------------------------------------

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def offer(self) -> Locator:
        return self.page.get_by_role("region", name="Lời mời nhận hội thoại")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_label("Nội dung hội thoại")

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Nội dung trả lời")

    @property
    def rows(self) -> Locator:
        return self.page.locator("[data-row]")

    @property
    def customer(self) -> Locator:
        return self.page.get_by_role("complementary", name="Khách hàng")

    async def sees(self, *texts: str) -> None:
        """In the conversation, wherever."""
        for text in texts:
            await expect(self.thread).to_contain_text(text, timeout=SETTLE_MS)

    async def photograph(self, name: str) -> None:
        """For people: .run/screenshots is not kept by git."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=Path(SCREENSHOTS / f"{name}.png"))
