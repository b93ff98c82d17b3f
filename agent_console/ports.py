"""What the console needs of packages that it does not know. The composition root fulfils these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from hub.events import AttachmentKind, Channel


@dataclass(frozen=True, slots=True)
class ChannelAbilities:
    """What a channel can do, as its connector says. A window of None means none."""

    can_send: bool
    text_chars_max: int = 0
    attachments: Mapping[AttachmentKind, int] = field(default_factory=dict)  # kind -> bytes at most
    text_with_attachment: bool = False
    reply_window: timedelta | None = None  # since the customer's last message
    quotes: bool = False


class ChannelCatalog(Protocol):
    """The channels of this installation."""

    def channels(self) -> tuple[Channel, ...]: ...

    def abilities(self, channel: Channel) -> ChannelAbilities: ...

    def settings_schema(self, channel: Channel) -> dict[str, Any]:
        """JSON Schema of an account's settings. Secrets have `writeOnly: true`."""
        ...

    def validate_settings(self, channel: Channel, settings: Mapping[str, Any]) -> dict[str, Any]:
        """As they are to be stored. Raises BadInput that says every fault."""
        ...


class MediaLinks(Protocol):
    """Addresses under which stored files can be seen for a short time."""

    def link(self, blob: str) -> str:
        """Path and query on our own host, or a whole URL of an object store."""
        ...
