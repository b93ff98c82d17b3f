"""What Zalo posts, as far as we read it. Source: Official Account, Webhook at developers.zalo.me. One event a POST."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from connectors.payload import Id, LenientInt, WebAddress, Wire


def _number(value: object) -> object:
    """Zalo writes coordinates as strings or numbers. None for anything else."""
    try:
        return float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> object:
    """Fields that are text for one sender and a number for the next; None for everything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 128:
        return str(value)
    return value if isinstance(value, str) else None


LenientFloat = Annotated[float | None, BeforeValidator(_number)]
LenientText = Annotated[str | None, BeforeValidator(_text)]


class Party(Wire):
    """`admin_id`: the staff member who wrote in Zalo's own OA Manager."""

    id: Id | None = None
    admin_id: Id | None = None


class Coordinates(Wire):
    latitude: LenientFloat = None
    longitude: LenientFloat = None


class AttachmentPayload(Wire):
    id: LenientText = None
    url: WebAddress = None
    title: LenientText = None
    description: LenientText = None
    name: LenientText = None
    size: LenientInt = None
    type: LenientText = None
    coordinates: Coordinates | None = None


class WireAttachment(Wire):
    type: LenientText = None
    payload: AttachmentPayload = AttachmentPayload()


class WireMessage(Wire):
    """`msg_id` of a reaction is its target. `msg_ids` come with "seen"."""

    msg_id: Id | None = None
    msg_ids: tuple[Id, ...] = ()
    text: str | None = None
    quote_msg_id: Id | None = None
    conversation_id: Id | None = None
    tracking_id: LenientText = None
    delivery_time: LenientText = None
    attachments: tuple[WireAttachment, ...] = ()
    location: Coordinates | None = None


class Info(Wire):
    """What the customer confirmed on Zalo's own card. Any of it may be missing; the phone may be a number."""

    name: LenientText = None
    phone: LenientText = None


class ZaloEvent(Wire):
    """Every event there is. Who is who depends on the kind: see `_customer` in inbound.py."""

    event_name: str
    timestamp: LenientInt = None
    app_id: Id | None = None
    oa_id: Id | None = None
    user_id: Id | None = None
    sender: Party = Party()
    recipient: Party = Party()
    follower: Party = Party()
    conversation_id: Id | None = None
    message: WireMessage | None = None
    info: Info | None = None


class Parties(Wire):
    """The same, less what may have an unknown shape: enough to tell whose event it is."""

    event_name: str
    timestamp: LenientInt = None
    oa_id: Any = None
    user_id: Any = None
    sender: Any = None
    recipient: Any = None
    follower: Any = None
