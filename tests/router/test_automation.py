"""Automation rules, on both databases: each does what it says once, whatever comes twice, late or out of order."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from pydantic import HttpUrl

from hub.clock import ManualClock
from hub.events import (
    Author,
    Channel,
    ConversationLabelled,
    ConversationOpened,
    ConversationStatus,
    Delivery,
    DeliveryState,
    Envelope,
    EventData,
    PresenceStatus,
    TouchpointAdded,
    decode,
)
from hub.ids import AgentId, ConversationId, QueueId, TouchpointId, new_id
from router.automation import silence
from router.automation.dry_run import dry_run
from router.automation.engine import RUNS_PER_HOUR, carry_out, rules_of
from router.automation.triggers import occasion_of
from router.automation.trimming import Trimming
from router.plan.automation import (
    AddTags,
    AssignTo,
    Automation,
    AutomationRule,
    CallWebhook,
    Close,
    MoveToQueue,
    RemoveTags,
    SendReply,
    SetLifecycle,
    SetPriority,
    Snooze,
)
from router.plan.book import Plans
from router.plan.rules import Conditions
from storage import automation as automation_store
from storage import conversations as conversation_store
from storage import plans as plan_store
from storage import tables
from storage.automation import Run
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.touchpoints import Touchpoint
from storage.unit_of_work import Units
from tests.builders import House, build_house, insert

Events = Sequence[Envelope[EventData]]


@pytest.fixture
async def house(units: Units) -> House:
    return await build_house(units)


def rule(*then: Any, named: str = "r", on: Any = "customer_message", **more: Any) -> AutomationRule:
    return AutomationRule(id=named, name=f"Luật {named}", on=on, then=then, **more)


def plans(*rules: AutomationRule) -> Plans:
    return Plans(automation=Automation(rules=rules))


async def run(units: Units, the: Plans, events: Events) -> int:
    """As the consumer does, in one transaction."""
    rules = rules_of(the)
    occasions = [one for event in events if (one := occasion_of(event)) is not None and one.trigger in rules]
    async with units.begin() as work:
        runs = await carry_out(work, the, rules, occasions)
        await work.commit()
    return runs


async def says(house: House, conversation_id: ConversationId, text: str, author: Author = Author.CUSTOMER) -> Events:
    """Its customer, or an agent; the events of it."""
    async with house.units.begin() as work:
        conversation = (await conversation_store.lock(work.connection, [conversation_id]))[conversation_id]
        now = work.clock.now()
        is_ours = author is Author.BUSINESS
        entry = Touchpoint(
            id=TouchpointId(new_id()), conversation_id=conversation_id, identity_id=conversation.identity_id,
            channel=Channel.FACEBOOK, account_id=house.account_id, author=author, occurred_at=now, accepted_at=now,
            text=text, agent_id=conversation.owner_id if is_ours else None,
            delivery=Delivery(state=DeliveryState.SENT, changed_at=now) if is_ours else None,
        )  # fmt: skip
        if is_ours:
            conversation.waiting_since = None
        else:
            conversation.waiting_since = conversation.waiting_since or now
            update = sa.update(tables.channel_identities).where(
                tables.channel_identities.c.id == conversation.identity_id
            )
            await work.connection.execute(update.values(last_inbound_at=now))
        changes = ChangeSet(work)
        entry.identity_seq = (await changes.next_identity_seqs({entry.identity_id: 1}))[entry.identity_id]
        changes.add(conversation, entry)
        await changes.flush()
        await work.commit()
        return list(work.published)


async def put_plan(units: Units, the: Plans) -> None:
    async with units.begin() as work:
        await plan_store.put(work, "automation", the.automation.model_dump(mode="json"), seen=0, by=None)
        await work.commit()


async def stored(units: Units, conversation_id: ConversationId) -> Conversation:
    async with units.database.reading() as connection:
        found = await conversation_store.find(connection, conversation_id)
    assert found is not None
    return found


async def runs_of(units: Units, **query: Any) -> list[Run]:
    """Oldest first."""
    async with units.database.reading() as connection:
        return (await automation_store.page(connection, **query))[::-1]


async def published(units: Units, *types: str) -> Events:
    async with units.database.reading() as connection:
        query = sa.select(tables.log.c.type, tables.log.c.value).order_by(tables.log.c.offset)
        return [decode(row.type, row.value) for row in await connection.execute(query) if row.type in types]


async def test_a_rule_does_all_that_it_says_in_order(house: House, units: Units) -> None:
    conversation_id = await house.add_waiting("c")
    warranty = plans(
        rule(
            AddTags(tags=("bảo hành",)), SetPriority(priority=1), SetLifecycle(lifecycle="warranty"),
            SendReply(text="Chào {customer_name}, shop nhận tin rồi ạ."), CallWebhook(url=HttpUrl("https://crm.example/h")),
            when=Conditions(words=("bao hanh",)),
        )
    )  # fmt: skip
    assert await run(units, warranty, await says(house, conversation_id, "Máy còn Bảo Hành không shop")) == 1
    after = await stored(units, conversation_id)
    assert (after.tags, after.priority, after.lifecycle) == (("bảo hành",), 1, "warranty")
    [one] = await runs_of(units)
    assert (one.outcome, [action["outcome"] for action in one.actions]) == ("done", ["done"] * 5)
    async with units.database.reading() as connection:
        [call] = (await connection.execute(sa.select(tables.webhook_calls))).all()
        [text] = (
            await connection.execute(
                sa.select(tables.touchpoints.c.text).where(tables.touchpoints.c.author == Author.SYSTEM.value)
            )
        ).scalars()
    assert text == "Chào anh/chị, shop nhận tin rồi ạ."
    told = orjson.loads(call.body)
    assert told["rule"]["id"] == "r"
    assert told["conversation"]["tags"] == ["bảo hành"]  # as after the actions before


async def test_what_does_not_fit_leaves_no_trace(house: House, units: Units) -> None:
    conversation_id = await house.add_waiting("c")
    before = await stored(units, conversation_id)
    other = rule(AddTags(tags=("x",)), when=Conditions(words=("bao hanh",)))
    off = rule(AddTags(tags=("x",)), named="off", active=False)
    later = await says(house, conversation_id, "Chào shop")
    assert await run(units, plans(other, off), later) == 0
    assert await runs_of(units) == []
    assert (await stored(units, conversation_id)).tags == before.tags


async def test_the_same_events_again_in_any_order_change_nothing(house: House, units: Units) -> None:
    ids = [await house.add_waiting(f"c{n}") for n in range(4)]
    events = [event for n, one in enumerate(ids) for event in await says(house, one, f"tin {n}")]
    the = plans(rule(AddTags(tags=("a",)), SendReply(text="Dạ")), rule(SetPriority(priority=2), named="s"))
    random.Random(7).shuffle(events)
    assert await run(units, the, [*events, *events]) == 8
    for seed in range(3):
        again = list(events)
        random.Random(seed).shuffle(again)
        assert await run(units, the, again) == 0
    assert len(await published(units, ConversationLabelled.TYPE)) == 8
    async with units.database.reading() as connection:
        assert len((await connection.execute(sa.select(tables.reply_queue))).all()) == 4


async def test_a_later_rule_sees_what_an_earlier_one_did(house: House, units: Units) -> None:
    conversation_id = await house.add_waiting("c")
    first = rule(AddTags(tags=("VIP",)), named="first")
    second = rule(SetPriority(priority=2), named="second", when=Conditions(tags=("vip",)))
    assert await run(units, plans(first, second), await says(house, conversation_id, "Alo")) == 2
    assert (await stored(units, conversation_id)).priority == 2
    fresh = await house.add_waiting("d")
    assert await run(units, plans(second, first), await says(house, fresh, "Alo")) == 1
    assert (await stored(units, fresh)).priority == 0


async def test_what_cannot_be_done_is_told_and_the_rest_is_done(house: House, units: Units) -> None:
    lan = await house.add_agent("Lan", capacity=1)
    held, free = await house.add_waiting("held"), await house.add_waiting("free")
    away = await house.add_agent("Minh", status=PresenceStatus.AWAY)
    to_lan = plans(rule(AssignTo(agent_id=lan), AddTags(tags=("x",))))
    assert await run(units, to_lan, await says(house, held, "1")) == 1
    assert (await stored(units, held)).owner_id == lan
    assert await run(units, to_lan, await says(house, free, "2")) == 1
    after = await stored(units, free)
    assert (after.status, after.tags) == (ConversationStatus.WAITING, ("x",))
    await run(units, plans(rule(AssignTo(agent_id=away), named="away")), await says(house, free, "3"))
    await run(units, plans(rule(MoveToQueue(queue_id=QueueId(new_id())), named="gone")), await says(house, free, "4"))
    assert [(r.outcome, [a["detail"] for a in r.actions]) for r in await runs_of(units)] == [
        ("done", [None, None]),
        ("failed", ["agent_full", None]),
        ("failed", ["agent_away"]),
        ("failed", ["queue_unknown"]),
    ]
    assert (await stored(units, free)).seq == after.seq + 2  # the two messages, nothing of what failed


async def test_capacity_holds_whatever_rules_say_at_once(house: House, units: Units) -> None:
    lan = await house.add_agent("Lan", capacity=2)
    events = [e for n in range(5) for e in await says(house, await house.add_waiting(f"c{n}"), "Alo")]
    assert await run(units, plans(rule(AssignTo(agent_id=lan))), events) == 5
    async with units.database.reading() as connection:
        query = sa.select(sa.func.count()).where(tables.conversations.c.owner_id == lan)
        assert (await connection.execute(query)).scalar_one() == 2


async def test_rules_set_each_other_off_once_and_no_deeper(house: House, units: Units) -> None:
    """R1 assigns; the assignment sets R2 off, which closes; the closing would set R3 off."""
    lan = await house.add_agent("Lan")
    conversation_id = await house.add_waiting("c")
    the = plans(
        rule(AssignTo(agent_id=lan), named="r1"),
        rule(Close(), named="r2", on="assigned"),
        rule(AddTags(tags=("x",)), named="r3", on="resolved"),
    )
    await run(units, the, await says(house, conversation_id, "Alo"))
    for _ in range(3):  # everything that was ever said, again and again
        kinds = ("hub.conversation_assigned.v1", "hub.conversation_closed.v1")
        await run(units, the, await published(units, *kinds))
    assert [(r.rule_id, r.depth, r.outcome, r.detail) for r in await runs_of(units)] == [
        ("r1", 0, "done", None),
        ("r2", 1, "done", None),
        ("r3", 2, "skipped", "too_deep"),
    ]


async def test_no_conversation_sees_more_than_so_many_runs_an_hour(
    house: House, units: Units, clock: ManualClock
) -> None:
    conversation_id = await house.add_waiting("c")
    the = plans(rule(AddTags(tags=("x",))))
    for n in range(RUNS_PER_HOUR + 3):
        await run(units, the, await says(house, conversation_id, f"{n}"))
    outcomes = [r.outcome for r in await runs_of(units, limit=100)]
    assert outcomes == ["done"] * RUNS_PER_HOUR + ["skipped"]  # said once, not three times
    clock.advance(3601)
    await run(units, the, await says(house, conversation_id, "sau một giờ"))
    assert (await runs_of(units, limit=100))[-1].outcome == "done"


async def test_what_is_old_or_closed_is_left_alone(house: House, units: Units, clock: ManualClock) -> None:
    conversation_id = await house.add_waiting("c")
    old = await says(house, conversation_id, "hôm kia")
    clock.advance(25 * 3600)
    the = plans(rule(SendReply(text="Dạ")), rule(Close(disposition="done"), named="close", on="agent_reply"))
    await run(units, the, old)
    answered = await says(house, conversation_id, "Dạ", Author.BUSINESS)
    late = await says(house, conversation_id, "muộn")
    await run(units, the, answered)
    await run(units, the, late)
    assert [(r.outcome, r.detail) for r in await runs_of(units)] == [
        ("skipped", "too_old"), ("done", None), ("skipped", "closed"),
    ]  # fmt: skip


async def test_snooze_and_moving_go_the_way_of_hands(house: House, units: Units, clock: ManualClock) -> None:
    elsewhere = QueueId(new_id())
    async with units.begin() as work:
        await insert(
            work, tables.queues, id=elsewhere, pool="main", name="Bảo hành", offer_s=20, created_at=clock.now()
        )
        await work.commit()
    conversation_id = await house.add_waiting("c")
    the = plans(rule(MoveToQueue(queue_id=elsewhere), Snooze(for_s=600), RemoveTags(tags=("không có",))))
    await run(units, the, await says(house, conversation_id, "Alo"))
    after = await stored(units, conversation_id)
    assert (after.queue_id, after.snoozed_until) == (elsewhere, clock.now() + timedelta(seconds=600))
    [one] = await runs_of(units)
    assert [action["outcome"] for action in one.actions] == ["done", "done", "same"]


async def served(house: House, name: str, lan: AgentId) -> ConversationId:
    """Lan has answered."""
    conversation_id = await house.add_waiting(name)
    async with house.units.begin() as work:
        update = sa.update(tables.conversations).where(tables.conversations.c.id == conversation_id)
        await work.connection.execute(update.values(owner_id=lan, status="assigned", queued_at=None))
        await work.commit()
    await says(house, conversation_id, "Dạ có ạ", Author.BUSINESS)
    return conversation_id


async def test_silence_is_noticed_once_and_after_its_time(house: House, units: Units, clock: ManualClock) -> None:
    lan = await house.add_agent("Lan", capacity=9)
    before = await served(house, "trước", lan)
    clock.advance(7200)
    the = plans(rule(AddTags(tags=("im lặng",)), on="silent", silent_s=3600))
    assert await silence.look(units, the) is False  # begins now: whoever was silent before is left in peace
    quiet, talks = await served(house, "im", lan), await served(house, "nói", lan)
    clock.advance(1800)
    await says(house, talks, "Em hỏi thêm")
    clock.advance(1799)
    await silence.look(units, the)
    assert await runs_of(units) == []
    clock.advance(1)
    for _ in range(3):
        await silence.look(units, the)
    assert [r.conversation_id for r in await runs_of(units)] == [quiet]
    await says(house, quiet, "Chị còn cần gì không", Author.BUSINESS)
    clock.advance(3600)
    await silence.look(units, the)
    assert [r.conversation_id for r in await runs_of(units)] == [quiet, quiet]
    assert (await stored(units, before)).tags == ()


async def test_many_who_fall_silent_at_one_moment_are_all_found(
    house: House, units: Units, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "AT_ONCE", 3)
    lan = await house.add_agent("Lan", capacity=99)
    the = plans(rule(AddTags(tags=("x",)), on="silent", silent_s=60))
    await silence.look(units, the)
    for n in range(10):
        await served(house, f"c{n}", lan)
        if n % 4 == 3:
            clock.advance(1)
    clock.advance(60)
    while await silence.look(units, the):
        pass
    assert len({r.conversation_id for r in await runs_of(units)}) == 10


async def test_what_rules_did_is_forgotten_after_its_time_and_nothing_is_done_again(
    house: House, units: Units, clock: ManualClock
) -> None:
    the = plans(rule(AddTags(tags=("a",))), rule(Close(), named="s", on="silent", silent_s=60))
    await put_plan(units, the)
    conversation_id = await house.add_waiting("psid-1")
    async with units.begin() as work:
        for gone_rule in ("s", "long-gone"):
            await automation_store.put_looked_until(work, gone_rule, clock.now())
        await work.commit()
    old = [*await says(house, conversation_id, "1"), *await says(house, conversation_id, "2")]
    assert await run(units, the, old) == 2
    clock.advance(89 * 86_400)
    recent = await says(house, conversation_id, "3")
    await run(units, the, recent)
    trimming = Trimming(units, keep=timedelta(days=90))
    assert await trimming.trim(step=1) == 0
    clock.advance(86_400 + 60)
    assert await trimming.trim(step=1) == 2
    assert [one.event_id for one in await runs_of(units)] == [recent[0].id]
    async with units.database.reading() as connection:
        assert set(await automation_store.looked_until(connection)) == {"s"}, "it still looks, if late"
    before = await stored(units, conversation_id)
    await run(units, the, old)
    assert (await stored(units, conversation_id)).seq == before.seq


async def test_an_opened_conversation_is_an_occasion(house: House, units: Units) -> None:
    conversation_id = await house.add_waiting("c")
    greeting = plans(rule(AddTags(tags=("mới",)), on="conversation_opened"))
    await run(units, greeting, await published(units, ConversationOpened.TYPE, TouchpointAdded.TYPE))
    assert (await stored(units, conversation_id)).tags == ("mới",)


async def test_a_dry_run_tells_what_would_have_been_and_does_nothing(
    house: House, units: Units, clock: ManualClock
) -> None:
    lan = await house.add_agent("Lan", capacity=9)
    one, other = await house.add_waiting("c"), await served(house, "d", lan)
    await says(house, one, "Máy còn bảo hành không")
    await says(house, one, "Alo shop")
    await says(house, other, "Bảo hành ở đâu ạ")
    clock.advance(3600)
    bound = clock.now() - timedelta(days=1)

    async def tried(draft: AutomationRule) -> tuple[int, int, int]:
        async with units.database.reading() as connection:
            report = await dry_run(connection, clock, plans(), draft, bound)
        assert len(report.examples) == min(report.fitting, 20)
        assert report.is_complete
        return report.events, report.fitting, report.fitting_conversations

    about = Conditions(words=("bao hanh",))
    assert await tried(rule(AddTags(tags=("x",)), when=about)) == (3, 2, 2)
    assert await tried(rule(AddTags(tags=("x",)), on="agent_reply")) == (1, 1, 1)
    assert await tried(rule(AddTags(tags=("x",)), on="conversation_opened")) == (2, 2, 2)
    assert await tried(rule(AddTags(tags=("x",)), on="silent", silent_s=60)) == (0, 0, 0)  # the customer answered
    assert await tried(rule(AddTags(tags=("x",)), on="sla_breached")) == (0, 0, 0)
    assert await runs_of(units) == []
    assert (await stored(units, one)).tags == ()
