"""Replies to send. Topic `outbound`, keyed like `touchpoints`, so that replies to one customer keep their order."""

from typing import ClassVar

from hub.events.common import AccountId, Channel, ExternalId
from hub.events.envelope import EventData, register
from hub.events.inbound import touchpoint_key
from hub.ids import IdentityId, TouchpointId

OUTBOUND = "outbound"


@register
class ReplyRequested(EventData):
    """A reply is stored and QUEUED. The text stays in the database: the event says that there is work."""

    TYPE: ClassVar[str] = "hub.reply_requested.v1"
    TOPIC: ClassVar[str] = OUTBOUND

    channel: Channel
    account_id: AccountId
    identity: ExternalId
    identity_id: IdentityId
    touchpoint_id: TouchpointId

    def key(self) -> str:
        return touchpoint_key(self.account_id, self.identity)
