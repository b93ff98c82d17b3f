"""Replies: once per click, by whoever holds the conversation, and only what the channel can carry."""

import asyncio
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.events import DeliveryState
from hub.ids import new_id
from storage import tables
from tests.console.conftest import Browser, Case, Said, Shop

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


async def send(browser: Browser, case: Case, click: str = "click-0001", **more: Any) -> Said:
    body = {"client_id": click, "identity_id": str(case.identity_id), "text": "Dạ em chào chị"} | more
    return await browser.post(f"/conversations/{case.conversation_id}/reply", body)


async def test_a_reply_takes_a_waiting_conversation_and_is_queued(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    case = await shop.waiting("u1")
    said = await send(browser, case)
    assert said.status == 201
    assert said.body["delivery"]["state"] == "queued"
    assert said.body["client_id"] == "click-0001"
    assert said.body["author_name"] == "Lan"
    row = await case.row()
    assert row.owner_id == browser.agent_id
    assert (row.unread, row.waiting_since) == (0, None)
    assert row.preview is not None
    assert row.preview.text == "Dạ em chào chị"
    assert await queued(shop) == 1
    assert await logged(shop, "hub.reply_requested.v1") == 1


async def test_the_same_click_again_finds_the_first_reply(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    case = await shop.waiting("u1")
    answers = await asyncio.gather(*(send(browser, case) for _ in range(5)))
    assert sorted(said.status for said in answers) == [200, 200, 200, 200, 201]
    assert len({said.body["id"] for said in answers}) == 1
    assert await queued(shop) == 1


async def test_a_click_of_somebody_else_is_no_repetition(shop: Shop) -> None:
    await shop.add_agent("lan")
    await shop.add_agent("boss", role="supervisor")
    lan, boss = await shop.sign_in("lan"), await shop.sign_in("boss")
    case = await shop.waiting("u1")
    await send(lan, case)
    assert (await send(boss, case)).code == "client_id_taken"
    assert (await send(boss, case, "click-0002")).status == 201  # a supervisor steps in
    assert (await case.row()).owner_id == lan.agent_id


async def test_nobody_replies_in_a_conversation_of_somebody_else(shop: Shop) -> None:
    await shop.add_agent("lan")
    await shop.add_agent("minh")
    lan, minh = await shop.sign_in("lan"), await shop.sign_in("minh")
    case = await shop.waiting("u1")
    await case.assign_to(minh.agent_id)
    assert (await send(lan, case)).code == "not_owner"
    await case.set(status="offered", owner_id=None, offered_to=minh.agent_id)
    assert (await send(lan, case)).code == "not_owner"
    assert (await send(minh, case)).status == 201  # replying is accepting
    assert await queued(shop) == 1


async def test_an_agent_with_full_hands_takes_nothing_more_by_replying(shop: Shop) -> None:
    await shop.add_agent("lan", capacity=1)
    browser = await shop.sign_in("lan")
    first, second = await shop.waiting("u1"), await shop.waiting("u2")
    assert (await send(browser, first)).status == 201
    assert (await send(browser, second)).code == "at_capacity"
    assert (await second.row()).owner_id is None
    assert await queued(shop) == 1


async def test_a_closed_conversation_takes_no_reply(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    case = await shop.waiting("u1")
    for verb in ("take", "resolve"):
        await browser.post(f"/conversations/{case.conversation_id}/{verb}")
    assert (await send(browser, case)).code == "conversation_closed"


async def test_what_the_channel_cannot_carry_is_refused_before_it_is_stored(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    case, other = await shop.waiting("u1"), await shop.waiting("u2")
    for more, status, code in (
        ({"text": "   "}, 400, "reply_empty"),
        ({"text": None}, 400, "reply_empty"),
        ({"text": "x" * 99_999}, 400, "too_long"),
        ({"identity_id": str(other.identity_id)}, 404, "identity_unknown"),
        ({"identity_id": str(new_id())}, 404, "identity_unknown"),
        ({"attachments": ["0" * 32]}, 404, "upload_unknown"),
        ({"reply_to": str(new_id())}, 404, "quote_unknown"),
    ):
        said = await send(browser, case, **more)
        assert (said.status, said.code) == (status, code), more
        assert said.body["where"].startswith("body.")
    assert await queued(shop) == 0
    assert (await case.row()).owner_id is None


async def test_a_quote_must_have_passed_on_the_same_channel(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    case, other = await shop.waiting("u1"), await shop.waiting("u2")
    mine, theirs = await case.customer_writes("hỏi"), await other.customer_writes("bí mật")
    assert (await send(browser, case, reply_to=str(theirs.id))).code == "quote_unknown"
    assert (await send(browser, case, reply_to=str(mine.id))).body["reply_to"] == str(mine.id)


async def test_after_the_window_the_channel_takes_no_reply(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    case = await shop.waiting("u1")
    shop.clock.advance(8 * 24 * 3600)
    browser = await shop.sign_in("lan")
    said = await send(browser, case)
    assert (said.status, said.code) == (409, "reply.window_over")
    [option] = (await browser.get(f"/conversations/{case.conversation_id}")).body["reply_options"]
    assert option["refused"]["code"] == "reply.window_over"
    assert option["preferred"] is False


async def test_an_inactive_account_takes_no_reply(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    case = await shop.waiting("u1")
    async with shop.units.begin() as work:
        await work.connection.execute(sa.update(tables.channel_accounts).values(active=False))
        await work.commit()
    assert (await send(browser, case)).code == "reply.account_inactive"


async def test_a_file_goes_with_a_reply_and_can_be_seen(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    case = await shop.waiting("u1")
    uploaded = await browser.send("POST", "/uploads?name=..%2f..%2fanh%20may.png", data=PNG)
    assert uploaded.status == 201
    assert uploaded.body | {"blob": ""} == {
        "blob": "",
        "kind": "image",
        "name": "anh may.png",
        "mime": "image/png",
        "size_bytes": len(PNG),
    }
    said = await send(browser, case, attachments=[uploaded.body["blob"]], text=None)
    assert said.status == 201
    assert said.body["attachments"][0]["mime"] == "image/png"
    assert (await case.row()).preview.kind == "image"  # type: ignore[union-attr]  # it has one
    seen = await browser.get(f"/touchpoints/{said.body['id']}/attachments/0")
    assert seen.status == 302
    assert seen.headers["Location"] == f"/media/{uploaded.body['blob']}?signed"
    assert seen.headers["Cache-Control"] == "no-store"
    for missing in ("/attachments/1", "/attachments/99", "/attachments/-1", "/attachments/x", "/recording"):
        assert (await browser.get(f"/touchpoints/{said.body['id']}{missing}")).status == 404


async def test_what_a_file_is_is_told_by_its_content(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    for name, content, mime in (
        ("anh.png", b"<html><script>alert(1)</script>", "application/octet-stream"),
        ("anh.svg", b"<svg onload=alert(1)>", "application/octet-stream"),
        ("gia.txt", "Giá 1.250.000 ₫".encode(), "text/plain"),
        ("anh.html", PNG, "image/png"),
    ):
        said = await browser.send("POST", f"/uploads?name={name}", data=content)
        assert (said.status, said.body["mime"]) == (201, mime), name
    assert (await browser.send("POST", "/uploads?name=leer.txt", data=b"")).code == "file_empty"
    assert (await browser.send("POST", "/uploads", data=b"x")).status == 400


async def test_a_file_has_a_limit(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    said = await browser.send("POST", "/uploads?name=x.bin", data=b"x" * (shop.parts.upload_bytes_max + 1))
    assert (said.status, said.code) == (413, "body_too_large")


async def test_a_human_settles_an_unknown_reply(shop: Shop) -> None:
    await shop.add_agent("lan")
    await shop.add_agent("minh")
    browser, minh = await shop.sign_in("lan"), await shop.sign_in("minh")
    case = await shop.waiting("u1")
    reply_id = (await send(browser, case)).body["id"]
    assert (await browser.post(f"/touchpoints/{reply_id}/settle", {"outcome": "sent"})).code == "reply_settled"
    await make_unknown(shop, reply_id)
    assert (await minh.post(f"/touchpoints/{reply_id}/settle", {"outcome": "sent"})).code == "not_owner"
    assert (await browser.post(f"/touchpoints/{reply_id}/settle", {"outcome": "delivered"})).status == 400
    said = await browser.post(f"/touchpoints/{reply_id}/settle", {"outcome": "queued"})
    assert said.body["delivery"]["state"] == "queued"
    assert await queued(shop) == 1


async def make_unknown(shop: Shop, reply_id: str) -> None:
    async with shop.units.begin() as work:
        update = sa.update(tables.touchpoints).where(tables.touchpoints.c.id == UUID(reply_id))
        await work.connection.execute(update.values(delivery_state=DeliveryState.UNKNOWN.value))
        await work.connection.execute(sa.update(tables.reply_queue).values(state=DeliveryState.UNKNOWN.value))
        await work.commit()


async def queued(shop: Shop) -> int:
    async with shop.units.database.reading() as connection:
        query = sa.select(sa.func.count()).select_from(tables.reply_queue)
        return int((await connection.execute(query)).scalar_one())


async def logged(shop: Shop, type_: str) -> int:
    async with shop.units.database.reading() as connection:
        query = sa.select(sa.func.count()).select_from(tables.log).where(tables.log.c.type == type_)
        return int((await connection.execute(query)).scalar_one())
