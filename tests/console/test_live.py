"""The live socket over a real server: who may connect, what is told to whom, and catching up after a gap."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from hub.events import PresenceStatus
from hub.ids import new_id
from router import commands
from tests.console.conftest import Browser, Shop, until
from tests.console.sockets import Line


@pytest.fixture
async def lines() -> AsyncIterator[list[Line]]:
    """Lines to be closed at the end."""
    opened: list[Line] = []
    yield opened
    for line in opened:
        await line.close()


async def connect(lines: list[Line], browser: Browser, *, cursor: str | None = None) -> Line:
    line = Line(browser)
    lines.append(line)
    return await line.open(cursor=cursor)


async def test_a_console_hears_what_happens_in_its_queue(shop: Shop, lines: list[Line]) -> None:
    await shop.add_agent("lan")
    line = await connect(lines, await shop.sign_in("lan"))
    case = await shop.waiting("u1")
    await line.until(lambda: len(line.of("row")) == 2)
    rows = [message["conversation"] for message in line.of("row")]
    assert [row["seq"] for row in rows] == [1, 2]
    assert rows[-1]["id"] == str(case.conversation_id)
    assert line.of("event") == []


async def test_whoever_watches_hears_everything(shop: Shop, lines: list[Line]) -> None:
    await shop.add_agent("lan")
    case = await shop.waiting("u1")
    line = await connect(lines, await shop.sign_in("lan"))
    ack = await line.ask("watch", {"conversation_id": str(case.conversation_id)})
    assert ack == {"ok": True, "seq": 2}
    await case.customer_writes("Còn hàng không shop?")
    await line.until(lambda: bool(line.of("event")))
    [message] = line.of("event")
    assert message["type"] == "hub.touchpoint_added.v1"
    assert message["event"]["touchpoint"]["text"] == "Còn hàng không shop?"
    assert message["event"]["conversation"]["seq"] == 3
    assert await line.ask("unwatch", {"conversation_id": str(case.conversation_id)}) == {"ok": True}
    await case.customer_writes("Alo")
    await line.until(lambda: bool(line.of("row")))
    assert len(line.of("event")) == 1


async def test_an_offer_reaches_its_agent_in_full_and_the_others_as_a_row(shop: Shop, lines: list[Line]) -> None:
    lan, minh = await shop.add_agent("lan"), await shop.add_agent("minh")
    case = await shop.waiting("u1")
    hers = await connect(lines, await shop.sign_in("lan"))
    his = await connect(lines, await shop.sign_in("minh"))
    async with shop.units.begin() as work:
        await commands.take(work, case.conversation_id, lan)
        await work.commit()
    await hers.until(lambda: bool(hers.of("event")))
    assert hers.of("event")[0]["type"] == "hub.conversation_assigned.v1"
    await his.until(lambda: bool(his.of("row")))
    assert his.of("row")[0]["conversation"]["owner_id"] == str(lan)
    assert his.of("event") == []
    assert lan != minh


async def test_what_may_not_be_seen_is_not_told(shop: Shop, lines: list[Line]) -> None:
    other = await shop.add_queue("Bảo hành")
    await shop.add_agent("stranger", queues=(other,))
    await shop.add_agent("boss", role="supervisor", queues=())
    stranger = await connect(lines, await shop.sign_in("stranger"))
    boss = await connect(lines, await shop.sign_in("boss"))
    case = await shop.waiting("u1")
    await boss.until(lambda: len(boss.of("row")) == 2)
    ack = await stranger.ask("watch", {"conversation_id": str(case.conversation_id)})
    assert ack == {"ok": False, "code": "conversation_unknown"}
    assert await stranger.ask("watch", {"conversation_id": str(new_id())}) == ack
    await case.customer_writes("Bí mật")
    await boss.until(lambda: len(boss.of("row")) == 3)
    assert stranger.of("row") == stranger.of("event") == []


async def test_whoever_loses_an_offer_of_a_strange_queue_sees_it_go(shop: Shop, lines: list[Line]) -> None:
    other = await shop.add_queue("Bảo hành")
    helper = await shop.add_agent("helper", queues=(other,))
    case = await shop.waiting("u1")
    await case.offer_to(helper)
    line = await connect(lines, await shop.sign_in("helper"))
    async with shop.units.begin() as work:
        await commands.decline(work, case.conversation_id, helper)
        await work.commit()
    await line.until(lambda: bool(line.of("row")))
    assert line.of("row")[0]["conversation"]["offered_to"] is None
    await case.customer_writes("Alo?")
    await line.quiet()
    assert len(line.of("row")) == 1


async def test_a_console_that_was_away_hears_what_it_missed(shop: Shop, lines: list[Line]) -> None:
    lan = await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    case = await shop.waiting("u1")
    first = await connect(lines, browser)
    async with shop.units.begin() as work:
        await commands.take(work, case.conversation_id, lan)
        await work.commit()
    await first.until(lambda: bool(first.of("event")))
    cursor = first.of("event")[-1]["cursor"]
    await first.close()
    await case.customer_writes("một")
    await case.customer_writes("hai")
    other = await shop.waiting("u2")
    await other.customer_writes("ba")
    await until(lambda: shop.console.live.feed.entries.next_number >= 8)
    second = await connect(lines, browser, cursor=cursor)
    texts = [message["event"]["touchpoint"]["text"] for message in second.of("event")]
    assert texts == ["một", "hai"]
    [row] = second.of("row")  # only the newest of the other conversation
    assert (row["conversation"]["id"], row["conversation"]["seq"]) == (str(other.conversation_id), 3)
    assert second.of("reload") == []
    assert [name for name, _ in second.heard if name in {"event", "row", "sync"}][-1] == "sync"
    assert second.of("sync")[0]["cursor"] == shop.console.live.feed.cursor_now()


async def test_a_cursor_of_the_snapshot_leaves_nothing_out(shop: Shop, lines: list[Line]) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    cursor = (await browser.get("/snapshot")).body["cursor"]
    await shop.waiting("u1")
    line = await connect(lines, browser, cursor=cursor)
    await line.until(lambda: [row["conversation"]["seq"] for row in line.of("row")][-1:] == [2])


async def test_a_cursor_that_is_too_old_or_none_of_ours_means_a_new_snapshot(shop: Shop, lines: list[Line]) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    now = shop.console.live.feed.cursor_now()
    ring = shop.console.live.feed.entries
    ring.floor = {partition: offset + 5 for partition, offset in ring.positions.items()}
    for cursor, reason in ((now, "too_old"), ("1~0.5_", "too_old"), ("tomorrow", "unknown_cursor")):
        line = await connect(lines, browser, cursor=cursor)
        assert line.of("reload") == [{"reason": reason}]
        await shop.waiting(f"u-{reason}-{cursor[:8]}")
        await line.until(partial(line.has, "row"))  # and hears what happens from now on


async def test_presence_is_told_to_everybody(shop: Shop, lines: list[Line]) -> None:
    lan = await shop.add_agent("lan")
    await shop.add_agent("minh", queues=())
    line = await connect(lines, await shop.sign_in("minh"))
    async with shop.units.begin() as work:
        await commands.set_presence(work, lan, PresenceStatus.AWAY)
        await work.commit()
    await line.until(lambda: bool(line.of("presence")))
    said = line.of("presence")[0]
    assert (said["agent_id"], said["status"]) == (str(lan), "away")


async def test_presence_that_changed_while_away_is_told_on_return(shop: Shop, lines: list[Line]) -> None:
    lan = await shop.add_agent("lan")
    await shop.add_agent("minh")
    browser = await shop.sign_in("minh")
    cursor = (await browser.get("/snapshot")).body["cursor"]
    for status in (PresenceStatus.AWAY, PresenceStatus.BUSY):
        async with shop.units.begin() as work:
            await commands.set_presence(work, lan, status)
            await work.commit()
    await until(lambda: shop.console.live.feed.presences.next_number >= 2)
    line = await connect(lines, browser, cursor=cursor)
    assert [said["status"] for said in line.of("presence")] == ["busy"]


async def test_queues_and_colleagues_are_counted_anew_soon_after(shop: Shop, lines: list[Line]) -> None:
    lan = await shop.add_agent("lan")
    line = await connect(lines, await shop.sign_in("lan"))
    case = await shop.waiting("u1")
    await line.until(lambda: any(said["queues"][0]["waiting"] == 1 for said in line.of("queues")))
    async with shop.units.begin() as work:
        await commands.take(work, case.conversation_id, lan)
        await work.commit()
    await line.until(lambda: line.of("queues")[-1]["queues"][0]["waiting"] == 0)
    await line.until(lambda: any(card["load"] == 1 for said in line.of("agents") for card in said["agents"]))


async def test_a_foreign_page_a_missing_origin_or_a_wrong_token_cannot_connect(shop: Shop, lines: list[Line]) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    for origin, auth, code in (
        ("https://evil.example", {}, "origin_foreign"),
        (None, {}, "origin_foreign"),
        (browser.origin, {"csrf": "wrong"}, "csrf"),
        (browser.origin, {"csrf": 7}, "auth_invalid"),
        (browser.origin, {"room": "queue:1"}, "auth_invalid"),
    ):
        browser.origin = origin
        line = Line(browser)
        lines.append(line)
        await line.open(wait=False, **auth)
        assert line.refused["message"] == code
    await browser.post("/sign-out")
    line = Line(browser)
    lines.append(line)
    await line.open(wait=False)
    assert line.refused["message"] == "not_signed_in"


async def test_signing_out_ends_the_sockets_of_that_sign_in_only(shop: Shop, lines: list[Line]) -> None:
    await shop.add_agent("lan")
    here, there = await shop.sign_in("lan"), await shop.sign_in("lan")
    mine, other = await connect(lines, here), await connect(lines, there)
    await here.post("/sign-out")
    async with asyncio.timeout(5):
        await mine.closed.wait()
    assert mine.of("kick") == [{"reason": "signed_out"}]
    assert not other.closed.is_set()
    assert (await other.ask("unwatch", {"conversation_id": str(new_id())}))["ok"]


async def test_a_disabled_agent_is_gone_within_five_seconds(shop: Shop, lines: list[Line]) -> None:
    lan = await shop.add_agent("lan")
    await shop.add_agent("root", role="admin")
    line, root = await connect(lines, await shop.sign_in("lan")), await shop.sign_in("root")
    assert (await root.send("PATCH", f"/agents/{lan}", json={"disabled": True})).status == 200
    async with asyncio.timeout(5):
        await line.closed.wait()
    assert line.of("kick") == [{"reason": "disabled"}]


async def test_a_sign_in_that_ended_behind_our_back_is_noticed(
    shop: Shop, lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_console.live.keeper.CHECK_S", 0.2)
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    line = await connect(lines, browser)
    shop.clock.advance(12 * 3600 + 1)
    async with asyncio.timeout(6):
        await line.closed.wait()
    assert line.of("kick") == [{"reason": "expired"}]


async def test_other_rights_take_effect_at_once(shop: Shop, lines: list[Line]) -> None:
    other = await shop.add_queue("Bảo hành")
    lan = await shop.add_agent("lan")
    await shop.add_agent("root", role="admin")
    line, root = await connect(lines, await shop.sign_in("lan")), await shop.sign_in("root")
    said = await root.send("PATCH", f"/agents/{lan}", json={"queue_ids": [str(other)]})
    assert said.status == 200
    await line.until(lambda: line.of("reload") == [{"reason": "rights_changed"}])
    await shop.waiting("u1")
    theirs = await shop.waiting("u2", queue_id=other)
    await line.until(lambda: bool(line.of("row")))
    assert {row["conversation"]["id"] for row in line.of("row")} == {str(theirs.conversation_id)}


async def test_nonsense_is_answered_and_changes_nothing(shop: Shop, lines: list[Line]) -> None:
    await shop.add_agent("lan")
    line = await connect(lines, await shop.sign_in("lan"))
    asked = [
        ("watch", None),
        ("watch", {}),
        ("watch", {"conversation_id": "x"}),
        ("watch", {"conversation_id": str(new_id()), "room": "all"}),
        ("watch", "x" * 1000),
        ("watch", [1, 2]),
        ("typing", {"conversation_id": str(new_id())}),
        ("event", {"cursor": "1"}),
        ("sync", {}),
        ("join", "queue:all"),
        ("__proto__", {}),
    ]
    answers = [await line.ask(event, data) for event, data in asked]
    assert all(answer["ok"] is False for answer in answers)
    assert {answer["code"] for answer in answers} == {"invalid", "event_unknown"}


async def test_a_console_that_asks_too_fast_is_told_so(shop: Shop, lines: list[Line]) -> None:
    await shop.add_agent("lan")
    line = await connect(lines, await shop.sign_in("lan"))
    answers = [await line.ask("unwatch", {"conversation_id": str(new_id())}) for _ in range(80)]
    assert answers[0] == {"ok": True}
    assert answers[-1] == {"ok": False, "code": "too_fast"}


async def test_typing_goes_both_ways(shop: Shop, lines: list[Line]) -> None:
    await shop.add_agent("lan")
    await shop.add_agent("minh")
    case = await shop.waiting("u1")
    hers, his = await connect(lines, await shop.sign_in("lan")), await connect(lines, await shop.sign_in("minh"))
    watched = {"conversation_id": str(case.conversation_id)}
    for line in (hers, his):
        assert (await line.ask("watch", watched))["ok"]
    told = shop.parts.ephemeral.listen("typing-agent")
    assert await hers.ask("typing", watched | {"on": True}) == {"ok": True}
    await his.until(lambda: bool(his.of("typing")))
    assert his.of("typing")[0]["agent_id"] == str(hers.browser.agent_id)
    assert hers.of("typing") == []
    assert str(case.identity_id).encode() in await asyncio.wait_for(anext(told), 5)

    await shop.parts.ephemeral.publish("typing", f'{{"identity_id": "{case.identity_id}", "on": true}}'.encode())
    await shop.parts.ephemeral.publish("typing", b"nonsense")
    await hers.until(lambda: bool(hers.of("typing")))
    said = hers.of("typing")[0]
    assert (said["conversation_id"], said["identity_id"]) == (str(case.conversation_id), str(case.identity_id))


async def test_typing_is_told_to_no_other_customer(shop: Shop, lines: list[Line]) -> None:
    await shop.add_agent("lan")
    case, other = await shop.waiting("u1"), await shop.waiting("u2")
    line = await connect(lines, await shop.sign_in("lan"))
    told = shop.parts.ephemeral.listen("typing-agent")
    asked = {"conversation_id": str(case.conversation_id), "on": True, "identity_id": str(other.identity_id)}
    assert await line.ask("typing", asked) == {"ok": True}
    assert str(other.identity_id).encode() not in await asyncio.wait_for(anext(told), 5)


async def test_an_open_console_is_known_to_the_router(shop: Shop, lines: list[Line]) -> None:
    lan = await shop.add_agent("lan")
    line = await connect(lines, await shop.sign_in("lan"))
    alive = await shop.parts.ephemeral.alive("agent-sockets")
    assert [member.partition(":")[0] for member in alive] == [str(lan)]
    await line.close()
    await until(lambda: len(shop.console.live.listeners) == 0)
    assert await shop.parts.ephemeral.alive("agent-sockets") == set()


async def test_a_console_that_does_not_read_is_dropped(
    shop: Shop, lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.sockets.WAITING_MAX", 20)
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    line = await connect(lines, browser)
    [listener] = list(shop.console.live.listeners)
    outlet = shop.console.live.outlet
    for _ in range(30):  # in one go: its writer gets no turn, as with a connection that takes nothing
        outlet.send([listener.sid], "typing", {"text": "x" * 100})
    async with asyncio.timeout(5):
        await line.closed.wait()
    await until(lambda: len(shop.console.live.listeners) == 0)


async def test_polling_is_not_spoken(shop: Shop) -> None:
    browser = Browser(shop)
    shop.browsers.append(browser)
    said = await browser.send("GET", "/api/../socket.io/?EIO=4&transport=polling")
    assert said.status == 400
