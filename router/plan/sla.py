"""Service levels: what is promised to whom, over which hours. Plan "sla"."""

from typing import Literal, Self

from pydantic import Field, model_validator

from hub.events.common import Frozen
from hub.ids import AgentId, QueueId
from router.plan.common import Name, Priority, Slug, Tags
from router.plan.rules import Conditions

Target = Literal["first_response", "next_response", "resolution"]


class Promise(Frozen):
    """`within_s` business seconds; a warning when `warn_before_s` of them are left."""

    target: Target
    within_s: int = Field(ge=10, le=90 * 24 * 3600)
    warn_before_s: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _before(self) -> Self:
        if self.warn_before_s >= self.within_s:
            raise ValueError("the warning comes after the clock started")
        return self


class Escalation(Frozen):
    """What happens when a promise is about to break or broken; what is None stays as it is. `after_s` seconds of real
    time after that moment."""

    on: Literal["warning", "breach"]
    target: Target
    after_s: int = Field(default=0, ge=0, le=7 * 24 * 3600)
    priority: Priority | None = None
    queue_id: QueueId | None = None
    tags: Tags = ()
    notify: tuple[AgentId, ...] = Field(default=(), max_length=50)


class SlaPolicy(Frozen):
    """The first active policy of the list whose conditions hold is a conversation's; a queue may name one, which comes
    before them. `calendar`: of plan "hours"; None: around the clock. While the customer is waited for, clocks pause."""

    id: Slug
    name: Name
    active: bool = True
    queues: tuple[QueueId, ...] = Field(default=(), max_length=500)
    when: Conditions = Conditions()
    calendar: Slug | None = None
    promises: tuple[Promise, ...] = Field(min_length=1, max_length=3)
    escalations: tuple[Escalation, ...] = Field(default=(), max_length=20)

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({promise.target for promise in self.promises}) != len(self.promises):
            raise ValueError("a target is promised twice")
        return self


class SlaPolicies(Frozen):
    policies: tuple[SlaPolicy, ...] = Field(default=(), max_length=100)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({policy.id for policy in self.policies}) != len(self.policies):
            raise ValueError("a policy id is used twice")
        return self
