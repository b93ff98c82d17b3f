"""The telephone: a missed call is work, an answered one is a card with its recording."""

import pytest

from tests.flow.console import Console, Json
from tests.flow.reading import open_of, row, timeline
from tests.flow.shop import LAN, Shop
from tests.flow.town import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")
FETCHED_S = 20.0


async def test_a_missed_call_is_offered_to_an_agent(shop: Shop) -> None:
    hoa = shop.town.new_person()
    lan = await shop.desk(LAN)
    played = await shop.town.hotline.call(hoa.digits, answered_by=None)
    assert played.refused == []
    assert played.rung == ["op-201", "op-202"]
    missed = await lan.until(lambda c: open_of(c, hoa), "the missed call")
    await lan.until(lambda c: row(c, missed["id"])["preview"]["kind"] == "call_missed", "its end")
    await lan.until(lambda c: row(c, missed["id"])["offered_to"] == c.agent_id, "an offer of it")
    await lan.do("accept", missed["id"])
    (card,) = timeline(await lan.read(missed["id"]))
    assert card["call"]["state"] == "missed"


async def test_a_recording_is_fetched_and_can_be_played_from_any_second(shop: Shop) -> None:
    hoa = shop.town.new_person()
    boss = await shop.watcher()
    shop.town.hotline.not_found_first = 1
    played = await shop.town.hotline.call(hoa.digits, answered_by=0, talk_s=30)
    shown = await boss.until(lambda c: open_of(c, hoa), "the call")
    card = await recorded(boss, shown["id"])
    sound = shop.town.hotline.recordings[played.call_id]

    address = await boss.get(f"/touchpoints/{card['id']}/recording")
    status, headers, body = await boss.fetch(address)
    assert (status, body) == (200, sound)
    assert headers["Content-Type"].startswith("audio/")
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, headers, body = await boss.fetch(address, Range="bytes=100-199")
    assert (status, body) == (206, sound[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(sound)}"
    status, _, body = await boss.fetch(address, Range="bytes=-50")
    assert (status, body) == (206, sound[-50:])
    status, _, _ = await boss.fetch(address, Range=f"bytes={len(sound)}-")
    assert status == 416


async def test_a_recording_is_not_played_to_whoever_guesses_or_changes_its_address(shop: Shop) -> None:
    hoa = shop.town.new_person()
    boss = await shop.watcher()
    await shop.town.hotline.call(hoa.digits, answered_by=0, talk_s=30)
    shown = await boss.until(lambda c: open_of(c, hoa), "the call")
    card = await recorded(boss, shown["id"])
    address = await boss.get(f"/touchpoints/{card['id']}/recording")

    path, _, query = address.partition("?")
    assert (await boss.fetch(path))[0] == 403
    assert (await boss.fetch(f"{path}?{query[:-1]}"))[0] == 403
    other = "1" if path.endswith("0") else "0"
    assert (await boss.fetch(f"{path[:-1]}{other}?{query}"))[0] == 403


async def test_a_withheld_number_makes_a_conversation_that_no_other_call_joins(shop: Shop) -> None:
    boss = await shop.watcher()
    before = set(boss.screen.rows)
    for _ in range(2):
        await shop.town.hotline.call("anonymous", answered_by=None)
    await boss.until(lambda c: len(set(c.screen.rows) - before) == 2, "two conversations")


async def test_the_same_caller_calls_again_into_the_same_conversation(shop: Shop) -> None:
    hoa: Person = shop.town.new_person()
    boss = await shop.watcher()
    await shop.town.hotline.call(hoa.digits, answered_by=None)
    shown = await boss.until(lambda c: open_of(c, hoa), "the first call")
    await shop.town.hotline.call(hoa.digits, answered_by=0)
    await boss.until(lambda c: row(c, shown["id"])["preview"]["kind"] == "call_ended", "the second call")
    cards = timeline(await boss.read(shown["id"]))
    assert [card["call"]["state"] for card in cards] == ["missed", "ended"]


async def recorded(console: Console, conversation_id: str) -> Json:
    """The conversation's only call, once its recording is here."""
    await console.watch(conversation_id)

    def fetched(console: Console) -> Json | None:
        cards = console.screen.timeline(conversation_id)
        return next((card for card in cards if ((card["call"] or {}).get("recording") or {}).get("blob")), None)

    return await console.until(fetched, "the recording", within_s=FETCHED_S)
