"""The router at work with plans: placed by rules, moved on by time, weighed, assigned at once, shut at night."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.bus.base import partition_of
from hub.clock import ManualClock
from hub.errors import Conflict
from hub.events import Channel, ConversationStatus
from hub.ids import AgentId, QueueId, new_id
from identity import commands as identity_commands
from identity import editing
from identity.editing import Change
from router import commands
from router.labelling import Wish, label
from router.plan.book import LOOK_EVERY_S
from router.plan.hours import Calendar, Hours, Period
from router.plan.rules import AttributeIs, Conditions, RoutingRules, Rule, SkillWish, Step
from router.plan.work import Weights, WorkWords
from router.service import Desk
from storage import plans, tables
from storage.unit_of_work import Units
from tests.builders import build_house
from tests.router.test_service import RoutingLog, Scene


@pytest.fixture
async def scene(units: Units, clock: ManualClock) -> Scene:
    house = await build_house(units)
    desk = await Desk.open(units, RoutingLog(units, index=partition_of("main", units.partitions)), "router-1")
    return Scene(house, desk, clock, units)


async def put_plan(scene: Scene, kind: plans.Kind, plan: Any, *, seen: int = 0) -> None:
    async with scene.units.begin() as work:
        await plans.put(work, kind, plan.model_dump(mode="json"), seen=seen, by=None)
        await work.commit()
    scene.clock.advance(LOOK_EVERY_S)


async def change_agent(scene: Scene, agent_id: AgentId, queues: Sequence[QueueId] = (), **values: Any) -> None:
    async with scene.units.begin() as work:
        if values:
            query = sa.update(tables.agents).where(tables.agents.c.id == agent_id)
            await work.connection.execute(query.values(**values))
        for queue_id in queues:
            await work.connection.execute(sa.insert(tables.queue_members).values(queue_id=queue_id, agent_id=agent_id))
        await commands.refresh_agent(work, agent_id)
        await work.commit()


async def test_a_new_conversation_is_placed_by_the_first_rule_that_holds_and_says_which(scene: Scene) -> None:
    vip = await scene.house.add_queue("VIP")
    rule = Rule(id="fb", name="Fanpage", when=Conditions(channels=(Channel.FACEBOOK,)), queue_id=vip, priority=1)
    await put_plan(scene, "rules", RoutingRules(rules=(rule,)))
    lan = await scene.house.add_agent("Lan")
    await change_agent(scene, lan, [vip])
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    seen = await scene.see(conversation_id)
    assert (seen.queue_id, seen.priority, seen.offered_to) == (vip, 1, lan)
    assert seen.why is not None
    assert seen.why.params["rule"] == "Fanpage"
    assert seen.seq == 3, "opened, placed, offered"


async def test_new_rules_move_what_waits_but_not_what_a_person_placed(scene: Scene) -> None:
    vip, night = await scene.house.add_queue("VIP"), await scene.house.add_queue("Night")
    kept, moved = [await scene.house.add_waiting(f"psid-{n}") for n in range(2)]
    async with scene.units.begin() as work:
        await commands.transfer_to_queue(work, kept, None, night)
        await work.commit()
    await scene.desk.step()
    await put_plan(scene, "rules", RoutingRules(rules=(Rule(id="all", name="All", queue_id=vip),)))
    await scene.desk.step()
    assert [(await scene.see(i)).queue_id for i in (kept, moved)] == [night, vip]


async def test_a_tag_moves_what_waits_to_the_rule_that_asks_for_it_and_taking_it_off_does_not_move_it_back(
    scene: Scene,
) -> None:
    vip = await scene.house.add_queue("VIP")
    rules = (
        Rule(id="vip", name="VIP", when=Conditions(tags=("VIP",)), queue_id=vip, priority=2),
        Rule(id="all", name="All", queue_id=scene.house.queue_id),
    )
    await put_plan(scene, "rules", RoutingRules(rules=rules))
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    for wish, queue_id in ((Wish(add_tags=("vip",)), vip), (Wish(remove_tags=("vip",)), vip)):
        async with scene.units.begin() as work:
            await label(work, conversation_id, wish, None)
            await work.commit()
        await scene.desk.step()
        seen = await scene.see(conversation_id)
        assert (seen.queue_id, seen.priority) == (queue_id, 2)


async def test_what_is_written_down_of_a_customer_moves_what_waits_of_them(scene: Scene) -> None:
    vip, gold = await scene.house.add_queue("VIP"), await scene.house.add_queue("Gold")
    rules = (
        Rule(
            id="gold",
            name="Gold",
            when=Conditions(attributes=(AttributeIs(name="hang", among=("Vàng",)),)),
            queue_id=gold,
        ),
        Rule(id="vip", name="VIP", when=Conditions(tags=("VIP",)), queue_id=vip),
        Rule(id="all", name="All", queue_id=scene.house.queue_id),
    )
    await put_plan(scene, "rules", RoutingRules(rules=rules))
    one, other = [await scene.house.add_waiting(f"psid-{n}") for n in range(2)]
    await scene.desk.step()
    customer_id = (await scene.see(one)).customer_id
    for change, queue_id in ((Change(tags=("vip",)), vip), (Change(attributes={"hang": "vàng"}), gold)):
        async with scene.units.begin() as work:
            await editing.change(work, customer_id, change)
            await work.commit()
        await scene.desk.step()
        assert (await scene.see(one)).queue_id == queue_id
    async with scene.units.begin() as work:
        await identity_commands.merge_customers(
            work, (await scene.see(other)).customer_id, customer_id, AgentId(new_id())
        )
        await work.commit()
    await scene.desk.step()
    assert (await scene.see(one)).queue_id == gold
    async with scene.units.begin() as work:  # the one that stays is the older one: what it has waited for is kept
        await editing.change(work, (await scene.see(one)).customer_id, Change(attributes={"hang": None}))
        await work.commit()
    await scene.desk.step()
    assert (await scene.see(one)).queue_id == gold, "it is not moved back"


async def test_steps_widen_and_move_on_exactly_in_time_whoever_is_the_router_then(scene: Scene) -> None:
    night = await scene.house.add_queue("Night")
    steps = (Step(skills=(SkillWish(skill="en"),), wait_s=30), Step(wait_s=30), Step(queue_id=night))
    rule = Rule(id="all", name="All", queue_id=scene.house.queue_id, steps=steps)
    await put_plan(scene, "rules", RoutingRules(rules=(rule,)))
    first, second = [await scene.house.add_waiting(f"psid-{n}") for n in range(2)]
    lan = await scene.house.add_agent("Lan", capacity=1)
    await scene.desk.step()
    assert (await scene.see(first)).status is ConversationStatus.WAITING, "Lan has not the skill"
    desk = await Desk.open(scene.units, RoutingLog(scene.units, index=scene.desk.partition.index), "router-2")
    await desk.step()
    scene.clock.advance(29)
    await desk.step()
    assert (await scene.see(first)).status is ConversationStatus.WAITING
    scene.clock.advance(1)
    await desk.step()
    assert (await scene.see(first)).offered_to == lan
    scene.clock.advance(30)
    await desk.step()
    assert (await scene.see(second)).queue_id == night


async def test_mails_weigh_less_than_chats_in_offers_and_in_what_people_take(scene: Scene) -> None:
    await put_plan(scene, "work", WorkWords(weights=Weights(chat=100, email=50)))
    lan = await scene.house.add_agent("Lan", capacity=1)
    ids = [await scene.house.add_waiting(f"mail-{n}") for n in range(4)]
    async with scene.units.begin() as work:
        preview = {"channel": "email", "author": "customer", "text": "", "kind": "text", "at": "2026-11-22T00:00:00Z"}
        await work.connection.execute(sa.update(tables.conversations).values(preview=preview))
        await work.commit()
    await scene.desk.step()
    assert [(await scene.see(i)).offered_to for i in ids] == [lan, lan, None, None]
    with pytest.raises(Conflict):
        await scene.act(commands.take, ids[2], lan)
    await scene.act(commands.accept, ids[0], lan)
    await scene.act(commands.resolve, ids[0], lan)
    await scene.act(commands.take, ids[2], lan)
    assert (await scene.see(ids[2])).owner_id == lan


async def test_who_accepts_by_themselves_is_assigned_at_once(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    await change_agent(scene, lan, auto_accept=True)
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    seen = await scene.see(conversation_id)
    assert (seen.status, seen.owner_id, seen.offered_to) == (ConversationStatus.ASSIGNED, lan, None)


async def test_a_returning_customer_waits_a_minute_for_the_agent_who_is_full_then_for_nobody(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan", capacity=1)
    await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    minh = await scene.house.add_agent("Minh")
    await change_agent(scene, minh)
    returning = await scene.house.add_waiting("psid-2", last_agent_id=lan)
    scene.clock.advance(15)
    await scene.desk.step()
    assert (await scene.see(returning)).status is ConversationStatus.WAITING
    scene.clock.advance(45)
    await scene.desk.step()
    assert (await scene.see(returning)).offered_to is not None


async def test_a_queue_that_is_closed_offers_nothing_until_it_opens(scene: Scene) -> None:
    now = scene.clock.now()
    opens = (now + timedelta(hours=8)).strftime("%H:%M")
    day = (Period(opens=opens, closes="24:00"),)
    shop = Calendar(id="shop", name="Shop", zone="UTC", week=(day,) * 7, vietnamese_holidays=False)
    await put_plan(scene, "hours", Hours(calendars=(shop,)))
    async with scene.units.begin() as work:
        settings = {"calendar": "shop", "offer_out_of_hours": False}
        await work.connection.execute(sa.update(tables.queues).values(settings=settings))
        await work.commit()
    await scene.house.add_agent("Lan")
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    assert (await scene.see(conversation_id)).status is ConversationStatus.WAITING
    scene.clock.advance(8 * 3600)
    await scene.desk.step()
    assert (await scene.see(conversation_id)).status is ConversationStatus.OFFERED
