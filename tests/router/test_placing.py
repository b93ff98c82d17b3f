"""Where the rules put a conversation, and when it moves on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hub.events import Channel
from hub.ids import ConversationId, CustomerId, IdentityId, QueueId
from router.facts import Facts
from router.placing import Placing, overflow, overflows_at, place, placed_of, stage
from router.plan.hours import Hours
from router.plan.queues import QueueSettings
from router.plan.rules import Conditions, Placed, RoutingRules, Rule, SkillWish, Step
from storage.conversations import Conversation

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MAIN, VIP, NIGHT = (QueueId(UUID(int=number)) for number in (1, 2, 3))
QUEUES = frozenset({MAIN, VIP, NIGHT})
PLAIN = Facts(channel=Channel.FACEBOOK, account="fb-main")
KNOWN = replace(PLAIN, tags=frozenset({"vip"}))
STEPS = (Step(skills=(SkillWish(skill="en", level=3),), wait_s=30), Step(wait_s=60), Step(queue_id=NIGHT))
VIPS = Rule(id="vip", name="VIP", when=Conditions(tags=("VIP",)), queue_id=VIP, priority=1, steps=STEPS)
ALL_ELSE = Rule(id="rest", name="The rest", queue_id=MAIN)


def conversation(queue_id: QueueId = MAIN, placed: Placed | None = None, **values: Any) -> Conversation:
    return Conversation(
        id=ConversationId(UUID(int=9)),
        customer_id=CustomerId(UUID(int=9)),
        identity_id=IdentityId(UUID(int=9)),
        queue_id=queue_id,
        opened_at=NOW - timedelta(seconds=10),
        last_touch_at=NOW,
        queued_at=NOW - timedelta(seconds=10),
        route=placed.model_dump(mode="json") if placed else None,
        **values,
    )


def by(rules: tuple[Rule, ...], one: Conversation, facts: Facts = KNOWN, **changes: Any) -> Placing | None:
    return place(one, facts, RoutingRules(rules=rules, **changes), QUEUES, NOW, Hours())


def after(one: Conversation, placing: Placing) -> Conversation:
    route = placing.placed.model_dump(mode="json")
    return replace(one, queue_id=placing.queue_id, priority=placing.priority, route=route)


def test_the_first_rule_that_holds_gives_queue_priority_and_steps_and_its_clock_starts_when_the_customer_came() -> None:
    placing = by((VIPS, ALL_ELSE), conversation())
    assert placing is not None
    assert (placing.queue_id, placing.priority, placing.placed.rule_id) == (VIP, 1, "vip")
    assert placing.placed.since == NOW - timedelta(seconds=10)
    assert (placing.why.code, placing.why.params) == ("route.rule", {"rule": "VIP"})
    assert by((VIPS, ALL_ELSE), after(conversation(), placing)) is None, "placing it again changes nothing"
    rest = by((VIPS, ALL_ELSE), conversation(), PLAIN)
    assert rest is not None
    assert rest.placed.rule_id == "rest"


def test_a_rule_that_is_off_or_whose_queue_is_gone_is_passed_over() -> None:
    gone = VIPS.model_copy(update={"queue_id": QueueId(UUID(int=77))})
    off = VIPS.model_copy(update={"id": "off", "active": False})
    placing = by((gone, off, ALL_ELSE), conversation())
    assert placing is not None
    assert placing.placed.rule_id == "rest"


def test_where_no_rule_holds_the_default_queue_does_else_it_stays_where_it_is() -> None:
    placing = by((VIPS,), conversation(), PLAIN)
    assert placing is not None
    assert (placing.queue_id, placing.why.code) == (MAIN, "route.no_rule")
    other = by((VIPS,), conversation(), PLAIN, default_queue_id=NIGHT)
    assert other is not None
    assert other.queue_id == NIGHT


def test_a_rule_that_placed_it_holds_until_an_earlier_one_does_or_it_is_gone() -> None:
    rest = by((VIPS, ALL_ELSE), conversation(), PLAIN)
    assert rest is not None
    placed = after(conversation(), rest)
    assert by((VIPS, ALL_ELSE), placed, PLAIN) is None
    up = by((VIPS, ALL_ELSE), placed, KNOWN)
    assert up is not None
    assert (up.queue_id, up.placed.since) == (VIP, NOW)
    vip = after(conversation(), up)
    assert by((VIPS, ALL_ELSE), vip, PLAIN) is None, "a rule is taken to hold for what it placed"
    down = by((ALL_ELSE,), vip, PLAIN)
    assert down is not None
    assert (down.queue_id, down.priority) == (MAIN, 0)


def test_edited_steps_count_from_the_old_beginning() -> None:
    first = by((VIPS,), conversation())
    assert first is not None
    edited = VIPS.model_copy(update={"steps": (Step(wait_s=5), Step())})
    again = by((edited,), after(conversation(), first))
    assert again is not None
    assert (again.placed.since, again.placed.steps) == (first.placed.since, edited.steps)


def test_what_a_person_placed_stays_and_so_does_a_priority_that_a_person_gave() -> None:
    assert by((VIPS,), conversation(placed=Placed(since=NOW, by_hand=True))) is None
    placing = by((VIPS,), conversation(priority=2))
    assert placing is not None
    assert placing.priority == 2


def test_steps_follow_the_clock_alone() -> None:
    placed = Placed(since=NOW, steps=STEPS)
    seen = [stage(placed, NOW + timedelta(seconds=s)) for s in (0, 29, 30, 89, 90, 9000)]
    assert [at.number for at in seen] == [0, 0, 1, 1, 2, 2]
    assert [at.wishes for at in seen[:3]] == [(("en", 3),), (("en", 3),), ()]
    assert [at.until for at in seen[::2]] == [NOW + timedelta(seconds=30), NOW + timedelta(seconds=90), None]
    assert (seen[4].queue_id, seen[4].moved_at) == (NIGHT, NOW + timedelta(seconds=90))


def test_a_step_with_a_queue_moves_the_work_there() -> None:
    placed = Placed(rule_id="vip", rule_name="VIP", since=NOW - timedelta(seconds=90), steps=STEPS, priority=1)
    placing = overflow(conversation(VIP, placed, priority=1), placed, QueueSettings(), QUEUES, NOW)
    assert placing is not None
    assert (placing.queue_id, placing.why.code) == (NIGHT, "route.step")
    moved = after(conversation(VIP, placed), placing)
    assert overflow(moved, placed, QueueSettings(), QUEUES, NOW) is None
    assert by((VIPS,), moved) is None, "its rule does not fetch it back"


def test_a_queue_passes_on_what_waited_too_long_once_and_never_back() -> None:
    settings = QueueSettings(overflow_queue_id=NIGHT, overflow_after_s=60)
    back = QueueSettings(overflow_queue_id=MAIN, overflow_after_s=0)
    placed = Placed(since=NOW - timedelta(seconds=59))
    assert overflow(conversation(MAIN, placed), placed, settings, QUEUES, NOW) is None
    assert overflows_at(conversation(MAIN, placed), placed, settings, QUEUES, NOW) == NOW + timedelta(seconds=1)
    placing = overflow(conversation(MAIN, placed), placed, settings, QUEUES, NOW + timedelta(seconds=1))
    assert placing is not None
    moved = after(conversation(MAIN, placed), placing)
    there = placed_of(moved)
    assert there is not None
    assert (moved.queue_id, there.been) == (NIGHT, (MAIN,))
    assert overflow(moved, there, back, QUEUES, NOW + timedelta(hours=1)) is None
