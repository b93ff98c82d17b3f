"""How it looks: pictures for people in .run/screenshots, and what can be checked without an eye."""

from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, expect

from bench.simulators.facebook import FacebookSimulator
from tests.browser.agent import DESK, PHONE, Agent
from tests.flow.shop import LAN, Shop
from tests.flow.town import Person

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.timeout(180)]
SIZES = {"desk": DESK, "phone": PHONE}

# WCAG 2.2, 2.5.8: a target below 24 px is fine when a circle of 24 px around its middle touches no other target; so is
# one within a line of text.
TOO_CLOSE = """() => {
  const seen = [...document.querySelectorAll("button, a[href], [role=button], [role=menuitem]")]
    .filter((target) => target.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .map((target) => ({ target, name: target.getAttribute("aria-label") ?? target.textContent,
                        box: target.getBoundingClientRect() }))
    .filter(({ target, box }) => box.width > 1 && target.contains(
      document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2)));  // nothing lies over it
  const distance = (x, y, box) =>
    Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
  const isSmall = ({ target, box }) =>
    (box.width < 24 || box.height < 24) && getComputedStyle(target).display !== "inline";
  const touches = (one, other) => !one.target.contains(other.target) && !other.target.contains(one.target)
    && distance((one.box.left + one.box.right) / 2, (one.box.top + one.box.bottom) / 2, other.box) < 12;
  return seen
    .filter((one) => isSmall(one) && seen.some((other) => touches(one, other)))
    .map(({ name, box }) => `${name}: ${Math.round(box.width)}x${Math.round(box.height)}`);
}"""


@dataclass
class Scene:
    """A morning in the shop: Hoà's story is open, others wait, some things went wrong."""

    hoa: Person
    others: list[Person]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
async def test_the_console_at(shop: Shop, browser: Browser, size: str, scheme: str) -> None:
    lan = await Agent.before(browser, shop, viewport=SIZES[size], color_scheme=scheme)
    try:
        await lan.be("Sẵn sàng")
        scene = await played(shop, lan)
        name = f"{size}-{scheme}"
        await lan.photograph(f"thread-{name}")
        await fits(lan)
        if size == "phone":
            await lan.button("Khách hàng").click()
            await lan.customer.get_by_text(scene.hoa.written).first.wait_for()
            await lan.page.wait_for_timeout(300)  # the drawer slides in
            await lan.photograph(f"customer-{name}")
            await fits(lan)
            await lan.customer.get_by_role("button", name="Đóng").click()
            await lan.page.get_by_role("link", name="Về danh sách").click()
        else:
            await lan.thread.press("Home")
            await lan.page.wait_for_timeout(300)
            await lan.photograph(f"thread-top-{name}")
        await lan.view("Chờ")
        await expect(lan.rows).not_to_have_count(0)
        await lan.photograph(f"list-{name}")
        await fits(lan)
        assert lan.troubles == []
    finally:
        await lan.leave()


async def test_the_door_at_both_sizes(shop: Shop, browser: Browser) -> None:
    for size, viewport in SIZES.items():
        lan = await Agent.before(browser, shop, signed_in=False, viewport=viewport)
        await lan.page.get_by_label("Tên đăng nhập").wait_for()
        await fits(lan)
        await lan.photograph(f"door-{size}-light")
        await lan.leave()


async def fits(lan: Agent) -> None:
    """Nothing scrolls sideways, and every button that can be seen can be hit."""
    over = await lan.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert over <= 0, f"{over} px wider than the screen"
    assert await lan.page.evaluate(TOO_CLOSE) == [], "too small and too close to be hit"


async def played(shop: Shop, lan: Agent) -> Scene:
    """Hoà's conversation is open in the end."""
    town = shop.town
    hoa, others = town.new_person(), [town.new_person() for _ in range(4)]
    await town.hotline.call(hoa.digits, answered_by=0, talk_s=252)
    await lan.accept_offer()
    await lan.sees("Khách gọi đến")
    await town.facebook.customer_says(hoa.psid, "Shop ơi máy lạnh em gọi tuần trước", name="Hoà Nguyễn")
    await town.facebook.customer_says(hoa.psid, "Máy lạnh của em chưa ai tới sửa, chảy nước cả tuần nay rồi ạ")
    await town.facebook.customer_says(hoa.psid, f"Số em {hoa.written}, shop kiểm tra giúp em")
    await lan.sees(f"Số em {hoa.written}")
    await town.zalo.customer_says(hoa.zalo_id, "Alo shop, em nhắn bên Facebook rồi mà chưa ai trả lời ạ", name="Hoà")
    await town.zalo.customer_shares_info(hoa.zalo_id, "Nguyễn Thị Hoà", hoa.digits)
    await town.zalo.customer_sends_image(hoa.zalo_id, "Chảy nước như này shop ơi")
    await lan.sees("Chảy nước như này shop ơi")
    await lan.page.get_by_role("button", name="Trả lời qua Bình Minh OA").wait_for()
    await lan.reply("Dạ em xin lỗi chị, em đã gọi thợ, chiều nay 2 giờ thợ tới nhà mình ạ")
    await lan.sees("Đã gửi")
    await town.zalo.seen(hoa.zalo_id)
    await lan.sees("Đã xem")
    await in_trouble(town.facebook, lan)
    visitor = town.new_visitor()
    await visitor.arrive()
    await visitor.introduce("Nguyễn Thị Hoà", hoa.national)
    await (await shop.console(LAN)).be("busy")
    await visitor.say("Thợ tới chưa shop ơi")
    for place, (person, text) in enumerate(zip(others, WORDS, strict=True)):
        await town.facebook.customer_says(person.psid, text, name=NAMES[place])
    await town.hotline.call(others[0].digits, answered_by=None)
    return Scene(hoa, others)


async def in_trouble(page: FacebookSimulator, lan: Agent) -> None:
    """One reply that a provider refuses, and one whose answer is lost."""
    await lan.page.get_by_role("button", name="Trả lời qua").click()
    await lan.page.get_by_role("menuitem").filter(has_text="Điện máy Bình Minh").click()
    page.fail_next(code=551, subcode=1545041)
    await lan.reply("Chị cho em xin địa chỉ nhà mình với ạ")
    await lan.sees("Khách đã chặn hoặc không còn nhận tin ở đây")
    page.echoes = False
    page.break_next("accept_then_drop")
    await lan.reply("Hoặc chị gọi lại 028 7108 1234 giúp em ạ")
    await lan.sees("Không rõ tin đã tới khách chưa")


NAMES = ("Tuấn Lê", "Phạm Thu Trang", "Bùi Quốc Khánh", "Trần Hoàng Minh Quân Nguyễn Phước")
WORDS = (
    "Shop ơi tủ lạnh 300 lít còn hàng không ạ?",
    "Máy giặt cửa trước 9kg đang sale bao nhiêu vậy shop",
    "Đơn hàng DH240981 của tôi đặt hôm thứ 6 mà chưa thấy giao, gọi hotline thì không ai nghe máy",
    "ok",
)
