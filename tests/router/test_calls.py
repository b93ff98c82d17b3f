"""Whom to ring for a live call, on real databases: reserved once, freed again, in line, and never for ever."""

import asyncio
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from hub.calls import Away, InLine, LiveCall, Next, Ring
from hub.clock import ManualClock
from hub.errors import Transient
from hub.events import PresenceStatus
from hub.ids import AgentId, ChannelAccountId, QueueId, new_id
from router import commands
from router.calls import AT_ONCE, CallRouter
from storage import call_queues, plans, tables
from storage.unit_of_work import Units
from tests.builders import House, build_house

ACCOUNT = ChannelAccountId("hotline-1")


@dataclass
class Switchboard:
    """The PBX's side of an account."""

    house: House
    router: CallRouter
    units: Units
    clock: ManualClock
    telephones: dict[str, str]

    async def add(self, name: str, *, idle_s: int = 60, capacity: int = 3) -> AgentId:
        self.telephones[name.lower()] = f"op-{name.lower()}"
        return await self.house.add_agent(name, idle_s=idle_s, capacity=capacity)

    def call(self, call_id: str, caller: str = "+84912345678", **more: int) -> LiveCall:
        return LiveCall(ACCOUNT, call_id, caller, self.telephones, **more)

    async def ring(self, call_id: str, caller: str = "+84912345678", **more: int) -> Next:
        return await self.router.ring(self.call(call_id, caller, **more))

    async def failed(self, call_id: str, name: str) -> Next:
        return await self.router.failed(self.call(call_id), f"op-{name}")

    async def settings(self, **values: object) -> None:
        async with self.units.begin() as work:
            await work.connection.execute(sa.update(tables.queues).values(settings=values))
            await work.commit()

    async def legs(self) -> list[tuple[str, AgentId]]:
        async with self.units.database.reading() as connection:
            rows = await connection.execute(sa.select(tables.call_legs.c.call_id, tables.call_legs.c.agent_id))
            return [(row.call_id, row.agent_id) for row in rows]


@pytest.fixture
async def board(units: Units, clock: ManualClock) -> Switchboard:
    return Switchboard(await build_house(units), CallRouter(units, turn_s=30.0), units, clock, {})


async def test_the_longest_idle_agent_is_rung_and_kept_free_for_this_call(board: Switchboard) -> None:
    lan = await board.add("Lan", idle_s=600)
    await board.add("Minh", idle_s=10)
    assert await board.ring("call-1") == Ring("op-lan", 20)
    assert await board.legs() == [("call-1", lan)]
    assert await board.ring("call-2") == Ring("op-minh", 20)


async def test_the_same_call_asked_twice_has_the_same_answer(board: Switchboard) -> None:
    await board.add("Lan", idle_s=600)
    await board.add("Minh", idle_s=10)
    assert {await board.ring("call-1") for _ in range(3)} == {Ring("op-lan", 20)}
    assert len(await board.legs()) == 1


async def test_one_who_does_not_pick_up_is_free_again_and_the_next_is_rung(board: Switchboard) -> None:
    await board.add("Lan", idle_s=600)
    minh = await board.add("Minh", idle_s=10)
    await board.ring("call-1")
    assert await board.failed("call-1", "lan") == Ring("op-minh", 20)
    assert await board.failed("call-1", "lan") == Ring("op-minh", 20)  # told twice
    assert await board.legs() == [("call-1", minh)]
    assert await board.ring("call-2") == Ring("op-lan", 20)


async def test_when_all_are_in_calls_the_caller_waits_in_line_and_gets_the_first_who_is_free(
    board: Switchboard,
) -> None:
    await board.add("Lan")
    await board.ring("call-1")
    assert await board.ring("call-2") == InLine(1, None, False)
    board.clock.advance(1)
    assert await board.ring("call-3") == InLine(2, None, False)
    await board.failed("call-1", "lan")  # she did not pick up: free for others
    assert await board.ring("call-3") == InLine(3, None, False)  # not past those in front
    assert await board.ring("call-2") == Ring("op-lan", 20)


async def test_a_leg_ends_by_itself_when_nobody_tells_how_the_call_went(board: Switchboard) -> None:
    await board.add("Lan")
    await board.ring("call-1")
    board.clock.advance(26)
    assert await board.ring("call-2") == Ring("op-lan", 20)
    assert [call for call, _ in await board.legs()] == ["call-2"]


async def test_nobody_is_rung_in_wrap_up_or_away_and_nobody_at_work_is_told_apart_from_all_in_calls(
    board: Switchboard,
) -> None:
    lan = await board.add("Lan")
    async with board.units.begin() as work:
        until = board.clock.now().replace(year=2100)
        await work.connection.execute(sa.update(tables.presence).values(wrap_up_until=until))
        await work.commit()
    assert isinstance(await board.ring("call-1"), InLine)
    async with board.units.begin() as work:
        await commands.set_presence(work, lan, PresenceStatus.AWAY)
        await work.commit()
    assert await board.ring("call-2") == Away("nobody", False)


async def test_chats_do_not_keep_a_call_away_unless_the_shop_says_so(board: Switchboard) -> None:
    lan = await board.add("Lan", capacity=1)
    conversation_id = await board.house.add_waiting("psid-1")
    async with board.units.begin() as work:
        await commands.take(work, conversation_id, lan)
        await work.commit()
    assert await board.ring("call-1") == Ring("op-lan", 20)
    await board.failed("call-1", "lan")
    async with board.units.begin() as work:
        await plans.put(work, "work", {"interrupts": {}}, seen=0, by=None)
        await work.commit()
    board.clock.advance(3)
    assert isinstance(await board.ring("call-2"), InLine)
    async with board.units.begin() as work:
        await work.connection.execute(sa.update(tables.agents).values(limits={"voice": 0}))
        await work.commit()
    assert await board.ring("call-3") == Away("nobody", False)


async def test_the_agent_who_knows_the_caller_is_rung_first(board: Switchboard) -> None:
    lan = await board.add("Lan", idle_s=1)
    await board.add("Minh", idle_s=600)
    await board.house.add_waiting("psid-1", last_agent_id=lan)
    async with board.units.begin() as work:
        identity = (await work.connection.execute(sa.select(tables.channel_identities.c.id))).scalar_one()
        proof = {"identity_id": identity, "kind": "phone", "value": "+84912345678", "source": "agent_entry"}
        proof |= {"strength": "agent", "first_seen_at": board.clock.now(), "last_seen_at": board.clock.now()}
        await work.connection.execute(sa.insert(tables.evidence).values(proof))
        await work.commit()
    assert await board.ring("call-1") == Ring("op-lan", 20)
    assert await board.ring("call-2", "+84900000000") == Ring("op-minh", 20)


async def test_closed_hours_and_callers_who_want_to_be_called_back(board: Switchboard) -> None:
    await board.add("Lan")
    closed = {"id": "shop", "name": "Shop", "week": [[]] * 7}
    async with board.units.begin() as work:
        await plans.put(work, "hours", {"calendars": [closed]}, seen=0, by=None)
        await work.commit()
    await board.settings(calendar="shop", offer_out_of_hours=False, callback=True)
    assert await board.ring("call-1") == Away("closed", True)
    assert await board.ring("call-2", "anonymous:call-2") == Away("closed", False)
    await board.settings(callback=True)
    await board.ring("call-3")
    assert await board.ring("call-4") == InLine(1, None, True)
    assert await board.router.call_back(board.call("call-4")) == Away("called_back", True)
    assert await board.ring("call-4") == Away("called_back", True)


async def test_nobody_is_kept_in_line_longer_than_allowed(board: Switchboard) -> None:
    await board.add("Lan")
    await board.ring("call-1")
    assert isinstance(await board.ring("call-2", wait_max_s=60), InLine)
    async with board.units.begin() as work:
        until = board.clock.now().replace(year=2100)
        await work.connection.execute(sa.update(tables.call_legs).values(until=until))
        await work.commit()
    board.clock.advance(61)
    assert await board.ring("call-2", wait_max_s=60) == Away("too_long", False)


async def test_fifty_calls_at_once_never_ring_one_agent_twice(board: Switchboard) -> None:
    agents = [await board.add(f"A{n}") for n in range(10)]
    answers = await asyncio.gather(*(board.ring(f"call-{n}", f"+8491234{n:04}") for n in range(50)))
    rung = [answer.telephone for answer in answers if isinstance(answer, Ring)]
    assert sorted(rung) == sorted(board.telephones.values())
    assert sorted(agent for _, agent in await board.legs()) == sorted(agents)
    waiting = [answer for answer in answers if isinstance(answer, InLine)]
    assert len(waiting) == 40


async def test_asking_many_times_at_once_for_one_call_rings_one_agent(board: Switchboard) -> None:
    for n in range(3):
        await board.add(f"A{n}")
    answers = await asyncio.gather(*(board.ring("call-1") for _ in range(10)))
    assert len(set(answers)) == 1
    assert len(await board.legs()) == 1


async def test_whoever_asks_too_late_in_a_rush_is_told_so_and_holds_up_nobody(board: Switchboard) -> None:
    for n in range(6):
        await board.add(f"A{n}")
    board.router = CallRouter(board.units, turn_s=0.05)
    async with board.units.begin() as work:
        await call_queues.lock(work, board.house.queue_id)
        at_it = [asyncio.create_task(board.ring(f"call-{n}")) for n in range(AT_ONCE)]
        await asyncio.sleep(0)
        for n in (7, 8):
            with pytest.raises(Transient, match="too many"):
                await board.ring(f"call-{n}")
    rung = [*await asyncio.gather(*at_it), await board.ring("call-9")]
    assert len({answer.telephone for answer in rung if isinstance(answer, Ring)}) == AT_ONCE + 1


async def test_who_hangs_up_on_the_hub_keeps_nobody_from_others(board: Switchboard) -> None:
    await board.add("Lan")
    async with board.units.begin() as work:
        await call_queues.lock(work, board.house.queue_id)
        gone = asyncio.create_task(board.ring("call-1"))
        await asyncio.sleep(0)  # it is begun
        gone.cancel()
    assert await board.ring("call-2") == Ring("op-lan", 20)
    assert [call for call, _ in await board.legs()] == ["call-2"]
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_queue_is_held_for_what_decides_and_no_more(board: Switchboard) -> None:
    """Everybody else who calls that queue waits for these: who calls and who is free was read before."""
    if board.units.database.is_sqlite:  # one writer there is, whatever it does
        return
    await board.add("Lan")
    run: list[str] = []
    engine = board.units.database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", lambda *given: run.append(given[2]))
    assert await board.ring("call-1") == Ring("op-lan", 20)
    held = run[next(n for n, statement in enumerate(run) if "FOR NO KEY UPDATE" in statement) + 1 :]
    assert len(held) <= 6
    assert not any(f"FROM {table}" in statement for table in ("agents", "conversations") for statement in held)


async def test_rules_choose_the_queue_the_urgency_and_the_skills_and_widen_in_time(board: Switchboard) -> None:
    lan = await board.add("Lan", idle_s=1)
    await board.add("Minh", idle_s=600)
    steps = [{"skills": [{"skill": "warranty", "level": 2}], "wait_s": 30}, {}]
    when = {"channels": ["hotline"], "kinds": ["call"], "known_customer": False}
    rule = {"id": "strangers", "name": "Khách lạ", "when": when, "steps": steps, "priority": 1}
    async with board.units.begin() as work:
        document = {"rules": [rule | {"queue_id": str(board.house.queue_id)}]}
        await plans.put(work, "rules", document, seen=0, by=None)
        await work.connection.execute(
            sa.update(tables.agents).where(tables.agents.c.id == lan).values(skills={"warranty": 3})
        )
        await work.commit()
    assert await board.ring("call-1") == Ring("op-lan", 20)
    assert await board.ring("call-2") == InLine(1, None, False)
    board.clock.advance(30)
    assert await board.ring("call-2") == Ring("op-minh", 20)


async def test_work_that_waited_too_long_in_one_queue_goes_to_another(board: Switchboard) -> None:
    await board.add("Lan")
    other = QueueId(new_id())
    minh = await board.add("Minh")
    async with board.units.begin() as work:
        row = {"id": other, "pool": "main", "name": "Hai", "offer_s": 20, "created_at": board.clock.now()}
        await work.connection.execute(sa.insert(tables.queues).values(row))
        await work.connection.execute(
            sa.update(tables.queue_members).where(tables.queue_members.c.agent_id == minh).values(queue_id=other)
        )
        overflow = {"overflow_queue_id": str(other), "overflow_after_s": 20}
        first = tables.queues.c.id == board.house.queue_id
        await work.connection.execute(sa.update(tables.queues).where(first).values(settings=overflow))
        await work.commit()
    await board.ring("call-1")
    assert isinstance(await board.ring("call-2"), InLine)
    board.clock.advance(20)
    assert await board.ring("call-2") == Ring("op-minh", 20)
