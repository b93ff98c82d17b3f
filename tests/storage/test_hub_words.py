"""What the hub says by itself, on both databases."""

from datetime import timedelta

import sqlalchemy as sa

from hub.events import Author, Channel, DeliveryState
from hub.ids import ConversationId
from storage import conversations as conversation_store
from storage import hub_words, tables
from storage import touchpoints as touchpoint_store
from storage.touchpoints import Touchpoint
from storage.unit_of_work import Units
from tests.builders import House, build_house


async def written_to(house: House, conversation_id: ConversationId) -> None:
    """Its customer wrote on this channel a minute ago."""
    async with house.units.begin() as work:
        found = (await conversation_store.lock(work.connection, [conversation_id]))[conversation_id]
        at = house.units.clock.now() - timedelta(minutes=1)
        update = sa.update(tables.channel_identities).where(tables.channel_identities.c.id == found.identity_id)
        await work.connection.execute(update.values(last_inbound_at=at))
        await work.commit()


async def say(house: House, conversation_id: ConversationId, client_id: str = "hub:1") -> Touchpoint | None:
    async with house.units.begin() as work:
        conversation = (await conversation_store.lock(work.connection, [conversation_id]))[conversation_id]
        said = await hub_words.say(work, conversation, "Shop mở cửa lúc 8:00 ạ.", client_id=client_id)
        await work.commit()
    return said


async def test_the_hub_speaks_where_the_customer_wrote_and_the_customer_still_waits(units: Units) -> None:
    house = await build_house(units)
    conversation_id = await house.add_waiting("c")
    await written_to(house, conversation_id)
    said = await say(house, conversation_id)
    assert said is not None
    assert (said.author, said.channel, said.identity_seq) == (Author.SYSTEM, Channel.FACEBOOK, 1)
    async with units.database.reading() as connection:
        after = await conversation_store.find(connection, conversation_id)
        queued = (await connection.execute(sa.select(tables.reply_queue.c.touchpoint_id))).scalars().all()
        newest = await touchpoint_store.newest_of(connection, said.identity_id)
    assert after is not None
    assert after.waiting_since is not None
    assert after.preview is None
    assert queued == [said.id]
    assert newest is None  # who looks whether the customer waits does not take the hub's words for an answer


async def test_the_same_is_said_once(units: Units) -> None:
    house = await build_house(units)
    conversation_id = await house.add_waiting("c")
    await written_to(house, conversation_id)
    first, again, other = [await say(house, conversation_id, name) for name in ("hub:1", "hub:1", "hub:2")]
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.id == again.id != other.id
    assert again.delivery is not None
    assert again.delivery.state is DeliveryState.QUEUED


async def test_nothing_is_said_to_who_never_wrote(units: Units) -> None:
    house = await build_house(units)
    assert await say(house, await house.add_waiting("c")) is None
