"""What passed on a channel identity -> what its visitor sees of it. Pure.

Shown is only what this side may know: no surnames, no e-mail, no agent ids, no other channel, and of an agent's entries
only replies. What must not be shown keeps its place as `hidden`, so that the order has no holes.
"""

import re
from collections.abc import Callable

from connectors.base import Capabilities
from connectors.webchat.wire import TEXT_MAX_CHARS, AttachmentOut, AuthorOut, MessageOut
from hub.events import Attachment, AttachmentKind, Author, CallCard, DeliveryState, TouchpointState
from hub.folding import fold
from storage.touchpoints import Touchpoint

IMAGE_BYTES_MAX = 10 * 1024 * 1024
FILE_BYTES_MAX = 25 * 1024 * 1024

CAPABILITIES = Capabilities(
    can_send=True,
    text_chars_max=TEXT_MAX_CHARS,
    attachments={
        AttachmentKind.IMAGE: IMAGE_BYTES_MAX,
        AttachmentKind.AUDIO: FILE_BYTES_MAX,
        AttachmentKind.VIDEO: FILE_BYTES_MAX,
        AttachmentKind.FILE: FILE_BYTES_MAX,
    },
    text_with_attachment=True,
    receipts=True,
    typing=True,
)

LinkTo = Callable[[Attachment], str | None]  # a short-lived address of our copy; None while there is none

# Nine people in ten of Vietnam have one of these surnames; there the given name stands last, elsewhere first.
_VIETNAMESE_SURNAMES = frozenset({
    *("nguyen", "tran", "le", "pham", "hoang", "huynh", "phan", "vu", "vo", "dang", "bui", "do", "ho", "ngo", "duong"),
    *("ly", "dinh", "truong", "lam", "trinh", "mai", "dao", "doan", "luong", "luu", "cao", "ha", "chau", "ta", "quach"),
    *("thai", "to", "kieu", "tang", "van", "la"),
})  # fmt: skip
_ASIDE = re.compile(r"[(\[|\-–—].*$")


def to_visitor(entry: Touchpoint | TouchpointState, link_to: LinkTo, *, show_names: bool) -> MessageOut:
    """`entry` must be one of the visitor's own identity: the caller has checked."""
    if not _is_shown(entry):
        nobody = AuthorOut(kind="system")
        return MessageOut(
            id=str(entry.id), seq=entry.identity_seq, author=nobody, created_at=entry.occurred_at, hidden=True
        )
    return MessageOut(
        id=str(entry.id),
        seq=entry.identity_seq,
        created_at=entry.occurred_at,
        author=_author(entry, show_names=show_names),
        text=entry.text,
        attachments=tuple(_attachment(attachment, link_to) for attachment in entry.attachments),
        client_id=entry.client_id if entry.author is Author.CUSTOMER else None,
        edited=entry.edited_at is not None,
    )


def given_name(display_name: str) -> str | None:
    """The part of a staff member's name that strangers may know. "Nguyễn Thị Lan (CSKH)" is Lan, "John Smith" John."""
    words = _ASIDE.sub("", display_name).split()
    if not words:
        return None
    name = words[-1] if fold(words[0]) in _VIETNAMESE_SURNAMES else words[0]
    return None if "@" in name or any(letter.isdigit() for letter in name) else name[:40]


def _is_shown(entry: Touchpoint | TouchpointState) -> bool:
    if not entry.text and not entry.attachments:
        return False
    if entry.author is Author.BUSINESS:
        return entry.delivery is not None and entry.delivery.state is not DeliveryState.FAILED
    call: CallCard | None = entry.call
    return call is None and entry.unsupported_kind is None


def _author(entry: Touchpoint | TouchpointState, *, show_names: bool) -> AuthorOut:
    if entry.author is Author.CUSTOMER:
        return AuthorOut(kind="visitor")
    if entry.author is Author.SYSTEM:
        return AuthorOut(kind="system")
    name = given_name(entry.author_name) if show_names and entry.author_name else None
    return AuthorOut(kind="agent", name=name)


def _attachment(attachment: Attachment, link_to: LinkTo) -> AttachmentOut:
    return AttachmentOut(
        kind=attachment.kind,
        name=attachment.name,
        mime=attachment.mime,
        size_bytes=attachment.size_bytes,
        url=link_to(attachment),
    )
