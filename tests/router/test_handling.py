"""What people do with their work: hand it on, put it off, ask a colleague, write up; and who goes away meanwhile."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.bus.base import partition_of
from hub.clock import ManualClock
from hub.ephemeral_memory import MemoryEphemeral
from hub.errors import BadInput, Conflict
from hub.events import IDLE, ConversationStatus, NoteAdded, PresenceStatus
from hub.ids import AgentId, ConversationId, NoteId, QueueId, new_id
from router import commands
from router.liveness import ACTIVE_AGENTS, AGENT_SOCKETS, Liveness
from router.service import Desk
from storage import plans, routing, tables
from storage.history import Happening, after_seq
from storage.routing import AgentRow
from storage.unit_of_work import Units
from tests.builders import build_house, insert
from tests.router.test_service import RoutingLog, Scene

S = ConversationStatus


@pytest.fixture
async def scene(units: Units, clock: ManualClock) -> Scene:
    house = await build_house(units, offer_s=20)
    desk = await Desk.open(units, RoutingLog(units, index=partition_of("main", units.partitions)), "router-1")
    return Scene(house, desk, clock, units)


async def held(scene: Scene, agent_id: AgentId, name: str = "psid-1") -> ConversationId:
    conversation_id = await scene.house.add_waiting(name)
    await scene.act(commands.take, conversation_id, agent_id)
    return conversation_id


async def row_of(scene: Scene, agent_id: AgentId) -> AgentRow:
    async with scene.units.database.reading() as connection:
        return (await routing.agent_rows(connection, [agent_id], clock=scene.clock))[agent_id]


async def happened(scene: Scene, conversation_id: ConversationId) -> list[Happening]:
    async with scene.units.database.reading() as connection:
        return await after_seq(connection, conversation_id, 0)


async def add_queue(scene: Scene, name: str, *members: AgentId) -> QueueId:
    queue_id = QueueId(new_id())
    async with scene.units.begin() as work:
        now = scene.clock.now()
        await insert(work, tables.queues, id=queue_id, pool="main", name=name, offer_s=20, created_at=now)
        for agent_id in members:
            await insert(work, tables.queue_members, queue_id=queue_id, agent_id=agent_id)
        await work.commit()
    return queue_id


async def words(scene: Scene, **document: object) -> None:
    async with scene.units.begin() as work:
        await plans.put(work, "work", document, seen=0, by=None)
        await work.commit()


# --- transfer --------------------------------------------------------------------------------------------------------


async def test_a_transfer_rings_and_what_is_declined_comes_back_to_who_had_it(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan"), await scene.house.add_agent("Minh")
    one = await held(scene, lan)
    async with scene.units.begin() as work:
        await commands.transfer_to_agent(work, one, lan, minh, note="Khách hỏi bảo hành")
        await work.commit()
    asked = await scene.see(one)
    assert (asked.status, asked.offered_to, asked.owner_id) == (S.OFFERED, minh, None)
    assert [h.data["text"] for h in await happened(scene, one) if h.type == NoteAdded.TYPE] == ["Khách hỏi bảo hành"]
    await scene.desk.step()
    await scene.act(commands.decline, one, minh)
    await scene.desk.step()
    assert (await scene.see(one)).offered_to == lan


async def test_a_transfer_that_nobody_answers_runs_out_like_any_offer(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan"), await scene.house.add_agent("Minh")
    one = await held(scene, lan)
    async with scene.units.begin() as work:
        await commands.transfer_to_agent(work, one, lan, minh)
        await work.commit()
    await scene.desk.step()
    scene.clock.advance(21)
    await scene.desk.step()
    assert (await scene.see(one)).offered_to == lan


async def test_a_colleague_who_goes_offline_during_a_transfer_loses_nothing(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan"), await scene.house.add_agent("Minh")
    one = await held(scene, lan)
    async with scene.units.begin() as work:
        await commands.transfer_to_agent(work, one, lan, minh)
        await work.commit()
    await scene.presence(minh, PresenceStatus.OFFLINE)
    await scene.desk.step()
    assert (await scene.see(one)).offered_to == lan


async def test_who_is_full_has_it_wait_first_in_line_and_who_is_away_does_not_get_it(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan"), await scene.house.add_agent("Minh", capacity=1)
    nam = await scene.house.add_agent("Nam", status=PresenceStatus.AWAY)
    filler, one = await held(scene, minh, "psid-0"), await held(scene, lan)
    async with scene.units.begin() as work:
        await commands.transfer_to_agent(work, one, lan, minh)
        await work.commit()
    waits = await scene.see(one)
    assert (waits.status, waits.last_agent_id) == (S.WAITING, minh)
    await scene.act(commands.resolve, filler, minh)
    await scene.desk.step()
    assert (await scene.see(one)).offered_to == minh
    other = await held(scene, lan, "psid-2")
    async with scene.units.begin() as work:
        with pytest.raises(Conflict):
            await commands.transfer_to_agent(work, other, lan, nam)


async def test_who_accepts_everything_has_a_transfer_at_once(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan"), await scene.house.add_agent("Minh")
    one = await held(scene, lan)
    async with scene.units.begin() as work:
        await work.connection.execute(sa.update(tables.agents).values(auto_accept=True))
        await commands.transfer_to_agent(work, one, lan, minh)
        await work.commit()
    assert (await scene.see(one)).owner_id == minh


async def test_a_transfer_to_a_queue_keeps_its_place_and_no_rule_moves_it_on(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    minh = await scene.house.add_agent("Minh")
    repairs = await add_queue(scene, "Bảo hành", minh)
    one = await held(scene, lan)
    place = (await scene.see(one)).queued_at
    async with scene.units.begin() as work:
        await commands.transfer_to_queue(work, one, lan, repairs)
        await commands.transfer_to_queue(work, one, lan, repairs)  # twice is once
        await work.commit()
    await scene.desk.step()
    moved = await scene.see(one)
    assert (moved.queue_id, moved.queued_at, moved.offered_to) == (repairs, place, minh)
    assert moved.route is not None
    assert moved.route["by_hand"] is True


async def test_who_gives_work_back_is_not_the_first_to_be_offered_it_again(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan"), await scene.house.add_agent("Minh", idle_s=1)
    one = await held(scene, lan)
    await scene.act(commands.release, one, lan)
    await scene.desk.step()
    assert (await scene.see(one)).offered_to == minh


async def test_a_supervisor_gives_work_at_once_but_never_over_capacity(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan"), await scene.house.add_agent("Minh", capacity=1)
    chi = await scene.house.add_agent("Chi", status=PresenceStatus.OFFLINE)
    one, two = await held(scene, lan), await held(scene, lan, "psid-2")
    async with scene.units.begin() as work:
        await commands.assign(work, one, chi, minh)
        with pytest.raises(Conflict):
            await commands.assign(work, two, chi, minh)
        await work.commit()
    given = await scene.see(one)
    assert (given.owner_id, given.why and given.why.code) == (minh, "route.assigned_by")
    async with scene.units.begin() as work:
        await commands.assign(work, two, chi, chi)  # taken over
        await work.commit()
    assert ((await scene.see(two)).owner_id, (await row_of(scene, chi)).status) == (chi, PresenceStatus.BUSY)


# --- putting off -----------------------------------------------------------------------------------------------------


async def put_off(scene: Scene, conversation_id: ConversationId, agent_id: AgentId, *, s: float) -> None:
    async with scene.units.begin() as work:
        await commands.snooze(work, conversation_id, agent_id, scene.clock.now() + timedelta(seconds=s))
        await work.commit()


async def test_what_is_put_off_holds_no_room_and_wakes_to_its_owner(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", capacity=1)
    one = await held(scene, lan)
    await put_off(scene, one, lan, s=600)
    assert (await row_of(scene, lan)).load == 0
    await scene.desk.step()
    scene.clock.advance(601)
    await scene.desk.step()
    awake = await scene.see(one)
    assert (awake.status, awake.owner_id, awake.snoozed_until) == (S.ASSIGNED, lan, None)
    assert (await row_of(scene, lan)).load == 1


async def test_whose_owner_is_full_meanwhile_waits_in_front_for_them(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", capacity=1)
    one = await held(scene, lan)
    await put_off(scene, one, lan, s=600)
    scene.clock.advance(60)
    two = await held(scene, lan, "psid-2")
    three = await scene.house.add_waiting("psid-3")
    scene.clock.advance(600)
    await scene.desk.step()
    assert ((await scene.see(one)).status, (await scene.see(one)).last_agent_id) == (S.WAITING, lan)
    await scene.act(commands.resolve, two, lan)
    await scene.desk.step()
    assert ((await scene.see(one)).offered_to, (await scene.see(three)).offered_to) == (lan, None)


async def test_a_restarted_router_knows_when_what_wakes(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    one = await held(scene, lan)
    await put_off(scene, one, lan, s=600)
    await scene.desk.step()
    partition = RoutingLog(scene.units, index=partition_of("main", scene.units.partitions))
    successor = await Desk.open(scene.units, partition, "router-2")
    scene.clock.advance(601)
    await successor.step()
    assert (await scene.see(one)).snoozed_until is None


async def test_what_is_put_off_stays_its_owners_who_goes_offline_and_wakes_into_the_queue(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan"), await scene.house.add_agent("Minh")
    one = await held(scene, lan)
    await put_off(scene, one, lan, s=600)
    await scene.presence(lan, PresenceStatus.OFFLINE)
    await scene.desk.step()
    assert ((await scene.see(one)).status, (await scene.see(one)).owner_id) == (S.ASSIGNED, lan)
    scene.clock.advance(601)
    await scene.desk.step()
    assert (await scene.see(one)).offered_to == minh


async def test_putting_off_takes_only_moments_that_come(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", capacity=1)
    one = await held(scene, lan)
    for seconds in (-1, 91 * 24 * 3600):
        with pytest.raises(BadInput):
            await put_off(scene, one, lan, s=seconds)
    await put_off(scene, one, lan, s=60)
    await held(scene, lan, "psid-2")
    with pytest.raises(Conflict):
        await scene.act(commands.wake, one, lan)


# --- notes, dispositions, the time after -----------------------------------------------------------------------------


async def test_a_note_is_written_once_and_asks_colleagues_who_then_see_it(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan"), await scene.house.add_agent("Minh")
    one, note_id = await held(scene, lan), NoteId(new_id())
    for _ in range(2):
        async with scene.units.begin() as work:
            await commands.add_note(work, one, lan, " Đổi được không? ", note_id=note_id, ask=(minh,))
            await work.commit()
    notes = [h for h in await happened(scene, one) if h.type == NoteAdded.TYPE]
    assert [(h.data["text"], h.data["asked"]) for h in notes] == [("Đổi được không?", [str(minh)])]
    assert (await scene.see(one)).consulted == (minh,)
    await scene.presence(lan, PresenceStatus.OFFLINE)
    await scene.desk.step()
    back = await scene.see(one)
    assert (back.offered_to, back.consulted) == (minh, (minh,))  # nothing is lost with its owner
    async with scene.units.begin() as work:
        await commands.end_consult(work, one, minh, minh)
        await work.commit()
    assert (await scene.see(one)).consulted == ()


async def test_who_is_asked_is_asked_until_the_conversation_is_closed(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan"), await scene.house.add_agent("Minh")
    one = await held(scene, lan)
    async with scene.units.begin() as work:
        await commands.add_note(work, one, lan, "Đổi được không?", ask=(minh,))
        await commands.resolve(work, one, lan)
        await work.commit()
    async with scene.units.database.reading() as connection:
        left = (await connection.execute(sa.select(tables.consults))).all()
    assert ((await scene.see(one)).consulted, left) == ((), [])


async def test_how_it_ended_must_be_a_word_there_is_and_is_asked_for_where_it_must_be_said(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    one = await held(scene, lan)
    await words(
        scene,
        disposition_required=True,
        dispositions=[{"id": "done", "vi": "Xong", "en": "Done", "needs_note": True}],
    )
    for disposition, note in ((None, None), ("gone", None), ("done", None)):
        async with scene.units.begin() as work:
            with pytest.raises(BadInput):
                await commands.resolve(work, one, lan, disposition=disposition, note=note)
    async with scene.units.begin() as work:
        await commands.resolve(work, one, lan, disposition="done", note="Đã hẹn thợ")
        await work.commit()
    closed = await scene.see(one)
    assert (closed.status, closed.disposition) == (S.CLOSED, "done")
    await scene.act(commands.reopen, one, lan)
    assert (await scene.see(one)).disposition is None


async def test_after_a_conversation_there_is_time_to_write_it_up_until_the_agent_ends_it(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    async with scene.units.begin() as work:
        await work.connection.execute(sa.update(tables.queues).values(settings={"wrap_up_s": 60}))
        await work.commit()
    one = await held(scene, lan)
    await scene.act(commands.resolve, one, lan)
    assert (await row_of(scene, lan)).wrap_up_until == scene.clock.now() + timedelta(seconds=60)
    two = await scene.house.add_waiting("psid-2")
    await scene.desk.step()
    assert (await scene.see(two)).status is S.WAITING
    async with scene.units.begin() as work:
        await commands.end_wrap_up(work, lan)
        await work.commit()
    await scene.desk.step()
    assert ((await row_of(scene, lan)).wrap_up_until, (await scene.see(two)).offered_to) == (None, lan)


# --- presence --------------------------------------------------------------------------------------------------------


async def test_who_vanishes_while_writing_up_comes_back_without_it_being_lost(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    async with scene.units.begin() as work:
        await work.connection.execute(sa.update(tables.queues).values(settings={"wrap_up_s": 60}))
        await work.commit()
    one, two = await held(scene, lan), await held(scene, lan, "psid-2")
    await scene.act(commands.resolve, one, lan)
    await scene.presence(lan, PresenceStatus.OFFLINE)
    await scene.desk.step()
    assert ((await scene.see(one)).status, (await scene.see(two)).status) == (S.CLOSED, S.WAITING)
    await scene.presence(lan, PresenceStatus.AVAILABLE)
    scene.clock.advance(61)
    await scene.desk.step()
    assert (await scene.see(two)).offered_to == lan


async def test_a_reason_must_fit_the_presence(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    async with scene.units.begin() as work:
        with pytest.raises(BadInput):
            await commands.set_presence(work, lan, PresenceStatus.AWAY, reason="meeting")
        await commands.set_presence(work, lan, PresenceStatus.AWAY, reason="lunch")
        await work.commit()
    assert ((await row_of(scene, lan)).status, (await row_of(scene, lan)).reason) == (PresenceStatus.AWAY, "lunch")


async def test_who_shows_no_sign_of_life_is_set_away_and_who_talks_or_types_is_not(scene: Scene) -> None:
    still, typing, talking, busy = [await scene.house.add_agent(name) for name in ("Lan", "Minh", "Nam", "Chi")]
    await scene.presence(busy, PresenceStatus.BUSY)
    async with scene.units.begin() as work:
        now, until = scene.clock.now(), scene.clock.now() + timedelta(hours=1)
        leg = {"agent_id": talking, "account_id": "pbx", "call_id": "c1", "state": "answered", "made_at": now}
        await insert(work, tables.call_legs, **leg, until=until)
        await work.commit()
    ephemeral = MemoryEphemeral(scene.clock)
    liveness = Liveness(scene.units, ephemeral, scene.clock)
    for _ in range(32):
        for agent_id in (still, typing, talking, busy):
            await ephemeral.touch(AGENT_SOCKETS, f"{agent_id}:sid", 60)
        await ephemeral.touch(ACTIVE_AGENTS, str(typing), 60)
        await liveness.look()
        scene.clock.advance(30)
    rows = {one: await row_of(scene, one) for one in (still, typing, talking, busy)}
    assert (rows[still].status, rows[still].reason) == (PresenceStatus.AWAY, IDLE)
    assert [rows[one].status.value for one in (typing, talking, busy)] == ["available", "available", "busy"]
