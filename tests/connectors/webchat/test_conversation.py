"""A visitor and the shop talk: written, stored once, answered, acknowledged, resumed."""

import asyncio
import json
import uuid
from pathlib import Path

import orjson

from hub.events import DeliveryState
from tests.connectors.webchat.house import House, open_house


async def test_a_message_is_acknowledged_stored_and_shown_to_its_visitor(house: House) -> None:
    visitor = house.visitor()
    await visitor.arrive()
    ack = await visitor.say("Máy lạnh 1,5 HP còn hàng không ạ?")
    await visitor.until(lambda v: len(v.messages) == 1)
    shown = visitor.messages[1]
    assert shown["client_id"] == ack["id"]
    assert (shown["text"], shown["author"], shown["created_at"]) == (
        "Máy lạnh 1,5 HP còn hàng không ạ?",
        {"kind": "visitor"},
        ack["created_at"],
    )
    assert await house.texts() == ["Máy lạnh 1,5 HP còn hàng không ạ?"]
    await visitor.leave()


async def test_a_reply_appears_with_the_given_name_of_its_writer_and_nothing_else_of_them(house: House) -> None:
    visitor = house.visitor()
    await visitor.arrive()
    await visitor.say("Shop ơi")
    await visitor.until(lambda v: len(v.messages) == 1)
    await house.reply(visitor, "Dạ em nghe ạ", by="Nguyễn Thị Lan (CSKH)")
    await visitor.until(lambda v: len(v.messages) == 2)
    assert visitor.messages[2]["author"] == {"kind": "agent", "name": "Lan"}
    assert set(visitor.messages[2]) == {
        "id", "seq", "author", "created_at", "text", "attachments", "edited", "hidden",
    }  # fmt: skip
    await visitor.leave()


async def test_names_of_staff_can_be_kept_back(house: House) -> None:
    await house.change(agent_names="hidden")
    visitor = house.visitor()
    await visitor.arrive()
    await visitor.say("Shop ơi")
    await visitor.until(lambda v: len(v.messages) == 1)
    await house.reply(visitor, "Dạ")
    await visitor.until(lambda v: len(v.messages) == 2)
    assert visitor.messages[2]["author"] == {"kind": "agent"}
    await visitor.leave()


async def test_receipts_move_a_reply_to_delivered_and_read(house: House) -> None:
    visitor = house.visitor(acknowledges=False)
    await visitor.arrive()
    await visitor.say("Shop ơi")
    await visitor.until(lambda v: len(v.messages) == 1)
    reply = await house.reply(visitor, "Dạ em nghe ạ")
    await visitor.until(lambda v: len(v.messages) == 2)
    await house.until_delivery(reply, DeliveryState.SENT)
    await visitor.received(2)
    await house.until_delivery(reply, DeliveryState.DELIVERED)
    await visitor.read(2)
    await house.until_delivery(reply, DeliveryState.READ)
    await visitor.received(2)
    await asyncio.sleep(0.2)
    assert await house.delivery_of(reply) is DeliveryState.READ
    await visitor.leave()


async def test_a_receipt_that_overtakes_the_record_of_the_send_is_not_lost(house: House) -> None:
    visitor = house.visitor()
    await visitor.arrive()
    await visitor.say("Shop ơi")
    await visitor.until(lambda v: len(v.messages) == 1)
    replies = await house.reply_all(visitor, [f"Dạ {number}" for number in range(5)])
    for reply in replies:
        await house.until_delivery(reply, DeliveryState.READ)
    await visitor.leave()


async def test_a_receipt_for_what_was_never_shown_moves_nothing(house: House) -> None:
    visitor = house.visitor(acknowledges=False)
    await visitor.arrive()
    await visitor.say("Shop ơi")
    await visitor.until(lambda v: len(v.messages) == 1)
    reply = await house.reply(visitor, "Dạ")
    await house.until_delivery(reply, DeliveryState.SENT)
    for seq in (0, 3, 2**31 - 1):
        assert (await visitor.read(seq))["ok"]
    await asyncio.sleep(0.2)
    assert await house.delivery_of(reply) is DeliveryState.SENT
    await visitor.leave()


async def test_the_same_message_sent_again_gets_the_first_ack_and_is_stored_once(house: House) -> None:
    visitor = house.visitor()
    await visitor.arrive()
    client_id = str(uuid.uuid4())
    first = await visitor.say("Một lần thôi", client_id=client_id)
    again = [await visitor.say("Một lần thôi", client_id=client_id, retry=True) for _ in range(3)]
    assert again == [first] * 3
    await visitor.say("Hai")
    await house.until_stored("Hai")
    assert await house.texts() == ["Một lần thôi", "Hai"]
    await visitor.leave()


async def test_a_message_sent_again_after_the_hub_was_restarted_gets_the_first_ack(tmp_path: Path) -> None:
    client_id = str(uuid.uuid4())
    async with open_house(tmp_path) as house:
        visitor = house.visitor()
        await visitor.arrive()
        first = await visitor.say("Một lần thôi", client_id=client_id)
        await house.until_stored("Một lần thôi")
        await visitor.leave()
    async with open_house(tmp_path) as house:
        visitor.hub_url = house.url
        await visitor.arrive()
        assert await visitor.say("Một lần thôi", client_id=client_id, retry=True) == first
        await visitor.say("Hai")
        await house.until_stored("Hai")
        assert await house.texts() == ["Một lần thôi", "Hai"]
        await visitor.leave()


async def test_quick_messages_keep_their_order(house: House) -> None:
    visitor = house.visitor()
    await visitor.arrive()
    words = [f"tin {number}" for number in range(5)]
    await asyncio.gather(*(visitor.say(word) for word in words))
    await house.until_stored(*words)
    assert await house.texts() == words
    await visitor.until(lambda v: v.last_seq == 5)
    assert visitor.texts() == words
    await visitor.leave()


async def test_two_tabs_of_one_visitor_show_the_same(house: House) -> None:
    one = house.visitor()
    await one.arrive()
    other = house.visitor(token=one.token)
    await other.arrive()
    await one.say("Từ thẻ một")
    await other.say("Từ thẻ hai")
    for tab in (one, other):
        await tab.until(lambda v: len(v.messages) == 2)
    assert one.messages == other.messages
    assert len(await house.identities()) == 1
    await one.leave()
    await other.leave()


async def test_a_visitor_who_comes_back_finds_the_conversation_and_what_was_missed(house: House) -> None:
    visitor = house.visitor(acknowledges=False)
    await visitor.arrive()
    await visitor.say("Em đợi nhé")
    await visitor.until(lambda v: len(v.messages) == 1)
    await visitor.leave()
    await house.reply(visitor, "Dạ có hàng ạ")
    visitor.messages.clear()
    visitor.last_seq = 0
    booted = await visitor.boot()
    assert booted["visitor"]["resumed"]
    assert booted["visitor"]["known"]
    assert booted["unread"] == 1
    assert visitor.texts() == ["Em đợi nhé", "Dạ có hàng ạ"]
    await visitor.connect()
    await visitor.read(2)

    async def is_read() -> bool:
        return bool((await visitor.boot())["unread"] == 0)

    await house.until(is_read)
    await visitor.leave()


async def test_the_line_tells_what_was_missed_since_the_place_it_is_given(house: House) -> None:
    visitor = house.visitor(acknowledges=False)
    await visitor.arrive()
    await visitor.say("một")
    await visitor.until(lambda v: v.last_seq == 1)
    await visitor.leave()
    await house.reply_all(visitor, [f"tin {number}" for number in range(230)])
    await visitor.connect()
    await visitor.until(lambda v: v.last_seq >= 201)  # what was said a moment ago may come live beside it
    told = next(json.loads(frame.partition(",")[2]) for frame in visitor._line().frames if '["sync",' in frame)
    assert [message["seq"] for message in told[1]["messages"]] == list(range(2, 202))
    answer = await visitor._line().call("sync", {"last_seq": 201})
    assert [message["seq"] for message in answer["messages"]] == list(range(202, 232))
    assert (answer["has_more"], answer["last_seq"]) == (False, 231)
    over_http = await visitor.request("GET", "/w/v1/messages?after_seq=201", token=visitor.access)
    assert over_http["messages"] == answer["messages"]
    await visitor.leave()


async def test_older_messages_come_by_the_page(house: House) -> None:
    visitor = house.visitor(acknowledges=False)
    await visitor.arrive()
    await visitor.say("một")
    await visitor.until(lambda v: v.last_seq == 1)
    await house.reply_all(visitor, [f"tin {number}" for number in range(2, 41)])
    booted = await visitor.boot()
    assert [message["seq"] for message in booted["messages"]] == list(range(11, 41))
    above = await visitor.request("GET", "/w/v1/messages?before_seq=11&limit=5", token=visitor.access)
    assert [message["seq"] for message in above["messages"]] == list(range(6, 11))
    await visitor.leave()


async def test_typing_goes_both_ways(house: House) -> None:
    heard = house.ephemeral.listen("typing")
    visitor = house.visitor()
    await visitor.arrive()
    await visitor.say("Shop ơi")
    await visitor.until(lambda v: len(v.messages) == 1)
    identity = (await house.identities())[0]
    await visitor.type()
    told = orjson.loads(await asyncio.wait_for(anext(heard), 5))
    assert told == {"identity_id": str(identity.id), "on": True}
    await house.ephemeral.publish("typing-agent", orjson.dumps({"identity_id": str(identity.id), "on": True}))
    await visitor.until(lambda v: v.agent_types)
    for nonsense in (b"", b"[]", b'{"identity_id": 7, "on": true}', b'{"identity_id": "x", "on": true}'):
        await house.ephemeral.publish("typing-agent", nonsense)
    await house.ephemeral.publish("typing-agent", orjson.dumps({"identity_id": str(identity.id), "on": False}))
    await visitor.until(lambda v: not v.agent_types)
    await visitor.leave()


async def test_a_visitor_sees_that_their_words_were_seen(house: House) -> None:
    visitor = house.visitor()
    await visitor.arrive()
    await visitor.say("Có ai không ạ?")
    await visitor.until(lambda v: len(v.messages) == 1)
    assert visitor.seen_seq == 0
    await house.look(visitor)
    await visitor.until(lambda v: v.seen_seq == 1)
    assert (await visitor.boot())["seen_seq"] == 1
    await visitor.leave()


async def test_what_is_no_reply_keeps_its_place_and_is_not_shown(house: House) -> None:
    visitor = house.visitor(acknowledges=False)
    await visitor.arrive()
    await visitor.say("một")
    await visitor.until(lambda v: v.last_seq == 1)
    await house.reply(visitor, "chỉ nội bộ: khách khó tính", is_note=True)
    await house.reply(visitor, "hai")
    await visitor.until(lambda v: v.last_seq == 3)
    assert visitor.texts() == ["một", "hai"]
    assert visitor.messages[2]["hidden"]
    assert "nội bộ" not in str(await visitor.boot())
    assert "nội bộ" not in "".join(visitor._line().frames)
    await visitor.leave()
