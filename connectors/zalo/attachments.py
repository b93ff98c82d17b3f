"""Zalo attachments -> Attachment. Source: event pages "user sends image, file, link, ..." at developers.zalo.me."""

from pydantic import ValidationError

from connectors.payload import WebAddress, Wire, clip, read_json
from connectors.zalo.wire import Coordinates, LenientText, WireAttachment, WireMessage
from hub.errors import BadInput
from hub.events import Attachment, AttachmentKind

TITLE_CHARS_MAX = 500
CARD_BYTES_MAX = 64 * 1024

_KINDS = {
    "image": AttachmentKind.IMAGE,
    "photo": AttachmentKind.IMAGE,
    "gif": AttachmentKind.IMAGE,
    "video": AttachmentKind.VIDEO,
    "audio": AttachmentKind.AUDIO,
    "voice": AttachmentKind.AUDIO,
    "file": AttachmentKind.FILE,
    "sticker": AttachmentKind.STICKER,
}


class Card(Wire):
    """A business card travels as JSON inside the attachment's description."""

    phone: LenientText = None
    qr_code_url: WebAddress = None


def to_attachments(message: WireMessage) -> tuple[Attachment, ...]:
    """In order. A type unknown to this release becomes a link titled with the type's name."""
    found = tuple(_to_attachment(item) for item in message.attachments)
    if message.location is not None and not found:
        return (_location(message.location, None),)
    return found


def card_of(message: WireMessage) -> Card:
    """The card of a `user_send_business_card`; empty when it cannot be read."""
    for item in message.attachments:
        try:
            inner = read_json((item.payload.description or "").encode(), CARD_BYTES_MAX)
            return Card(phone=inner.get("phone"), qr_code_url=inner.get("qrCodeUrl"))
        except (BadInput, ValidationError):
            continue  # not JSON: a plain description, or a card in a shape of its own
    return Card()


def card_attachment(message: WireMessage, card: Card) -> Attachment:
    """`title` is the number, `name` the name on the card."""
    return Attachment(
        kind=AttachmentKind.CONTACT, url=card.qr_code_url, name=clip(message.text, 255), title=clip(card.phone, 40)
    )


def _to_attachment(item: WireAttachment) -> Attachment:
    payload = item.payload
    if payload.coordinates is not None:
        return _location(payload.coordinates, payload.title)
    kind = _KINDS.get(item.type or "", AttachmentKind.LINK)
    title = payload.title or payload.description
    if kind is AttachmentKind.LINK and not title and item.type != "link":
        title = item.type
    return Attachment(
        kind=kind,
        url=payload.url,
        name=clip(payload.name, 255),
        size_bytes=payload.size if payload.size is not None and payload.size >= 0 else None,
        title=clip(title, TITLE_CHARS_MAX),
    )


def _location(place: Coordinates, title: str | None) -> Attachment:
    latitude = place.latitude if place.latitude is not None and abs(place.latitude) <= 90 else None
    longitude = place.longitude if place.longitude is not None and abs(place.longitude) <= 180 else None
    return Attachment(
        kind=AttachmentKind.LOCATION, latitude=latitude, longitude=longitude, title=clip(title, TITLE_CHARS_MAX)
    )
