"""What agents do: take what is offered, answer on the customer's channel, see what became of it, and lose nothing when
their line breaks or they vanish."""

import asyncio

import pytest

from tests.flow.console import Console, Problem
from tests.flow.reading import deliveries_heard, delivery, identity, row, row_saying, texts, timeline
from tests.flow.shop import GRACE_S, LAN, MINH, QUAN, Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_reply_on_facebook_arrives_once_and_its_receipts_come_in_order(shop: Shop) -> None:
    town, tuan = shop.town, shop.town.new_person()
    lan = await shop.desk(LAN)
    await town.facebook.customer_says(tuan.psid, f"Tủ lạnh còn hàng không {tuan.psid}", name="Tuấn Lê")
    conversation_id = await accepted(lan, tuan.psid)
    detail = await lan.watch(conversation_id)

    reply = await lan.reply(conversation_id, identity(detail, "facebook")["id"], "Dạ còn ạ")
    await lan.until(lambda c: delivery(c, reply["id"]) == "sent", "sent")
    await town.facebook.delivered(tuan.psid)
    await lan.until(lambda c: delivery(c, reply["id"]) == "delivered", "delivered")
    await town.facebook.read(tuan.psid)
    await lan.until(lambda c: delivery(c, reply["id"]) == "read", "read")

    assert [sent.text for sent in town.facebook.ledger if sent.psid == tuan.psid] == ["Dạ còn ạ"]
    assert deliveries_heard(lan, reply["id"]) == ["queued", "sending", "sent", "delivered", "read"]
    assert texts(await lan.read(conversation_id)) == [f"Tủ lạnh còn hàng không {tuan.psid}", "Dạ còn ạ"]


async def test_a_reply_on_zalo_arrives_once_and_its_receipts_come_in_order(shop: Shop) -> None:
    town, tuan = shop.town, shop.town.new_person()
    lan = await shop.desk(LAN)
    await town.zalo.customer_says(tuan.zalo_id, f"Máy giặt bao nhiêu {tuan.zalo_id}", name="Tuấn Lê")
    conversation_id = await accepted(lan, tuan.zalo_id)
    detail = await lan.watch(conversation_id)

    reply = await lan.reply(conversation_id, identity(detail, "zalo")["id"], "Dạ 9 triệu ạ")
    await lan.until(lambda c: delivery(c, reply["id"]) == "sent", "sent")
    (sent,) = (message for message in town.zalo.ledger if message.user_id == tuan.zalo_id)
    await town.zalo.received(tuan.zalo_id, sent.message_id)
    await lan.until(lambda c: delivery(c, reply["id"]) == "delivered", "delivered")
    await town.zalo.seen(tuan.zalo_id)
    await lan.until(lambda c: delivery(c, reply["id"]) == "read", "read")

    assert sent.text == "Dạ 9 triệu ạ"
    assert deliveries_heard(lan, reply["id"]) == ["queued", "sending", "sent", "delivered", "read"]


async def test_a_reply_in_web_chat_appears_in_the_page_and_is_seen_when_the_visitor_looks(shop: Shop) -> None:
    lan = await shop.desk(LAN)
    visitor = shop.town.new_visitor(acknowledges=False)
    mark = shop.town.new_person().psid
    await visitor.arrive()
    await visitor.say(f"Có trả góp không {mark}")
    conversation_id = await accepted(lan, mark)
    detail = await lan.watch(conversation_id)

    reply = await lan.reply(conversation_id, identity(detail, "webchat")["id"], "Dạ có ạ")
    await visitor.until(lambda v: "Dạ có ạ" in v.texts())
    await lan.until(lambda c: delivery(c, reply["id"]) == "sent", "sent")
    await visitor.received(visitor.last_seq)
    await lan.until(lambda c: delivery(c, reply["id"]) == "delivered", "delivered")
    await visitor.read(visitor.last_seq)
    await lan.until(lambda c: delivery(c, reply["id"]) == "read", "read")
    assert visitor.texts() == [f"Có trả góp không {mark}", "Dạ có ạ"]


async def test_who_writes_is_seen_writing_on_both_sides(shop: Shop) -> None:
    lan = await shop.desk(LAN)
    visitor = shop.town.new_visitor()
    mark = shop.town.new_person().psid
    await visitor.arrive()
    await visitor.say(f"Alo {mark}")
    conversation_id = await accepted(lan, mark)
    await lan.watch(conversation_id)

    assert (await lan.typing(conversation_id))["ok"]
    await visitor.until(lambda v: v.agent_types)
    await visitor.type()
    await lan.until(lambda c: any(kind == "typing" for kind, _ in c.heard), "the visitor's typing")


async def test_the_same_reply_sent_twice_by_the_console_leaves_once(shop: Shop) -> None:
    town, tuan = shop.town, shop.town.new_person()
    lan = await shop.desk(LAN)
    await town.facebook.customer_says(tuan.psid, f"Alo {tuan.psid}")
    conversation_id = await accepted(lan, tuan.psid)
    identity_id = identity(await lan.watch(conversation_id), "facebook")["id"]

    twice = [
        lan.reply(conversation_id, identity_id, "Dạ em nghe", client_id=f"double-click-{tuan.psid}") for _ in range(2)
    ]
    first, second = await asyncio.gather(*twice)
    assert first["id"] == second["id"]
    await lan.until(lambda c: delivery(c, first["id"]) == "sent", "sent")
    await town.facebook.settled()
    assert [sent.text for sent in town.facebook.ledger if sent.psid == tuan.psid] == ["Dạ em nghe"]


async def test_a_console_whose_line_was_cut_catches_up_without_loading_anew(shop: Shop) -> None:
    town = shop.town
    tuan, trang = town.new_person(), town.new_person()
    lan = await shop.desk(LAN)
    await town.facebook.customer_says(tuan.psid, f"Một {tuan.psid}")
    conversation_id = await accepted(lan, tuan.psid)
    detail = await lan.watch(conversation_id)

    await lan.cut()
    for number in range(2, 7):
        await town.facebook.customer_says(tuan.psid, f"Tin {number} {tuan.psid}")
    await town.zalo.customer_says(trang.zalo_id, f"Người mới {trang.zalo_id}")
    reply = await lan.reply(conversation_id, identity(detail, "facebook")["id"], "Dạ em đây")
    other_tab = await shop.console(LAN)
    await other_tab.open()
    await other_tab.watch(conversation_id)
    await other_tab.until(lambda c: delivery(c, reply["id"]) == "sent", "sent, in the other tab")
    await other_tab.until(lambda c: row_saying(c, trang.zalo_id), "the newcomer, in the other tab")
    await lan.mend()

    await lan.until(lambda c: delivery(c, reply["id"]) == "sent", "what came while the line was cut")
    await converged(lan, conversation_id)
    assert lan.reloads == []
    assert row_saying(lan, trang.zalo_id)


async def test_what_a_vanished_agent_had_goes_to_the_next_in_the_order_it_came(shop: Shop) -> None:
    town = shop.town
    people = [town.new_person() for _ in range(3)]
    lan = await shop.desk(LAN)
    conversations = []
    for person in people:
        await town.facebook.customer_says(person.psid, f"Chờ lâu quá {person.psid}")
        conversations.append(await accepted(lan, person.psid))
    quan = await shop.desk(QUAN, "busy")
    await lan.close()

    def waits(console: Console) -> bool:
        known = console.screen.rows
        return all(each in known and known[each]["status"] == "waiting" for each in conversations)

    await quan.until(waits, "the conversations of the one who vanished to wait again", within_s=GRACE_S + 15)
    await quan.be("available")
    served = [await serve_next(quan) for _ in conversations]
    assert served == conversations, "oldest first"


async def test_a_declined_offer_goes_to_somebody_else_and_a_late_accept_is_told_so(shop: Shop) -> None:
    town, tuan = shop.town, shop.town.new_person()
    lan, minh = await shop.desk(LAN), await shop.desk(MINH)
    await town.zalo.customer_says(tuan.zalo_id, f"Alo {tuan.zalo_id}")
    conversation_id = (await lan.until(lambda c: row_saying(c, tuan.zalo_id), "the message"))["id"]
    first_id = await lan.until(lambda c: row(c, conversation_id)["offered_to"], "an offer")
    first, second = (lan, minh) if first_id == lan.agent_id else (minh, lan)

    await first.do("decline", conversation_id)
    await second.until(lambda c: row(c, conversation_id)["offered_to"] == second.agent_id, "the next one's offer")
    refused = await refusal(first, "accept", conversation_id)
    assert refused == (409, "offer_over")
    assert (await second.do("accept", conversation_id))["owner_id"] == second.agent_id


async def accepted(console: Console, mark: str) -> str:
    """The agent is offered the conversation whose last line holds the mark, and accepts it: its id."""
    found = await console.until(lambda c: row_saying(c, mark), f"a conversation that says {mark}")
    conversation_id: str = found["id"]
    await console.until(lambda c: row(c, conversation_id)["offered_to"] == c.agent_id, "an offer")
    await console.do("accept", conversation_id)
    return conversation_id


async def serve_next(console: Console) -> str:
    """Accepts whatever is offered, and resolves it: which one it was."""

    def offered(console: Console) -> str | None:
        rows = console.screen.rows.values()
        return next((each["id"] for each in rows if each["offered_to"] == console.agent_id), None)

    conversation_id = await console.until(offered, "an offer")
    assert (await console.do("accept", conversation_id))["owner_id"] == console.agent_id
    await console.do("resolve", conversation_id)
    return conversation_id


async def refusal(console: Console, verb: str, conversation_id: str) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        await console.do(verb, conversation_id)
    return refused.value.status, str(refused.value.code)


async def converged(console: Console, conversation_id: str) -> None:
    """The law: what was folded from events is what a fresh look shows."""
    shown_rows = {row_id: dict(shown) for row_id, shown in console.screen.rows.items()}
    shown_timeline = console.screen.timeline(conversation_id)
    fresh = console.tab()
    try:
        snapshot = await fresh.take_snapshot()
        detail = await fresh.read(conversation_id)
    finally:
        await fresh.close()
    assert timeline(detail) == shown_timeline
    for fresh_row in snapshot["conversations"]:
        assert shown_rows[fresh_row["id"]] == fresh_row
