"""Lists, the open conversation, and the commands that move one."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.folding import fold
from hub.ids import new_id
from storage import conversation_labels, tables
from tests.console.conftest import Browser, Case, Shop


async def ids(browser: Browser, view: str, **query: object) -> list[str]:
    """Every id of a list, over all its pages."""
    found: list[str] = []
    after = None
    while True:
        said = await browser.get("/conversations", view=view, **query, **({"after": after} if after else {}))
        assert said.status == 200, said
        found += [row["id"] for row in said.body["items"]]
        after = said.body["next"]
        if after is None:
            return found


async def test_lists_show_what_is_mine_what_waits_what_is_open_and_what_is_closed(shop: Shop) -> None:
    lan, minh = await shop.add_agent("lan"), await shop.add_agent("minh")
    browser = await shop.sign_in("lan")
    cases = []
    for name in ("mine", "offered", "theirs", "waiting", "closed"):
        cases.append(await shop.waiting(name))
        shop.clock.advance(60)
    mine, offered, theirs, waiting, closed = cases
    await mine.assign_to(lan)
    await offered.offer_to(lan)
    await theirs.assign_to(minh)
    await closed.set(status="closed", closed_at=shop.clock.now(), closed_reason="resolved", queued_at=None)
    assert await ids(browser, "mine") == [str(offered.conversation_id), str(mine.conversation_id)]
    assert await ids(browser, "waiting") == [str(offered.conversation_id), str(waiting.conversation_id)]
    open_ones = [waiting, theirs, offered, mine]
    assert await ids(browser, "all") == [str(case.conversation_id) for case in open_ones]
    assert await ids(browser, "closed") == [str(closed.conversation_id)]


async def test_what_went_silent_is_found_to_be_followed_up(shop: Shop) -> None:
    lan = await shop.add_agent("lan")
    silent, fresh, waits = [await shop.waiting(name) for name in ("silent", "fresh", "waits")]
    for case in (silent, fresh, waits):
        await case.assign_to(lan)
    for case in (silent, fresh):
        await case.set(waiting_since=None)
    shop.clock.advance(7200)
    await fresh.set(last_touch_at=shop.clock.now())
    browser = await shop.sign_in("lan")
    assert await ids(browser, "mine", silent_s=3600) == [str(silent.conversation_id)]
    assert (await browser.get("/conversations?view=mine&silent_s=5")).status == 400


async def test_what_is_promised_by_a_time_is_listed_with_what_is_due_first_on_top(shop: Shop) -> None:
    await shop.add_agent("lan")
    cases = [await shop.waiting(name) for name in ("late", "soon", "later", "met", "unpromised")]
    now = shop.clock.now()
    for case, due_s in zip(cases, (-60, 300, 900, None, None), strict=True):
        due_at = None if due_s is None else now + timedelta(seconds=due_s)
        await case.set(sla_due_at=due_at)
    browser = await shop.sign_in("lan")
    expected = [str(case.conversation_id) for case in cases[:3]]
    assert await ids(browser, "waiting", due_first="true", limit=1) == expected, "page by page"
    assert await ids(browser, "all", due_first="true") == expected
    assert await ids(browser, "mine", due_first="true") == []


def labels_of(case: Case) -> str:
    return f"/conversations/{case.conversation_id}/labels"


async def test_lists_are_narrowed_by_tag_lifecycle_and_urgency(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As well where few have a label as where many have it."""
    lan, elsewhere = await shop.add_agent("lan"), await shop.add_queue("Bảo hành")
    await shop.add_agent("boss", role="supervisor", queues=())
    browser, boss = await shop.sign_in("lan"), await shop.sign_in("boss")
    vip, wish, plain, other = [await shop.waiting(name) for name in ("vip", "wish", "plain", "other")]
    await other.set(queue_id=elsewhere)
    await plain.assign_to(lan)
    tags = (["Khách VIP", "Đổi máy"], ["khách vip"], ["Đổi máy"], ["Khách VIP"])
    for case, added in zip((vip, wish, plain, other), tags, strict=True):
        assert (await boss.send("PATCH", labels_of(case), json={"add_tags": added})).status == 200
    await boss.send("PATCH", labels_of(vip), json={"lifecycle": "buy", "priority": 2})

    async def found(who: Browser, view: str, **query: object) -> list[str]:
        names = {str(case.conversation_id): name for name, case in zip("vwpo", (vip, wish, plain, other), strict=True)}
        return sorted(names[one] for one in await ids(who, view, limit=1, **query))

    for few in (conversation_labels.FEW, 0):
        monkeypatch.setattr(conversation_labels, "FEW", few)
        assert await found(browser, "waiting", tag="khách VIP ") == ["v", "w"]
        assert await found(boss, "all", tag="Khách VIP") == ["o", "v", "w"]
        assert await found(boss, "all", tag="Khách VIP", queue_id=elsewhere) == ["o"]
        assert await found(browser, "mine", tag="đổi máy") == ["p"]
        assert await found(browser, "all", tag="đổi máy", lifecycle="buy", priority=2) == ["v"]
        assert await found(browser, "all", priority=0) == ["p", "w"]
        assert await found(browser, "all", tag="không có") == []
        assert await found(browser, "closed", tag="đổi máy") == []
    assert (await browser.get("/conversations?priority=3")).status == 400

    await boss.send("PATCH", labels_of(vip), json={"remove_tags": ["ĐỔI MÁY"], "priority": 0})
    assert await found(browser, "all", tag="đổi máy") == ["p"]
    await browser.post(f"/conversations/{plain.conversation_id}/resolve", {})
    assert await found(browser, "all", tag="đổi máy") == []
    assert await found(browser, "closed", tag="đổi máy") == ["p"]


async def test_who_is_asked_sees_the_conversation_and_moves_nothing(shop: Shop) -> None:
    """Nor does anybody else ask them: that is its owner's to say."""
    lan, elsewhere = await shop.add_agent("lan"), await shop.add_queue("Bảo hành")
    minh = await shop.add_agent("minh", queues=(elsewhere,))
    await shop.add_agent("nam")
    case = await shop.waiting("hoa")
    await case.assign_to(lan)
    browsers = {name: await shop.sign_in(name) for name in ("lan", "minh", "nam")}
    path = f"/conversations/{case.conversation_id}"
    note = {"note_id": str(new_id()), "text": "Đổi được không?", "ask": [str(minh)]}
    assert (await browsers["minh"].get(path)).status == 404
    assert (await browsers["nam"].post(f"{path}/notes", note)).status == 403
    assert (await browsers["lan"].post(f"{path}/notes", note)).status == 200
    assert (await browsers["minh"].get(path)).status == 200
    assert await ids(browsers["minh"], "mine") == [str(case.conversation_id)]
    assert (await browsers["minh"].get(f"/customers/{case.customer_id}")).status == 200
    for verb, body in (("resolve", {}), ("snooze", {}), ("transfer", {"queue_id": str(elsewhere)})):
        assert (await browsers["minh"].post(f"{path}/{verb}", body)).status == 403, verb
    assert (await browsers["minh"].post(f"{path}/end-consult", {})).status == 200
    assert (await browsers["minh"].get(path)).status == 404


async def test_pages_of_a_list_leave_nothing_out_and_show_nothing_twice(shop: Shop) -> None:
    await shop.add_agent("lan")
    await shop.add_agent("boss", role="supervisor", queues=())
    other = await shop.add_queue("Bảo hành")
    for number in range(13):
        await shop.waiting(f"u{number}", queue_id=other if number % 3 == 0 else None)
        if number % 2:
            shop.clock.advance(1)  # several at the very same moment, too
    boss, lan = await shop.sign_in("boss"), await shop.sign_in("lan")
    for view in ("waiting", "all"):
        everything = await ids(boss, view, limit=3)
        assert len(everything) == len(set(everything)) == 13
        assert everything == await ids(boss, view, limit=100)
        assert len(await ids(lan, view, limit=2)) == 8
    assert len(await ids(boss, "all", queue_id=other)) == 5
    assert await ids(lan, "all", queue_id=other) == []


async def test_a_list_in_queue_order_has_the_one_who_waits_longest_first(shop: Shop) -> None:
    await shop.add_agent("lan")
    first = await shop.waiting("first")
    shop.clock.advance(60)
    second = await shop.waiting("second")
    shop.clock.advance(60)
    await first.customer_writes("Alo")
    browser = await shop.sign_in("lan")
    assert await ids(browser, "waiting") == [str(first.conversation_id), str(second.conversation_id)]
    assert await ids(browser, "all") == [str(first.conversation_id), str(second.conversation_id)]


async def test_people_are_found_as_they_are_typed(shop: Shop) -> None:
    await shop.add_agent("lan")
    hoa, duc = await shop.waiting("hoa"), await shop.waiting("duc")
    for case, name, phone in ((hoa, "Nguyễn Thị Hoà", "+84912345678"), (duc, "Trần Đức", "+84987654321")):
        await case.phone(phone)
        async with shop.units.begin() as work:
            update = sa.update(tables.channel_identities).where(tables.channel_identities.c.id == case.identity_id)
            await work.connection.execute(update.values(display_name=name, name_folded=fold(name)))
            await work.commit()
    browser = await shop.sign_in("lan")
    for q, found in (
        ("nguyen thi hoa", [hoa]),
        ("THỊ HOÀ", [hoa]),
        ("duc", [duc]),
        ("0912 345 678", [hoa]),
        ("+84912345678", [hoa]),
        ("345678", [hoa]),
        ("12", []),
        ("%", []),
        ("_", []),
        ("nobody", []),
        ("ng", [hoa]),
    ):
        assert await ids(browser, "all", q=q) == [str(case.conversation_id) for case in found], q


async def test_a_cursor_that_is_none_of_ours_is_refused(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    for cursor in ("x", "MTIz", "9" * 150, "é", "MS4x"):
        said = await browser.get("/conversations", after=cursor)
        assert (said.status, said.code) == (400, "cursor_invalid"), cursor


async def test_the_open_conversation_shows_all_of_it(shop: Shop) -> None:
    await shop.add_agent("lan")
    case = await shop.waiting("hoa", text="Máy lạnh hư rồi")
    await case.phone("+84912345678")
    browser = await shop.sign_in("lan")
    said = await browser.get(f"/conversations/{case.conversation_id}")
    assert said.status == 200
    detail = said.body
    assert detail["conversation"]["seq"] == 2
    assert [entry["text"] for entry in detail["timeline"]["touchpoints"]] == ["Máy lạnh hư rồi"]
    assert [entry["type"] for entry in detail["timeline"]["history"]] == ["hub.conversation_opened.v1"]
    assert detail["customer"]["phones"] == ["+84912345678"]
    [identity] = detail["customer"]["identities"]
    assert identity["account_name"] == "Fanpage"
    assert identity["evidence"][0]["strength"] == "attested"
    assert identity["joined_by"] is None
    [option] = detail["reply_options"]
    assert option["preferred"] is True
    assert option["refused"] is None
    assert option["text_chars_max"] > 0


async def test_a_long_timeline_comes_in_pages(shop: Shop) -> None:
    await shop.add_agent("lan")
    case = await shop.waiting("hoa", text="0")
    for number in range(1, 25):
        shop.clock.advance(1)
        await case.customer_writes(str(number))
    browser = await shop.sign_in("lan")
    texts: list[str] = []
    history = 0
    before: int | None = None
    while True:
        query = {"limit": 10} | ({"before": before} if before else {})
        page = (await browser.get(f"/conversations/{case.conversation_id}/timeline", **query)).body
        texts = [entry["text"] for entry in page["touchpoints"]] + texts
        history += len(page["history"])
        before = page["before"]
        if before is None:
            break
    assert texts == [str(number) for number in range(25)]
    assert history == 1


async def test_what_is_missing_after_a_gap_is_told(shop: Shop) -> None:
    await shop.add_agent("lan")
    case = await shop.waiting("hoa")
    await case.customer_writes("một")
    browser = await shop.sign_in("lan")
    await browser.post(f"/conversations/{case.conversation_id}/take")
    await case.customer_writes("hai")
    path = f"/conversations/{case.conversation_id}/changes"
    said = (await browser.get(path, after_seq=3)).body
    assert said["conversation"]["seq"] == 5
    assert [entry["text"] for entry in said["touchpoints"]] == ["hai"]
    assert [entry["type"] for entry in said["history"]] == ["hub.conversation_assigned.v1"]
    assert said["reload"] is False
    assert (await browser.get(path, after_seq=5)).body["touchpoints"] == []
    assert (await browser.get(path, after_seq=99)).body["reload"] is True


async def test_too_much_to_tell_means_reading_anew(shop: Shop) -> None:
    await shop.add_agent("lan")
    case = await shop.waiting("hoa")
    for number in range(205):
        await case.customer_writes(str(number))
    browser = await shop.sign_in("lan")
    said = await browser.get(f"/conversations/{case.conversation_id}/changes", after_seq=1)
    assert said.body["reload"] is True


async def test_two_who_take_the_same_conversation_do_not_both_get_it(shop: Shop) -> None:
    await shop.add_agent("lan")
    await shop.add_agent("minh")
    lan, minh = await shop.sign_in("lan"), await shop.sign_in("minh")
    for number in range(5):
        case = await shop.waiting(f"u{number}")
        path = f"/conversations/{case.conversation_id}/take"
        answers = await asyncio.gather(lan.post(path), minh.post(path))
        assert sorted(said.status for said in answers) == [200, 409]
        owner = (await case.row()).owner_id
        winner = lan if answers[0].status == 200 else minh
        assert owner == winner.agent_id


async def test_only_its_owner_closes_a_conversation(shop: Shop) -> None:
    await shop.add_agent("lan")
    await shop.add_agent("minh")
    await shop.add_agent("boss", role="supervisor")
    lan, minh, boss = [await shop.sign_in(login) for login in ("lan", "minh", "boss")]
    case = await shop.waiting("u1")
    path = f"/conversations/{case.conversation_id}"
    assert (await lan.post(f"{path}/resolve")).code == "not_owner"
    assert (await lan.post(f"{path}/take")).body["owner_id"] == str(lan.agent_id)
    assert (await minh.post(f"{path}/resolve")).code == "not_owner"
    assert (await minh.post(f"{path}/release")).code == "not_owner"
    assert (await boss.post(f"{path}/resolve")).body["status"] == "closed"
    assert (await lan.post(f"{path}/resolve")).body["status"] == "closed"  # closed is closed
    assert (await lan.post(f"{path}/reopen")).body["owner_id"] == str(lan.agent_id)
    assert (await lan.post(f"{path}/release")).body["status"] == "waiting"


async def test_what_came_after_the_look_stays_unread(shop: Shop) -> None:
    await shop.add_agent("lan")
    await shop.add_agent("minh")
    lan, minh = await shop.sign_in("lan"), await shop.sign_in("minh")
    case = await shop.waiting("u1")
    path = f"/conversations/{case.conversation_id}"
    seen = (await lan.post(f"{path}/take")).body["seq"]
    await case.customer_writes("thêm một tin")
    assert (await lan.post(f"{path}/read", {"seq": seen})).body["unread"] == 2
    assert (await minh.post(f"{path}/read", {"seq": seen + 1})).body["unread"] == 2  # not theirs
    assert (await lan.post(f"{path}/read", {"seq": seen + 1})).body["unread"] == 0
    row = await case.row()
    assert (await lan.post(f"{path}/read", {"seq": row.seq})).body["seq"] == row.seq  # nothing to do, nothing told


async def test_the_first_screen_has_everything_of_mine(shop: Shop) -> None:
    lan = await shop.add_agent("lan")
    minh = await shop.add_agent("minh")
    other = await shop.add_queue("Bảo hành")
    mine, theirs, waiting = [await shop.waiting(name) for name in ("a", "b", "c")]
    elsewhere = await shop.waiting("d", queue_id=other)
    await mine.assign_to(lan)
    await theirs.assign_to(minh)
    browser = await shop.sign_in("lan")
    snapshot = (await browser.get("/snapshot")).body
    assert {row["id"] for row in snapshot["conversations"]} == {str(mine.conversation_id), str(waiting.conversation_id)}
    assert {card["display_name"] for card in snapshot["agents"]} == {"Lan", "Minh"}
    assert [(queue["name"], queue["waiting"]) for queue in snapshot["queues"]] == [("Chung", 1)]
    assert snapshot["me"]["agent"]["login"] == "lan"
    await elsewhere.offer_to(lan)
    rows = (await browser.get("/snapshot")).body["conversations"]
    assert str(elsewhere.conversation_id) in {row["id"] for row in rows}


async def test_a_closed_conversation_belongs_to_whoever_its_customer_is_now(shop: Shop) -> None:
    await shop.add_agent("lan")
    old, new = await shop.waiting("old"), await shop.waiting("new")
    browser = await shop.sign_in("lan")
    for verb in ("take", "resolve"):
        await browser.post(f"/conversations/{new.conversation_id}/{verb}")
    body = {"other_customer_id": str(new.customer_id), "reason": "Cùng một người"}
    assert (await browser.post(f"/customers/{old.customer_id}/merge", body)).status == 200
    said = await browser.get(f"/conversations/{new.conversation_id}")
    assert said.body["conversation"]["customer_id"] == str(old.customer_id)
    assert len(said.body["customer"]["identities"]) == 2
    rows = (await browser.get("/conversations", view="closed")).body["items"]
    assert [row["customer_id"] for row in rows] == [str(old.customer_id)]


async def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    await shop.add_agent("boss", role="admin")
    boss = await shop.sign_in("boss")
    for path in ("/conversations/{}", "/customers/{}", "/conversations/{}/timeline"):
        assert (await boss.get(path.format(new_id()))).status == 404
    for path in ("/suggestions/{}/accept", "/conversations/{}/take"):
        assert (await boss.post(path.format(new_id()))).status == 404
