"""What the API answers. Generated into OpenAPI and from there into the console's TypeScript client.

Conversations and touchpoints are the very shapes that events carry (hub.events.state), so that applying an event to a
snapshot is replacing values.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from agent_console.record_views import AttributeValue, NoteView, OrderView, Tag, Written
from hub.events import (
    AttachmentKind,
    Channel,
    ConversationState,
    DeliveryState,
    EvidenceKind,
    EvidenceSource,
    Explanation,
    PresenceStatus,
    Strength,
    TouchpointState,
)
from hub.events.common import Frozen, When
from hub.ids import AgentId, ConversationId, CustomerId, IdentityId, LedgerEntryId, QueueId, SuggestionId, TouchpointId

Role = Literal["agent", "supervisor", "admin"]
ClientId = str


class Fault(Frozen):
    """One thing wrong with a request. `where` is a path such as `body.attachments.0`, `query.limit`."""

    where: str
    problem: str


class Problem(Frozen):
    """RFC 9457. `code` is stable; `title` and `detail` are English; `where` names the field, if one is at fault.

    `faults` lists every fault of a request that does not fit its schema. `reference` ties an answer 500 to the log.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    where: str | None = None
    faults: tuple[Fault, ...] = ()
    reference: str | None = None


class AgentView(Frozen):
    id: AgentId
    login: str
    display_name: str
    role: Role
    locale: Literal["vi", "en"]
    capacity: int
    queue_ids: tuple[QueueId, ...]


class AgentCard(Frozen):
    """A colleague, as lists and timelines name them. `reason`: of being away or busy. `wrap_up_until`: nothing is
    offered before; it may be over."""

    id: AgentId
    display_name: str
    presence: PresenceStatus
    reason: str | None = None
    since: When | None = None
    wrap_up_until: When | None = None
    load: int = 0
    capacity: int = 0
    queue_ids: tuple[QueueId, ...] = ()


class QueueView(Frozen):
    id: QueueId
    name: str
    waiting: int
    longest_wait_since: When | None = None


class Me(Frozen):
    """`csrf` goes into the X-CSRF-Token header of every request that changes something, and into the socket's auth."""

    agent: AgentView
    presence: PresenceStatus
    reason: str | None = None
    wrap_up_until: When | None = None
    csrf: str


class Snapshot(Frozen):
    """All that the first screen shows. `cursor` is where the live socket goes on from; opaque."""

    cursor: str
    server_time: When
    me: Me
    queues: tuple[QueueView, ...]
    agents: tuple[AgentCard, ...]
    conversations: tuple[ConversationState, ...]  # mine, offered to me, and the oldest that wait in my queues


class ConversationPage(Frozen):
    """`next` is the cursor of the following page, None on the last."""

    items: tuple[ConversationState, ...]
    next: str | None = None


class HistoryEntry(Frozen):
    """What happened besides touchpoints: `type` is the event's type, `fields` its fields without the conversation."""

    conversation_id: ConversationId
    seq: int
    type: str
    at: When
    agent_id: AgentId | None = None
    fields: dict[str, object] = Field(default_factory=dict)


class TimelinePage(Frozen):
    """Oldest first. `before` is what to ask for to get the page before this one; None at the beginning."""

    touchpoints: tuple[TouchpointState, ...]
    history: tuple[HistoryEntry, ...]
    before: int | None = None


class EvidenceView(Frozen):
    kind: EvidenceKind
    value: str
    strength: Strength
    source: EvidenceSource
    last_seen_at: When


class IdentityView(Frozen):
    """One channel identity of the customer, and why it belongs to them (None for the first one)."""

    id: IdentityId
    channel: Channel
    account_id: str
    account_name: str
    external_id: str
    display_name: str | None
    avatar_url: str | None
    evidence: tuple[EvidenceView, ...]
    last_inbound_at: When | None
    joined_by: LedgerEntryId | None = None
    joined_at: When | None = None
    why: Explanation | None = None


class LedgerView(Frozen):
    """One line of the customer's identity history. `revocable`: undoing it would change something now."""

    id: LedgerEntryId
    kind: Literal["merge", "split", "move", "undo"]
    at: When
    by: AgentId | None
    why: Explanation
    identity_a: IdentityId | None = None
    identity_b: IdentityId | None = None
    target_id: LedgerEntryId | None = None
    in_force: bool
    revocable: bool


class CustomerView(Frozen):
    """`given_name` is what staff wrote on the record that stands for the customer. `attributes`, `tags` and `notes` are
    those of all the records that were joined: of attributes and tags the newest word counts."""

    id: CustomerId
    name: str | None
    given_name: str | None
    attributes: dict[str, AttributeValue]
    tags: tuple[str, ...]
    notes: tuple[NoteView, ...]
    orders: tuple[OrderView, ...]  # newest first, at most 20
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    identities: tuple[IdentityView, ...]
    ledger: tuple[LedgerView, ...]
    conversations: tuple[ConversationState, ...]  # newest first, at most 20
    created_at: When


class SuggestionView(Frozen):
    """`mine` and `other` as seen from the customer in whose panel it stands."""

    id: SuggestionId
    other_customer_id: CustomerId
    other_name: str | None
    other_channels: tuple[Channel, ...]
    why: Explanation
    created_at: When


class ReplyOption(Frozen):
    """A way to answer. `refused` says why it would fail now; the console greys it out with that sentence."""

    identity_id: IdentityId
    channel: Channel
    account_id: str
    account_name: str
    display_name: str | None
    preferred: bool  # the customer wrote here last
    text_chars_max: int
    attachments: dict[AttachmentKind, int]  # kind -> bytes at most
    window_ends_at: When | None = None
    refused: Explanation | None = None


class ConversationDetail(Frozen):
    """All that the open conversation shows."""

    conversation: ConversationState
    customer: CustomerView
    timeline: TimelinePage
    reply_options: tuple[ReplyOption, ...]
    suggestions: tuple[SuggestionView, ...]


class Changes(Frozen):
    """What a console misses after `after_seq`. `reload`: too much; take the detail anew."""

    conversation: ConversationState
    touchpoints: tuple[TouchpointState, ...]
    history: tuple[HistoryEntry, ...]
    reload: bool = False


class Upload(Frozen):
    """A file ready to be sent with a reply. `blob` goes into ReplyIn.attachments."""

    blob: str
    kind: AttachmentKind
    name: str
    mime: str
    size_bytes: int


class LedgerReceipt(Frozen):
    """The entry that a merge, a split or an undo wrote; None: they were one already. Its effects come as events."""

    entry_id: LedgerEntryId | None


# --- what the API takes --------------------------------------------------------------------------------------------


class SignInIn(Frozen):
    login: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=1024)


class MePatch(Frozen):
    locale: Literal["vi", "en"]


class ReplyIn(Frozen):
    """`client_id` is made by the console, once per click: sending the same again answers with the first reply."""

    client_id: str = Field(min_length=8, max_length=64)
    identity_id: IdentityId
    text: str | None = Field(default=None, max_length=100_000)
    attachments: tuple[str, ...] = Field(default=(), max_length=10)
    reply_to: TouchpointId | None = None  # the entry that is quoted


class SettleIn(Frozen):
    """What a human found out about a reply whose outcome is unknown: it arrived, or it did not and shall go again."""

    outcome: Literal[DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.FAILED]


class ConversationsQuery(Frozen):
    """`q` looks in names and telephone numbers, with or without diacritics. `silent_s`: those in which nothing was said
    for so long and nobody waits for us: to be followed up. `due_first`: only what is promised by a time, the soonest
    first. `tag` without regard to case. `priority`: -1 low, 0, 1 high, 2 urgent. `after` is `next` of the last
    page."""

    view: Literal["mine", "waiting", "all", "closed"] = "mine"
    queue_id: QueueId | None = None
    q: str | None = Field(default=None, max_length=100)
    silent_s: int | None = Field(default=None, ge=60, le=90 * 24 * 3600)
    due_first: bool = False
    tag: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)] | None = None
    lifecycle: str | None = Field(default=None, min_length=1, max_length=40)
    priority: int | None = Field(default=None, ge=-1, le=2)
    after: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=100)


class TimelineQuery(Frozen):
    """`before` is the number of the oldest entry that is there already."""

    before: int | None = Field(default=None, ge=1, lt=2**63)
    limit: int = Field(default=50, ge=1, le=100)


class ChangesQuery(Frozen):
    after_seq: int = Field(ge=0, lt=2**31)


class UploadQuery(Frozen):
    """The name the customer will see. Only its last path segment counts."""

    name: str = Field(min_length=1, max_length=255)


class ReadIn(Frozen):
    """`seq` is what the agent had on the screen: what came later stays unread."""

    seq: int = Field(ge=0, lt=2**31)


class CustomerPatch(Frozen):
    """What is left out stays. `name` None shows the channel's own again. Numbers and mailboxes that are added are
    evidence: see POST …/preview for what follows from them. `attributes`: None takes one away. `tags`: all of them
    from now on. `notes`: record id -> text, "" takes it away."""

    name: str | None = Field(default=None, max_length=200)
    add_phones: tuple[Written, ...] = Field(default=(), max_length=20)
    remove_phones: tuple[Written, ...] = Field(default=(), max_length=20)
    add_emails: tuple[Written, ...] = Field(default=(), max_length=20)
    remove_emails: tuple[Written, ...] = Field(default=(), max_length=20)
    attributes: dict[str, AttributeValue | None] = Field(default_factory=dict, max_length=100)
    tags: tuple[Tag, ...] | None = Field(default=None, max_length=50)
    notes: dict[CustomerId, str] = Field(default_factory=dict, max_length=50)


class UndoIn(Frozen):
    reason: str | None = Field(default=None, max_length=500)


class MergeIn(Frozen):
    """An agent says that two customers are one person. The reason stands in the ledger."""

    other_customer_id: CustomerId
    reason: str = Field(min_length=1, max_length=500)


class SplitIn(Frozen):
    """`with_identities`: more of the same customer, who are one person with this one."""

    with_identities: tuple[IdentityId, ...] = Field(default=(), max_length=100)
    reason: str | None = Field(default=None, max_length=500)


class MoveIn(Frozen):
    """The channel identity is not its customer's but this one's."""

    to_customer_id: CustomerId
    reason: str | None = Field(default=None, max_length=500)
