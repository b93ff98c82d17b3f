"""What the readers of Facebook's items share: whose Page it is, and what may become of an item."""

from dataclasses import dataclass
from datetime import datetime

from hub.events import Channel, TouchpointEvent
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
