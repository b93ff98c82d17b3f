"""What the readers of Facebook's items share: whose Page it is, one item in hand, and what may become of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.facebook.wire import Messaging
from connectors.payload import dedupe_key, digest, unsupported
from hub.events import Channel, TouchpointEvent, UnsupportedReceived
from hub.ids import ChannelAccountId

CHANNEL = Channel.FACEBOOK


@dataclass(frozen=True, slots=True)
class Page:
    """The Page that is read for. `received_at` stands in where Facebook gives no time."""

    account_id: ChannelAccountId
    page_id: str
    app_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Ignored:
    """Rightly without use for the hub. `reason` is logged and counted."""

    reason: str


Item = TouchpointEvent | Ignored


@dataclass(frozen=True, slots=True)
class Seen:
    """One item, with what every event needs. `kind` is Meta's word for it; `identity` is None without a customer."""

    item: Messaging
    raw: dict[str, Any]
    kind: str
    page: Page
    identity: str | None
    occurred_at: datetime

    def head(self, *key: object) -> dict[str, Any]:
        return {
            "account_id": self.page.account_id,
            "identity": self.identity,
            "dedupe_key": dedupe_key(*key),
            "occurred_at": self.occurred_at,
        }

    def stamp(self) -> object:
        """For keys: the provider's time, or what stands in where there is none."""
        return self.item.timestamp if self.item.timestamp is not None else digest(str(self.raw))

    def unsupported(self, *key: object) -> UnsupportedReceived:
        """This item, kept as it came. `key` when it has an id of its own."""
        head = self.head(*(key or (self.kind, self.page.page_id, self.identity, self.stamp())))
        return unsupported(CHANNEL, head, self.kind, self.raw)
