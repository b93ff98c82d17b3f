"""Automation: when this happens, and that holds, do these. Plan "automation"."""

from typing import Annotated, Literal, Self

from pydantic import Field, HttpUrl, model_validator

from hub.events.common import Frozen
from hub.ids import AgentId, QueueId
from router.plan.common import Name, Priority, Slug, Tags
from router.plan.rules import Conditions

Trigger = Literal[
    "conversation_opened",
    "customer_message",
    "agent_reply",
    "call_missed",
    "assigned",
    "resolved",
    "customer_joined",
    "sla_warned",
    "sla_breached",
    "silent",
]


class AddTags(Frozen):
    do: Literal["add_tags"] = "add_tags"
    tags: Tags = Field(min_length=1)


class RemoveTags(Frozen):
    do: Literal["remove_tags"] = "remove_tags"
    tags: Tags = Field(min_length=1)


class SetPriority(Frozen):
    do: Literal["set_priority"] = "set_priority"
    priority: Priority


class SetLifecycle(Frozen):
    do: Literal["set_lifecycle"] = "set_lifecycle"
    lifecycle: Slug | None


class MoveToQueue(Frozen):
    do: Literal["move_to_queue"] = "move_to_queue"
    queue_id: QueueId


class AssignTo(Frozen):
    """Only if they have room; else the log says so, and routing goes on."""

    do: Literal["assign_to"] = "assign_to"
    agent_id: AgentId


class SendReply(Frozen):
    """On the channel of the latest message, by the hub. `{customer_name}` stands for the customer's name."""

    do: Literal["send_reply"] = "send_reply"
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class CallWebhook(Frozen):
    """POST, signed; tried again for some time. https, and http on loopback only."""

    do: Literal["call_webhook"] = "call_webhook"
    url: HttpUrl


class Snooze(Frozen):
    do: Literal["snooze"] = "snooze"
    for_s: int = Field(ge=60, le=90 * 24 * 3600)


class Close(Frozen):
    do: Literal["close"] = "close"
    disposition: Slug | None = None


Action = Annotated[
    AddTags
    | RemoveTags
    | SetPriority
    | SetLifecycle
    | MoveToQueue
    | AssignTo
    | SendReply
    | CallWebhook
    | Snooze
    | Close,
    Field(discriminator="do"),
]


class AutomationRule(Frozen):
    """`silent_s` with trigger "silent": so long nothing was said since the agent's last word."""

    id: Slug
    name: Name
    active: bool = True
    on: Trigger
    silent_s: int | None = Field(default=None, ge=60, le=90 * 24 * 3600)
    when: Conditions = Conditions()
    then: tuple[Action, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _silence(self) -> Self:
        if (self.on == "silent") != (self.silent_s is not None):
            raise ValueError('"silent" says after how long, and nothing else does')
        return self


class Automation(Frozen):
    """In order; each rule that fits does what it says, the later ones after the earlier ones."""

    rules: tuple[AutomationRule, ...] = Field(default=(), max_length=200)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({rule.id for rule in self.rules}) != len(self.rules):
            raise ValueError("a rule id is used twice")
        return self
