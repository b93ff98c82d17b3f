"""What the API says and takes of automation: its log, and trying a rule."""

from typing import Literal

from pydantic import Field

from hub.events.common import Frozen, When
from hub.ids import ConversationId
from router.plan.automation import AutomationRule


class ActionResult(Frozen):
    """`same`: it was so already. `detail`: the code of the problem, of a failed one."""

    do: str
    outcome: Literal["done", "same", "failed"]
    detail: str | None = None


class WebhookView(Frozen):
    """`problem`: what the other side last answered, when it did not take it."""

    url: str
    state: Literal["queued", "taken", "failed"]
    attempts: int
    problem: str | None


class RunView(Frozen):
    """`detail` of a skipped one: closed, too_deep, too_many or too_old."""

    number: int
    at: When
    rule_id: str
    rule_name: str
    conversation_id: ConversationId
    customer_name: str | None
    event_type: str
    outcome: Literal["done", "failed", "skipped"]
    detail: str | None
    actions: tuple[ActionResult, ...]
    webhooks: tuple[WebhookView, ...]


class RunPage(Frozen):
    """Newest first. `before` is what to ask for to get the following page; None on the last."""

    items: tuple[RunView, ...]
    before: int | None = None


class RunsQuery(Frozen):
    rule_id: str | None = Field(default=None, max_length=63)
    conversation_id: ConversationId | None = None
    before: int | None = Field(default=None, ge=1, lt=2**63)
    limit: int = Field(default=50, ge=1, le=100)


class DryRunIn(Frozen):
    """`days`: how far back."""

    rule: AutomationRule
    days: int = Field(default=7, ge=1, le=30)


class DryRunExample(Frozen):
    """`text`: the words that would have set it off, if it was words."""

    conversation_id: ConversationId
    customer_name: str | None
    at: When
    text: str | None


class DryRunReport(Frozen):
    """What would have happened since then. `conversations` and `events` were looked at; `runs`, in
    `run_conversations`, would have been. `is_complete` false: there was more than one try looks at."""

    since: When
    conversations: int
    events: int
    runs: int
    run_conversations: int
    examples: tuple[DryRunExample, ...]
    is_complete: bool


class WebhookSecret(Frozen):
    """What webhooks are signed with, as the Standard Webhooks specification writes it."""

    secret: str
