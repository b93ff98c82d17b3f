"""The event vocabulary, one file per stage: inbound, identified, routed, outbound, rejected.

Events are facts in the past, frozen, typed and versioned; `envelope` wraps them. JSON Schemas and the AsyncAPI
document are generated from this package into docs/generated.
"""

from hub.events.common import (
    Attachment,
    AttachmentKind,
    Author,
    CallDirection,
    CallState,
    Channel,
    ConversationStatus,
    DeliveryState,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    Explanation,
    FailureReason,
    PresenceStatus,
    Profile,
    Strength,
)
from hub.events.envelope import Envelope, EventData, decode, encode, registry, wrap
from hub.events.identified import (
    CONVERSATIONS,
    ConversationAssigned,
    ConversationClosed,
    ConversationEvent,
    ConversationOffered,
    ConversationOpened,
    ConversationRead,
    ConversationReopened,
    ConversationRequeued,
    CustomerChanged,
    CustomerMerged,
    CustomerSplit,
    OfferEnded,
    SuggestionRaised,
    SuggestionSettled,
    TouchpointAdded,
    TouchpointChanged,
)
from hub.events.inbound import (
    TOUCHPOINTS,
    AccountAlarmed,
    CallProgressed,
    MessageEdited,
    MessageReceived,
    ProfileReceived,
    ReceiptReceived,
    RecordingReady,
    TouchpointEvent,
    UnsupportedReceived,
    touchpoint_key,
)
from hub.events.outbound import OUTBOUND, ReplyRequested
from hub.events.rejected import DEAD_LETTERS, EventRejected
from hub.events.routed import (
    DEFAULT_POOL,
    ROUTING,
    OfferAnswered,
    PresenceChanged,
    RoutingEvent,
    WorkArrived,
    WorkGone,
)
from hub.events.state import CallCard, ConversationState, Delivery, MergeNote, Preview, TouchpointState

TOPICS = (TOUCHPOINTS, CONVERSATIONS, ROUTING, OUTBOUND, DEAD_LETTERS)

__all__ = [
    "CONVERSATIONS", "DEAD_LETTERS", "DEFAULT_POOL", "OUTBOUND", "ROUTING", "TOPICS", "TOUCHPOINTS",
    "AccountAlarmed", "Attachment", "AttachmentKind", "Author", "CallCard", "CallDirection", "CallProgressed",
    "CallState", "Channel", "ConversationAssigned", "ConversationClosed", "ConversationEvent",
    "ConversationOffered", "ConversationOpened", "ConversationRead", "ConversationReopened",
    "ConversationRequeued", "ConversationState", "ConversationStatus", "CustomerChanged", "CustomerMerged",
    "CustomerSplit", "Delivery", "DeliveryState", "Envelope", "EventData", "EventRejected", "Evidence",
    "EvidenceKind", "EvidenceSource", "Explanation", "FailureReason", "MergeNote", "MessageEdited",
    "MessageReceived", "OfferAnswered", "OfferEnded", "PresenceChanged", "PresenceStatus", "Preview", "Profile",
    "ProfileReceived", "ReceiptReceived", "RecordingReady", "ReplyRequested", "RoutingEvent", "Strength",
    "SuggestionRaised", "SuggestionSettled", "TouchpointAdded", "TouchpointChanged", "TouchpointEvent",
    "TouchpointState", "UnsupportedReceived", "WorkArrived", "WorkGone", "decode", "encode", "registry",
    "touchpoint_key", "wrap",
]
