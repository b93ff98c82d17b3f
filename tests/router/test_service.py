"""The router at work on real databases: offers, answers, deadlines, agents who vanish, and two who want the same."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from hub.bus.base import Record, partition_of
from hub.clock import ManualClock
from hub.errors import Conflict, LeaseLost
from hub.events import ROUTING, ConversationStatus, PresenceStatus, decode
from hub.ids import AgentId, ConversationId
from router import commands
from router.service import Desk
from storage import routing, tables
from storage.conversations import Conversation, find
from storage.tables import log
from storage.unit_of_work import Units
from tests.builders import House, build_house


@dataclass
class RoutingLog:
    """The routing partition of the pool, read straight from table `log`."""

    units: Units
    topic: str = ROUTING
    index: int = 0
    at: int = -1

    async def seek(self, offset: int) -> None:
        self.at = offset

    async def read(self, limit: int, *, timeout_s: float) -> Sequence[Record]:
        ours = log.c.topic == ROUTING, log.c.partition == self.index, log.c.offset >= self.at
        query = sa.select(log).where(*ours).order_by(log.c.offset).limit(limit)
        async with self.units.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        if rows:
            self.at = rows[-1].offset + 1
        return [Record(r.topic, self.index, r.offset, r.key, r.type, r.value, r.appended_at) for r in rows]

    async def end(self) -> int:
        return self.at


@dataclass
class Scene:
    house: House
    desk: Desk
    clock: ManualClock
    units: Units

    async def see(self, conversation_id: ConversationId) -> Conversation:
        async with self.units.database.reading() as connection:
            found = await find(connection, conversation_id)
        assert found is not None
        return found

    async def act(self, command: object, conversation_id: ConversationId, agent_id: AgentId) -> None:
        async with self.units.begin() as work:
            await command(work, conversation_id, agent_id)  # type: ignore[operator]  # one of router.commands
            await work.commit()

    async def presence(self, agent_id: AgentId, status: PresenceStatus) -> None:
        async with self.units.begin() as work:
            await commands.set_presence(work, agent_id, status)
            await work.commit()


@pytest.fixture
async def scene(units: Units, clock: ManualClock) -> Scene:
    house = await build_house(units, offer_s=20)
    partition = RoutingLog(units, index=partition_of("main", units.partitions))
    desk = await Desk.open(units, partition, "router-1")
    return Scene(house, desk, clock, units)


async def test_a_waiting_conversation_is_offered_accepted_and_says_why(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", idle_s=600)
    await scene.house.add_agent("Minh", idle_s=10)
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    offered = await scene.see(conversation_id)
    assert offered.status is ConversationStatus.OFFERED
    assert offered.offered_to == lan
    assert offered.why is not None
    assert (offered.why.code, offered.why.params["idle_s"]) == ("route.longest_idle", 600)
    await scene.act(commands.accept, conversation_id, lan)
    taken = await scene.see(conversation_id)
    assert (taken.status, taken.owner_id, taken.offered_to) == (ConversationStatus.ASSIGNED, lan, None)


async def test_an_offer_that_rings_out_goes_to_the_next_agent_and_keeps_its_place(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", idle_s=600)
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    place = (await scene.see(conversation_id)).queued_at
    minh = await scene.house.add_agent("Minh", idle_s=10)
    async with scene.units.begin() as work:
        await commands.refresh_agent(work, minh)
        await work.commit()
    scene.clock.advance(21)
    await scene.desk.step()
    again = await scene.see(conversation_id)
    assert (again.status, again.offered_to, again.queued_at) == (ConversationStatus.OFFERED, minh, place)
    with pytest.raises(Conflict):
        await scene.act(commands.accept, conversation_id, lan)


async def test_a_declined_conversation_waits_and_is_not_offered_to_the_same_agent_at_once(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    await scene.act(commands.decline, conversation_id, lan)
    await scene.desk.step()
    assert (await scene.see(conversation_id)).status is ConversationStatus.WAITING
    scene.clock.advance(31)
    await scene.desk.step()
    assert (await scene.see(conversation_id)).offered_to == lan


async def test_nobody_is_offered_more_than_they_can_hold(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", capacity=2)
    ids = [await scene.house.add_waiting(f"psid-{i}") for i in range(5)]
    await scene.desk.step()
    states = [(await scene.see(i)).offered_to for i in ids]
    assert states == [lan, lan, None, None, None]
    await scene.act(commands.accept, ids[0], lan)
    await scene.act(commands.resolve, ids[0], lan)
    await scene.desk.step()
    assert (await scene.see(ids[2])).offered_to == lan


async def test_work_of_an_agent_who_goes_offline_returns_ahead_of_newer_work(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", capacity=2)
    first = await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    await scene.act(commands.accept, first, lan)
    scene.clock.advance(60)
    second = await scene.house.add_waiting("psid-2")
    await scene.desk.step()
    assert (await scene.see(second)).offered_to == lan
    await scene.presence(lan, PresenceStatus.OFFLINE)
    await scene.desk.step()
    states = {i: await scene.see(i) for i in (first, second)}
    assert {s.status for s in states.values()} == {ConversationStatus.WAITING}
    assert states[first].last_agent_id == lan
    minh = await scene.house.add_agent("Minh", capacity=1)
    await scene.presence(minh, PresenceStatus.AWAY)
    await scene.presence(minh, PresenceStatus.AVAILABLE)
    await scene.desk.step()
    assert (await scene.see(first)).offered_to == minh
    assert (await scene.see(second)).status is ConversationStatus.WAITING


async def test_away_keeps_what_is_accepted_and_gives_back_what_is_only_offered(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", capacity=2)
    kept, offered = [await scene.house.add_waiting(f"psid-{i}") for i in range(2)]
    await scene.desk.step()
    await scene.act(commands.accept, kept, lan)
    await scene.presence(lan, PresenceStatus.AWAY)
    await scene.desk.step()
    assert (await scene.see(kept)).owner_id == lan
    assert (await scene.see(offered)).status is ConversationStatus.WAITING


async def test_the_router_of_every_pool_hears_of_presence_and_of_room(scene: Scene) -> None:
    pool = next(name for name in map(str, range(100)) if partition_of(name, 6) != partition_of("main", 6))
    lan = await scene.house.add_agent("Lan", capacity=1)
    async with scene.units.begin() as work:
        await work.connection.execute(sa.update(tables.queues).values(pool=pool))
        await work.commit()
    desk = await Desk.open(scene.units, RoutingLog(scene.units, index=partition_of(pool, 6)), "router-2")
    await desk.step()
    ids = [await scene.house.add_waiting(f"psid-{n}") for n in range(2)]
    await scene.presence(lan, PresenceStatus.BUSY)
    await scene.presence(lan, PresenceStatus.AVAILABLE)
    async with scene.units.begin() as work:
        await commands.tell_routers(work, *[commands.arrived(await scene.see(i)) for i in ids])
        await work.commit()
    await desk.step()
    assert (await scene.see(ids[0])).offered_to == lan
    await scene.act(commands.accept, ids[0], lan)
    await scene.act(commands.resolve, ids[0], lan)
    await scene.desk.step()
    await desk.step()
    assert (await scene.see(ids[1])).offered_to == lan
    await scene.presence(lan, PresenceStatus.AWAY)
    await desk.step()
    assert (await scene.see(ids[1])).status is ConversationStatus.WAITING


async def test_a_router_that_was_replaced_while_paused_decides_nothing(scene: Scene) -> None:
    await scene.house.add_agent("Lan")
    conversation_id = await scene.house.add_waiting("psid-1")
    await Desk.open(scene.units, RoutingLog(scene.units, index=scene.desk.partition.index), "router-2")
    with pytest.raises(LeaseLost):
        await scene.desk.step()
    assert (await scene.see(conversation_id)).status is ConversationStatus.WAITING


async def test_a_restarted_router_knows_its_offers_and_loads(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", capacity=1)
    first = await scene.house.add_waiting("psid-1")
    second = await scene.house.add_waiting("psid-2")
    await scene.desk.step()
    desk = await Desk.open(scene.units, RoutingLog(scene.units, index=scene.desk.partition.index), "router-2")
    await desk.step()
    assert (await scene.see(first)).offered_to == lan
    assert (await scene.see(second)).status is ConversationStatus.WAITING
    scene.clock.advance(21)
    await desk.step()
    states = [(await scene.see(i)).offered_to for i in (first, second)]
    assert states == [None, lan], "the one that rang out is not offered to the same agent again at once"


async def test_of_many_who_take_one_conversation_at_once_exactly_one_gets_it(scene: Scene) -> None:
    agents = [await scene.house.add_agent(f"A{i}") for i in range(6)]
    conversation_id = await scene.house.add_waiting("psid-1")
    outcomes = await asyncio.gather(
        *(scene.act(commands.take, conversation_id, agent) for agent in agents), return_exceptions=True
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert all(outcome is None or isinstance(outcome, Conflict) for outcome in outcomes)


async def test_an_agent_who_takes_work_while_offline_is_busy_and_keeps_it(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", status=PresenceStatus.OFFLINE)
    taken, waiting = [await scene.house.add_waiting(f"psid-{i}") for i in range(2)]
    await scene.act(commands.take, taken, lan)
    await scene.desk.step()
    assert (await scene.see(taken)).owner_id == lan
    assert (await scene.see(waiting)).status is ConversationStatus.WAITING, "busy: no offers"


async def test_taking_many_at_once_never_exceeds_capacity(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", capacity=2)
    ids = [await scene.house.add_waiting(f"psid-{i}") for i in range(6)]
    outcomes = await asyncio.gather(*(scene.act(commands.take, i, lan) for i in ids), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 2
    async with scene.units.database.reading() as connection:
        rows = await routing.agent_rows(connection, [lan], clock=scene.clock)
    assert rows[lan].load == 2


async def test_a_reopened_conversation_is_its_agents_again(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.act(commands.take, conversation_id, lan)
    await scene.act(commands.resolve, conversation_id, lan)
    closed = await scene.see(conversation_id)
    assert (closed.status, closed.closed_reason, closed.owner_id) == (ConversationStatus.CLOSED, "resolved", None)
    await scene.act(commands.reopen, conversation_id, lan)
    assert (await scene.see(conversation_id)).owner_id == lan


async def test_every_change_has_its_number_without_holes(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    await scene.act(commands.accept, conversation_id, lan)
    await scene.act(commands.release, conversation_id, lan)
    async with scene.units.database.reading() as connection:
        rows = (
            await connection.execute(sa.select(log.c.value, log.c.type).where(log.c.topic == "conversations"))
        ).all()
    seqs = [decode(r.type, r.value).data.conversation.seq for r in rows]  # type: ignore[attr-defined]  # of that topic
    assert seqs == [1, 2, 3, 4]
