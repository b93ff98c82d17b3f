"""What a conversation looks like, as one value. The same shapes stand in events, in the API's snapshot and in the
generated TypeScript client: applying an event is replacing values, so a console cannot drift from the database."""

from typing import Literal

from pydantic import Field

from hub.events.common import (
    AccountId,
    Attachment,
    Author,
    CallDirection,
    CallState,
    Channel,
    ConversationStatus,
    DeliveryState,
    Explanation,
    FailureReason,
    Frozen,
    When,
)
from hub.ids import AgentId, ConversationId, CustomerId, IdentityId, LedgerEntryId, QueueId, TaskId, TouchpointId

PREVIEW_MAX_CHARS = 160


class CallCard(Frozen):
    """What the timeline shows of a telephone call."""

    call_id: str
    direction: CallDirection
    state: CallState
    hotline_number: str | None = None
    agent_ref: str | None = None
    ringing_at: When | None = None
    answered_at: When | None = None
    ended_at: When | None = None
    talk_s: int | None = None
    cause: str | None = None
    recording: Attachment | None = None


class Delivery(Frozen):
    """Where a reply stands. `failure` is set with FAILED and UNKNOWN."""

    state: DeliveryState
    changed_at: When
    failure: FailureReason | None = None
    detail: str | None = Field(default=None, max_length=500)  # the provider's own words, for staff


class TouchpointState(Frozen):
    """One entry of a timeline. `number` is given by the database and is the order in every console.

    `identity_seq` counts from 1 without holes per channel identity: the order the customer's own side sees.
    `seq` is the conversation's seq at which this entry was added or last changed: what is missing after seq n is
    every entry with `seq` > n.
    """

    id: TouchpointId
    number: int
    seq: int
    conversation_id: ConversationId
    customer_id: CustomerId
    identity_id: IdentityId
    identity_seq: int
    channel: Channel
    account_id: AccountId
    author: Author
    agent_id: AgentId | None = None
    author_name: str | None = None
    text: str | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: TouchpointId | None = None
    call: CallCard | None = None
    unsupported_kind: str | None = None
    edited_at: When | None = None
    occurred_at: When
    accepted_at: When
    delivery: Delivery | None = None
    client_id: str | None = None  # ties an optimistic entry of the writing console or visitor to this one


class Preview(Frozen):
    """The last line of a conversation, for lists."""

    channel: Channel
    author: Author
    text: str = Field(max_length=PREVIEW_MAX_CHARS)
    kind: str = "text"  # text, image, file, …, call_missed, call_ended
    at: When


SlaTarget = Literal["first_response", "next_response", "resolution"]


class SlaClock(Frozen):
    """One promise about time. It runs from `started_at` until `due_at` (None: the hours of its calendar never suffice);
    while it is paused, both are None and `left_s` business seconds are left.

    `spent_s`: business seconds that ran before `started_at`. `met_at` set: kept or ended, the clock is over;
    `breached_at` stays when it is met later. `warned_at`, `breached_at`: when it came to that, not when it was noticed.
    `escalated_at`: up to when steps of escalation were taken. `followed`: the conversation's seq that moved it last.
    """

    target: SlaTarget
    policy: str = Field(max_length=63)
    due_at: When | None
    left_s: float | None = None
    started_at: When | None = None
    spent_s: float = 0.0
    warn_at: When | None = None
    warned_at: When | None = None
    breached_at: When | None = None
    met_at: When | None = None
    escalated_at: When | None = None
    followed: int = 0


class ConversationState(Frozen):
    """A row of every list, complete. `seq` counts this conversation's events from 1 without holes; the state with
    the higher seq is the newer one."""

    id: ConversationId
    seq: int
    customer_id: CustomerId
    customer_name: str | None
    customer_phone: str | None  # E.164, attested one first
    phone_verified: bool = False
    status: ConversationStatus
    queue_id: QueueId
    owner_id: AgentId | None = None
    offered_to: AgentId | None = None
    offer_expires_at: When | None = None
    why: Explanation | None = None  # of the latest routing decision
    channels: tuple[Channel, ...] = ()
    opened_at: When
    waiting_since: When | None = None  # the customer has waited for a person since then
    unread: int = 0  # customer touchpoints since an agent last looked
    preview: Preview | None = None
    suggestions: int = 0  # open merge suggestions of this customer
    closed_at: When | None = None
    closed_reason: str | None = None  # resolved, merged
    merged_into: ConversationId | None = None
    priority: int = Field(default=0, ge=-1, le=2)  # low, normal, high, urgent
    tags: tuple[str, ...] = ()
    lifecycle: str | None = None
    disposition: str | None = None
    snoozed_until: When | None = None
    consulted: tuple[AgentId, ...] = ()  # who was asked for an opinion: they see it and write notes
    sla: tuple[SlaClock, ...] = ()


class TaskState(Frozen):
    """What somebody is to do at a time. `agent_id` None: whoever serves `queue_id`. `phone`: whom to call back, E.164.
    `told_at`: since when it is known to be due. `ended_at`: when it was done or cancelled."""

    id: TaskId
    kind: Literal["reminder", "callback"]
    state: Literal["open", "done", "cancelled"] = "open"
    conversation_id: ConversationId
    queue_id: QueueId | None = None
    agent_id: AgentId | None = None
    due_at: When
    phone: str | None = Field(default=None, max_length=20)
    note: str | None = Field(default=None, max_length=500)
    made_by: AgentId | None = None  # None: the hub, for a caller who asked to be called back or was missed
    made_at: When
    told_at: When | None = None
    ended_at: When | None = None


class MergeNote(Frozen):
    """A merge or its undoing, as the timeline shows it."""

    entry_id: LedgerEntryId
    customer_id: CustomerId
    other_customer_id: CustomerId
    why: Explanation
    at: When
    by: AgentId | None = None  # None: the resolver itself
    undone: bool = False
