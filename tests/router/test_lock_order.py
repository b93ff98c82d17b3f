"""Who changes several conversations and agents at once locks them in one order, so that no two wait for each other.
On PostgreSQL: SQLite has one writer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from hub.bus.base import partition_of
from hub.clock import ManualClock
from hub.events import ConversationStatus
from hub.ids import AgentId, ConversationId, EventId
from router.automation.engine import carry_out, rules_of
from router.automation.triggers import Occasion
from router.plan.automation import Automation, AutomationRule, Close
from router.plan.book import Plans
from router.service import Desk
from storage import conversations as conversation_store
from storage import routing, tables
from storage.unit_of_work import Units
from tests.builders import House, build_house
from tests.databases import opened
from tests.router.test_service import RoutingLog

PATIENCE_S = 20.0


@pytest.fixture
async def units(
    fresh_postgres_database: Callable[..., str], schema_template: str, clock: ManualClock
) -> AsyncIterator[Units]:
    async with opened(fresh_postgres_database(template=schema_template), clock) as made:
        yield made


@dataclass
class Shop:
    house: House
    units: Units

    async def give(self, conversation_id: ConversationId, agent_id: AgentId, **values: object) -> None:
        change = sa.update(tables.conversations).where(tables.conversations.c.id == conversation_id)
        async with self.units.begin() as work:
            await work.connection.execute(change.values(status="assigned", owner_id=agent_id, **values))
            await work.commit()

    async def somebody_waits_for_a_lock(self) -> None:
        waiting = sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with asyncio.timeout(PATIENCE_S):
            while True:
                async with self.units.database.reading() as connection:
                    if (await connection.execute(waiting)).scalar_one():
                        return
                await asyncio.sleep(0.01)


@pytest.fixture
async def shop(units: Units) -> Shop:
    return Shop(await build_house(units), units)


async def test_the_router_locks_no_conversation_after_it_locked_an_agent(shop: Shop, clock: ManualClock) -> None:
    lan, minh = await shop.house.add_agent("Lan"), await shop.house.add_agent("Minh")
    put_off, waiting = await shop.house.add_waiting("psid-1"), await shop.house.add_waiting("psid-2")
    await shop.give(put_off, lan, snoozed_until=clock.now())
    desk = await Desk.open(shop.units, RoutingLog(shop.units, index=partition_of("main", 6)), "router-1")
    async with shop.units.begin() as somebody:
        await conversation_store.lock(somebody.connection, [waiting])
        stepping = asyncio.create_task(desk.step())  # wakes one for Lan, offers the other
        await shop.somebody_waits_for_a_lock()
        await routing.lock_agents(somebody.connection, [lan, minh])
        await somebody.commit()
    await stepping
    async with shop.units.database.reading() as connection:
        after = await routing.by_ids(connection, [put_off, waiting])
    assert (after[put_off].snoozed_until, after[put_off].owner_id) == (None, lan)
    assert after[waiting].status is ConversationStatus.OFFERED


async def test_rules_wait_for_all_whose_work_they_end_before_they_write_of_any(shop: Shop, clock: ManualClock) -> None:
    agents = [await shop.house.add_agent(name) for name in ("Lan", "Minh")]
    ids = [await shop.house.add_waiting(f"psid-{n}") for n in range(2)]
    for conversation_id, agent_id in zip(ids, agents, strict=True):
        await shop.give(conversation_id, agent_id)
    rule = AutomationRule(id="r", name="Đóng", on="conversation_opened", then=(Close(),))
    the = Plans(automation=Automation(rules=(rule,)))
    occasions = [Occasion("conversation_opened", EventId(i), "opened", clock.now(), i) for i in ids]

    async def close_all() -> int:
        async with shop.units.begin() as work:
            done = await carry_out(work, the, rules_of(the), occasions)
            await work.commit()
        return done

    async with shop.units.begin() as somebody:
        await routing.lock_agents(somebody.connection, agents)
        closing = asyncio.create_task(close_all())
        await shop.somebody_waits_for_a_lock()
        await routing.touch_idle(somebody.connection, agents, clock.now())
        await somebody.commit()
    assert await closing == 2
