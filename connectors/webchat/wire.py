"""What travels between the hub and the widget, as models. The widget has the same shapes in widget/src/frame/wire.ts.

From the widget everything is strict and closed: unknown keys and numbers in strings are refused, for Socket.IO
delivers whatever JSON a stranger sends.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hub.events import AttachmentKind
from hub.events.common import Frozen, When

TEXT_MAX_CHARS = 4000
ATTACHMENTS_MAX = 5
SEQ_MAX = 2**31 - 1

ClientId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Token = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Url = Annotated[str, StringConstraints(max_length=4000)]
Seq = Annotated[int, Field(ge=0, le=SEQ_MAX)]


class FromWidget(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


# --- HTTP, from the widget -------------------------------------------------------------------------------------------


class Page(FromWidget):
    """Where the shop's page stands. Shown to agents as text."""

    url: Url = ""
    title: str = Field(default="", max_length=1000)
    referrer: Url = ""


class Proof(FromWidget):
    challenge: Token
    nonce: str = Field(max_length=40)


class BootIn(FromWidget):
    """`token` as the last boot gave it; `user_jwt` as the shop's server signed it for its logged-in customer."""

    key: str = Field(max_length=80)
    token: Token | None = None
    user_jwt: Token | None = None
    page: Page = Page()
    locale: str | None = Field(default=None, max_length=35)
    proof: Proof | None = None


class ProfileIn(FromWidget):
    """The form before the chat. `consent_version` is the text that stood beside the box that was ticked."""

    client_id: ClientId
    name: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=64)
    consent_version: str | None = Field(default=None, max_length=40)
    page_url: Url = ""


# --- the socket, from the widget -------------------------------------------------------------------------------------


class ConnectAuth(FromWidget):
    token: Token
    last_seq: Seq = 0
    locale: str | None = Field(default=None, max_length=35)


class MessageIn(FromWidget):
    """`client_id` is made once per message: sent again with it, a message is answered with its first ack.
    `retry`: it may have been taken already."""

    client_id: ClientId
    text: str | None = Field(default=None, max_length=2 * TEXT_MAX_CHARS)  # decomposed marks count as letters
    attachments: list[Token] = Field(default_factory=list, max_length=ATTACHMENTS_MAX)
    page_url: Url = ""
    retry: bool = False


class TypingIn(FromWidget):
    on: bool


class SeqIn(FromWidget):
    """`received` and `read`: everything up to `seq`."""

    seq: Seq


class SyncIn(FromWidget):
    last_seq: Seq


# --- to the widget ---------------------------------------------------------------------------------------------------


class AuthorOut(Frozen):
    kind: Literal["visitor", "agent", "system"]
    name: str | None = None


class AttachmentOut(Frozen):
    """`url` is None while our copy is not there yet."""

    kind: AttachmentKind
    name: str | None = None
    mime: str | None = None
    size_bytes: int | None = None
    url: str | None = None


class MessageOut(Frozen):
    """One entry of what passed on this channel identity. `hidden`: its place is taken, but there is nothing to show."""

    id: str
    seq: int
    author: AuthorOut
    created_at: When
    text: str | None = None
    attachments: tuple[AttachmentOut, ...] = ()
    client_id: str | None = None
    edited: bool = False
    hidden: bool = False


class SyncOut(Frozen):
    """Entries after the seq that was asked for, in order. `last_seq` is the newest there is; `seen_seq`: staff has
    seen everything up to it."""

    messages: tuple[MessageOut, ...]
    last_seq: int
    has_more: bool
    seen_seq: int


class MessageAck(Frozen):
    """`id` is the client id: durable from now on, its place in the order comes with message.created."""

    ok: Literal[True] = True
    id: str
    created_at: When


class Refusal(Frozen):
    """`code` is stable; the widget has a sentence for each."""

    ok: Literal[False] = False
    code: str
    retry_after: float | None = None
