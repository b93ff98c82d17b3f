"""Who writes while the queue is closed is told so, once per closed spell, and still waits for a person."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import ManualClock
from hub.events import CONVERSATIONS, Author, Channel, MessageReceived, ReplyRequested, decode, wrap
from hub.ids import ChannelAccountId, ConversationId
from identity.service import Resolver
from router import commands
from router.after_hours import AfterHours
from router.promising import Promising
from storage import conversations as conversation_store
from storage import plans, queues, tables
from storage.tables import log, touchpoints
from storage.unit_of_work import Units
from tests.builders import House, build_house

CLOSED = "Shop nghỉ rồi ạ, {opens_at} mở cửa lại."
WEEK = [[{"opens": "08:00", "closes": "17:00"}]] * 6 + [[]]


@dataclass
class Scene:
    units: Units
    clock: ManualClock
    house: House
    desk: AfterHours
    at: int = -1
    written: int = 0

    async def set_up(self, **settings: Any) -> None:
        calendar = {"id": "shop", "name": "Shop", "week": WEEK, "vietnamese_holidays": False}
        async with self.units.begin() as work:
            await plans.put(work, "hours", {"calendars": [calendar]}, seen=0, by=None)
            given = {"calendar": "shop", "out_of_hours_reply": CLOSED} | settings
            await queues.change(work, self.house.queue_id, seen=1, settings=given)
            await work.commit()
        self.clock.advance(3)

    async def until(self, local: str) -> None:
        then = datetime.fromisoformat(local).replace(tzinfo=UTC) - timedelta(hours=7)
        self.clock.advance((then - self.clock.now()).total_seconds())

    async def write(self, who: str = "p1") -> None:
        """A customer's message, through identity; then the desk hears everything new, twice."""
        self.written += 1
        message = MessageReceived(
            channel=Channel.FACEBOOK,
            account_id=ChannelAccountId("fb-main"),
            identity=who,
            occurred_at=self.clock.now(),
            dedupe_key=f"m{self.written}",
            provider_message_id=f"m{self.written}",
            text="Shop ơi",
        )
        async with self.units.begin() as work:
            await Resolver().handle(work, [wrap(message, self.clock)])
            await work.commit()
        await self.hear()

    async def hear(self) -> None:
        query = sa.select(log).where(log.c.topic == CONVERSATIONS, log.c.offset > self.at).order_by(log.c.offset)
        async with self.units.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        self.at = rows[-1].offset if rows else self.at
        for _ in range(2):
            async with self.units.begin() as work:
                await self.desk.handle(work, [decode(row.type, row.value) for row in rows])
                await work.commit()

    async def said(self) -> list[str]:
        query = sa.select(touchpoints.c.text).where(touchpoints.c.author == Author.SYSTEM.value)
        async with self.units.database.reading() as connection:
            return [row.text for row in await connection.execute(query.order_by(touchpoints.c.number))]

    async def conversation_id(self) -> ConversationId:
        async with self.units.database.reading() as connection:
            found: ConversationId = (await connection.execute(sa.select(tables.conversations.c.id))).scalar_one()
        return found


@pytest.fixture
async def scene(units: Units, clock: ManualClock) -> Scene:
    return Scene(units, clock, await build_house(units), AfterHours(Promising()))


async def test_who_writes_at_night_is_told_once_and_again_the_next_night(scene: Scene) -> None:
    await scene.set_up()
    await scene.until("2026-11-23T20:00")
    await scene.write()
    await scene.write()
    assert await scene.said() == ["Shop nghỉ rồi ạ, 08:00 24/11 mở cửa lại."]
    async with scene.units.database.reading() as connection:
        found = await conversation_store.find(connection, await scene.conversation_id())
        asked = await connection.execute(sa.select(log).where(log.c.type == ReplyRequested.TYPE))
    assert found is not None
    assert found.waiting_since == scene.clock.now(), "the customer waits for a person as before"
    assert len(asked.all()) == 1
    await scene.until("2026-11-24T09:00")
    await scene.write()
    assert len(await scene.said()) == 1
    await scene.until("2026-11-24T21:00")
    await scene.write()
    assert (await scene.said())[1:] == ["Shop nghỉ rồi ạ, 08:00 25/11 mở cửa lại."]
    await scene.write("p2")
    assert len(await scene.said()) == 3, "each conversation for itself"


async def test_a_queue_without_hours_or_words_says_nothing(scene: Scene) -> None:
    await scene.set_up(out_of_hours_reply=None)
    await scene.until("2026-11-23T20:00")
    await scene.write()
    assert await scene.said() == []


async def test_who_talks_with_an_agent_late_is_not_told_that_nobody_is_there(scene: Scene) -> None:
    await scene.set_up()
    await scene.until("2026-11-23T16:59")
    await scene.write()
    agent_id = await scene.house.add_agent("An")
    async with scene.units.begin() as work:
        conversation_id = await scene.conversation_id()
        await commands.take(work, conversation_id, agent_id)
        await work.connection.execute(sa.update(tables.conversations).values(agent_active_at=scene.clock.now()))
        await work.commit()
    await scene.until("2026-11-23T17:10")
    await scene.write()
    assert await scene.said() == []
    await scene.until("2026-11-23T19:00")
    await scene.write()
    assert len(await scene.said()) == 1


async def test_what_the_rules_have_yet_to_place_is_told_by_the_queue_it_comes_to(scene: Scene) -> None:
    await scene.set_up()
    rule = {"id": "all", "name": "All", "queue_id": str(scene.house.queue_id)}
    async with scene.units.begin() as work:
        await plans.put(work, "rules", {"rules": [rule]}, seen=0, by=None)
        await work.commit()
    await scene.until("2026-11-23T20:00")
    await scene.write()
    assert await scene.said() == []
    async with scene.units.begin() as work:
        await work.connection.execute(sa.update(tables.conversations).values(route={"since": "2026-11-23T13:00:00Z"}))
        await work.commit()
    await scene.write()
    assert len(await scene.said()) == 1
