"""Messenger attachments -> Attachment. Source: Messenger Platform, webhook event `messages`."""

from collections.abc import Sequence

from connectors.facebook.wire import Referral, WireAttachment
from connectors.payload import clip
from hub.events import Attachment, AttachmentKind

TITLE_CHARS_MAX = 500

_FILES = {
    "image": AttachmentKind.IMAGE,
    "audio": AttachmentKind.AUDIO,
    "video": AttachmentKind.VIDEO,
    "file": AttachmentKind.FILE,
    "sticker": AttachmentKind.STICKER,
}
_LINKS = frozenset({"fallback", "reel", "ig_reel", "post", "ig_post", "template", "appointment_booking"})


def to_attachments(found: Sequence[WireAttachment]) -> tuple[Attachment, ...]:
    """In order, every sticker once. A type unknown to this release becomes a link titled with the type's name."""
    return tuple(_to_attachment(item) for item in _stickers_once(found))


def are_unknown(found: Sequence[WireAttachment]) -> bool:
    """Nothing among `found` (not empty) can be shown as what it is."""
    return bool(found) and not any(a.type in _FILES or a.type in _LINKS or a.type == "location" for a in found)


def ad_link(referral: Referral | None) -> tuple[Attachment, ...]:
    """The advertisement that a first message came from, so that an agent sees what the customer saw."""
    ad = referral.ads_context_data if referral else None
    if ad is None or not (ad.ad_title or ad.photo_url or ad.video_url):
        return ()
    title = clip(ad.ad_title, TITLE_CHARS_MAX)
    return (Attachment(kind=AttachmentKind.LINK, url=ad.photo_url or ad.video_url, title=title),)


def _to_attachment(item: WireAttachment) -> Attachment:
    if item.type == "location":
        return _location(item)
    kind = AttachmentKind.STICKER if _is_sticker(item) else _FILES.get(item.type, AttachmentKind.LINK)
    title = _title(item)
    if kind is AttachmentKind.LINK and title is None and item.type != "fallback":
        title = clip(item.type, TITLE_CHARS_MAX)
    return Attachment(kind=kind, url=_url(item), title=title)


def _stickers_once(found: Sequence[WireAttachment]) -> list[WireAttachment]:
    """Until 2026-08-30 a sticker came as a `sticker` and an `image`, before that as an `image` with a sticker id."""
    stickers = [a for a in found if _is_sticker(a)]
    shown_ids: set[str] = set()
    sticker_urls = {_url(a) for a in stickers} - {None}
    kept = []
    for item in found:
        if _is_sticker(item):
            key = (item.payload.sticker_id if item.payload else None) or _url(item) or ""
            if key in shown_ids:
                continue
            shown_ids.add(key)
        elif item.type == "image" and _url(item) in sticker_urls:
            continue
        kept.append(item)
    return kept


def _is_sticker(item: WireAttachment) -> bool:
    return item.type == "sticker" or bool(item.type == "image" and item.payload and item.payload.sticker_id)


def _location(item: WireAttachment) -> Attachment:
    coordinates = (item.payload.coordinates if item.payload else None) or {}
    latitude, longitude = _degrees(coordinates.get("lat"), 90), _degrees(coordinates.get("long"), 180)
    return Attachment(
        kind=AttachmentKind.LOCATION, url=_url(item), title=_title(item), latitude=latitude, longitude=longitude
    )


def _degrees(value: object, most: int) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= most
    return float(value) if known and isinstance(value, int | float) else None


def _url(item: WireAttachment) -> str | None:
    return (item.payload.url if item.payload else None) or item.url


def _title(item: WireAttachment) -> str | None:
    return clip((item.payload.title if item.payload else None) or item.title, TITLE_CHARS_MAX)
