"""Where would this go, now, and why? The same code that places and decides, over rules that need not be in force yet;
nothing is changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.clock import Clock
from hub.events import Channel, Explanation
from hub.ids import AgentId, ConversationId, QueueId, new_id
from router.conditions import answers
from router.facts import Facts, Kind
from router.lines import Work
from router.memory import agent_of
from router.places import Places
from router.placing import first_rule, wishes_of
from router.plan.book import Plans
from router.plan.rules import RoutingRules, Rule, Step
from router.pool import Pool
from router.room import Measure
from router.why import Candidate, Standing, candidates, reasons
from storage import routing
from storage.conversations import Conversation
from storage.engine import Connection
from storage.routing import AgentRow, WorkClass


@dataclass(frozen=True, slots=True)
class Checked:
    """A rule that was asked. `missing`: the conditions that do not hold; none of an active rule: it holds."""

    rule: Rule
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TriedStep:
    """`begins_s` after it came. `fitting`: members of the queue then who have the skills, `free`: who have room now."""

    step: Step
    begins_s: int
    queue_id: QueueId
    fitting: int
    free: int


@dataclass(frozen=True, slots=True)
class Tried:
    """`checked`: in order, up to the rule that holds. `rule` None: the default queue. `agent_id` and `why`: to whom it
    would be offered at once; else `waits` says why it would wait."""

    checked: tuple[Checked, ...]
    rule: Rule | None
    queue_id: QueueId
    priority: int
    steps: tuple[TriedStep, ...]
    opens_at: datetime | None
    candidates: tuple[Candidate, ...]
    agent_id: AgentId | None
    why: Explanation | None
    waits: tuple[Explanation, ...]


async def attempt(
    connection: Connection,
    facts: Facts,
    plans: Plans,
    clock: Clock,
    *,
    at: datetime,
    conversation: Conversation | None = None,
    default_queue_id: QueueId | None = None,
) -> Tried | None:
    """As if it came at `at`: calendars are asked for that moment, agents are as they are now. None: no queue yet."""
    places = Places()
    places.plans = plans
    places.know(await routing.queues_of(connection))
    if not places.queues:
        return None
    rule = first_rule(plans.rules.rules, facts, places.queues, at, plans.hours)
    first = rule.queue_id if rule is not None else _default(plans.rules, places, default_queue_id, conversation)
    members = {q: await routing.members_of(connection, q, clock=clock) for q in _visited(rule, first, places)}
    measure, one = Measure.of(plans.work), class_of(facts.channel, facts.kind)
    steps = _steps(rule, first, members, measure, one, at)
    queue_id = steps[0].queue_id
    last = conversation.last_agent_id if conversation is not None else None
    work = Work(
        id=conversation.id if conversation is not None else ConversationId(new_id()),
        queue_id=queue_id,
        queued_at=at,
        last_agent_id=last,
        work_class=one,
        wishes=wishes_of(steps[0].step),
        priority=rule.priority if rule is not None else 0,
        patient_until=at + timedelta(seconds=places.settings_of(queue_id).sticky_s) if last else None,
        rule=rule.name if rule is not None else None,
    )
    found = candidates(members[queue_id], work.wishes, one, measure, at)
    shut = queue_id in places.shut(at)
    decision = None if shut else _decided(work, members[queue_id], measure, at)
    opens_at = places.opens_at(queue_id, at)
    standing = Standing(
        queue=places.queues[queue_id].name,
        is_open=not shut,
        opens_at=opens_at,
        wishes=work.wishes,
        next_step_at=at + timedelta(seconds=steps[1].begins_s) if len(steps) > 1 else None,
        patient_until=work.patient_until,
        last_agent_id=last,
        refused={},
        ahead=0,
    )
    return Tried(
        checked=checked(plans, facts, rule, at),
        rule=rule,
        queue_id=queue_id,
        priority=work.priority,
        steps=steps,
        opens_at=opens_at,
        candidates=found,
        agent_id=decision[0] if decision else None,
        why=decision[1] if decision else None,
        waits=() if decision else reasons(standing, found, at),
    )


def checked(plans: Plans, facts: Facts, found: Rule | None, now: datetime) -> tuple[Checked, ...]:
    """Up to the rule that holds. A rule that is off says "active"."""
    told = []
    for rule in plans.rules.rules:
        missing = dict.fromkeys(name for name, is_so in answers(rule.when, facts, now, plans.hours) if not is_so)
        told.append(Checked(rule, tuple(missing) if rule.active else ("active", *missing)))
        if rule is found:
            break
    return tuple(told)


def class_of(channel: Channel, kind: Kind) -> WorkClass:
    """Of work that is only thought of. A live call rings at once and is nobody's written work."""
    if kind in {"comment", "call"}:
        return "comment" if kind == "comment" else "voice"
    return "email" if channel is Channel.EMAIL else "chat"


def _decided(
    work: Work, members: Sequence[AgentRow], measure: Measure, at: datetime
) -> tuple[AgentId, Explanation] | None:
    pool = Pool(measure)
    for row in members:
        pool.put_agent(agent_of(row, at))
    pool.put_work(replace(work, refusals={}))
    return next(((decision.agent.id, decision.why) for decision in pool.decide(at)), None)


def _default(rules: RoutingRules, places: Places, chosen: QueueId | None, conversation: Conversation | None) -> QueueId:
    wanted = (rules.default_queue_id, conversation.queue_id if conversation is not None else None, chosen)
    return next((one for one in wanted if one is not None and one in places.queues), next(iter(places.queues)))


def _visited(rule: Rule | None, first: QueueId, places: Places) -> Iterable[QueueId]:
    later = [step.queue_id for step in rule.steps] if rule is not None else []
    return dict.fromkeys((first, *(one for one in later if one is not None and one in places.queues)))


def _steps(
    rule: Rule | None,
    first: QueueId,
    members: dict[QueueId, list[AgentRow]],
    measure: Measure,
    one: WorkClass,
    at: datetime,
) -> tuple[TriedStep, ...]:
    told, begins_s, queue_id = [], 0, first
    for step in rule.steps if rule is not None else (Step(),):
        queue_id = step.queue_id if step.queue_id in members else queue_id
        those = candidates(members[queue_id], wishes_of(step), one, measure, at)
        fitting = sum(c.state != "no_skill" for c in those)
        told.append(TriedStep(step, begins_s, queue_id, fitting, sum(c.state == "free" for c in those)))
        begins_s += step.wait_s
    return tuple(told)
