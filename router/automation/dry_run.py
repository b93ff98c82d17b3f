"""What a draft of a rule would have done to what happened lately. Nothing is done.

Words, channel and time are those of then; tags, attributes and lifecycle are those of now, for what they were then is
not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid5

from hub.clock import Clock
from hub.events import Author
from hub.ids import ConversationId, EventId
from router.automation.actions import NAMES
from router.automation.triggers import TYPES, Occasion, facts_at, trigger_of_entry
from router.conditions import holds
from router.facts import facts_of
from router.plan.automation import AutomationRule
from router.plan.book import Plans
from storage import automation_past
from storage.conversations import Conversation
from storage.engine import Connection
from storage.touchpoints import Touchpoint

CONVERSATIONS_MAX: Final = 2000
EVENTS_MAX: Final = 20_000
EXAMPLES: Final = 20


@dataclass(frozen=True, slots=True)
class Example:
    """One run that would have been, newest first in a list of them."""

    conversation: Conversation
    at: datetime
    text: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """`events`: occasions looked at in `conversations`; `fitting` of them, in `fitting_conversations`, would have run.
    `is_complete`: there was no more to look at since then."""

    conversations: int
    events: int
    fitting: int
    fitting_conversations: int
    examples: tuple[Example, ...]
    is_complete: bool


async def dry_run(connection: Connection, clock: Clock, plans: Plans, rule: AutomationRule, since: datetime) -> Report:
    """Whether the draft is active does not matter."""
    found = await automation_past.touched(connection, since, limit=CONVERSATIONS_MAX)
    by_id = {one.id: one for one in found}
    occasions = await _occasions(connection, rule, by_id, since, clock.now())
    facts = dict(zip(by_id, await facts_of(connection, found), strict=True))
    fitting = [
        one for one in occasions if holds(rule.when, facts_at(one, facts[one.conversation_id]), one.at, plans.hours)
    ]
    return Report(
        conversations=len(found),
        events=len(occasions),
        fitting=len(fitting),
        fitting_conversations=len({one.conversation_id for one in fitting}),
        examples=tuple(_example(one, by_id) for one in reversed(fitting[-EXAMPLES:])),
        is_complete=len(found) < CONVERSATIONS_MAX and len(occasions) < EVENTS_MAX,
    )


async def _occasions(
    connection: Connection,
    rule: AutomationRule,
    by_id: dict[ConversationId, Conversation],
    since: datetime,
    now: datetime,
) -> list[Occasion]:
    if rule.on in ("customer_message", "agent_reply", "call_missed", "silent"):
        entries = await automation_past.entries(connection, by_id, since, limit=EVENTS_MAX)
        if rule.on == "silent":
            return _silences(entries, timedelta(seconds=rule.silent_s or 0), now)
        states = [entry.state(by_id[entry.conversation_id].customer_id) for entry in entries]
        named = [(state, trigger_of_entry(state, is_new=True)) for state in states]
        return [
            Occasion(rule.on, EventId(state.id), "", state.accepted_at, state.conversation_id, entry=state)
            for state, trigger in named
            if trigger == rule.on
        ]
    [type_] = TYPES[rule.on]
    lines = await automation_past.happened(connection, by_id, type_, since, limit=EVENTS_MAX)
    return [
        Occasion(rule.on, EventId(uuid5(NAMES, f"{one.conversation_id}:{one.seq}")), type_, one.at, one.conversation_id)
        for one in lines
        if rule.on != "resolved" or one.reason == "resolved"
    ]


def _silences(entries: Sequence[Touchpoint], for_: timedelta, now: datetime) -> list[Occasion]:
    """Each word of an agent after which nobody said anything for so long."""
    spoken = [entry for entry in entries if entry.author is not Author.SYSTEM]
    following: dict[ConversationId, datetime] = {}
    found = []
    for entry in reversed(spoken):
        until = following.get(entry.conversation_id, now)
        following[entry.conversation_id] = entry.accepted_at
        if entry.agent_id is not None and until - entry.accepted_at >= for_:
            at = entry.accepted_at + for_
            found.append(Occasion("silent", EventId(entry.id), "silent", at, entry.conversation_id))
    return sorted(found, key=lambda one: one.at)


def _example(one: Occasion, by_id: dict[ConversationId, Conversation]) -> Example:
    return Example(by_id[one.conversation_id], one.at, one.entry.text if one.entry else None)
