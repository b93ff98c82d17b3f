"""Comments and visitor posts on the Page's feed -> events. Source: Graph API, webhook field `feed` of Pages.

The author's id in the feed is not known to be their Messenger id: such identities carry the prefix `feed:`.
"""

from typing import Any

from pydantic import ValidationError

from connectors.facebook.reading import CHANNEL, Ignored, Item, Page
from connectors.facebook.wire import FeedValue
from connectors.payload import clip, dedupe_key, digest, moment, unsupported
from hub.events import Profile, UnsupportedReceived
from hub.events.common import TEXT_MAX_CHARS

FEED_PREFIX = "feed:"
_VISITOR_POSTS = frozenset({"post", "status", "photo", "video", "share"})
_WRITTEN = frozenset({"add", "edit", "edited"})


def read_change(change: Any, page: Page, entry_time: int | None) -> Item:
    """One element of `changes`. What the Page itself wrote is never a customer's."""
    field = change.get("field") if isinstance(change, dict) else None
    if field != "feed":
        return Ignored(f"field:{clip(str(field), 40)}")
    try:
        value = FeedValue.model_validate(change.get("value"))
    except ValidationError:
        return Ignored("feed:unreadable")
    if value.author is not None and value.author.id == page.page_id:
        return Ignored("feed:own")
    kind = _kind(value)
    if kind is None:
        return Ignored(f"feed:{clip(value.item, 40)}:{clip(value.verb, 20)}")
    head = _head(value, page, entry_time)
    if value.message and value.message.strip():
        return UnsupportedReceived(channel=CHANNEL, kind=kind, raw=clip(value.message, TEXT_MAX_CHARS) or "", **head)
    return unsupported(CHANNEL, head, f"feed_{kind}", change)


def _kind(value: FeedValue) -> str | None:
    """One of PUBLIC_KINDS; None for what is not a customer's words: likes, removals, moderation."""
    if value.verb not in _WRITTEN:
        return None
    edited = "" if value.verb == "add" else "_edited"
    if value.item == "comment" and value.comment_id:
        return f"comment{edited}"
    if value.item in _VISITOR_POSTS and value.post_id and value.author:
        return f"post{edited}"
    return None


def _head(value: FeedValue, page: Page, entry_time: int | None) -> dict[str, Any]:
    about = value.comment_id or value.post_id
    edit = digest(value.message or "") if value.verb != "add" else None
    key = ("feed", about, value.verb, value.created_time) + ((edit,) if edit else ())
    author = value.author.id if value.author else f"comment:{about}"
    name = clip(value.author.name, 200) if value.author else None
    return {
        "account_id": page.account_id,
        "identity": dedupe_key("feed", author),
        "dedupe_key": dedupe_key(*key),
        "occurred_at": moment(value.created_time or entry_time, page.received_at),
        "profile": Profile(display_name=name) if name else None,
    }
