"""Why a conversation waits, and where one would go by rules that are tried."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.bus.base import partition_of
from hub.clock import ManualClock
from hub.events import Channel, PresenceStatus
from hub.ids import AgentId, ConversationId
from router import commands
from router.facts import Facts
from router.plan.book import Plans, in_force
from router.plan.rules import Conditions, Placed, RoutingRules, Rule, SkillWish, Step
from router.service import Desk
from router.trying import attempt
from router.why import looked
from storage import tables
from storage.unit_of_work import Units
from tests.builders import build_house
from tests.router.test_service import RoutingLog, Scene

PLAIN = Facts(channel=Channel.FACEBOOK, account="fb-main")


@pytest.fixture
async def scene(units: Units, clock: ManualClock) -> Scene:
    house = await build_house(units)
    desk = await Desk.open(units, RoutingLog(units, index=partition_of("main", units.partitions)), "router-1")
    return Scene(house, desk, clock, units)


async def told(scene: Scene, conversation_id: ConversationId) -> list[tuple[str, dict[str, object]]]:
    async with scene.units.database.reading() as connection:
        conversation = await scene.see(conversation_id)
        outlook = await looked(connection, conversation, await in_force(connection), scene.clock)
    return [(why.code, dict(why.params)) for why in outlook.waits]


async def test_what_waits_says_why_whatever_the_reason_is(scene: Scene) -> None:
    first = await scene.house.add_waiting("psid-1")
    assert await told(scene, first) == [("wait.no_members", {"queue": "Chung"})]
    lan = await scene.house.add_agent("Lan", capacity=1)
    assert await told(scene, first) == [("wait.any_moment", {"agents": 1})]
    await scene.presence(lan, PresenceStatus.AWAY)
    assert await told(scene, first) == [("wait.nobody_present", {"agents": 1, "queue": "Chung"})]
    await scene.presence(lan, PresenceStatus.AVAILABLE)
    scene.clock.advance(1)
    second = await scene.house.add_waiting("psid-2")
    await scene.act(commands.take, first, lan)
    assert await told(scene, first) == [], "it does not wait"
    third = await scene.house.add_waiting("psid-3")
    ahead = ("wait.ahead", {"ahead": 1, "queue": "Chung"})
    assert await told(scene, second) == [("wait.all_full", {"agents": 1})]
    assert await told(scene, third) == [("wait.all_full", {"agents": 1}), ahead]


async def test_a_refusal_is_told_until_it_has_cooled_down(scene: Scene) -> None:
    lan = await scene.house.add_agent("Lan")
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.desk.step()
    await scene.act(commands.decline, conversation_id, lan)
    scene.clock.advance(10)
    assert await told(scene, conversation_id) == [("wait.refused", {"agents": 1, "left_s": 20})]


async def test_skills_patience_and_the_next_step_are_told(scene: Scene) -> None:
    lan, minh = await scene.house.add_agent("Lan", capacity=1), await scene.house.add_agent("Minh")
    returning = await scene.house.add_waiting("psid-1", last_agent_id=lan)
    held = await scene.house.add_waiting("psid-2")
    await scene.act(commands.take, held, lan)
    scene.clock.advance(20)
    assert await told(scene, returning) == [("wait.for_agent", {"agent": "Lan", "left_s": 40})]
    steps = (Step(skills=(SkillWish(skill="en", level=2),), wait_s=90), Step())
    since = scene.clock.now() - timedelta(seconds=30)
    await set_route(scene, returning, Placed(rule_id="r", rule_name="R", since=since, steps=steps))
    no_skill = ("wait.no_skill", {"queue": "Chung", "skills": "en ≥ 2"})
    assert await told(scene, returning) == [no_skill, ("wait.next_step", {"left_s": 60})]
    await set_skills(scene, minh, {"en": 2})
    await scene.presence(minh, PresenceStatus.AWAY)
    assert (await told(scene, returning))[0] == ("wait.no_skill_present", {"agents": 1, "skills": "en ≥ 2"})


async def test_a_try_says_which_rule_holds_what_the_others_miss_and_who_would_get_it(scene: Scene) -> None:
    vip = await scene.house.add_queue("VIP")
    lan = await scene.house.add_agent("Lan", idle_s=600)
    await scene.house.add_agent("Minh", idle_s=10)
    steps = (
        Step(skills=(SkillWish(skill="en"),), wait_s=60),
        Step(),
    )
    rules = (
        Rule(id="off", name="Off", queue_id=vip, active=False),
        Rule(id="vip", name="VIP", when=Conditions(tags=("VIP",), channels=(Channel.ZALO,)), queue_id=vip),
        Rule(id="all", name="All", queue_id=scene.house.queue_id, priority=1, steps=steps),
    )
    plans = Plans(rules=RoutingRules(rules=rules))
    async with scene.units.database.reading() as connection:
        tried = await attempt(connection, PLAIN, plans, scene.clock, at=scene.clock.now())
    assert tried is not None
    checked = [(one.rule.id, one.missing) for one in tried.checked]
    assert checked == [("off", ("active",)), ("vip", ("channels", "tags")), ("all", ())]
    assert (tried.queue_id, tried.priority, tried.agent_id) == (scene.house.queue_id, 1, None)
    assert [(s.begins_s, s.fitting, s.free) for s in tried.steps] == [(0, 0, 0), (60, 2, 2)]
    assert [why.code for why in tried.waits] == ["wait.no_skill", "wait.next_step"]
    await set_skills(scene, lan, {"en": 5})
    async with scene.units.database.reading() as connection:
        tried = await attempt(connection, replace(PLAIN, kind="comment"), plans, scene.clock, at=scene.clock.now())
    assert tried is not None
    assert (tried.agent_id, tried.waits) == (lan, ())
    assert tried.why is not None
    assert (tried.why.code, tried.why.params["rule"]) == ("route.only_free", "All")


async def set_route(scene: Scene, conversation_id: ConversationId, placed: Placed) -> None:
    async with scene.units.begin() as work:
        query = sa.update(tables.conversations).where(tables.conversations.c.id == conversation_id)
        await work.connection.execute(query.values(route=placed.model_dump(mode="json")))
        await work.commit()


async def set_skills(scene: Scene, agent_id: AgentId, skills: dict[str, int]) -> None:
    async with scene.units.begin() as work:
        query = sa.update(tables.agents).where(tables.agents.c.id == agent_id)
        await work.connection.execute(query.values(skills=skills))
        await work.commit()
