"""What happens in the demo, in order. First the past, quickly; then Hoà's story; then a shop's day, without end.

The air conditioner: Nguyễn Thị Hoà called a week ago, writes to the fanpage, asks again on Zalo, opens the web chat.
She tells it once: the hub has put all of it into one conversation, and says why.
"""

import asyncio

from hub.demo.people import CALLERS, HOA_DIGITS, HOA_NUMBER, PASSERS_BY, Person
from hub.demo.stage import Stage

HOA_PSID, HOA_ZALO = "7300000000000912", "2200000000000000912"
PACE_S = (3.0, 8.0)  # between two events of the day
NEW_PEOPLE_MAX = 200  # afterwards only those who are here go on writing: a demo left running overnight stays small

_HOA_ANSWERS = ("Dạ em cảm ơn, em chờ điện thoại ạ", "Vậy chiều nay em ở nhà nhé", "Cảm ơn em nhiều")


async def play(stage: Stage, *, with_past: bool) -> None:
    """Until cancelled. `with_past`: the shop is new."""
    if with_past:
        await _the_past(stage)
    async with asyncio.TaskGroup() as group:
        group.create_task(stage.attend())
        group.create_task(_hoa(stage))
        group.create_task(_hoa_on_the_web(stage))
        group.create_task(_a_day(stage))


async def _the_past(stage: Stage) -> None:
    """What is there when the first agent signs in: enough to scroll."""
    stage.days_ago = 7.0
    await stage.hotline.call(HOA_DIGITS, answered_by=0, talk_s=252)
    stage.days_ago = 1.2
    await stage.hotline.call(HOA_DIGITS, answered_by=0, talk_s=64)
    stage.days_ago = 0.0
    await _family(stage)
    await _wrong_number(stage)
    for index, person in enumerate(PASSERS_BY[:4]):
        await _opens(stage, index, person)
    await stage.hotline.call("84909777120", answered_by=None)
    await _pictures(stage)


async def _hoa(stage: Stage) -> None:
    """One number given in three ways: caller id, typed on Facebook, shared on Zalo."""
    stage.will_answer(HOA_PSID, _HOA_ANSWERS)
    stage.will_answer(HOA_ZALO, _HOA_ANSWERS)
    await asyncio.sleep(4)
    await stage.facebook.customer_says(HOA_PSID, "Shop ơi máy lạnh em gọi tuần trước", name="Hoà Nguyễn")
    await asyncio.sleep(2)
    await stage.facebook.customer_says(HOA_PSID, "Máy lạnh của em chưa ai tới sửa, chảy nước cả tuần nay rồi ạ")
    await asyncio.sleep(5)
    await stage.facebook.customer_says(HOA_PSID, f"Số em {HOA_NUMBER}, shop kiểm tra giúp em")
    await asyncio.sleep(9)
    stage.zalo.names[HOA_ZALO] = "Hoà"
    await stage.zalo.customer_says(HOA_ZALO, "Alo shop, em nhắn bên Facebook rồi mà chưa ai trả lời ạ", name="Hoà")
    await asyncio.sleep(3)
    await stage.zalo.customer_shares_info(HOA_ZALO, "Nguyễn Thị Hoà", HOA_DIGITS)
    await asyncio.sleep(8)
    await stage.zalo.customer_sends_image(HOA_ZALO, "Chảy nước như này shop ơi")


async def _hoa_on_the_web(stage: Stage) -> None:
    """The same number once more, typed by a stranger: this only suggests, and an agent decides."""
    await asyncio.sleep(40)
    lines = ("Chị Hoà đây, chị đang ở trên web của shop", "Có ai trả lời giúp chị vụ máy lạnh chảy nước không?")
    await stage.visits("Nguyễn Thị Hoà", HOA_NUMBER, lines, _HOA_ANSWERS)


async def _family(stage: Stage) -> None:
    """Two people, one telephone at home: the second claim of the number is only a suggestion."""
    await stage.facebook.customer_says("7300000000000701", "Nồi cơm nhà mình mua bị hở nắp", name="Chị Bích Ngọc")
    await stage.facebook.customer_says("7300000000000701", "Số nhà mình 0937 205 518 nhé")
    await stage.facebook.customer_says("7300000000000702", "Cho hỏi lịch bảo trì máy lọc nước", name="Trần Minh Quân")
    await stage.facebook.customer_says("7300000000000702", "Gọi số 0937 205 518 giúp mình")


async def _wrong_number(stage: Stage) -> None:
    """Somebody mistypes a digit and lands on another person's number: a merge to undo."""
    await stage.hotline.call("84938201456", answered_by=0, talk_s=95)
    await stage.zalo.customer_says("2200000000000000456", "Em muốn đổi địa chỉ giao hàng ạ", name="Kim Oanh")
    await stage.zalo.customer_says("2200000000000000456", "Số điện thoại em là 0938 201 456")


async def _pictures(stage: Stage) -> None:
    psid = "7300000000000801"
    await stage.facebook.customer_says(psid, "Gửi shop hình máy bị trầy lúc giao", name="Phan Nhật Anh")
    photo = {"type": "image", "payload": {"url": f"{stage.facebook.url}/cdn/photo.png"}}
    await stage.facebook.customer_says(psid, attachments=(photo, photo, photo))
    sticker = {
        "type": "sticker",
        "payload": {"url": f"{stage.facebook.url}/cdn/sticker.png", "sticker_id": 369239263222822},
    }
    await stage.facebook.customer_says(psid, attachments=(sticker,))
    await stage.facebook.customer_comments("7300000000000802", "Tường Vy", "Size này còn không shop ơi?")


async def _opens(stage: Stage, index: int, person: Person) -> None:
    """A person's first line, on the channel that their turn gives them."""
    await _say(stage, index, person, person.lines[0])


async def _a_day(stage: Stage) -> None:
    """Something new every few seconds: new people, the next line of those who are here, a call."""
    here: list[tuple[int, Person, int]] = [(i, person, 1) for i, person in enumerate(PASSERS_BY[:4])]
    arrived = len(here)
    while True:
        await asyncio.sleep(stage.random.uniform(*PACE_S))
        chance = stage.random.random()
        if chance < 0.1:
            answered = stage.random.choice((0, None))
            await stage.hotline.call(stage.random.choice(CALLERS), answered_by=answered, talk_s=40)
        elif chance < 0.6 and here:
            index, person, line = here.pop(stage.random.randrange(len(here)))
            await _say(stage, index, person, person.lines[line])
            if line + 1 < len(person.lines):
                here.append((index, person, line + 1))
        elif arrived < NEW_PEOPLE_MAX:
            person = PASSERS_BY[arrived % len(PASSERS_BY)]
            await _opens(stage, arrived, person)
            here.append((arrived, person, 1))
            arrived += 1


async def _say(stage: Stage, index: int, person: Person, text: str) -> None:
    if index % 2:
        user_id = f"22000000000001{index:05d}"
        stage.will_answer(user_id, person.answers)
        await stage.zalo.customer_says(user_id, text, name=person.name)
    else:
        psid = f"73000000001{index:05d}"
        stage.will_answer(psid, person.answers)
        await stage.facebook.customer_says(psid, text, name=person.name)
