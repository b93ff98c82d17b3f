"""Reply -> requests of the Send API. Source: Messenger Platform, "Send API", "Message Tags". Pure.

Text and attachment cannot share a message: a reply becomes one request for the text and one per attachment. Each
carries `hub:<attempt id>` as metadata, which comes back in the echo and settles an outcome that we could not see.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.base import Capabilities, OutboundAttachment, OutboundMessage
from connectors.facebook.feed import FEED_PREFIX
from connectors.facebook.inbound import USER_REF_PREFIX
from connectors.facebook.messages import METADATA_PREFIX
from hub.errors import SendRejected
from hub.events import AttachmentKind, FailureReason

TEXT_CHARS_MAX = 2000
IMAGE_BYTES_MAX = 8_000_000
FILE_BYTES_MAX = 25_000_000
STANDARD_WINDOW = timedelta(hours=24)
HUMAN_AGENT_WINDOW = timedelta(days=7)  # only for answers written by a person, only with Meta's approval
ATTACHMENTS_MAX = 10  # of one reply; our own limit, each is a request

CAPABILITIES = Capabilities(
    can_send=True,
    text_chars_max=TEXT_CHARS_MAX,
    attachments={
        AttachmentKind.IMAGE: IMAGE_BYTES_MAX,
        AttachmentKind.AUDIO: FILE_BYTES_MAX,
        AttachmentKind.VIDEO: FILE_BYTES_MAX,
        AttachmentKind.FILE: FILE_BYTES_MAX,
    },
    text_with_attachment=False,
    reply_window=STANDARD_WINDOW,
    receipts=True,
    typing=True,
    quotes=True,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One request. `attachment` is what its message shows, None for text."""

    envelope: Mapping[str, Any]
    message: Mapping[str, Any]
    attachment: OutboundAttachment | None = None

    def body(self, payload: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """`payload`: how Meta gets at the attachment, a url or an attachment id."""
        if self.attachment is None:
            return {**self.envelope, "message": dict(self.message)}
        shown = {"type": self.attachment.kind.value, "payload": dict(payload or {})}
        return {**self.envelope, "message": {**self.message, "attachment": shown}}


def plan(message: OutboundMessage, *, human_agent_allowed: bool) -> list[Part]:
    """The requests, in order; only the first quotes. Raises SendRejected for what Meta would refuse anyway."""
    _check(message)
    envelope = {"recipient": _recipient(message.identity), **_messaging_type(message, human_agent_allowed)}
    first = {**envelope, "reply_to": {"mid": message.reply_to}} if message.reply_to else envelope
    metadata = {"metadata": f"{METADATA_PREFIX}{message.attempt_id}"}
    texts = [Part(first, {"text": message.text, **metadata})] if message.text else []
    files = [Part(envelope, metadata, attachment) for attachment in message.attachments]
    if not texts:
        files[0] = Part(first, metadata, message.attachments[0])
    return texts + files


def appsecret_proof(app_secret: str, access_token: str) -> str:
    """Shows that the caller of the Graph API holds the app's secret besides the token."""
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


def _check(message: OutboundMessage) -> None:
    if not message.text and not message.attachments:
        raise SendRejected(FailureReason.UNSUPPORTED_CONTENT, "the reply is empty")
    if len(message.text or "") > TEXT_CHARS_MAX:
        raise SendRejected(FailureReason.TOO_LONG, f"Messenger takes {TEXT_CHARS_MAX} characters")
    if len(message.attachments) > ATTACHMENTS_MAX:
        raise SendRejected(FailureReason.ATTACHMENT_REFUSED, f"more than {ATTACHMENTS_MAX} attachments")
    for attachment in message.attachments:
        most = CAPABILITIES.attachments.get(attachment.kind)
        if most is None:
            raise SendRejected(FailureReason.UNSUPPORTED_CONTENT, f"Messenger takes no {attachment.kind.value}")
        if attachment.size_bytes > most:
            raise SendRejected(FailureReason.ATTACHMENT_REFUSED, f"{attachment.kind.value} above {most} bytes")


def _recipient(identity: str) -> dict[str, str]:
    if identity.startswith(FEED_PREFIX):
        raise SendRejected(FailureReason.UNSUPPORTED_CONTENT, "comments are answered on the Page, not by message")
    if identity.startswith(USER_REF_PREFIX):
        return {"user_ref": identity.removeprefix(USER_REF_PREFIX)}
    return {"id": identity}


def _messaging_type(message: OutboundMessage, human_agent_allowed: bool) -> dict[str, str]:
    since = message.since_last_inbound
    if since is not None and since < STANDARD_WINDOW:
        return {"messaging_type": "RESPONSE"}
    if since is not None and since < HUMAN_AGENT_WINDOW and human_agent_allowed:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    raise SendRejected(FailureReason.OUTSIDE_WINDOW, f"last message of the customer: {since or 'never'}")
