"""Tells customers who write to a queue that is closed that it is, and when it opens: once per conversation and closed
spell, as the hub's words, which are nobody's answer.

A consumer of conversations. What is said bears the spell it is said for as its name, so that an event that comes twice
says nothing twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hub.bus.base import Record
from hub.events import (
    Author,
    ConversationEvent,
    ConversationReopened,
    Envelope,
    EventData,
    TouchpointAdded,
    TouchpointChanged,
)
from hub.ids import ConversationId, EventId
from router.hours import is_open, next_opening
from router.plan.hours import Calendar
from router.promising import Promises, Promising
from router.sla_keeper import PASS_BY
from storage import conversations as conversation_store
from storage import hub_words
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork

GROUP: Final = "after hours"
# Somebody works late, and a word between theirs that nobody is there would be silly.
AGENT_TALKS = timedelta(minutes=30)
OPENS_AT: Final = "{opens_at}"


class AfterHours:
    """One per process with role `router`."""

    def __init__(self, promising: Promising) -> None:
        self._promising = promising

    def concerns(self, record: Record) -> bool:
        current = self._promising.current
        is_set_up = current is None or current.says_something
        return is_set_up and record.type not in PASS_BY and record.type != TouchpointChanged.TYPE

    async def handle(self, work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        promises = await self._promising.look(work.connection, work.clock)
        if not promises.says_something:
            return
        asked: dict[ConversationId, tuple[EventId, bool]] = {}
        for event in events:
            if isinstance(event.data, ConversationEvent) and _asks(event.data, promises):
                wrote = isinstance(event.data, TouchpointAdded)
                if wrote or event.data.conversation.id not in asked:
                    asked[event.data.conversation.id] = (event.id, wrote)
        locked = await conversation_store.lock(work.connection, asked) if asked else {}
        for conversation_id, conversation in locked.items():
            cause, wrote = asked[conversation_id]
            await _answer(work, conversation, promises, cause, wrote=wrote)


def _asks(data: ConversationEvent, promises: Promises) -> bool:
    """A customer wrote, or what they wrote came to another queue. Callers hear it on the line; comments are public."""
    if data.conversation.waiting_since is None or promises.after_hours(data.conversation.queue_id) is None:
        return False
    if isinstance(data, TouchpointAdded):
        said = data.touchpoint
        return said.author is Author.CUSTOMER and said.call is None and said.unsupported_kind is None
    return not isinstance(data, ConversationReopened)


async def _answer(
    work: UnitOfWork, conversation: Conversation, promises: Promises, cause: EventId, *, wrote: bool
) -> None:
    after_hours = promises.after_hours(conversation.queue_id)
    if after_hours is None or not conversation.is_open or conversation.waiting_since is None:
        return
    if conversation.route is None and promises.plans.rules.rules:
        return  # its queue is found first, which is another event
    now = work.clock.now()
    talks = conversation.agent_active_at is not None and now - conversation.agent_active_at < AGENT_TALKS
    calendar, text = after_hours
    if is_open(calendar, now) or (talks and conversation.owner_id is not None):
        return
    opens_at = next_opening(calendar, now)
    if not wrote and (next_opening(calendar, conversation.waiting_since) != opens_at):
        return  # it was moved or labelled in the night, and its customer wrote by day
    spell = int(opens_at.timestamp()) if opens_at is not None else 0
    said = text.replace(OPENS_AT, _local(calendar, opens_at))
    await hub_words.say(work, conversation, said, client_id=f"closed:{conversation.id.hex}:{spell}", caused_by=cause)


def _local(calendar: Calendar, at: datetime | None) -> str:
    """ "08:00 24/11": understood in both languages. Empty: it never opens."""
    return at.astimezone(ZoneInfo(calendar.zone)).strftime("%H:%M %d/%m") if at is not None else ""
