"""Messenger messages, postbacks and edits -> events. Source: webhook events `messages`, `message_echoes`,
`messaging_postbacks`, `message_edits`. Pure."""

from uuid import UUID

from connectors.facebook.attachments import ad_link, are_unknown, to_attachments
from connectors.facebook.reading import CHANNEL, Ignored, Item, Page, Seen
from connectors.facebook.wire import WireMessage
from connectors.payload import ATTACHMENTS_MAX, OVERSIZED, clip, dedupe_key, digest, unsupported
from hub.events import (
    Author,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    MessageEdited,
    MessageReceived,
    Strength,
)
from hub.events.common import TEXT_MAX_CHARS
from hub.ids import AttemptId

METADATA_PREFIX = "hub:"
PAYLOAD_CHARS_MAX = 1000
TITLE_CHARS_MAX = 1000


def read_message(seen: Seen) -> Item:
    message = seen.item.message
    if message is None:
        return seen.unsupported()
    if message.is_deleted:
        return Ignored("message_deleted")
    echo = message.is_echo or seen.item.sender.id == seen.page.page_id
    shown = () if are_unknown(message.attachments) and not message.text else to_attachments(message.attachments)
    shown += ad_link(message.referral)
    if len(message.text or "") > TEXT_MAX_CHARS or len(shown) > ATTACHMENTS_MAX:
        return unsupported(CHANNEL, seen.head(message.mid), OVERSIZED, seen.raw)
    if not shown and not message.text:
        return _unshown(seen, message)
    return MessageReceived(
        channel=CHANNEL,
        author=Author.BUSINESS if echo else Author.CUSTOMER,
        provider_message_id=message.mid,
        text=message.text or None,
        attachments=shown,
        reply_to=message.reply_to.mid if message.reply_to else None,
        button_payload=_button(message),
        evidence=() if echo else _quick_reply_evidence(message),
        attempt_id=_attempt(message, seen.page) if echo else None,
        **seen.head(message.mid),
    )


def _unshown(seen: Seen, message: WireMessage) -> Item:
    kind = f"attachment_{message.attachments[0].type}" if message.attachments else "message"
    return unsupported(CHANNEL, seen.head(message.mid), kind, seen.raw)


def _button(message: WireMessage) -> str | None:
    return clip(message.quick_reply.payload, PAYLOAD_CHARS_MAX) if message.quick_reply else None


def _attempt(message: WireMessage, page: Page) -> AttemptId | None:
    """Which of our attempts this echo is of. Only our own app's word counts: any app may write any metadata."""
    if message.app_id != page.app_id or not (message.metadata or "").startswith(METADATA_PREFIX):
        return None
    try:
        return AttemptId(UUID((message.metadata or "").removeprefix(METADATA_PREFIX)))
    except ValueError:
        return None


def _quick_reply_evidence(message: WireMessage) -> tuple[Evidence, ...]:
    """Facebook's own buttons "share my phone number / e-mail" answer with text and payload both being the value."""
    payload = message.quick_reply.payload if message.quick_reply else None
    if not payload or payload != message.text or len(payload) > 320:
        return ()
    if "@" in payload and " " not in payload:
        return (claim(EvidenceKind.EMAIL, payload),)
    if sum(c.isdigit() for c in payload) >= 8 and all(c.isdigit() or c in "+ .-()" for c in payload):
        return (claim(EvidenceKind.PHONE, payload),)
    return ()


def claim(kind: EvidenceKind, value: str) -> Evidence:
    return Evidence(kind=kind, value=value, strength=Strength.CLAIMED, source=EvidenceSource.FACEBOOK_SHARED_INFO)


def read_postback(seen: Seen) -> Item:
    """A tap on a button, the menu or Get Started is the customer's word: its title is the text."""
    postback = seen.item.postback
    if postback is None:
        return seen.unsupported()
    key = postback.mid or dedupe_key("postback", seen.identity, seen.stamp(), digest(postback.payload or ""))
    text = clip(postback.title, TITLE_CHARS_MAX) or clip(postback.payload, TITLE_CHARS_MAX)
    if text is None:
        return seen.unsupported(key)
    return MessageReceived(
        channel=CHANNEL,
        provider_message_id=key,
        text=text,
        attachments=ad_link(postback.referral),
        button_payload=clip(postback.payload, PAYLOAD_CHARS_MAX),
        **seen.head(key),
    )


def read_edit(seen: Seen) -> Item:
    edit = seen.item.message_edit
    if edit is None or len(edit.text) > TEXT_MAX_CHARS:
        return seen.unsupported()
    number = edit.num_edit if edit.num_edit is not None else digest(edit.text)
    head = seen.head("edit", edit.mid, number)
    return MessageEdited(channel=CHANNEL, provider_message_id=edit.mid, text=edit.text, **head)
