"""Messenger webhooks -> hub events. Source: Messenger Platform, "Webhook Events". Pure.

Keys that make a repeat harmless: a message's `mid`; `mid` and edit number; watermark per person and kind; otherwise
person, kind and the provider's own time. Kinds unknown to this release become UnsupportedReceived, never silence.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from connectors.facebook.attachments import ad_link, are_unknown, to_attachments
from connectors.facebook.feed import read_change
from connectors.facebook.reading import CHANNEL, Ignored, Item, Page
from connectors.facebook.wire import Entry, Messaging, Party, WireMessage
from connectors.payload import TEXT_CHARS_MAX, clip, dedupe_key, digest, fitting, moment, read_json, unsupported
from hub.errors import BadInput
from hub.events import (
    AccountAlarmed,
    Author,
    DeliveryState,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    MessageEdited,
    MessageReceived,
    Profile,
    ProfileReceived,
    ReceiptReceived,
    Strength,
    TouchpointEvent,
)
from hub.ids import AttemptId

BODY_BYTES_MAX = 3 * 1024 * 1024  # a batch may hold a thousand changes
METADATA_PREFIX = "hub:"
USER_REF_PREFIX = "ref:"
PAYLOAD_CHARS_MAX = 1000


def to_events(body: bytes, page: Page) -> tuple[list[TouchpointEvent], list[str]]:
    """The events of this Page, in the order of the body, and the reasons of what was ignored. Raises BadInput."""
    events: list[TouchpointEvent] = []
    ignored: list[str] = []
    for item in _items(read_json(body, BODY_BYTES_MAX), page):
        if isinstance(item, Ignored):
            ignored.append(f"facebook:{item.reason}")
        else:
            events.append(fitting(item, len(body)))
    return events, ignored


def _items(payload: dict[str, Any], page: Page) -> Iterator[Item]:
    entries = payload.get("entry")
    if "object" not in payload or not isinstance(entries, list):
        raise BadInput("not_a_webhook", "The body has no `object` and `entry`.", where="entry")
    if payload["object"] != "page":
        yield Ignored(f"object:{clip(str(payload['object']), 40)}")
        return
    for raw in entries:
        try:
            entry = Entry.model_validate(raw)
        except ValidationError:
            yield Ignored("entry_unreadable")
            continue
        yield from _entry_items(entry, page)


def _entry_items(entry: Entry, page: Page) -> Iterator[Item]:
    if entry.id != page.page_id:
        yield Ignored("other_page")
        return
    for raw in entry.messaging:
        yield _read(raw, page, entry.time)
    for raw in entry.standby:
        yield _read_standby(raw, page, entry.time)
    for raw in entry.changes:
        yield read_change(raw, page, entry.time)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One item, with what every event needs. `identity` is None when no customer stands in it."""

    item: Messaging
    raw: dict[str, Any]
    page: Page
    identity: str | None
    occurred_at: datetime

    def head(self, *key: object) -> dict[str, Any]:
        return {
            "account_id": self.page.account_id,
            "identity": self.identity,
            "dedupe_key": dedupe_key(*key),
            "occurred_at": self.occurred_at,
        }

    def stamp(self) -> object:
        """For keys: the provider's time, or what stands in where there is none."""
        return self.item.timestamp if self.item.timestamp is not None else digest(str(self.raw))


def _read(raw: Any, page: Page, entry_time: int | None) -> Item:
    if not isinstance(raw, dict):
        return Ignored("item_unreadable")
    try:
        item = Messaging.model_validate(raw)
    except ValidationError:
        return _unreadable(raw, page)
    identity = _identity(item, page)
    seen = _Seen(item, raw, page, identity, moment(item.timestamp or entry_time, page.received_at))
    kind = _kind(raw)
    if kind in _WITHOUT_CUSTOMER:
        return _WITHOUT_CUSTOMER[kind](seen)
    if identity is None:
        return Ignored(f"no_customer:{clip(kind, 40)}")
    return _KINDS.get(kind, _other)(seen)


def _read_standby(raw: Any, page: Page, entry_time: int | None) -> Item:
    """Another app owns the thread and answers. What the customer wrote there is kept, as something we only watch."""
    kind = _kind(raw) if isinstance(raw, dict) else ""
    if kind not in ("message", "postback"):
        return Ignored(f"standby:{clip(kind, 40)}")
    item = _read(raw, page, entry_time)
    if not isinstance(item, MessageReceived):
        return item
    if item.author is not Author.CUSTOMER:
        return Ignored("standby:echo")
    head = {"account_id": item.account_id, "identity": item.identity, "dedupe_key": item.dedupe_key,
            "occurred_at": item.occurred_at}
    return unsupported(CHANNEL, head, f"standby_{kind}", raw)


def _identity(item: Messaging, page: Page) -> str | None:
    """The party that is not the Page: a PSID, or `ref:` and the chat plugin's reference."""
    for party in (item.sender, item.recipient):
        if party.id is not None and party.id != page.page_id:
            return party.id
        if party.id is None and party.user_ref is not None:
            return dedupe_key("ref", party.user_ref)
    return None


def _kind(raw: dict[str, Any]) -> str:
    """The one key that says what happened. Messages may carry a `referral` or `hop_context` beside them."""
    about = [key for key in raw if key not in ("sender", "recipient", "timestamp", "hop_context", "standby")]
    return next((key for key in about if key in _KINDS), about[0] if about else "empty")


def _unreadable(raw: dict[str, Any], page: Page) -> Item:
    """Known by name but not by shape. Kept whole when the customer can still be told."""
    try:
        parties = Messaging(
            sender=Party.model_validate(raw.get("sender") or {}),
            recipient=Party.model_validate(raw.get("recipient") or {}),
        )
    except ValidationError:
        return Ignored("item_unreadable")
    seen = _Seen(parties, raw, page, _identity(parties, page), page.received_at)
    if seen.identity is None:
        return Ignored("item_unreadable")
    kind = _kind(raw)
    return unsupported(CHANNEL, seen.head("unreadable", seen.identity, kind, seen.stamp()), kind, raw)


def _message(seen: _Seen) -> Item:
    message = seen.item.message
    if message is None:
        return _other(seen)
    if message.is_deleted:
        return Ignored("message_deleted")
    echo = message.is_echo or seen.item.sender.id == seen.page.page_id
    shown = () if are_unknown(message.attachments) and not message.text else to_attachments(message.attachments)
    shown += ad_link(message.referral)
    if (not shown and not message.text) or len(message.text or "") > TEXT_CHARS_MAX:
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


def _unshown(seen: _Seen, message: WireMessage) -> Item:
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
        return (_shared(EvidenceKind.EMAIL, payload),)
    if sum(c.isdigit() for c in payload) >= 8 and all(c.isdigit() or c in "+ .-()" for c in payload):
        return (_shared(EvidenceKind.PHONE, payload),)
    return ()


def _shared(kind: EvidenceKind, value: str) -> Evidence:
    return Evidence(
        kind=kind, value=value, strength=Strength.CLAIMED, source=EvidenceSource.FACEBOOK_SHARED_INFO
    )


def _postback(seen: _Seen) -> Item:
    """A tap on a button, the menu or Get Started is the customer's word: its title is the text."""
    postback = seen.item.postback
    if postback is None:
        return _other(seen)
    key = postback.mid or dedupe_key("postback", seen.identity, seen.stamp(), digest(postback.payload or ""))
    text = clip(postback.title, 1000) or clip(postback.payload, 1000)
    if text is None:
        return unsupported(CHANNEL, seen.head(key), "postback", seen.raw)
    return MessageReceived(
        channel=CHANNEL,
        provider_message_id=key,
        text=text,
        attachments=ad_link(postback.referral),
        button_payload=clip(postback.payload, PAYLOAD_CHARS_MAX),
        **seen.head(key),
    )


def _edit(seen: _Seen) -> Item:
    edit = seen.item.message_edit
    if edit is None or len(edit.text) > TEXT_CHARS_MAX:
        return _other(seen)
    number = edit.num_edit if edit.num_edit is not None else digest(edit.text)
    head = seen.head("edit", edit.mid, number)
    return MessageEdited(channel=CHANNEL, provider_message_id=edit.mid, text=edit.text, **head)


def _delivery(seen: _Seen) -> Item:
    return _receipt(seen, DeliveryState.DELIVERED)


def _read_receipt(seen: _Seen) -> Item:
    return _receipt(seen, DeliveryState.READ)


def _receipt(seen: _Seen, state: Literal[DeliveryState.DELIVERED, DeliveryState.READ]) -> Item:
    mark = seen.item.delivery or seen.item.read
    if mark is None or (mark.watermark is None and not mark.mids):
        return Ignored(f"receipt_empty:{state}")
    watermark = moment(mark.watermark, seen.occurred_at) if mark.watermark is not None else None
    number = mark.watermark if mark.watermark is not None else digest("|".join(mark.mids))
    head = seen.head(state, seen.page.page_id, seen.identity, number)
    if seen.item.timestamp is None and watermark is not None:
        head["occurred_at"] = watermark
    return ReceiptReceived(
        channel=CHANNEL, state=state, provider_message_ids=mark.mids[:1000], watermark=watermark, **head
    )


def _reaction(seen: _Seen) -> Item:
    reaction = seen.item.reaction
    if reaction is None:
        return _other(seen)
    head = seen.head("reaction", reaction.mid, seen.identity, reaction.action, seen.stamp())
    return unsupported(CHANNEL, head, "reaction", seen.raw)


def _contact_form(seen: _Seen) -> Item:
    """The customer filled in Facebook's contact form. Typed by them, hence a claim."""
    form = seen.item.messaging_customer_information
    if form is None:
        return _other(seen)
    answers = [(r.key.lower(), r.value) for screen in form.screens for r in screen.responses if len(r.value) <= 320]
    evidence = [_shared(EvidenceKind.PHONE, value) for key, value in answers if "phone" in key]
    evidence += [_shared(EvidenceKind.EMAIL, value) for key, value in answers if "email" in key]
    name = next((clip(value, 200) for key, value in answers if key in ("name", "full_name")), None)
    return ProfileReceived(
        channel=CHANNEL,
        profile=Profile(display_name=name) if name else None,
        evidence=tuple(evidence[:10]),
        **seen.head("customer_information", seen.page.page_id, seen.identity, seen.stamp()),
    )


def _policy(seen: _Seen) -> Item:
    policy = seen.item.policy_enforcement
    if policy is None:
        return Ignored("policy_empty")
    head = seen.head("policy", seen.page.page_id, policy.action, seen.stamp()) | {"identity": "account"}
    return AccountAlarmed(
        channel=CHANNEL, action=clip(policy.action, 100) or "unknown", detail=clip(policy.reason, 2000) or "", **head
    )


def _ignored(reason: str) -> Callable[[_Seen], Item]:
    return lambda seen: Ignored(reason)


def _other(seen: _Seen) -> Item:
    kind = _kind(seen.raw)
    return unsupported(CHANNEL, seen.head(kind, seen.page.page_id, seen.identity, seen.stamp()), kind, seen.raw)


_KINDS: dict[str, Callable[[_Seen], Item]] = {
    "message": _message,
    "postback": _postback,
    "message_edit": _edit,
    "delivery": _delivery,
    "read": _read_receipt,
    "reaction": _reaction,
    "messaging_customer_information": _contact_form,
    "referral": _ignored("referral"),  # a link was opened, nothing said; the message that follows carries its own
}

_WITHOUT_CUSTOMER: dict[str, Callable[[_Seen], Item]] = {
    "policy_enforcement": _policy,
    "pass_thread_control": _ignored("handover"),
    "take_thread_control": _ignored("handover"),
    "request_thread_control": _ignored("handover"),
    "app_roles": _ignored("handover"),
}
