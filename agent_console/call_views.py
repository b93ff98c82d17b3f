"""What the API and the socket say of live calls."""

from typing import Literal

from pydantic import Field

from hub.events.common import AccountId, Frozen, When
from hub.ids import AgentId, ConversationId, CustomerId, QueueId


class CallView(Frozen):
    """A call that waits in line, rings at an agent, or is talked; "over": forget it. `caller`: E.164; None: withheld.
    `agent_id`: who is rung or talks. `until`: so long it rings. `conversation_id`: their open one, once known."""

    account_id: AccountId
    call_id: str = Field(max_length=200)
    state: Literal["waiting", "ringing", "talking", "over"]
    queue_id: QueueId
    caller: str | None = None
    customer_id: CustomerId | None = None
    customer_name: str | None = None
    conversation_id: ConversationId | None = None
    agent_id: AgentId | None = None
    asked_at: When
    until: When


class CallList(Frozen):
    """Most urgent first, then who called first."""

    items: tuple[CallView, ...]
