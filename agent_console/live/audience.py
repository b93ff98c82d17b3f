"""Which console is told what of an event. Pure: decided by the server from the conversation's place before and after.

In full (`event`): whoever watches the conversation, owns it, is offered it or was asked about it; and of TO_ALL
everybody who may see it. As a row (`row`): whoever's lists show it, and whoever's lists showed it until now, so that it
leaves them. Everybody else hears nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent_console.permissions import Caller
from hub.events import SlaEscalated, TaskChanged, TaskDue

# A task may be anybody's, whoever owns the conversation, and an escalation names whom it is for.
TO_ALL = frozenset({TaskChanged.TYPE, TaskDue.TYPE, SlaEscalated.TYPE})

Telling = Literal["event", "row"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation is. Ids as they stand in JSON."""

    queue_id: str
    owner_id: str | None
    offered_to: str | None
    consulted: tuple[str, ...] = ()

    @property
    def holders(self) -> tuple[str | None, ...]:
        return (self.owner_id, self.offered_to, *self.consulted)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the log, ready to be sent. `named`: the agent whom the event itself names as losing it."""

    partition: int
    offset: int
    cursor: str
    type: str
    at: str
    conversation_id: str
    customer_id: str
    seq: int
    place: Place
    before: Place | None  # None: not known
    named: str | None
    event: bytes  # the event's data as JSON
    row: bytes  # the conversation as JSON

    @property
    def size_bytes(self) -> int:
        return len(self.event) + len(self.row) + len(self.cursor) + 500


@dataclass(slots=True)
class Sight:
    """What one console may see at this moment, and what it watches."""

    agent_id: str
    sees_all: bool
    queue_ids: frozenset[str]
    watching: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, caller: Caller) -> "Sight":
        return cls(str(caller.agent_id), caller.sees_all, frozenset(map(str, caller.queue_ids)))

    def sees(self, place: Place) -> bool:
        return self.sees_all or place.queue_id in self.queue_ids or self.agent_id in place.holders


def telling(sight: Sight, entry: Entry) -> Telling | None:
    """What this console is told; None: nothing."""
    if sight.sees(entry.place):
        close = sight.agent_id in entry.place.holders or entry.conversation_id in sight.watching
        close = close or entry.type in TO_ALL
        return "event" if close else "row"
    had_it = sight.agent_id == entry.named or (entry.before is not None and sight.sees(entry.before))
    return "row" if had_it else None


def place_of(conversation: Mapping[str, Any]) -> Place:
    """From the JSON of a ConversationState. Raises KeyError."""
    asked = tuple(conversation.get("consulted", ()))  # events of before there was such a thing have none
    return Place(conversation["queue_id"], conversation["owner_id"], conversation["offered_to"], asked)
