"""What several events are made of. Every model is frozen and refuses unknown fields."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from hub.ids import ChannelAccountId

TEXT_MAX_CHARS = 100_000  # longer mails go to the blob store; no chat channel allows a tenth of it
NAME_MAX_CHARS = 200

ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Name = Annotated[str, StringConstraints(max_length=NAME_MAX_CHARS)]
AccountId = Annotated[ChannelAccountId, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
When = AwareDatetime


class Frozen(BaseModel):
    """Base of everything that travels: immutable, closed, built from its own field names only."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_timedelta="float", ser_json_bytes="base64", val_json_bytes="base64"
    )


class Channel(StrEnum):
    """A kind of medium. One page, number or mailbox of ours on it is a channel account."""

    HOTLINE = "hotline"
    FACEBOOK = "facebook"
    ZALO = "zalo"
    WEBCHAT = "webchat"
    EMAIL = "email"
    RECORD = "record"  # the shop's own books: made by hand, from a file, by another system; nobody writes through it


class Author(StrEnum):
    """Who spoke. BUSINESS: an agent here, or staff in the provider's own app (an echo we did not send)."""

    CUSTOMER = "customer"
    BUSINESS = "business"
    SYSTEM = "system"


class AttachmentKind(StrEnum):
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    LINK = "link"


class Attachment(Frozen):
    """`url` is the provider's (it expires); `blob` is our copy, set once fetched or when an agent uploaded it."""

    kind: AttachmentKind
    url: str | None = Field(default=None, max_length=4096)
    blob: str | None = Field(default=None, max_length=200)
    name: str | None = Field(default=None, max_length=255)
    mime: str | None = Field(default=None, max_length=127)
    size_bytes: int | None = Field(default=None, ge=0)
    width_px: int | None = Field(default=None, ge=0)
    height_px: int | None = Field(default=None, ge=0)
    duration_s: float | None = Field(default=None, ge=0)
    title: str | None = Field(default=None, max_length=500)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)


class EvidenceKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    SIGNED_USER = "signed_user"  # the shop's own customer id, in a token that the shop's server signed


class Strength(StrEnum):
    """How much a piece of evidence proves, strongest first. DESIGN, section 4."""

    ATTESTED = "attested"  # a provider or our own PBX vouches for it
    ORDER = "order"  # unmasked recipient of an order by the same buyer id
    AGENT = "agent"  # entered by an agent
    CLAIMED = "claimed"  # the customer says so
    MASKED = "masked"  # never a key


class EvidenceSource(StrEnum):
    CALLER_ID = "caller_id"
    ZALO_SHARED_INFO = "zalo_shared_info"
    FACEBOOK_SHARED_INFO = "facebook_shared_info"
    PRECHAT_FORM = "prechat_form"
    SIGNED_VISITOR = "signed_visitor"
    MESSAGE_TEXT = "message_text"
    CONTACT_CARD = "contact_card"
    ORDER_RECIPIENT = "order_recipient"
    AGENT_ENTRY = "agent_entry"
    CUSTOMER_FILE = "customer_file"
    CRM = "crm"


class Evidence(Frozen):
    """`value` as the source wrote it; the identity resolver normalises it (E.164, folded mailbox)."""

    kind: EvidenceKind
    value: str = Field(min_length=1, max_length=320)
    strength: Strength
    source: EvidenceSource


class Profile(Frozen):
    """What the provider shows of a person. Display only: names never join customers."""

    display_name: Name | None = None
    avatar_url: str | None = Field(default=None, max_length=4096)
    locale: str | None = Field(default=None, max_length=35)
    page_url: str | None = Field(default=None, max_length=2000)  # web chat: where the visitor wrote from


class Consent(Frozen):
    """What a person agreed to, provable: which text, when, and where it stood. Silence is no consent."""

    text_version: str = Field(min_length=1, max_length=40)
    given_at: When
    page_url: str | None = Field(default=None, max_length=2000)


class DeliveryState(StrEnum):
    """Of one reply. Moves along `DELIVERY_RANK` only; FAILED, UNKNOWN are settled by receipt, echo or a human."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"


class FailureReason(StrEnum):
    """Why a reply failed, as an agent must hear it. The console holds one sentence per value and language."""

    OUTSIDE_WINDOW = "outside_window"
    CUSTOMER_UNREACHABLE = "customer_unreachable"
    TOO_LONG = "too_long"
    UNSUPPORTED_CONTENT = "unsupported_content"
    ATTACHMENT_REFUSED = "attachment_refused"
    POLICY_BLOCK = "policy_block"
    QUOTA_EXHAUSTED = "quota_exhausted"
    QUIET_HOURS = "quiet_hours"
    ACCOUNT_DISCONNECTED = "account_disconnected"
    PERMISSION_MISSING = "permission_missing"
    PROVIDER_REJECTED = "provider_rejected"
    GAVE_UP = "gave_up"
    OUTCOME_UNKNOWN = "outcome_unknown"


class CallState(StrEnum):
    """States only move forward, in this order; MISSED and ENDED are both final."""

    OFFERED = "offered"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"
    MISSED = "missed"


class CallDirection(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class ConversationStatus(StrEnum):
    """WAITING in a queue, OFFERED to one agent until a deadline, ASSIGNED to one agent, or CLOSED."""

    WAITING = "waiting"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    CLOSED = "closed"


class PresenceStatus(StrEnum):
    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"


class Explanation(Frozen):
    """Why something was decided. The console renders `code` with `params` in the reader's language.

    Codes are listed in `agent_console/web` catalogs; a code without a sentence fails its build.
    """

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=80)
    params: dict[str, str | int | float | bool | None] = Field(default_factory=dict)


def utc_iso(moment: datetime) -> str:
    """For logs and cursors: 2026-11-22T02:00:00.123456Z."""
    return moment.isoformat().replace("+00:00", "Z")
