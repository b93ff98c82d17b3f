"""What the API answers and takes of routing: how a conversation stands, and where one would go."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hub.events import Channel, Explanation
from hub.events.common import AccountId, Frozen, When
from hub.ids import AgentId, ConversationId, QueueId
from router.plan.common import Name, Slug, Tags
from router.plan.rules import RoutingRules, Step

Text = Annotated[str, StringConstraints(max_length=2000)]
CANDIDATES_MAX = 50


class CandidateView(Frozen):
    """A member of the queue. `load` in chats, as it weighs."""

    agent_id: AgentId
    name: str
    state: Literal["free", "full", "wrap_up", "on_call", "away", "no_skill"]
    load: float
    capacity: int


class PlaceView(Frozen):
    """By which rule it stands where it stands. `step` counts from 1."""

    rule_id: Slug | None
    rule_name: str | None
    by_hand: bool
    since: When
    step: int
    steps: int
    next_step_at: When | None


class RoutingView(Frozen):
    """`why`: of the latest decision about it. `waits`: why it still waits, the weightiest first; empty when it does
    not. `ahead`: how many of its queue stand before it."""

    queue_id: QueueId
    place: PlaceView | None
    why: Explanation | None
    waits: tuple[Explanation, ...]
    ahead: int | None
    candidates: tuple[CandidateView, ...]


class FactsIn(Frozen):
    """A conversation that is only thought of."""

    channel: Channel
    account: AccountId | None = None
    kind: Literal["message", "comment", "call", "missed_call"] = "message"
    tags: Tags = ()
    attributes: dict[Annotated[str, StringConstraints(min_length=1, max_length=100)], Text] = Field(
        default_factory=dict, max_length=100
    )
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] = "vi"
    lifecycle: Slug | None = None
    words: Text = ""
    known_customer: bool = False


class TryIn(Frozen):
    """A conversation there is, or `facts`. `rules`: a draft; left out: those in force. `at`: left out: now."""

    conversation_id: ConversationId | None = None
    facts: FactsIn | None = None
    rules: RoutingRules | None = None
    at: When | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.conversation_id is None) == (self.facts is None):
            raise ValueError("give a conversation or facts, one of the two")
        return self


class CheckedRule(Frozen):
    """`missing`: the conditions that do not hold, as they are called in the rule; "active": it is switched off."""

    rule_id: Slug
    name: Name
    missing: tuple[str, ...]


class TriedStepView(Frozen):
    """`fitting`: who serve the queue of this step and have its skills; `free`: who of them have room now."""

    step: Step
    begins_s: int
    queue_id: QueueId
    fitting: int
    free: int


class TryOut(Frozen):
    """`checked`: the rules in order, up to the one that holds. `rule_id` None: no rule holds, so the default queue.
    `agent_id` and `why`: to whom it would be offered at once; else `waits` tells why it would wait."""

    checked: tuple[CheckedRule, ...]
    rule_id: Slug | None
    rule_name: str | None
    queue_id: QueueId
    queue_name: str
    priority: int
    steps: tuple[TriedStepView, ...]
    opens_at: When | None
    candidates: tuple[CandidateView, ...]
    agent_id: AgentId | None
    why: Explanation | None
    waits: tuple[Explanation, ...]
