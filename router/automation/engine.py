"""Carries out automation rules: a consumer of `conversations`, whose runs are committed with its position.

1. A run is named by its rule and by what set it off: the same event again, from whomever, runs nothing twice. The
   conversation's lock makes that so, and the log's unique constraint would tell.
2. Conditions are judged by what is so now, the words by what was said then. The later rules see what the earlier did.
3. What a rule does may set rules off once more, and no deeper; and no conversation sees more than RUNS_PER_HOUR runs
   an hour, for there are circles that leave no trace (a rule moves it, the router assigns it, a rule moves it).
4. What cannot be done is in the log, and holds up neither other rules nor other conversations.

Where no rule is in force nothing is decoded, and nothing but the position is written, every few seconds.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from hub.batch import describe
from hub.bus.base import Record
from hub.errors import StorageUnavailable
from hub.events import Envelope, EventData
from hub.ids import AgentId, ConversationId, EventId
from hub.log import get_logger
from hub.metrics import counter
from router.automation.actions import Doing, act
from router.automation.triggers import TYPES, Occasion, facts_at, occasion_of, types_of
from router.conditions import holds
from router.facts import Facts, facts_of
from router.plan.automation import AssignTo, AutomationRule, Close, MoveToQueue, Trigger
from router.plan.book import LOOK_EVERY_S, PlanBook, Plans
from storage import automation as automation_store
from storage import conversations as conversation_store
from storage import routing
from storage.automation import Outcome, Past, Run
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork, Units

GROUP: Final = "automation"
DEPTH_MAX: Final = 1
RUNS_PER_HOUR: Final = 30
OLDEST: Final = timedelta(hours=24)  # after a long outage nobody is answered, or moved, for what they said yesterday

RUNS = counter("automation_runs_total", "Runs of automation rules by what came of them.", ["outcome"])
log = get_logger(__name__)

ByTrigger = Mapping[Trigger, Sequence[AutomationRule]]


class Automations:
    """One per process with role `router`. `handle` is the consumer's handler, `run` one long task."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._book = PlanBook()
        self._wanted: frozenset[str] = frozenset(name for names in TYPES.values() for name in names)

    def concerns(self, record: Record) -> bool:
        return record.type in self._wanted

    async def run(self) -> None:
        """Until cancelled: looks which events matter, also while none come in."""
        while True:
            try:
                async with self._units.database.reading() as connection:
                    plans = await self._book.current(connection, self._units.clock)
                self._wanted = types_of(rules_of(plans))
            except StorageUnavailable as error:
                log.warning("automation_plan_not_read", reason=describe(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def handle(self, work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        plans = await self._book.current(work.connection, work.clock)
        rules = rules_of(plans)
        occasions = [one for event in events if (one := occasion_of(event)) is not None and one.trigger in rules]
        if occasions:
            await carry_out(work, plans, rules, occasions)


def rules_of(plans: Plans) -> ByTrigger:
    """Those in force."""
    found: dict[Trigger, list[AutomationRule]] = {}
    for rule in plans.automation.rules:
        if rule.active:
            found.setdefault(rule.on, []).append(rule)
    return found


async def carry_out(work: UnitOfWork, plans: Plans, rules: ByTrigger, occasions: Sequence[Occasion]) -> int:
    """In order. How many runs there were."""
    seen = await routing.by_ids(work.connection, {one.conversation_id for one in occasions})
    facts = await _facts(work, seen.values())
    fitting = [
        one
        for one in occasions
        if one.conversation_id in facts
        and any(_holds(plans, rule, one, facts[one.conversation_id]) for rule in rules[one.trigger])
    ]
    if not fitting:
        return 0
    # Rules that do not fit at first may do so after others: all occasions of these conversations are gone through.
    concerned = {one.conversation_id for one in fitting}
    locked = await conversation_store.lock(work.connection, concerned)
    await routing.lock_agents(work.connection, _agents(rules, fitting, locked.values()))
    past = await _past(work, occasions, concerned)
    desk = _Desk(work, plans, rules, past, locked, await _facts(work, locked.values()))
    for one in occasions:
        if one.conversation_id in locked:
            await desk.serve(one)
    await automation_store.add(work, desk.runs)
    return len(desk.runs)


class _Desk:
    """What is known of the conversations at hand, all of them locked."""

    def __init__(
        self,
        work: UnitOfWork,
        plans: Plans,
        rules: ByTrigger,
        past: Past,
        held: dict[ConversationId, Conversation],
        facts: dict[ConversationId, Facts],
    ) -> None:
        self.runs: list[Run] = []
        self._work, self._plans, self._rules = work, plans, rules
        self._depths = past.depths
        self._held, self._facts = held, facts
        self._done = set(past.done)
        self._lately = dict(past.lately)
        self._said_too_many = set(past.said_too_many)

    async def serve(self, one: Occasion) -> None:
        if one.trigger == "silent" and self._held[one.conversation_id].waiting_since is not None:
            return  # at this very moment the customer wrote
        for rule in self._rules[one.trigger]:
            if (rule.id, one.key) in self._done:
                continue
            if _holds(self._plans, rule, one, self._facts[one.conversation_id]):
                await self._run(rule, one)

    async def _run(self, rule: AutomationRule, one: Occasion) -> None:
        why_not = self._why_not(one)
        if why_not is not None:
            if why_not != "too_many" or one.conversation_id not in self._said_too_many:
                self._note(rule, one, "skipped", detail=why_not)
            if why_not == "too_many":
                self._said_too_many.add(one.conversation_id)
            return
        results = [await act(Doing(self._work, rule, one, index), action) for index, action in enumerate(rule.then)]
        self._lately[one.conversation_id] = self._lately.get(one.conversation_id, 0) + 1
        failed = any(result["outcome"] == "failed" for result in results)
        self._note(rule, one, "failed" if failed else "done", actions=results)
        if any(result["outcome"] == "done" for result in results):
            await self._look_again(one.conversation_id)

    def _why_not(self, one: Occasion) -> str | None:
        if not self._held[one.conversation_id].is_open and one.trigger != "resolved":
            return "closed"
        if self._depth(one) > DEPTH_MAX:
            return "too_deep"
        if self._work.clock.now() - one.at > OLDEST:
            return "too_old"
        return "too_many" if self._lately.get(one.conversation_id, 0) >= RUNS_PER_HOUR else None

    def _depth(self, one: Occasion) -> int:
        return self._depths[one.cause] + 1 if one.cause is not None and one.cause in self._depths else 0

    def _note(
        self,
        rule: AutomationRule,
        one: Occasion,
        outcome: Outcome,
        *,
        actions: Sequence[dict[str, object]] = (),
        detail: str | None = None,
    ) -> None:
        RUNS.labels(outcome).inc()
        self._done.add((rule.id, one.key))
        self.runs.append(
            Run(
                rule_id=rule.id,
                rule_name=rule.name,
                conversation_id=one.conversation_id,
                event_id=one.key,
                event_type=one.type,
                outcome=outcome,
                depth=self._depth(one),
                actions=actions,
                detail=detail,
            )
        )

    async def _look_again(self, conversation_id: ConversationId) -> None:
        """The next rule sees what this one did."""
        self._held |= await conversation_store.lock(self._work.connection, [conversation_id])
        self._facts |= await _facts(self._work, [self._held[conversation_id]])


async def _facts(work: UnitOfWork, conversations: Iterable[Conversation]) -> dict[ConversationId, Facts]:
    asked = list(conversations)
    found = await facts_of(work.connection, asked)
    return {conversation.id: facts for conversation, facts in zip(asked, found, strict=True)}


async def _past(work: UnitOfWork, occasions: Iterable[Occasion], among: Iterable[ConversationId]) -> Past:
    named: set[EventId] = {key for one in occasions for key in (one.key, one.cause) if key is not None}
    since = work.clock.now() - timedelta(hours=1)
    return await automation_store.past(work.connection, among, named, since=since, too_many="too_many")


def _agents(rules: ByTrigger, occasions: Iterable[Occasion], conversations: Iterable[Conversation]) -> set[AgentId]:
    """Whom these rules may give work, or take it from: locked together, in order, before any of them is touched."""
    actions = [action for one in {one.trigger for one in occasions} for rule in rules[one] for action in rule.then]
    given = {action.agent_id for action in actions if isinstance(action, AssignTo)}
    if not any(isinstance(action, AssignTo | MoveToQueue | Close) for action in actions):
        return given
    return given | {agent for c in conversations for agent in (c.owner_id, c.offered_to) if agent is not None}


def _holds(plans: Plans, rule: AutomationRule, one: Occasion, facts: Facts) -> bool:
    return holds(rule.when, facts_at(one, facts), one.at, plans.hours)
