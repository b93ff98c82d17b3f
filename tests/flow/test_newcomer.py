"""The story that the hub is for: one person on four channels is one customer with one conversation, and says so."""

import json
import uuid

import pytest

from tests.flow.console import Console, Json
from tests.flow.reading import identity, open_of, row, row_saying, texts, timeline, why_of
from tests.flow.shop import LAN, Shop
from tests.flow.town import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_caller_who_writes_on_facebook_and_zalo_is_one_customer_with_one_open_conversation(shop: Shop) -> None:
    town, hoa = shop.town, shop.town.new_person()
    boss = await shop.watcher()
    await town.hotline.call(hoa.digits, answered_by=None)
    called = await boss.until(lambda c: open_of(c, hoa), "a conversation of the caller")

    await town.facebook.customer_says(hoa.psid, f"Máy lạnh của em chưa ai tới sửa {hoa.psid}", name="Hoà Nguyễn")
    wrote = await boss.until(lambda c: row_saying(c, hoa.psid), "the words on Facebook")
    assert wrote["id"] != called["id"]
    await town.facebook.customer_says(hoa.psid, f"Số em {hoa.written}, shop kiểm tra giúp em")
    await boss.until(lambda c: row(c, wrote["id"])["merged_into"] == called["id"], "Facebook to join the call")

    await town.zalo.customer_says(hoa.zalo_id, "Alo shop, em nhắn bên Facebook rồi ạ", name="Hoà")
    await town.zalo.customer_shares_info(hoa.zalo_id, "Nguyễn Thị Hoà", hoa.digits)
    await boss.until(lambda c: "zalo" in row(c, called["id"])["channels"], "Zalo to join them")

    detail = await boss.read(called["id"])
    assert [entry["channel"] for entry in timeline(detail)] == ["hotline", "facebook", "facebook", "zalo"]
    assert why_of(detail) == {"facebook": "merge.same_phone.claimed", "zalo": "merge.same_phone.attested"}
    assert identity(detail, "facebook")["why"]["params"] == {
        "phone": hoa.e164,
        "source_a": "message_text",
        "source_b": "caller_id",
    }
    found = await boss.get("/conversations", view="all", q=hoa.national)
    assert [each["id"] for each in found["items"]] == [called["id"]]


async def test_a_number_typed_into_web_chat_is_suggested_to_agents_and_shows_the_visitor_nothing(shop: Shop) -> None:
    town, victim = shop.town, shop.town.new_person()
    boss = await shop.watcher()
    await town.zalo.customer_says(victim.zalo_id, f"Chuyện riêng của chị {victim.zalo_id}", name="Kim Oanh")
    await town.zalo.customer_shares_info(victim.zalo_id, "Kim Oanh", victim.digits)
    known = await boss.until(lambda c: open_of(c, victim), "the customer who proved the number")

    visitor = town.new_visitor()
    await visitor.arrive()
    told_about_known = await visitor.request("POST", "/w/v1/profile", json=form(victim), token=visitor.access)
    stranger = town.new_person()
    other = town.new_visitor()
    await other.boot()
    told_about_unknown = await other.request("POST", "/w/v1/profile", json=form(stranger), token=other.access)
    assert told_about_known == told_about_unknown

    await visitor.say(f"Cho em hỏi đơn hàng {victim.psid}")
    chat = await boss.until(lambda c: row_saying(c, victim.psid), "the visitor's words")
    await boss.until(lambda c: row(c, chat["id"])["suggestions"] == 1, "a suggestion")
    await visitor.leave()
    await visitor.arrive()
    assert visitor.texts() == [f"Cho em hỏi đơn hàng {victim.psid}"]
    assert "Kim Oanh" not in json.dumps(visitor.boot_answer, ensure_ascii=False)

    detail = await boss.read(chat["id"])
    assert detail["customer"]["id"] != known["customer_id"]
    (suggestion,) = detail["suggestions"]
    assert suggestion["other_customer_id"] == known["customer_id"]
    assert suggestion["why"]["code"] == "suggest.anonymous_claim"


async def test_a_suggestion_that_an_agent_accepts_makes_one_conversation_and_still_hides_it_from_the_visitor(
    shop: Shop,
) -> None:
    town, hoa = shop.town, shop.town.new_person()
    lan = await shop.desk(LAN)
    await town.hotline.call(hoa.digits, answered_by=None)
    called = await lan.until(lambda c: open_of(c, hoa), "the call")
    await lan.until(lambda c: row(c, called["id"])["offered_to"], "an offer of the call")
    await lan.do("accept", called["id"])
    visitor = town.new_visitor()
    await visitor.arrive()
    await visitor.introduce("Nguyễn Thị Hoà", hoa.national)
    await visitor.say(f"Máy lạnh chảy nước {hoa.psid}")
    chat = await lan.until(lambda c: row_saying(c, hoa.psid), "the chat")
    await lan.until(lambda c: row(c, chat["id"])["suggestions"] == 1, "the suggestion")
    (suggestion,) = (await lan.read(chat["id"]))["suggestions"]

    await lan.post(f"/suggestions/{suggestion['id']}/accept")
    await lan.until(lambda c: row(c, chat["id"])["merged_into"] == called["id"], "the chat to join the call")
    detail = await lan.read(called["id"])
    assert why_of(detail)["webchat"] == "merge.suggestion_accepted"
    assert row(lan, called["id"])["owner_id"] == lan.agent_id
    assert row(lan, called["id"])["suggestions"] == 0

    await lan.reply(called["id"], identity(detail, "webchat")["id"], "Dạ em xem ngay ạ")
    await visitor.until(lambda v: "Dạ em xem ngay ạ" in v.texts())
    assert visitor.texts() == [f"Máy lạnh chảy nước {hoa.psid}", "Dạ em xem ngay ạ"]


async def test_undoing_a_merge_gives_both_their_own_and_what_came_meanwhile_to_whom_it_belongs(shop: Shop) -> None:
    town, hoa = shop.town, shop.town.new_person()
    boss = await shop.watcher()
    called, wrote = await merged_call_and_zalo(shop, boss, hoa)
    await town.zalo.customer_says(hoa.zalo_id, "Em gửi thêm ạ")
    await boss.until(lambda c: row_saying(c, "Em gửi thêm ạ"), "what came while they were one")
    await town.hotline.call(hoa.digits, answered_by=0)
    await boss.until(lambda c: (row(c, called)["preview"] or {}).get("kind") == "call_ended", "the second call")

    merged = await boss.read(called)
    entry_id = identity(merged, "zalo")["joined_by"]
    await boss.post(f"/ledger/{entry_id}/undo", {"reason": "hai người khác nhau"})
    await boss.until(lambda c: row(c, wrote)["status"] != "closed", "the conversation on Zalo to be back")

    of_zalo, of_hotline = await boss.read(wrote), await boss.read(called)
    assert of_zalo["customer"]["id"] != of_hotline["customer"]["id"]
    assert texts(of_zalo) == [f"Alo shop {hoa.zalo_id}", "Em gửi thêm ạ"]
    assert [entry["channel"] for entry in timeline(of_hotline)] == ["hotline", "hotline"]
    assert row(boss, called)["status"] != "closed"

    await town.zalo.customer_says(hoa.zalo_id, f"Vẫn số {hoa.written} ạ")
    await boss.until(lambda c: row_saying(c, f"Vẫn số {hoa.written}"), "the number once more")
    assert (await boss.read(wrote))["customer"]["id"] == of_zalo["customer"]["id"], "what agents parted stays apart"


async def test_undoing_the_undo_makes_them_one_again(shop: Shop) -> None:
    hoa = shop.town.new_person()
    boss = await shop.watcher()
    called, wrote = await merged_call_and_zalo(shop, boss, hoa)
    before = await boss.read(called)
    undone = await boss.post(f"/ledger/{identity(before, 'zalo')['joined_by']}/undo", {})
    await boss.until(lambda c: row(c, wrote)["status"] != "closed", "two conversations")

    await boss.post(f"/ledger/{undone['entry_id']}/undo", {})
    await boss.until(lambda c: row(c, wrote)["status"] == "closed", "one conversation")
    after = await boss.read(called)
    assert [entry["id"] for entry in timeline(after)] == [entry["id"] for entry in timeline(before)]
    assert len(after["customer"]["identities"]) == 2


async def merged_call_and_zalo(shop: Shop, boss: Console, person: Person) -> tuple[str, str]:
    """A caller who then writes on Zalo and shares their number there: the open conversation, and the merged one."""
    town = shop.town
    await town.hotline.call(person.digits, answered_by=None)
    called = await boss.until(lambda c: open_of(c, person), "the call")
    await town.zalo.customer_says(person.zalo_id, f"Alo shop {person.zalo_id}", name="Hoà")
    wrote = await boss.until(lambda c: row_saying(c, person.zalo_id), "the message")
    await town.zalo.customer_shares_info(person.zalo_id, "Nguyễn Thị Hoà", person.digits)
    await boss.until(lambda c: row(c, wrote["id"])["merged_into"] == called["id"], "the two to become one")
    return called["id"], wrote["id"]


def form(person: Person) -> Json:
    """The form before the chat."""
    return {
        "client_id": str(uuid.uuid4()),
        "name": "Khách",
        "phone": person.national,
        "page_url": "http://localhost/",
        "consent_version": "1",
    }
