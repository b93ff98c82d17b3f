"""What Meta posts, as far as we read it. Source: Messenger Platform, "Webhook Events"; Pages API, "Webhooks for Pages".

The envelope is read first and each item by itself, so that one odd item does not cost its neighbours.
"""

from typing import Any

from pydantic import Field

from connectors.payload import Id, LenientInt, WebAddress, Wire


class Party(Wire):
    """`user_ref` in place of `id` comes from the chat plugin, before Facebook knows the person."""

    id: Id | None = None
    user_ref: Id | None = None


class AttachmentPayload(Wire):
    url: WebAddress = None
    title: str | None = None
    sticker_id: Id | None = None
    coordinates: dict[str, Any] | None = None


class WireAttachment(Wire):
    """`url` and `title` stand outside the payload for link previews, whose payload may be null."""

    type: str
    payload: AttachmentPayload | None = None
    url: WebAddress = None
    title: str | None = None


class QuickReply(Wire):
    payload: str | None = None


class ReplyTo(Wire):
    mid: Id | None = None


class AdContext(Wire):
    ad_title: str | None = None
    photo_url: WebAddress = None
    video_url: WebAddress = None


class Referral(Wire):
    ref: str | None = None
    ads_context_data: AdContext | None = None


class WireMessage(Wire):
    mid: Id
    text: str | None = None
    is_echo: bool = False
    is_deleted: bool = False
    app_id: Id | None = None
    metadata: str | None = None
    quick_reply: QuickReply | None = None
    reply_to: ReplyTo | None = None
    referral: Referral | None = None
    attachments: tuple[WireAttachment, ...] = ()


class Postback(Wire):
    mid: Id | None = None
    title: str | None = None
    payload: str | None = None
    referral: Referral | None = None


class Reaction(Wire):
    mid: Id | None = None
    action: str = ""


class MessageEdit(Wire):
    mid: Id
    text: str
    num_edit: LenientInt = None


class Watermark(Wire):
    """Of deliveries and reads: everything sent up to `watermark` (ms); `mids` come with deliveries, not always."""

    watermark: LenientInt = None
    mids: tuple[Id, ...] = ()


class PolicyEnforcement(Wire):
    action: str
    reason: str = ""


class FormResponse(Wire):
    key: str
    value: Id


class FormScreen(Wire):
    responses: tuple[FormResponse, ...] = ()


class CustomerInformation(Wire):
    screens: tuple[FormScreen, ...] = ()


class Messaging(Wire):
    """One element of `messaging` or `standby`. Exactly one of the fields below `timestamp` is there."""

    sender: Party = Party()
    recipient: Party = Party()
    timestamp: LenientInt = None

    message: WireMessage | None = None
    postback: Postback | None = None
    reaction: Reaction | None = None
    message_edit: MessageEdit | None = None
    delivery: Watermark | None = None
    read: Watermark | None = None
    policy_enforcement: PolicyEnforcement | None = None
    messaging_customer_information: CustomerInformation | None = None


class FeedAuthor(Wire):
    id: Id
    name: str | None = None


class FeedValue(Wire):
    """`created_time` is in seconds. `author` is absent for people whose privacy settings hide them."""

    item: str
    verb: str = ""
    comment_id: Id | None = None
    post_id: Id | None = None
    message: str | None = None
    created_time: LenientInt = None
    author: FeedAuthor | None = Field(default=None, alias="from")


class Entry(Wire):
    """Of one Page. Items stay as they came: each is validated alone."""

    id: Id
    time: LenientInt = None
    messaging: tuple[Any, ...] = ()
    standby: tuple[Any, ...] = ()
    changes: tuple[Any, ...] = ()
