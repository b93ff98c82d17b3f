"""Reminders and call backs, on both databases: told once, whoever looks, and never lost."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from hub.clock import ManualClock
from hub.errors import BadInput, Conflict, NotFound
from hub.events import TaskChanged, TaskDue, TaskState
from hub.ids import AgentId, ConversationId, TaskId, new_id
from router import tasks
from router.reminding import tell_due
from storage import tables
from storage import tasks as task_store
from storage.tasks import Asked
from storage.unit_of_work import Units
from tests.builders import House, build_house


@pytest.fixture
async def house(units: Units) -> House:
    return await build_house(units)


async def a_task(house: House, *, in_s: int = 60, agent_id: AgentId | None = None, **more: Any) -> TaskState:
    """Stored, of a new conversation unless `conversation_id` is given."""
    conversation_id = more.pop("conversation_id", None) or await house.add_waiting(f"c{new_id()}")
    now = house.units.clock.now()
    task = TaskState(
        id=more.pop("id", TaskId(new_id())), kind=more.pop("kind", "reminder"), conversation_id=conversation_id,
        queue_id=house.queue_id, agent_id=agent_id, due_at=now + timedelta(seconds=in_s), made_at=now, **more,
    )  # fmt: skip
    async with house.units.begin() as work:
        assert await tasks.add(work, task)
        await work.commit()
    return task


async def events(units: Units, kind: str) -> list[dict[str, Any]]:
    """Data of all published events of one type, in order."""
    async with units.database.reading() as connection:
        query = sa.select(tables.log.c.value).where(tables.log.c.type == kind).order_by(tables.log.c.offset)
        return [orjson.loads(row.value)["data"] for row in await connection.execute(query)]


async def stored(units: Units, task_id: TaskId) -> TaskState:
    async with units.database.reading() as connection:
        found = await task_store.find(connection, task_id)
    assert found is not None
    return found


async def seen(units: Units, asked: Asked) -> list[TaskId]:
    async with units.database.reading() as connection:
        return [task.id for task in await task_store.page(connection, asked)]


async def test_a_task_is_told_when_its_time_comes_and_once(house: House, units: Units, clock: ManualClock) -> None:
    task = await a_task(house, in_s=60)
    assert await tell_due(units) == 0
    clock.advance(60)
    assert [await tell_due(units), await tell_due(units)] == [1, 0]
    [told] = await events(units, TaskDue.TYPE)
    assert told["task"]["id"] == str(task.id)
    assert told["conversation"]["seq"] == 3  # opened, made, due: without a hole
    assert (await stored(units, task.id)).told_at == clock.now()


async def test_two_processes_that_look_at_once_tell_each_task_once(
    house: House, units: Units, clock: ManualClock
) -> None:
    for _ in range(10):
        await a_task(house, in_s=1)
    clock.advance(1)
    await asyncio.gather(*(tell_due(units) for _ in range(4)))
    assert len(await events(units, TaskDue.TYPE)) == 10


async def test_a_task_is_made_once_however_often_it_is_asked_for(house: House, units: Units) -> None:
    task = await a_task(house, kind="callback", phone="+84912345678")
    async with units.begin() as work:
        assert not await tasks.add(work, task)
        await work.commit()
    assert [event["change"] for event in await events(units, TaskChanged.TYPE)] == ["made"]


async def test_what_is_done_is_not_told_and_doing_it_twice_is_harmless(
    house: House, units: Units, clock: ManualClock
) -> None:
    task = await a_task(house, in_s=1)
    lan = await house.add_agent("Lan")
    for _ in range(2):
        async with units.begin() as work:
            await tasks.end(work, task.id, "done", lan)
            await work.commit()
    assert (await stored(units, task.id)).ended_at == clock.now()
    clock.advance(1)
    assert await tell_due(units) == 0
    assert [event["change"] for event in await events(units, TaskChanged.TYPE)] == ["made", "done"]


async def test_what_is_over_cannot_be_changed_and_what_is_not_there_is_not_found(house: House, units: Units) -> None:
    task = await a_task(house)
    async with units.begin() as work:
        await tasks.end(work, task.id, "cancelled", None)
        with pytest.raises(Conflict, match="task_over"):
            await tasks.end(work, task.id, "done", None)
        with pytest.raises(Conflict, match="task_over"):
            await tasks.put_off(work, task.id, work.clock.now() + timedelta(hours=1), None)
        with pytest.raises(NotFound, match="task_unknown"):
            await tasks.end(work, TaskId(new_id()), "done", None)
        await work.commit()


async def test_a_task_put_off_is_told_again_at_its_new_time(house: House, units: Units, clock: ManualClock) -> None:
    task = await a_task(house, in_s=1)
    clock.advance(1)
    await tell_due(units)
    async with units.begin() as work:
        with pytest.raises(BadInput, match="task_time_over"):
            await tasks.put_off(work, task.id, work.clock.now(), None)
        await tasks.put_off(work, task.id, work.clock.now() + timedelta(minutes=5), None)
        await work.commit()
    assert await tell_due(units) == 0
    clock.advance(300)
    assert await tell_due(units) == 1
    assert len(await events(units, TaskDue.TYPE)) == 2


async def test_who_gets_a_task_that_is_due_is_told_of_it(house: House, units: Units, clock: ManualClock) -> None:
    lan = await house.add_agent("Lan")
    task = await a_task(house, in_s=1)
    clock.advance(1)
    await tell_due(units)
    async with units.begin() as work:
        await tasks.hand_over(work, task.id, lan, house.queue_id, None)
        await work.commit()
    assert await tell_due(units) == 1
    assert [event["task"]["agent_id"] for event in await events(units, TaskDue.TYPE)] == [None, str(lan)]


async def test_everybody_sees_their_own_the_queues_and_nothing_of_other_queues(house: House, units: Units) -> None:
    lan, minh = await house.add_agent("Lan"), await house.add_agent("Minh")
    own = await a_task(house, agent_id=lan, in_s=30)
    queued = await a_task(house, in_s=20)
    hers = Asked(agent_id=lan, queue_ids=frozenset({house.queue_id}))
    stranger = Asked(agent_id=minh, queue_ids=frozenset(), view="all")
    supervisor = Asked(agent_id=minh, queue_ids=None, view="all")
    assert await seen(units, hers) == [own.id]
    assert await seen(units, Asked(agent_id=lan, queue_ids=hers.queue_ids, view="queue")) == [queued.id]
    assert await seen(units, supervisor) == [queued.id, own.id]
    assert await seen(units, stranger) == []


async def test_pages_follow_each_other_without_hole_or_double(house: House, units: Units) -> None:
    conversation: ConversationId = await house.add_waiting("c")
    made = [await a_task(house, conversation_id=conversation, in_s=60 + n // 2) for n in range(7)]
    found: list[TaskId] = []
    after = None
    for _ in range(3):
        asked = Asked(agent_id=AgentId(new_id()), queue_ids=None, view="all", after=after, limit=3)
        async with units.database.reading() as connection:
            page = (await task_store.page(connection, asked))[:3]
        found += [task.id for task in page]
        after = (page[-1].due_at, page[-1].id)
    assert found == [task.id for task in sorted(made, key=lambda task: (task.due_at, task.id))]
