"""What providers told us. Topic `touchpoints`, keyed by channel account and channel identity.

Connectors make these from webhooks; `dedupe_key` is the provider's own id of the event (or what channels/*.md names
in its place), so that a repeat is harmless for ever: UNIQUE(account_id, dedupe_key) stands in the database.
"""

from typing import ClassVar, Literal

from pydantic import Field

from hub.events.common import (
    TEXT_MAX_CHARS,
    AccountId,
    Attachment,
    Author,
    CallDirection,
    CallState,
    Channel,
    Consent,
    DeliveryState,
    Evidence,
    ExternalId,
    FailureReason,
    Profile,
    When,
)
from hub.events.envelope import EventData, register
from hub.ids import AttemptId

TOUCHPOINTS = "touchpoints"


class TouchpointEvent(EventData):
    """`identity` is the customer's id on this account: PSID, Zalo user id, E.164 caller, visitor id."""

    TOPIC: ClassVar[str] = TOUCHPOINTS

    channel: Channel
    account_id: AccountId
    identity: ExternalId
    dedupe_key: ExternalId
    occurred_at: When  # the provider's clock: shown, never used for order
    profile: Profile | None = None
    evidence: tuple[Evidence, ...] = ()

    def key(self) -> str:
        return touchpoint_key(self.account_id, self.identity)


def touchpoint_key(account_id: str, identity: str) -> str:
    """The one place that knows how topics `touchpoints` and `outbound` are keyed."""
    return f"{account_id}|{identity}"


@register
class MessageReceived(TouchpointEvent):
    """A message on a channel. `author` BUSINESS is an echo: of our own reply (`attempt_id` or a known
    `provider_message_id`), or of staff writing in the provider's app."""

    TYPE: ClassVar[str] = "hub.message_received.v1"

    author: Author = Author.CUSTOMER
    provider_message_id: ExternalId
    text: str | None = Field(default=None, max_length=TEXT_MAX_CHARS)
    attachments: tuple[Attachment, ...] = ()
    reply_to: ExternalId | None = None  # provider_message_id of the message it answers
    button_payload: str | None = Field(default=None, max_length=1000)
    staff_name: str | None = Field(default=None, max_length=200)  # echo from the provider's app, when known
    attempt_id: AttemptId | None = None
    client_id: str | None = Field(default=None, max_length=64)  # web chat: the visitor's own id of the message


@register
class MessageEdited(TouchpointEvent):
    """The customer changed an earlier message. `text` is the whole new text."""

    TYPE: ClassVar[str] = "hub.message_edited.v1"

    provider_message_id: ExternalId
    text: str = Field(max_length=TEXT_MAX_CHARS)


@register
class ReceiptReceived(TouchpointEvent):
    """Our replies arrived, were read, or failed later. Either ids, or everything sent up to `watermark`."""

    TYPE: ClassVar[str] = "hub.receipt_received.v1"

    state: Literal[DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED]
    provider_message_ids: tuple[ExternalId, ...] = ()
    watermark: When | None = None
    failure: FailureReason | None = None


@register
class CallProgressed(TouchpointEvent):
    """One step of one telephone call; the same `call_id` throughout. Steps may come twice and in any order.

    `identity` is the caller in E.164, or `anonymous:<call_id>` when the number was withheld.
    """

    TYPE: ClassVar[str] = "hub.call_progressed.v1"

    call_id: ExternalId
    direction: CallDirection
    state: CallState
    hotline_number: str | None = Field(default=None, max_length=40)
    agent_ref: str | None = Field(default=None, max_length=200)  # extension or softphone user of the PBX
    talk_s: int | None = Field(default=None, ge=0)
    cause: str | None = Field(default=None, max_length=200)


@register
class RecordingReady(TouchpointEvent):
    """The recording of a call can be fetched. Comes seconds to minutes after the end."""

    TYPE: ClassVar[str] = "hub.recording_ready.v1"

    call_id: ExternalId
    recording: Attachment


@register
class ProfileReceived(TouchpointEvent):
    """Who the person is on this channel: name, picture, phone or e-mail (in `evidence`), without a message."""

    TYPE: ClassVar[str] = "hub.profile_received.v1"

    consent: Consent | None = None


PUBLIC_KINDS = frozenset({"comment", "comment_edited", "post", "post_edited"})


@register
class UnsupportedReceived(TouchpointEvent):
    """Something happened on the channel that this release does not show in full. Kept and shown as such.

    Of a `kind` in PUBLIC_KINDS `raw` is what the customer wrote, for everybody to read; of any other, what came.
    """

    TYPE: ClassVar[str] = "hub.unsupported_received.v1"

    kind: str = Field(max_length=100)  # the provider's own word
    raw: str = Field(max_length=TEXT_MAX_CHARS)


@register
class AccountAlarmed(TouchpointEvent):
    """The provider restricts or disconnects the account itself. `identity` is `account`."""

    TYPE: ClassVar[str] = "hub.account_alarmed.v1"

    action: str = Field(max_length=100)
    detail: str = Field(max_length=2000)
