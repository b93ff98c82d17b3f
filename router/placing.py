"""Where a conversation stands by the rules: in which queue, how urgent, and whom it wants by now. Pure.

The first rule that holds places it. A rule that placed it is taken to hold as long as it stands in the plan: newer
words of the customer do not move a conversation, but a rule before its own does as soon as it holds, and when its own
is gone all are asked anew. What a person placed stays.

Steps run from `Placed.since`, so they are exact whatever was restarted meanwhile. From a step with a queue on the work
stands there; besides, a queue may pass on what waited too long in it, once.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.events import Explanation
from hub.ids import QueueId
from router.conditions import holds
from router.facts import Facts
from router.lines import Wishes
from router.plan.hours import Hours
from router.plan.queues import QueueSettings
from router.plan.rules import Placed, RoutingRules, Rule, Step
from storage.conversations import Conversation


@dataclass(frozen=True, slots=True)
class Stage:
    """`queue_id`: where the steps want it, since `moved_at`; None: where the rule put it. `until`: the next step."""

    number: int
    wishes: Wishes
    queue_id: QueueId | None
    moved_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Placing:
    """What is to become of a conversation."""

    queue_id: QueueId
    placed: Placed
    priority: int
    why: Explanation


def placed_of(conversation: Conversation) -> Placed | None:
    """None: no rule has looked at it yet."""
    return Placed.model_validate(conversation.route) if conversation.route else None


def stage(placed: Placed, now: datetime) -> Stage:
    """The step that runs at `now`."""
    begins, queue_id, moved_at = placed.since, None, placed.since
    for number, step in enumerate(placed.steps):
        if step.queue_id is not None:
            queue_id, moved_at = step.queue_id, begins
        ends = begins + timedelta(seconds=step.wait_s)
        is_last = number == len(placed.steps) - 1
        if is_last or now < ends:
            return Stage(number, wishes_of(step), queue_id, moved_at, None if is_last else ends)
        begins = ends
    raise AssertionError("a place has steps")


def wishes_of(step: Step) -> Wishes:
    return tuple(sorted((wish.skill, wish.level) for wish in step.skills))


def first_rule(
    rules: tuple[Rule, ...], facts: Facts, queues: Container[QueueId], now: datetime, hours: Hours
) -> Rule | None:
    """Rules whose queue is gone are passed over."""
    fitting = (rule for rule in rules if rule.active and rule.queue_id in queues)
    return next((rule for rule in fitting if holds(rule.when, facts, now, hours)), None)


def place(
    conversation: Conversation,
    facts: Facts,
    rules: RoutingRules,
    queues: Container[QueueId],
    now: datetime,
    hours: Hours,
) -> Placing | None:
    """By the rules as they are now. None: it stays where and as it is."""
    current = placed_of(conversation)
    if current is not None and current.by_hand:
        return None
    rank = _rank(current, rules, queues)
    earlier = rules.rules if rank is None else rules.rules[:rank]
    found = first_rule(earlier, facts, queues, now, hours)
    rule = found or (rules.rules[rank] if rank is not None else None)
    if rule is None:
        return _by_default(conversation, current, rules, queues, now)
    if current is not None and current.rule_id == rule.id:
        return _as_the_rule_is_now(conversation, current, rule, queues, now)
    since = now if current is not None else conversation.queued_at or conversation.opened_at
    placed = Placed(rule_id=rule.id, rule_name=rule.name, since=since, steps=rule.steps, priority=rule.priority)
    queue_id = _standing(placed, rule.queue_id, queues, now)
    why = Explanation(code="route.rule", params={"rule": rule.name})
    return Placing(queue_id, placed, _priority(conversation, current, rule.priority), why)


def overflow(
    conversation: Conversation, placed: Placed, settings: QueueSettings, queues: Container[QueueId], now: datetime
) -> Placing | None:
    """It has waited for so long that another queue has it now: by the rule's steps, or by its queue."""
    here, at = conversation.queue_id, stage(placed, now)
    waited_s = int((now - (conversation.queued_at or placed.since)).total_seconds())
    if at.queue_id is not None and at.queue_id != here and at.queue_id in queues:
        why = Explanation(code="route.step", params={"rule": placed.rule_name, "waited_s": waited_s})
        return Placing(at.queue_id, placed, conversation.priority, why)
    ends = overflows_at(conversation, placed, settings, queues, now)
    if ends is None or ends > now or settings.overflow_queue_id is None:
        return None
    steps = (Step(skills=placed.steps[at.number].skills),)
    on = placed.model_copy(update={"since": now, "steps": steps, "been": (*placed.been, here)})
    why = Explanation(code="route.overflow", params={"waited_s": waited_s})
    return Placing(settings.overflow_queue_id, on, conversation.priority, why)


def overflows_at(
    conversation: Conversation, placed: Placed, settings: QueueSettings, queues: Container[QueueId], now: datetime
) -> datetime | None:
    """When its queue passes it on; None: never."""
    to = settings.overflow_queue_id
    if to is None or settings.overflow_after_s is None or to == conversation.queue_id:
        return None
    if to in placed.been or to not in queues:
        return None
    return stage(placed, now).moved_at + timedelta(seconds=settings.overflow_after_s)


def _rank(current: Placed | None, rules: RoutingRules, queues: Container[QueueId]) -> int | None:
    """Of the rule that placed it; None: no rule, or it is gone."""
    if current is None or current.rule_id is None:
        return None
    for rank, rule in enumerate(rules.rules):
        if rule.id == current.rule_id:
            return rank if rule.active and rule.queue_id in queues else None
    return None


def _as_the_rule_is_now(
    conversation: Conversation, current: Placed, rule: Rule, queues: Container[QueueId], now: datetime
) -> Placing | None:
    """Its steps, queue and priority may have been edited. What overflowed stays where it is."""
    steps = current.steps if current.been else rule.steps
    placed = current.model_copy(update={"rule_name": rule.name, "steps": steps, "priority": rule.priority})
    queue_id = conversation.queue_id if current.been else _standing(placed, rule.queue_id, queues, now)
    if placed == current and queue_id == conversation.queue_id:
        return None
    why = Explanation(code="route.rule", params={"rule": rule.name})
    return Placing(queue_id, placed, _priority(conversation, current, rule.priority), why)


def _by_default(
    conversation: Conversation,
    current: Placed | None,
    rules: RoutingRules,
    queues: Container[QueueId],
    now: datetime,
) -> Placing | None:
    """No rule holds: the default queue of the plan, else the queue in which it stands already."""
    queue_id = conversation.queue_id
    if rules.default_queue_id is not None and rules.default_queue_id in queues:
        queue_id = rules.default_queue_id
    if current is not None and current.rule_id is None and (current.been or queue_id == conversation.queue_id):
        return None
    since = now if current is not None else conversation.queued_at or conversation.opened_at
    why = Explanation(code="route.no_rule")
    return Placing(queue_id, Placed(since=since), _priority(conversation, current, 0), why)


def _standing(placed: Placed, queue_id: QueueId, queues: Container[QueueId], now: datetime) -> QueueId:
    """Where it is at once, when its first steps are over already."""
    wanted = stage(placed, now).queue_id
    return wanted if wanted is not None and wanted in queues else queue_id


def _priority(conversation: Conversation, current: Placed | None, of_rule: int) -> int:
    """What somebody else changed since stays."""
    given = current.priority if current is not None else 0
    return of_rule if conversation.priority == given else conversation.priority
