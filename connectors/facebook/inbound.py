"""Messenger webhooks -> hub events. Source: Messenger Platform, "Webhook Events". Pure.

Keys that make a repeat harmless: a message's `mid`; `mid` and edit number; watermark per person and kind; otherwise
person, kind and the provider's own time. Kinds unknown to this release become UnsupportedReceived, never silence.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import ValidationError

from connectors.facebook.feed import read_change
from connectors.facebook.messages import claim, read_edit, read_message, read_postback
from connectors.facebook.reading import CHANNEL, Ignored, Item, Page, Seen
from connectors.facebook.wire import Entry, Messaging, Party
from connectors.payload import clip, dedupe_key, digest, moment, read_json, unsupported
from hub.errors import BadInput
from hub.events import (
    AccountAlarmed,
    Author,
    DeliveryState,
    EvidenceKind,
    MessageReceived,
    Profile,
    ProfileReceived,
    ReceiptReceived,
    TouchpointEvent,
)

BODY_BYTES_MAX = 3 * 1024 * 1024  # a batch may hold a thousand changes
USER_REF_PREFIX = "ref:"


def to_events(body: bytes, page: Page) -> tuple[list[TouchpointEvent], list[str]]:
    """The events of this Page, in the order of the body, and the reasons of what was ignored. Raises BadInput."""
    events: list[TouchpointEvent] = []
    ignored: list[str] = []
    for item in _items(read_json(body, BODY_BYTES_MAX), page):
        if isinstance(item, Ignored):
            ignored.append(f"facebook:{item.reason}")
        else:
            events.append(item)
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


def _read(raw: Any, page: Page, entry_time: int | None) -> Item:
    if not isinstance(raw, dict):
        return Ignored("item_unreadable")
    try:
        item = Messaging.model_validate(raw)
    except ValidationError:
        return _unreadable(raw, page)
    identity = _identity(item, page)
    kind = _kind(raw)
    seen = Seen(item, raw, kind, page, identity, moment(item.timestamp or entry_time, page.received_at))
    if kind in _WITHOUT_CUSTOMER:
        return _WITHOUT_CUSTOMER[kind](seen)
    if identity is None:
        return Ignored(f"no_customer:{clip(kind, 40)}")
    return _KINDS.get(kind, Seen.unsupported)(seen)


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
    head = {
        "account_id": item.account_id,
        "identity": item.identity,
        "dedupe_key": item.dedupe_key,
        "occurred_at": item.occurred_at,
    }
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
    seen = Seen(parties, raw, _kind(raw), page, _identity(parties, page), page.received_at)
    if seen.identity is None:
        return Ignored("item_unreadable")
    return seen.unsupported("unreadable", seen.identity, seen.kind, seen.stamp())


def _delivery(seen: Seen) -> Item:
    return _receipt(seen, DeliveryState.DELIVERED)


def _read_receipt(seen: Seen) -> Item:
    return _receipt(seen, DeliveryState.READ)


def _receipt(seen: Seen, state: Literal[DeliveryState.DELIVERED, DeliveryState.READ]) -> Item:
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


def _reaction(seen: Seen) -> Item:
    reaction = seen.item.reaction
    if reaction is None:
        return seen.unsupported()
    return seen.unsupported("reaction", reaction.mid, seen.identity, reaction.action, seen.stamp())


def _contact_form(seen: Seen) -> Item:
    """The customer filled in Facebook's contact form. Typed by them, hence a claim."""
    form = seen.item.messaging_customer_information
    if form is None:
        return seen.unsupported()
    answers = [(r.key.lower(), r.value) for screen in form.screens for r in screen.responses if len(r.value) <= 320]
    evidence = [claim(EvidenceKind.PHONE, value) for key, value in answers if "phone" in key]
    evidence += [claim(EvidenceKind.EMAIL, value) for key, value in answers if "email" in key]
    name = next((clip(value, 200) for key, value in answers if key in ("name", "full_name")), None)
    return ProfileReceived(
        channel=CHANNEL,
        profile=Profile(display_name=name) if name else None,
        evidence=tuple(evidence[:10]),
        **seen.head("customer_information", seen.page.page_id, seen.identity, seen.stamp()),
    )


def _policy(seen: Seen) -> Item:
    policy = seen.item.policy_enforcement
    if policy is None:
        return Ignored("policy_empty")
    head = seen.head("policy", seen.page.page_id, policy.action, seen.stamp()) | {"identity": "account"}
    return AccountAlarmed(
        channel=CHANNEL, action=clip(policy.action, 100) or "unknown", detail=clip(policy.reason, 2000) or "", **head
    )


def _ignored(reason: str) -> Callable[[Seen], Item]:
    return lambda seen: Ignored(reason)


_KINDS: dict[str, Callable[[Seen], Item]] = {
    "message": read_message,
    "postback": read_postback,
    "message_edit": read_edit,
    "delivery": _delivery,
    "read": _read_receipt,
    "reaction": _reaction,
    "messaging_customer_information": _contact_form,
    "referral": _ignored("referral"),  # a link was opened, nothing said; the message that follows carries its own
}

_WITHOUT_CUSTOMER: dict[str, Callable[[Seen], Item]] = {
    "policy_enforcement": _policy,
    "pass_thread_control": _ignored("handover"),
    "take_thread_control": _ignored("handover"),
    "request_thread_control": _ignored("handover"),
    "app_roles": _ignored("handover"),
}
