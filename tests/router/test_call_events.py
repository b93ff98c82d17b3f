"""What becomes of calls: who answered has the conversation, who is free again, who is to be called back."""

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from hub.bus.base import partition_of
from hub.calls import InLine, LiveCall, Next, Ring
from hub.clock import ManualClock
from hub.events import CallDirection, CallState, ConversationStatus, TaskState, TouchpointEvent
from hub.ids import AgentId, ChannelAccountId
from router import commands
from router.call_events import CallEvents
from router.call_sweep import Sweep
from router.calls import CallRouter
from router.service import Desk
from storage import routing, tables
from storage.calls import Call, find
from storage.conversations import Conversation
from storage.unit_of_work import Units
from tests.builders import House
from tests.identity.world import E164, World, build_world
from tests.router.test_service import RoutingLog

ACCOUNT = ChannelAccountId("hotline")


@dataclass
class Line:
    """A hotline whose PBX asks, and tells."""

    world: World
    router: CallRouter
    events: CallEvents
    units: Units
    clock: ManualClock
    telephones: dict[str, str]

    @property
    def house(self) -> House:
        return self.world.house

    async def add(self, name: str, *, idle_s: int = 60) -> AgentId:
        self.telephones[name.lower()] = f"op-{name.lower()}"
        return await self.house.add_agent(name, idle_s=idle_s)

    async def ring(self, call_id: str, who: str = E164) -> Next:
        return await self.router.ring(LiveCall(ACCOUNT, call_id, who, self.telephones))

    async def tells(self, *steps: TouchpointEvent) -> None:
        """Through identity, as each would come; then what came of it reaches us."""
        for step in steps:
            await self.world.hears(step)
            await self.follow()

    async def follow(self) -> None:
        async with self.units.begin() as work:
            await self.events.handle(work, self.world.last)
            await work.commit()

    async def step(self, call_id: str, state: CallState, agent: str | None = None, **more: object) -> None:
        ref = f"op-{agent}" if agent else None
        await self.tells(self.world.call(E164, call_id, state, agent_ref=ref, **more))  # type: ignore[arg-type]  # as given

    async def conversation(self) -> Conversation:
        return await self.world.the_conversation("hotline", E164)

    async def legs(self) -> list[tuple[AgentId, str]]:
        async with self.units.database.reading() as connection:
            rows = await connection.execute(sa.select(tables.call_legs.c.agent_id, tables.call_legs.c.state))
            return [(row.agent_id, row.state) for row in rows]

    async def tasks(self) -> list[TaskState]:
        async with self.units.database.reading() as connection:
            columns = [tables.tasks.c[name] for name in TaskState.model_fields]
            rows = await connection.execute(sa.select(*columns))
            return [TaskState.model_validate(dict(row._mapping)) for row in rows]

    async def call(self, call_id: str) -> Call:
        async with self.units.database.reading() as connection:
            found = await find(connection, (ACCOUNT, call_id))
        assert found is not None
        return found


@pytest.fixture
async def line(units: Units, clock: ManualClock) -> Line:
    telephones: dict[str, str] = {}

    async def of(_: ChannelAccountId) -> Mapping[str, str]:
        return telephones

    return Line(await build_world(units), CallRouter(units), CallEvents(of), units, clock, telephones)


async def test_whoever_answers_has_the_conversation_and_no_other_call(line: Line) -> None:
    lan = await line.add("Lan")
    assert await line.ring("call-1") == Ring("op-lan", 20)
    await line.step("call-1", CallState.OFFERED)
    await line.step("call-1", CallState.ANSWERED, "lan")
    conversation = await line.conversation()
    assert (conversation.status, conversation.owner_id) == (ConversationStatus.ASSIGNED, lan)
    assert conversation.why is not None
    assert conversation.why.code == "route.call_answered"
    assert await line.legs() == [(lan, "talking")]
    line.clock.advance(600)
    assert isinstance(await line.ring("call-2", "+84900000000"), InLine)
    await line.step("call-1", CallState.ENDED, "lan", talk_s=600)
    assert await line.legs() == []
    assert (await line.call("call-1")).state == "over"
    assert await line.ring("call-2", "+84900000000") == Ring("op-lan", 20)
    assert await line.tasks() == []


async def test_a_colleagues_conversation_stays_theirs(line: Line) -> None:
    lan, minh = await line.add("Lan", idle_s=900), await line.add("Minh", idle_s=1)
    await line.step("call-0", CallState.MISSED)
    async with line.units.begin() as work:
        await commands.take(work, (await line.conversation()).id, minh)
        await work.commit()
    await line.ring("call-1")
    await line.step("call-1", CallState.ANSWERED, "lan")
    assert (await line.conversation()).owner_id == minh
    assert (lan, "talking") in await line.legs()


async def test_a_missed_call_is_urgent_and_somebody_is_to_call_back_once(line: Line) -> None:
    await line.add("Lan")
    await line.ring("call-1")
    await line.step("call-1", CallState.OFFERED)
    await line.step("call-1", CallState.MISSED)
    await line.step("call-1", CallState.MISSED)
    await line.step("call-2", CallState.MISSED)  # they tried again
    conversation = await line.conversation()
    assert (conversation.status, conversation.priority) == (ConversationStatus.WAITING, 1)
    (task,) = await line.tasks()
    assert (task.kind, task.phone, task.conversation_id) == ("callback", E164, conversation.id)
    assert (task.queue_id, task.due_at) == (line.house.queue_id, line.clock.now())
    assert await line.legs() == []


async def test_a_call_back_is_done_when_we_reached_them(line: Line) -> None:
    await line.add("Lan")
    await line.step("call-1", CallState.MISSED)
    await line.step("call-2", CallState.ANSWERED, "lan", direction=CallDirection.OUTBOUND)
    (task,) = await line.tasks()
    assert task.state == "done"


async def test_a_caller_in_line_who_hangs_up_was_missed_though_our_texts_answered(line: Line) -> None:
    await line.add("Lan")
    await line.ring("call-1", "+84900000001")
    assert isinstance(await line.ring("call-2"), InLine)
    await line.step("call-2", CallState.ENDED, talk_s=40)
    assert [task.phone for task in await line.tasks()] == [E164]


async def test_a_withheld_number_cannot_be_called_back(line: Line) -> None:
    await line.tells(line.world.call("anonymous:call-1", "call-1", CallState.MISSED))
    assert await line.tasks() == []


async def test_nobody_is_offered_the_conversation_of_a_caller_who_rings_somebody(line: Line) -> None:
    lan = await line.add("Lan", idle_s=900)
    minh = await line.add("Minh", idle_s=1)
    partition = RoutingLog(line.units, index=partition_of("main", line.units.partitions))
    desk = await Desk.open(line.units, partition, "router-1")
    await line.ring("call-1")
    await line.step("call-1", CallState.OFFERED)
    await desk.step()
    assert (await line.conversation()).status is ConversationStatus.WAITING
    await line.step("call-1", CallState.MISSED)
    await desk.step()
    assert (await line.conversation()).status is ConversationStatus.OFFERED
    rung = await line.ring("call-2", "+84900000001")
    await desk.step()
    other = await line.house.add_waiting("psid-1")
    async with line.units.begin() as work:
        work.publish(commands.arrived((await routing.by_ids(work.connection, [other]))[other]))
        await work.commit()
    await desk.step()
    async with line.units.database.reading() as connection:
        offered = (await routing.by_ids(connection, [other]))[other]
    assert offered.offered_to == (minh if rung == Ring("op-lan", 20) else lan)  # not who is being rung


async def test_wrap_up_begins_when_the_call_is_over(line: Line) -> None:
    await line.add("Lan")
    async with line.units.begin() as work:
        await work.connection.execute(sa.update(tables.queues).values(settings={"wrap_up_s": 60}))
        await work.commit()
    await line.ring("call-1")
    await line.step("call-1", CallState.ANSWERED, "lan")
    await line.step("call-1", CallState.ENDED, "lan", talk_s=5)
    assert isinstance(await line.ring("call-2"), InLine)
    line.clock.advance(61)
    assert await line.ring("call-2") == Ring("op-lan", 20)


async def test_a_wait_is_estimated_from_the_calls_before(line: Line) -> None:
    await line.add("Lan")
    await line.ring("call-1")
    await line.step("call-1", CallState.ANSWERED, "lan")
    line.clock.advance(120)
    await line.step("call-1", CallState.ENDED, "lan", talk_s=120)
    await line.ring("call-2")
    assert await line.ring("call-3", "+84900000001") == InLine(1, 120, False)


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_and_any_repeats_leave_the_same(line: Line, seed: int) -> None:
    lan = await line.add("Lan")
    await line.ring("call-1")
    steps = [
        line.world.call(E164, "call-1", CallState.OFFERED),
        line.world.call(E164, "call-1", CallState.RINGING),
        line.world.call(E164, "call-1", CallState.ANSWERED, agent_ref="op-lan"),
        line.world.call(E164, "call-1", CallState.ENDED, agent_ref="op-lan", talk_s=30),
    ]
    random.Random(seed).shuffle(steps)
    for step in itertools.chain(steps, steps):
        await line.tells(step)
        await line.follow()
    assert await line.legs() == []
    assert (await line.call("call-1")).state == "over"
    assert await line.tasks() == []
    assert (await line.conversation()).owner_id == lan
    assert await line.ring("call-2") == Ring("op-lan", 20)


async def test_calls_whose_end_nobody_told_are_over_after_their_time_and_callers_called_back(line: Line) -> None:
    await line.add("Lan")
    async with line.units.begin() as work:
        await work.connection.execute(sa.update(tables.queues).values(settings={"callback": True}))
        await work.commit()
    await line.ring("call-1", "+84900000001")
    await line.step("call-2", CallState.OFFERED)
    await line.ring("call-2")
    await line.router.call_back(LiveCall(ACCOUNT, "call-2", E164, line.telephones))
    sweep = Sweep(line.units)
    await sweep.look()
    assert len(await line.legs()) == 1
    line.clock.advance(120)
    await sweep.look()
    assert await line.legs() == []
    assert [(await line.call(name)).state for name in ("call-1", "call-2")] == ["over", "over"]
    assert [task.phone for task in await line.tasks()] == [E164]
    line.clock.advance(25 * 3600)
    await sweep.look()
    assert await line.world.count(tables.calls) == 0
