"""What providers send: again and again, in any order, in batches half known; and what others send in their name."""

import asyncio
import gzip
import json
import random
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bench.simulators.hotline import Mess
from tests.flow.reading import open_of, row_saying, texts, timeline
from tests.flow.shop import Shop
from tests.flow.town import FACEBOOK, ZALO, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_message_told_ten_times_at_once_stands_in_the_timeline_once(shop: Shop) -> None:
    tuan = shop.town.new_person()
    boss = await shop.watcher()
    item = facebook_item(shop, tuan, "m_again", "Alo shop")
    await asyncio.gather(*(shop.town.facebook.post(item) for _ in range(10)))
    shown = await boss.until(lambda c: row_saying(c, "Alo shop"), "the message")
    await marked_as_done(shop, tuan)
    await boss.until(lambda c: row_saying(c, f"xong {tuan.psid}"), "what came last")
    assert texts(await boss.read(shown["id"])) == ["Alo shop", f"xong {tuan.psid}"]


async def test_batches_that_are_half_known_add_only_what_is_new(shop: Shop) -> None:
    tuan = shop.town.new_person()
    boss = await shop.watcher()
    items = [facebook_item(shop, tuan, f"m_{number}", f"Tin {number}") for number in range(6)]
    for first in range(5):
        assert await shop.town.facebook.post(items[first], items[first + 1])
    for batch in random.Random(7).sample([items[:3], items[2:], items[1:5], items], 4):
        assert await shop.town.facebook.post(*batch)
    await marked_as_done(shop, tuan)
    shown = await boss.until(lambda c: row_saying(c, f"xong {tuan.psid}"), "what came last")
    assert texts(await boss.read(shown["id"])) == [*(f"Tin {number}" for number in range(6)), f"xong {tuan.psid}"]


async def test_the_same_id_with_other_words_is_no_second_message(shop: Shop) -> None:
    tuan = shop.town.new_person()
    boss = await shop.watcher()
    assert await shop.town.facebook.post(facebook_item(shop, tuan, "m_same", "Lần đầu"))
    assert await shop.town.facebook.post(facebook_item(shop, tuan, "m_same", "Lần sau"))
    await marked_as_done(shop, tuan)
    shown = await boss.until(lambda c: row_saying(c, f"xong {tuan.psid}"), "what came last")
    assert texts(await boss.read(shown["id"])) == ["Lần đầu", f"xong {tuan.psid}"]


async def test_the_steps_of_a_call_in_any_order_and_three_times_each_are_one_call(shop: Shop) -> None:
    hoa = shop.town.new_person()
    boss = await shop.watcher()
    await shop.town.hotline.call(
        hoa.digits, answered_by=0, talk_s=42, mess=Mess(copies=3, shuffled=True, seed=int(hoa.national))
    )
    shown = await boss.until(lambda c: open_of(c, hoa), "the call")
    await boss.until(lambda c: c.screen.rows[shown["id"]]["preview"]["kind"] == "call_ended", "its end")
    (only,) = timeline(await boss.read(shown["id"]))
    assert only["call"]["state"] == "ended"
    assert only["call"]["talk_s"] == 42


async def test_first_messages_of_one_person_at_the_same_instant_open_one_conversation(shop: Shop) -> None:
    tuan = shop.town.new_person()
    boss = await shop.watcher()
    said = [f"Tin {number} {tuan.psid}" for number in range(20)]
    await asyncio.gather(*(shop.town.facebook.customer_says(tuan.psid, text) for text in said))
    await boss.until(lambda c: row_saying(c, tuan.psid), "a conversation")
    await marked_as_done(shop, tuan)
    shown = await boss.until(lambda c: row_saying(c, f"xong {tuan.psid}"), "what came last")
    assert set(texts(await boss.read(shown["id"]))) == {*said, f"xong {tuan.psid}"}
    of_tuan = [row for row in boss.screen.rows.values() if row["customer_id"] == shown["customer_id"]]
    assert [row["id"] for row in of_tuan] == [shown["id"]]


async def test_what_no_provider_sent_is_refused_and_leaves_nothing(shop: Shop) -> None:
    boss = await shop.watcher()
    before = set(boss.screen.rows)
    statuses = {name: await posted(shop, *request) for name, request in refused_requests(shop).items()}
    assert {name: status for name, status in statuses.items() if not 400 <= status < 500} == {}

    tuan = shop.town.new_person()
    await marked_as_done(shop, tuan)
    shown = await boss.until(lambda c: row_saying(c, f"xong {tuan.psid}"), "a message after all that")
    await asyncio.sleep(0.3)
    assert set(boss.screen.rows) - before == {shown["id"]}
    assert (await boss.get("/dead-letters"))["items"] == []


async def test_a_replay_of_an_old_webhook_is_taken_and_changes_nothing(shop: Shop) -> None:
    tuan = shop.town.new_person()
    boss = await shop.watcher()
    await shop.town.facebook.customer_says(tuan.psid, f"Một lần thôi {tuan.psid}")
    shown = await boss.until(lambda c: row_saying(c, tuan.psid), "the message")
    recorded = shop.town.facebook.poster.posted[-1].body
    status = await posted(shop, f"facebook/{FACEBOOK}", recorded, shop.town.facebook.signed(recorded))
    assert status == 200
    await marked_as_done(shop, tuan)
    await boss.until(lambda c: row_saying(c, f"xong {tuan.psid}"), "what came last")
    assert len(timeline(await boss.read(shown["id"]))) == 2


def refused_requests(shop: Shop) -> dict[str, tuple[str, bytes, Mapping[str, str]]]:
    """Name -> path below /webhooks, body, headers."""
    page, oa = shop.town.facebook, shop.town.zalo
    intruder = shop.town.new_person()
    good = json.dumps({"object": "page", "entry": [facebook_item(shop, intruder, "m_x", "giả")]}).encode()
    deep = b'{"object":"page","entry":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    wide = b'{"object":"page","entry":[' + b"{}," * 3_000_000 + b"{}]}"
    zalo = json.dumps(
        {"app_id": oa.app_id, "event_name": "user_send_text", "timestamp": "1", "sender": {"id": "1"},
         "recipient": {"id": oa.oa_id}, "message": {"msg_id": "z", "text": "giả"}}
    ).encode()  # fmt: skip
    facebook_path, zalo_path = f"facebook/{FACEBOOK}", f"zalo/{ZALO}"
    return {
        "no signature": (facebook_path, good, {}),
        "signature of another body": (facebook_path, good, page.signed(good + b" ")),
        "signature with another key": (facebook_path, good, {"X-Hub-Signature-256": f"sha256={'0' * 64}"}),
        "signature that is no signature": (facebook_path, good, {"X-Hub-Signature-256": "sha256=é"}),
        "old signature kind": (facebook_path, good, {"X-Hub-Signature": "sha1=0000"}),
        "unknown account": ("facebook/nobody", good, page.signed(good)),
        "account of another channel": (f"zalo/{FACEBOOK}", good, page.signed(good)),
        "unknown channel": (f"telegram/{FACEBOOK}", good, page.signed(good)),
        "account with a strange name": ("facebook/..%2f..%2fetc", good, page.signed(good)),
        "signed garbage": (facebook_path, b"\x00\xff{", page.signed(b"\x00\xff{")),
        "signed, not an object": (facebook_path, b"[1,2,3]", page.signed(b"[1,2,3]")),
        "signed, very deep": (facebook_path, deep, page.signed(deep)),
        "signed, too large": (facebook_path, wide, page.signed(wide)),
        "packed": (facebook_path, gzip.compress(good), page.signed(good) | {"Content-Encoding": "gzip"}),
        "zalo without mac": (zalo_path, zalo, {}),
        "zalo with a wrong mac": (zalo_path, zalo, {"X-ZEvent-Signature": f"mac={'0' * 64}"}),
        "zalo with the mac of another moment": (zalo_path, zalo, oa.signed(zalo, "2")),
        "hotline without signature": (f"hotline/{'hotline-028'}/event", b'{"call_id":"x"}', {}),
    }


async def posted(shop: Shop, path: str, body: bytes, headers: Mapping[str, str]) -> int:
    url = URL(f"{shop.ingress_url}/webhooks/{path}", encoded=True)
    async with aiohttp.ClientSession() as session, session.post(
        url, data=BytesIO(body), headers={"Content-Type": "application/json", **headers}
    ) as answer:  # fmt: skip
        return answer.status


def facebook_item(shop: Shop, person: Person, mid: str, text: str) -> dict[str, Any]:
    """One entry with one message, always the same for the same arguments."""
    page_id = shop.town.facebook.page_id
    item = {
        "sender": {"id": person.psid},
        "recipient": {"id": page_id},
        "timestamp": 1_795_000_000_000,
        "message": {"mid": f"{mid}_{person.psid}", "text": text},
    }
    return {"id": page_id, "time": 1_795_000_000_000, "messaging": [item]}


async def marked_as_done(shop: Shop, person: Person) -> None:
    """A last message: what is before it in the log has been handled once it shows."""
    await shop.town.facebook.customer_says(person.psid, f"xong {person.psid}")
