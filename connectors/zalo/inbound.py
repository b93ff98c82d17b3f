"""Zalo webhooks -> hub events. Source: Official Account, Webhook at developers.zalo.me. Pure.

`event_name` decides everything. Keys that make a repeat harmless: event name and message id, one key per id for
"seen"; event name, person and the provider's time where there is no message id. Ours among the parties is whoever has
our OA's id, whatever side of an event sources put it on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from connectors.payload import ATTACHMENTS_MAX, OVERSIZED, clip, dedupe_key, digest, moment, read_json, unsupported
from connectors.zalo.attachments import card_attachment, card_of, to_attachments
from connectors.zalo.wire import Parties, Party, WireMessage, ZaloEvent
from hub.errors import BadInput
from hub.events import (
    Author,
    Channel,
    DeliveryState,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    MessageReceived,
    Profile,
    ProfileReceived,
    ReceiptReceived,
    Strength,
    TouchpointEvent,
)
from hub.events.common import TEXT_MAX_CHARS
from hub.ids import ChannelAccountId

CHANNEL = Channel.ZALO
BODY_BYTES_MAX = 1024 * 1024  # one event a POST
BUTTON_PREFIX = "#hub:"  # of the payloads that our buttons send back: Zalo shows taps as plain text
ANONYMOUS_PREFIX = "anon:"
SEEN_IDS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Account:
    """The OA that is read for. `received_at` stands in where Zalo gives no time."""

    account_id: ChannelAccountId
    oa_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """One event with the customer in it."""

    event: ZaloEvent
    raw: dict[str, Any]
    account: Account
    identity: str

    def head(self, *key: object) -> dict[str, Any]:
        return {
            "account_id": self.account.account_id,
            "identity": self.identity,
            "dedupe_key": dedupe_key(*key),
            "occurred_at": moment(self.event.timestamp, self.account.received_at),
        }

    def timed_head(self, *more: object) -> dict[str, Any]:
        """For events without a message id of their own."""
        stamp = self.event.timestamp if self.event.timestamp is not None else digest(str(self.raw))
        return self.head(self.event.event_name, self.identity, stamp, *more)


Found = list[TouchpointEvent] | str  # or the reason why it is ignored


def to_events(body: bytes, account: Account) -> tuple[list[TouchpointEvent], list[str]]:
    """The events of this OA and the reasons of what was ignored. Raises BadInput."""
    found = _read(read_json(body, BODY_BYTES_MAX), account)
    if isinstance(found, str):
        return [], [f"zalo:{found}"]
    return found, []


def _read(raw: dict[str, Any], account: Account) -> Found:
    name = raw.get("event_name")
    if not isinstance(name, str) or not name:
        raise BadInput("not_a_webhook", "The body has no event_name.", where="event_name")
    if _is_without_customer(name):
        return clip(name, 60) or "unknown"
    try:
        event = ZaloEvent.model_validate(raw)
    except ValidationError:
        return _unreadable(raw, name, account)
    if account.oa_id not in (event.oa_id, event.sender.id, event.recipient.id):
        return "other_oa"
    identity = _customer(event, account)
    if identity is None:
        return f"no_customer:{clip(name, 60)}"
    return _handler(name)(Seen(event, raw, account, identity))


_ABOUT_US = frozenset({
    "add_user_to_tag", "remove_user_from_tag", "remove_tag", "update_user_info", "oa_reacted_message",
    "oa_send_consent", "user_reply_consent", "extension_purchased", "widget_interaction_accepted",
    "widget_failed_to_sync_user_external_id", "user_feedback", "user_click_response_button",
})  # fmt: skip


def _is_without_customer(name: str) -> bool:
    """Our own doings, groups (no one person), and templates sent to a phone number instead of a Zalo user."""
    return name in _ABOUT_US or "_group" in name or name.startswith(("change_", "event_journey_"))


def _customer(event: ZaloEvent, account: Account) -> str | None:
    """The party that is not us; `anon:<conversation>:<id>` for people who write without being logged in."""
    parties = (event.sender.id, event.recipient.id, event.follower.id, event.user_id)
    other = next((p for p in parties if p is not None and p != account.oa_id), None)
    if other is None or "anonymous" not in event.event_name:
        return other
    conversation = event.conversation_id or (event.message.conversation_id if event.message else None)
    return dedupe_key("anon", conversation, other)


def _handler(name: str) -> Callable[[Seen], Found]:
    if name in _KINDS:
        return _KINDS[name]
    if name.startswith("anonymous_send_"):
        return _message
    if name.startswith("oa_send_"):
        return _echo
    return _other


def _message(seen: Seen) -> Found:
    message = seen.event.message
    if message is None or message.msg_id is None:
        return _other(seen)
    attachments = to_attachments(message)
    text = message.text or None
    if text in {a.url for a in attachments}:
        text = None  # Zalo repeats a bare address as the text
    if len(text or "") > TEXT_MAX_CHARS or len(attachments) > ATTACHMENTS_MAX:
        return [unsupported(CHANNEL, _message_head(seen, message), OVERSIZED, seen.raw)]
    if text is None and not attachments:
        return [unsupported(CHANNEL, _message_head(seen, message), seen.event.event_name, seen.raw)]
    tapped = text is not None and text.startswith(BUTTON_PREFIX) and len(text) > len(BUTTON_PREFIX)
    button = clip(text.removeprefix(BUTTON_PREFIX), 1000) if text and tapped else None
    return [
        MessageReceived(
            channel=CHANNEL,
            provider_message_id=message.msg_id,
            text=button or text,
            attachments=attachments,
            reply_to=message.quote_msg_id,
            button_payload=button,
            **_message_head(seen, message),
        )
    ]


def _echo(seen: Seen) -> Found:
    """Written by staff in Zalo's OA Manager (`admin_id`), or our own send coming back. Zalo carries no word of ours,
    so only the message id, known once our send was answered, tells the latter."""
    found = _message(seen)
    if isinstance(found, str) or not isinstance(found[0], MessageReceived):
        return found
    staff = seen.event.sender.admin_id
    changes = {"author": Author.BUSINESS, "button_payload": None, "staff_name": clip(staff, 200)}
    return [found[0].model_copy(update=changes)]


def _business_card(seen: Seen) -> Found:
    """Somebody's card, not always the sender's own: a claim."""
    message = seen.event.message
    if message is None or message.msg_id is None:
        return _other(seen)
    card = card_of(message)
    return [
        MessageReceived(
            channel=CHANNEL,
            provider_message_id=message.msg_id,
            attachments=(card_attachment(message, card),),
            evidence=_phone(card.phone, Strength.CLAIMED, EvidenceSource.CONTACT_CARD),
            **_message_head(seen, message),
        )
    ]


def _submitted_info(seen: Seen) -> Found:
    """The customer confirmed on Zalo's card: Zalo vouches for the number."""
    info = seen.event.info
    if info is None:
        return _other(seen)
    name = clip(info.name, 200)
    return [
        ProfileReceived(
            channel=CHANNEL,
            profile=Profile(display_name=name) if name else None,
            evidence=_phone(info.phone, Strength.ATTESTED, EvidenceSource.ZALO_SHARED_INFO),
            **seen.timed_head(),
        )
    ]


def _seen_on_channel(seen: Seen) -> Found:
    """Follows, unfollows, opened the chat: the person is there, nothing was said."""
    return [ProfileReceived(channel=CHANNEL, **seen.timed_head())]


def _received(seen: Seen) -> Found:
    return _receipts(seen, DeliveryState.DELIVERED)


def _read_receipt(seen: Seen) -> Found:
    return _receipts(seen, DeliveryState.READ)


def _receipts(seen: Seen, state: Literal[DeliveryState.DELIVERED, DeliveryState.READ]) -> Found:
    """One event per message id, so that ids known from an earlier webhook do not hide new ones."""
    message = seen.event.message
    if message is None:
        return _other(seen)
    if message.tracking_id is not None or message.delivery_time is not None:
        return "template_delivered"  # sent to a phone number by template, not by a reply of the hub
    ids = dict.fromkeys(((message.msg_id,) if message.msg_id else ()) + message.msg_ids)
    if not ids:
        return "receipt_empty"
    return [
        ReceiptReceived(
            channel=CHANNEL, state=state, provider_message_ids=(id_,), **seen.head(seen.event.event_name, id_)
        )
        for id_ in list(ids)[:SEEN_IDS_MAX]
    ]


def _other(seen: Seen) -> Found:
    message_id = seen.event.message.msg_id if seen.event.message else None
    more = (message_id,) if message_id else ()
    return [unsupported(CHANNEL, seen.timed_head(*more), seen.event.event_name, seen.raw)]


def _unreadable(raw: dict[str, Any], name: str, account: Account) -> Found:
    """Known by name but not by shape. Kept whole when the customer can still be told."""
    parties = Parties.model_validate(raw)
    ids = [_party_id(p) for p in (parties.sender, parties.recipient, parties.follower)]
    ids += [_party_id({"id": parties.user_id}), _party_id({"id": parties.oa_id})]
    if account.oa_id not in ids:
        return "other_oa"
    identity = next((i for i in ids if i is not None and i != account.oa_id), None)
    if identity is None:
        return f"unreadable:{clip(name, 60)}"
    event = ZaloEvent(event_name=name, timestamp=parties.timestamp)
    return [unsupported(CHANNEL, Seen(event, raw, account, identity).timed_head(digest(str(raw))), name, raw)]


def _party_id(raw: object) -> str | None:
    try:
        return Party.model_validate(raw).id
    except ValidationError:
        return None


def _message_head(seen: Seen, message: WireMessage) -> dict[str, Any]:
    return seen.head(seen.event.event_name, message.msg_id)


def _phone(value: str | None, strength: Strength, source: EvidenceSource) -> tuple[Evidence, ...]:
    if not value or len(value) > 40:
        return ()
    return (Evidence(kind=EvidenceKind.PHONE, value=value, strength=strength, source=source),)


_KINDS: dict[str, Callable[[Seen], Found]] = {
    **dict.fromkeys(
        (f"user_send_{kind}" for kind in ("text", "image", "gif", "video", "audio", "file", "sticker", "link",
                                          "location")),
        _message,
    ),
    "user_send_business_card": _business_card,
    "user_received_message": _received,
    "user_seen_message": _read_receipt,
    "user_submit_info": _submitted_info,
    "follow": _seen_on_channel,
    "unfollow": _seen_on_channel,
    "user_click_chatnow": _seen_on_channel,
}  # fmt: skip
