"""How much an agent can hold: the same sum in memory and, under locks, over the database's rows. Pure.

Room is counted in hundredths of a chat. A live call takes all of it. What a piece of work may interrupt is not counted
against it; a limit on its own class always is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from router.plan.book import work_words
from router.plan.common import WorkClass
from router.plan.work import WorkWords
from storage.conversations import Conversation
from storage.engine import Connection
from storage.routing import AgentRow, work_class

CHAT: Final = 100
Held = Mapping[WorkClass, int]  # how many of each class an agent has in hand


@dataclass(frozen=True, slots=True)
class Measure:
    """What weighs how much, and what may interrupt what."""

    weights: Mapping[WorkClass, int] = field(default_factory=lambda: {"chat": CHAT, "email": CHAT, "comment": CHAT})
    interrupts: Mapping[WorkClass, frozenset[WorkClass]] = field(default_factory=dict)

    @classmethod
    def of(cls, words: WorkWords) -> "Measure":
        weights: dict[WorkClass, int] = {
            "chat": words.weights.chat,
            "email": words.weights.email,
            "comment": words.weights.comment,
        }
        return cls(weights, {one: frozenset(others) for one, others in words.interrupts.items()})

    def burden(self, held: Held, *, besides: frozenset[WorkClass] = frozenset()) -> int:
        """Of the conversations in hand, in hundredths; calls are not among them."""
        weights = self.weights
        return sum([weights.get(one, 0) * count for one, count in held.items() if one not in besides])

    def has_room(self, work_class: WorkClass, held: Held, *, capacity: int, limits: Held) -> bool:
        """Whether one more of `work_class` fits. Who has no capacity at all holds nothing, however light."""
        limit = limits.get(work_class)
        if capacity <= 0 or (limit is not None and held.get(work_class, 0) >= limit):
            return False
        interrupted = self.interrupts.get(work_class, frozenset())
        if held.get("voice", 0) and "voice" not in interrupted:
            return False
        burden = self.burden(held, besides=interrupted)
        if work_class == "voice":
            return burden == 0
        return burden + self.weights[work_class] <= capacity * CHAT


async def measure_in_force(connection: Connection) -> Measure:
    """For what people do by hand; whoever decides often has the plan book."""
    return Measure.of(await work_words(connection))


def has_room(agent: AgentRow, conversation: Conversation, measure: Measure) -> bool:
    """For this one more, not counting it among what the agent holds."""
    return measure.has_room(work_class(conversation), agent.held, capacity=agent.capacity, limits=agent.limits)
