"""The last line of a conversation, for lists. Pure."""

from hub.events import PUBLIC_KINDS, CallState, Channel, Preview
from hub.events.state import PREVIEW_MAX_CHARS
from storage.touchpoints import Touchpoint


def preview_of(touchpoint: Touchpoint) -> Preview:
    return Preview(
        channel=Channel(touchpoint.channel),
        author=touchpoint.author,
        text=" ".join((touchpoint.text or "").split())[:PREVIEW_MAX_CHARS],
        kind=_kind(touchpoint),
        at=touchpoint.accepted_at,
    )


def _kind(touchpoint: Touchpoint) -> str:
    if touchpoint.call is not None:
        ringing = touchpoint.call.state in (CallState.OFFERED, CallState.RINGING)
        return "call_ringing" if ringing else f"call_{touchpoint.call.state.value}"
    if touchpoint.unsupported_kind is not None:
        return "public" if touchpoint.unsupported_kind in PUBLIC_KINDS else "unsupported"
    if touchpoint.text or not touchpoint.attachments:
        return "text"
    return touchpoint.attachments[0].kind.value
