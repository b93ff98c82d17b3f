"""Several workers at once: one person stays one customer with one conversation, and nothing is lost or doubled.

SQLite has one writer, so there the workers take turns; PostgreSQL is where they really meet.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from hub.errors import Conflict, StorageUnavailable
from hub.events import CallState, ConversationStatus, DeliveryState, Envelope, TouchpointEvent, wrap
from hub.ids import TouchpointId
from identity import commands
from identity.service import Resolver
from router import commands as router_commands
from storage import ledger, reply_queue, tables
from storage import suggestions as suggestion_store
from storage.unit_of_work import UnitOfWork
from tests.identity.world import E164, PHONE, World

TRIES = 50
FB, ZALO, WEB, CALL = ("fb-main", "p1"), ("zalo-main", "z1"), ("web", "v1"), ("hotline", E164)


async def insist(world: World, act: Callable[[UnitOfWork], Awaitable[object]]) -> None:
    """As the consume loop does: trouble that passes (a deadlock, somebody was faster) is tried again."""
    for _ in range(TRIES):
        try:
            async with world.units.begin() as work:
                await act(work)
                await work.commit()
        except StorageUnavailable:
            await asyncio.sleep(random.uniform(0.001, 0.02))
        else:
            return
    raise AssertionError("it never passed")


async def worker(world: World, batches: Sequence[Sequence[TouchpointEvent]]) -> None:
    """The resolver of another process."""
    resolver = Resolver()
    for batch in batches:
        envelopes: list[Envelope[Any]] = [wrap(event, world.units.clock) for event in batch]
        await insist(world, lambda work, envelopes=envelopes: resolver.handle(work, envelopes))  # type: ignore[misc]  # bound now


async def check_sound(world: World) -> None:
    """What no race may break."""
    ci, records = tables.channel_identities.c, tables.customers.c
    async with world.units.database.reading() as connection:
        rows = (await connection.execute(sa.select(ci.id, ci.customer_id, ci.home_customer_id))).all()
        current = {r.id: r.current_id for r in await connection.execute(sa.select(records.id, records.current_id))}
    assert current == {row.home_customer_id: row.customer_id for row in rows}
    owners = {row.id: row.customer_id for row in rows}
    for conversation in await world.open_conversations():
        assert owners[conversation.identity_id] == conversation.customer_id


async def test_the_first_messages_of_one_person_on_three_workers_make_one_customer(world: World) -> None:
    events = [world.message("fb-main", "p1", str(i)) for i in range(20)]
    await asyncio.gather(*(worker(world, [[event] for event in events[i::3]]) for i in range(3)))
    assert await world.count(tables.customers) == 1
    assert await world.count(tables.conversations) == 1
    entries = await world.timeline(*FB)
    assert sorted(t.text or "" for t in entries) == sorted(str(i) for i in range(20))
    assert sorted(t.identity_seq for t in entries) == list(range(1, 21))


async def test_the_same_batch_on_three_workers_counts_once(world: World) -> None:
    events = [world.message("fb-main", f"p{i % 4}", str(i)) for i in range(20)]
    await asyncio.gather(*(worker(world, [events]) for _ in range(3)))
    assert await world.count(tables.touchpoints) == 20
    assert await world.count(tables.customers) == 4


async def test_one_number_on_two_channels_at_once_is_one_person(world: World) -> None:
    for i in range(8):
        number = f"+8491234560{i}"
        await asyncio.gather(
            worker(world, [[world.call(number, f"c{i}", CallState.MISSED)]]),
            worker(world, [[world.message("fb-main", f"p{i}", f"số em {number}")]]),
        )
        assert await world.same_person(("hotline", number), ("fb-main", f"p{i}"))
    assert len(await world.open_conversations()) == 8
    await check_sound(world)


async def test_merges_that_meet_make_one_customer_of_three(world: World) -> None:
    agent = await world.house.add_agent("An")
    for i in range(5):
        people = [("fb-main", f"p{i}"), ("zalo-main", f"z{i}"), ("web", f"v{i}")]
        await world.hears(*(world.message(account, who) for account, who in people))
        a, b, c = [await world.customer(*person) for person in people]
        await asyncio.gather(
            insist(world, lambda work, a=a, b=b: commands.merge_customers(work, a, b, agent)),  # type: ignore[misc]
            insist(world, lambda work, b=b, c=c: commands.merge_customers(work, b, c, agent)),  # type: ignore[misc]
        )
        assert await world.same_person(*people)
        await check_sound(world)
    assert len(await world.open_conversations()) == 5


async def test_a_message_in_flight_while_a_merge_is_undone_reaches_its_person(world: World) -> None:
    agent = await world.house.add_agent("An")
    await world.hears(world.message(*FB, "a"), world.message(*ZALO, "b"))
    one, other = await world.customer(*FB), await world.customer(*ZALO)
    for i in range(5):
        merged: list[Any] = []

        async def merge(work: UnitOfWork, merged: list[Any] = merged) -> None:
            merged[:] = [await commands.merge_customers(work, one, other, agent)]

        await insist(world, merge)
        await asyncio.gather(
            insist(world, lambda work, m=merged: commands.undo_entry(work, m[0], agent)),  # type: ignore[misc]
            worker(world, [[world.message(*ZALO, f"z{i}")], [world.message(*ZALO, f"zz{i}")]]),
            worker(world, [[world.message(*FB, f"f{i}")]]),
        )
        assert not await world.same_person(FB, ZALO)
        assert len(await world.open_conversations()) == 2
        await check_sound(world)
    assert len(await world.timeline(*ZALO)) == 11
    assert len(await world.timeline(*FB)) == 6


async def test_two_agents_undo_one_entry_only_once(world: World) -> None:
    agent = await world.house.add_agent("An")
    await world.hears(world.message(*FB), world.message(*ZALO))
    one, other = await world.customer(*FB), await world.customer(*ZALO)
    made: list[Any] = []

    async def merge(work: UnitOfWork) -> None:
        made[:] = [await commands.merge_customers(work, one, other, agent)]

    await insist(world, merge)
    outcomes = await asyncio.gather(
        *(insist(world, lambda work: commands.undo_entry(work, made[0], agent)) for _ in range(2)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Conflict]
    assert not await world.same_person(FB, ZALO)
    async with world.units.database.reading() as connection:
        identity = await world.identity(*FB)
        assert len(await ledger.of_identities(connection, [identity.id])) == 2


async def test_two_agents_accept_one_suggestion_only_once(world: World) -> None:
    agent = await world.house.add_agent("An")
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message(*WEB, PHONE))
    async with world.units.database.reading() as connection:
        ((suggestion, _),) = await suggestion_store.shown_to(connection, await world.customer(*WEB))
    outcomes = await asyncio.gather(
        *(insist(world, lambda work: commands.accept_suggestion(work, suggestion.id, agent)) for _ in range(3)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Conflict, Conflict]
    assert await world.same_person(CALL, WEB)


async def test_a_message_while_its_conversation_is_resolved_is_waiting_somewhere(world: World) -> None:
    agent = await world.house.add_agent("An", capacity=50)
    for i in range(6):
        person = ("fb-main", f"p{i}")
        await world.hears(world.message(*person))
        conversation_id = (await world.the_conversation(*person)).id
        await insist(world, lambda work, c=conversation_id: router_commands.take(work, c, agent))  # type: ignore[misc]
        await asyncio.gather(
            insist(world, lambda work, c=conversation_id: router_commands.resolve(work, c, agent)),  # type: ignore[misc]
            worker(world, [[world.message(*person, "khoan đã")]]),
        )
        texts = [t.text for t in await world.timeline(*person)]
        assert texts == ["Xin chào", "khoan đã"]
        for conversation in await world.conversations():
            if conversation.status is not ConversationStatus.CLOSED:
                assert conversation.waiting_since is not None


@pytest.mark.parametrize("delay_s", [0.0, 0.002, 0.005])
async def test_a_receipt_and_the_answer_of_the_send_may_meet(world: World, delay_s: float) -> None:
    await world.hears(world.message(*FB))
    for i in range(5):
        name = f"m_{delay_s}_{i}"
        reply = await world.reply(*FB, text=name, state=DeliveryState.SENDING)

        async def answered(work: UnitOfWork, reply: TouchpointId = reply, name: str = name) -> None:
            await asyncio.sleep(delay_s)
            await reply_queue.succeed(work, reply, [name])

        receipt = world.receipt(*FB, DeliveryState.READ, name)
        await asyncio.gather(insist(world, answered), worker(world, [[receipt]]))
        assert await world.delivery(reply) is DeliveryState.READ
    assert await world.count(tables.early_arrivals) == 0


async def test_many_workers_agents_and_numbers_leave_a_sound_register(world: World) -> None:
    agent = await world.house.add_agent("An")
    rnd = random.Random(7)
    numbers = [f"+8491234560{i}" for i in range(4)]

    def event() -> TouchpointEvent:
        who = rnd.randrange(6)
        account = rnd.choice(["fb-main", "zalo-main", "web"])
        text = rnd.choice(["chào", "còn không", f"số em {rnd.choice(numbers)}"])
        if rnd.random() < 0.2:
            return world.call(rnd.choice(numbers), f"c{rnd.randrange(20)}", rnd.choice(list(CallState)))
        return world.message(account, f"p{who}", text)

    async def undoing() -> None:
        for _ in range(6):
            await asyncio.sleep(0.02)
            async with world.units.database.reading() as connection:
                query = sa.select(tables.ledger.c.id).order_by(sa.func.random()).limit(1)
                entry_id = (await connection.execute(query)).scalar_one_or_none()
            if entry_id is not None:
                try:
                    await insist(world, lambda work, e=entry_id: commands.undo_entry(work, e, agent))  # type: ignore[misc]
                except Conflict:
                    continue

    plans = [[[event() for _ in range(5)] for _ in range(8)] for _ in range(3)]
    await asyncio.gather(*(worker(world, plan) for plan in plans), undoing())
    await check_sound(world)
    sent = sum(1 for plan in plans for batch in plan for e in batch if e.identity.startswith("p"))
    query = sa.select(sa.func.count()).where(tables.touchpoints.c.channel != "hotline")
    async with world.units.database.reading() as connection:
        assert (await connection.execute(query)).scalar_one() == sent
