"""Why a conversation stands where it stands, and where one would go by rules that are tried."""

from collections.abc import Sequence

from agent_console.api.endpoint import Call
from agent_console.guard import see_conversation
from agent_console.parts import Parts
from agent_console.routing_views import (
    CANDIDATES_MAX,
    CandidateView,
    CheckedRule,
    FactsIn,
    PlaceView,
    RoutingView,
    TriedStepView,
    TryIn,
    TryOut,
)
from hub.errors import Conflict
from hub.ids import ConversationId
from router.facts import Facts, facts_of, fold_words, plain
from router.plan.book import in_force
from router.trying import Tried, attempt
from router.why import Candidate, Outlook, looked
from storage import routing


class Routing:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def get_routing(self, call: Call) -> RoutingView:
        conversation_id = ConversationId(call.id("conversation_id"))
        async with self._parts.units.database.reading() as connection:
            conversation = await see_conversation(connection, call.caller, conversation_id)
            found = await looked(connection, conversation, await in_force(connection), self._parts.clock)
        return RoutingView(
            queue_id=conversation.queue_id,
            place=_place(found),
            why=conversation.why,
            waits=found.waits,
            ahead=found.ahead,
            candidates=_candidates(found.candidates),
        )

    async def try_routing(self, call: Call) -> TryOut:
        given, clock = call.body(TryIn), self._parts.clock
        async with self._parts.units.database.reading() as connection:
            plans = await in_force(connection)
            if given.rules is not None:
                plans = plans.model_copy(update={"rules": given.rules})
            conversation = None
            if given.conversation_id is not None:
                conversation = await see_conversation(connection, call.caller, given.conversation_id)
                [facts] = await facts_of(connection, [conversation])
            else:
                facts = _facts(given.facts)
            at = given.at or clock.now()
            tried = await attempt(connection, facts, plans, clock, at=at, conversation=conversation)
            names = {queue.id: queue.name for queue in (await routing.queues_of(connection)).values()}
        if tried is None:
            raise Conflict("no_queue", "There is no queue yet: make one first.")
        return _out(tried, names[tried.queue_id])


def _facts(given: FactsIn | None) -> Facts:
    if given is None:
        raise AssertionError("the request names a conversation or facts")
    return Facts(
        channel=given.channel,
        account=given.account or "",
        kind=given.kind,
        tags=frozenset(plain(tag) for tag in given.tags),
        attributes={name: plain(value) for name, value in given.attributes.items()},
        language=given.language,
        lifecycle=given.lifecycle,
        words=fold_words(given.words),
        known_customer=given.known_customer,
    )


def _place(found: Outlook) -> PlaceView | None:
    if found.placed is None:
        return None
    return PlaceView(
        rule_id=found.placed.rule_id,
        rule_name=found.placed.rule_name,
        by_hand=found.placed.by_hand,
        since=found.placed.since,
        step=found.stage.number + 1 if found.stage else len(found.placed.steps),
        steps=len(found.placed.steps),
        next_step_at=found.stage.until if found.stage else None,
    )


def _candidates(found: Sequence[Candidate]) -> tuple[CandidateView, ...]:
    return tuple(
        CandidateView(agent_id=c.row.id, name=c.row.name, state=c.state, load=c.load, capacity=c.row.capacity)
        for c in found[:CANDIDATES_MAX]
    )


def _out(tried: Tried, queue_name: str) -> TryOut:
    return TryOut(
        checked=tuple(CheckedRule(rule_id=c.rule.id, name=c.rule.name, missing=c.missing) for c in tried.checked),
        rule_id=tried.rule.id if tried.rule else None,
        rule_name=tried.rule.name if tried.rule else None,
        queue_id=tried.queue_id,
        queue_name=queue_name,
        priority=tried.priority,
        steps=tuple(
            TriedStepView(step=s.step, begins_s=s.begins_s, queue_id=s.queue_id, fitting=s.fitting, free=s.free)
            for s in tried.steps
        ),
        opens_at=tried.opens_at,
        candidates=_candidates(tried.candidates),
        agent_id=tried.agent_id,
        why=tried.why,
        waits=tried.waits,
    )
