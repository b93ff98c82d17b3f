"""Tags, priority, lifecycle and promised times of conversations that become one, and that part again."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.clock import ManualClock
from hub.events import CustomerChanged, SlaClock
from hub.ids import AgentId, LedgerEntryId
from identity import commands
from storage import conversations as conversation_store
from storage.changes import ChangeSet
from storage.conversations import Conversation
from tests.identity.world import World

FB, ZALO, THIRD = ("fb-main", "p1"), ("zalo-main", "z1"), ("fb-second", "q1")
Person = tuple[str, str]


def running(clock: ManualClock, due_s: float, *, policy: str = "chat", followed: int = 1) -> SlaClock:
    now = clock.now()
    due_at = now + timedelta(seconds=due_s)
    return SlaClock(target="first_response", policy=policy, started_at=now, due_at=due_at, followed=followed)


def rested(left_s: float) -> SlaClock:
    return SlaClock(target="resolution", policy="chat", due_at=None, left_s=left_s, spent_s=5.0)


def met(at: datetime) -> SlaClock:
    return SlaClock(target="first_response", policy="chat", due_at=at, met_at=at, followed=2)


async def three(world: World, clock: ManualClock) -> AgentId:
    """Three customers who wrote one after the other, each waiting; and an agent."""
    for account, who in (FB, ZALO, THIRD):
        await world.hears(world.message(account, who, "…"))
        clock.advance(60)
    return await world.house.add_agent("An")


async def shape(world: World, person: Person, **changes: Any) -> Conversation:
    found = await world.the_conversation(*person)
    async with world.units.begin() as work:
        conversation = (await conversation_store.lock(work.connection, [found.id]))[found.id]
        for name, value in changes.items():
            setattr(conversation, name, value)
        set_ = ChangeSet(work)
        set_.record(conversation, lambda state: CustomerChanged(conversation=state, customer_id=state.customer_id))
        await set_.flush()
        await work.commit()
    return conversation


async def merge(world: World, one: Person, other: Person, agent: AgentId) -> LedgerEntryId:
    a, b = await world.customer(*one), await world.customer(*other)
    async with world.units.begin() as work:
        entry_id = await commands.merge_customers(work, a, b, agent)
        await work.commit()
    return entry_id


async def undo(world: World, entry_id: LedgerEntryId, agent: AgentId) -> None:
    async with world.units.begin() as work:
        await commands.undo_entry(work, entry_id, agent)
        await work.commit()


def labels(conversation: Conversation) -> tuple[Any, ...]:
    return conversation.tags, conversation.priority, conversation.lifecycle, conversation.sla


async def test_one_conversation_has_all_tags_the_higher_priority_and_the_earlier_due_times(
    world: World, clock: ManualClock
) -> None:
    agent = await three(world, clock)
    later, sooner = running(clock, 600), running(clock, 300, policy="vip", followed=40)
    await shape(world, FB, tags=("VIP", "máy lạnh"), priority=0, sla=(later, rested(1000.0)))
    await shape(world, ZALO, tags=("máy lạnh", "gấp"), priority=2, lifecycle="warranty", sla=(sooner, rested(900.0)))
    await merge(world, FB, ZALO, agent)
    kept = await world.the_conversation(*FB)
    assert kept.tags == ("VIP", "máy lạnh", "gấp")
    assert (kept.priority, kept.lifecycle) == (2, "warranty")
    first, resolution = kept.sla
    assert (first.due_at, first.policy) == (sooner.due_at, "vip")
    assert first.followed < kept.seq, "it hears what happens from now on"
    assert first.followed > 2, "and not what happened here before"
    assert resolution.left_s == 900.0
    assert kept.sla_wake_at == sooner.due_at


async def test_one_who_still_waits_goes_before_one_who_was_answered(world: World, clock: ManualClock) -> None:
    agent = await three(world, clock)
    open_clock = running(clock, 900)
    await shape(world, FB, sla=(met(clock.now()),))
    await shape(world, ZALO, sla=(open_clock,))
    await merge(world, FB, ZALO, agent)
    assert [c.due_at for c in (await world.the_conversation(*FB)).sla] == [open_clock.due_at]


@pytest.mark.parametrize("first", [0, 1])
async def test_undo_gives_each_their_own_back_in_either_order(world: World, clock: ManualClock, first: int) -> None:
    agent = await three(world, clock)
    people = (FB, ZALO, THIRD)
    for number, person in enumerate(people):
        sla = (running(clock, 900 - 200 * number), rested(100.0 * number))
        await shape(world, person, tags=(f"t{number}",), priority=number - 1, lifecycle=f"l{number}", sla=sla)
    before = [labels(await world.the_conversation(*person)) for person in people]
    entries = [await merge(world, FB, ZALO, agent), await merge(world, FB, THIRD, agent)]
    assert (await world.the_conversation(*FB)).tags == ("t0", "t1", "t2")
    for entry_id in (entries[first], entries[1 - first]):
        await undo(world, entry_id, agent)
    after = [await world.the_conversation(*person) for person in people]
    assert [labels(conversation) for conversation in after] == before
    assert [c.sla_wake_at for c in after] == [c.sla[0].due_at for c in after]


async def test_what_was_changed_together_stays_with_the_one_that_stayed(world: World, clock: ManualClock) -> None:
    agent = await three(world, clock)
    await shape(world, FB, tags=("VIP",), sla=(running(clock, 600),))
    other = await shape(world, ZALO, tags=("gấp",), priority=2, sla=(running(clock, 300),))
    entry_id = await merge(world, FB, ZALO, agent)
    answered = met(clock.now())
    await shape(world, FB, tags=("VIP", "gấp", "đổi trả"), priority=1, sla=(answered,))
    await undo(world, entry_id, agent)
    assert labels(await world.the_conversation(*FB)) == (("VIP", "đổi trả"), 1, None, (answered,))
    assert labels(await world.the_conversation(*ZALO)) == labels(other)


@pytest.mark.parametrize("sleeper", [FB, ZALO])
async def test_undo_puts_back_to_sleep_what_the_merge_woke(world: World, clock: ManualClock, sleeper: Person) -> None:
    agent = await three(world, clock)
    until = clock.now() + timedelta(days=1)
    await shape(world, sleeper, snoozed_until=until)
    entry_id = await merge(world, FB, ZALO, agent)
    clock.advance(60)
    await shape(world, FB, snoozed_until=None)  # as the router does
    clock.advance(60)
    await undo(world, entry_id, agent)
    after = {person: (await world.the_conversation(*person)).snoozed_until for person in (FB, ZALO)}
    assert after == {FB: None, ZALO: None} | {sleeper: until}


async def test_what_slept_in_both_and_woke_sooner_sleeps_on_until_its_own_time(
    world: World, clock: ManualClock
) -> None:
    agent = await three(world, clock)
    days = [clock.now() + timedelta(days=n) for n in range(3)]
    await shape(world, FB, snoozed_until=days[2])
    await shape(world, ZALO, snoozed_until=days[1])
    entry_id = await merge(world, FB, ZALO, agent)
    assert (await world.the_conversation(*FB)).snoozed_until == days[1]
    clock.advance(86_400 + 60)
    await shape(world, FB, snoozed_until=None)
    await undo(world, entry_id, agent)
    assert (await world.the_conversation(*FB)).snoozed_until == days[2]


@pytest.mark.parametrize("who", [FB, ZALO])
async def test_who_wrote_since_the_merge_is_not_put_back_to_sleep(
    world: World, clock: ManualClock, who: Person
) -> None:
    agent = await three(world, clock)
    await shape(world, who, snoozed_until=clock.now() + timedelta(days=1))
    entry_id = await merge(world, FB, ZALO, agent)
    clock.advance(60)
    await world.hears(world.message(*who, "còn không?"))
    await undo(world, entry_id, agent)
    slept = (await world.the_conversation(*who)).snoozed_until
    assert slept is None or slept <= clock.now()


async def test_what_was_woken_by_hand_or_put_off_anew_stays_so(world: World, clock: ManualClock) -> None:
    agent = await three(world, clock)
    until = clock.now() + timedelta(days=1)
    for decided in (None, until + timedelta(days=1)):
        await shape(world, FB, snoozed_until=until)
        await shape(world, ZALO, snoozed_until=until)
        entry_id = await merge(world, FB, ZALO, agent)
        await shape(world, FB, snoozed_until=decided)
        await undo(world, entry_id, agent)
        assert (await world.the_conversation(*FB)).snoozed_until == decided
