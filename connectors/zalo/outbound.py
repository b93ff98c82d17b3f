"""Reply -> consult messages of an Official Account. Source: Official Account, "Send consult message", and the official
SDK's message builder. Pure.

Each message counts against the free ones of a customer, so a text and one picture travel as one message. Quoting
works with text only.
"""

import hashlib
import hmac
import mimetypes
import struct
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from connectors.base import Capabilities, OutboundAttachment, OutboundMessage
from connectors.zalo.inbound import ANONYMOUS_PREFIX
from hub.errors import SendRejected
from hub.events import AttachmentKind, FailureReason

TEXT_CHARS_MAX = 2000
IMAGE_BYTES_MAX = 1_000_000
GIF_BYTES_MAX = 5_000_000
FILE_BYTES_MAX = 5_000_000
WINDOW = timedelta(days=7)  # through the API; staff in Zalo's own OA Manager have longer
ATTACHMENTS_MAX = 10  # of one reply; our own limit, each is a message

CAPABILITIES = Capabilities(
    can_send=True,
    text_chars_max=TEXT_CHARS_MAX,
    attachments={AttachmentKind.IMAGE: IMAGE_BYTES_MAX, AttachmentKind.FILE: FILE_BYTES_MAX},
    text_with_attachment=True,
    reply_window=WINDOW,
    receipts=True,
    typing=False,
    quotes=True,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One message. `quote` is the message id it answers, with text only."""

    recipient: dict[str, str]
    text: str | None = None
    attachment: OutboundAttachment | None = None
    quote: str | None = None

    def without_quote(self) -> "Part":
        return replace(self, quote=None)

    def body(self, shown: dict[str, Any] | None) -> dict[str, Any]:
        """`shown`: the message's `attachment` as made by `media` or `file`, None for text."""
        message: dict[str, Any] = {}
        if self.text:
            message["text"] = self.text
        if self.quote:
            message["quote_message_id"] = self.quote
        if shown is not None:
            message["attachment"] = shown
        return {"recipient": self.recipient, "message": message}


def plan(message: OutboundMessage) -> list[Part]:
    """The messages, in order. Raises SendRejected for what Zalo would refuse anyway."""
    _check(message)
    to = _recipient(message.identity)
    attachments = list(message.attachments)
    parts: list[Part] = []
    if message.text:
        joined = bool(attachments) and _is_picture(attachments[0]) and message.reply_to is None
        parts.append(Part(to, message.text, attachments.pop(0) if joined else None, message.reply_to))
    return parts + [Part(to, attachment=attachment) for attachment in attachments]


def upload_kind(attachment: OutboundAttachment) -> str:
    """The last element of the upload's path."""
    if attachment.kind is AttachmentKind.IMAGE:
        return "gif" if attachment.mime == "image/gif" else "image"
    return "file"


def file_name(attachment: OutboundAttachment) -> str:
    """With a real extension: without one Zalo answers success and gives nothing. Raises SendRejected."""
    name = attachment.name.strip() or "file"
    if mimetypes.guess_type(name)[0] is not None:
        return name
    extension = mimetypes.guess_extension(attachment.mime)
    if extension is None:
        raise SendRejected(FailureReason.ATTACHMENT_REFUSED, f"Zalo needs a known file extension, not {name[-20:]!r}")
    return name + extension


def media(kind: str, attachment_id: str, content: bytes) -> dict[str, Any]:
    """`kind`: image or gif. Zalo wants to know how large a gif is shown."""
    element: dict[str, Any] = {"media_type": kind, "attachment_id": attachment_id}
    if kind == "gif":
        element["width"], element["height"] = _gif_size_px(content)
    return {"type": "template", "payload": {"template_type": "media", "elements": [element]}}


def file(token: str) -> dict[str, Any]:
    return {"type": "file", "payload": {"token": token}}


def appsecret_proof(app_secret: str, access_token: str) -> str:
    """Shows that the caller of the API holds the app's secret besides the token."""
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


def _check(message: OutboundMessage) -> None:
    since = message.since_last_inbound
    if since is None or since >= WINDOW:
        raise SendRejected(FailureReason.OUTSIDE_WINDOW, f"last message of the customer: {since or 'never'}")
    if not message.text and not message.attachments:
        raise SendRejected(FailureReason.UNSUPPORTED_CONTENT, "the reply is empty")
    if len(message.text or "") > TEXT_CHARS_MAX:
        raise SendRejected(FailureReason.TOO_LONG, f"Zalo takes {TEXT_CHARS_MAX} characters")
    if len(message.attachments) > ATTACHMENTS_MAX:
        raise SendRejected(FailureReason.ATTACHMENT_REFUSED, f"more than {ATTACHMENTS_MAX} attachments")
    for attachment in message.attachments:
        _check_attachment(attachment)


def _check_attachment(attachment: OutboundAttachment) -> None:
    if attachment.kind not in CAPABILITIES.attachments:
        raise SendRejected(FailureReason.UNSUPPORTED_CONTENT, f"Zalo takes no {attachment.kind.value}")
    kind = upload_kind(attachment)
    if kind == "image" and attachment.mime not in ("image/jpeg", "image/png"):
        raise SendRejected(FailureReason.ATTACHMENT_REFUSED, f"Zalo takes jpg and png, not {attachment.mime}")
    most = {"image": IMAGE_BYTES_MAX, "gif": GIF_BYTES_MAX, "file": FILE_BYTES_MAX}[kind]
    if attachment.size_bytes > most:
        raise SendRejected(FailureReason.ATTACHMENT_REFUSED, f"{kind} above {most} bytes")
    file_name(attachment)


def _is_picture(attachment: OutboundAttachment) -> bool:
    return upload_kind(attachment) == "image"


def _recipient(identity: str) -> dict[str, str]:
    if not identity.startswith(ANONYMOUS_PREFIX):
        return {"user_id": identity}
    conversation, _, anonymous = identity.removeprefix(ANONYMOUS_PREFIX).rpartition(":")
    if not conversation or not anonymous:
        raise SendRejected(FailureReason.CUSTOMER_UNREACHABLE, "an anonymous visitor whose conversation is not known")
    return {"anonymous_id": anonymous, "conversation_id": conversation}


def _gif_size_px(content: bytes) -> tuple[int, int]:
    """From the logical screen descriptor. Raises SendRejected for what is no gif."""
    if content[:6] not in (b"GIF87a", b"GIF89a") or len(content) < 10:
        raise SendRejected(FailureReason.ATTACHMENT_REFUSED, "the file says gif and is none")
    width, height = struct.unpack("<HH", content[6:10])
    return width, height
