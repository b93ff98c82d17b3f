"""Web chat: the contract. Nothing comes in by webhook (the widget talks to connectors.webchat.app), and a reply is at
its visitor's disposal as soon as it is stored: this channel's mailbox is our own database."""

from typing import Any, ClassVar

from connectors.base import AccountSettings, Capabilities, ConnectorContext, OutboundMessage, Parsed, RawRequest, Sent
from connectors.webchat.outbound import CAPABILITIES
from connectors.webchat.settings import WebchatSettings
from hub.errors import BadInput, SendRejected, SignatureInvalid
from hub.events import Channel, FailureReason


class WebchatConnector:
    """One widget. `settings` are read by everything that serves its visitors."""

    channel: ClassVar[Channel] = Channel.WEBCHAT
    settings_model: ClassVar[type[AccountSettings]] = WebchatSettings
    capabilities: ClassVar[Capabilities] = CAPABILITIES

    def __init__(self, settings: WebchatSettings, context: ConnectorContext) -> None:
        self.settings = settings
        self.account_id = context.account_id

    @classmethod
    def build(cls, settings: Any, context: ConnectorContext) -> "WebchatConnector":
        return cls(WebchatSettings.model_validate(settings), context)

    def verify(self, request: RawRequest) -> None:
        raise SignatureInvalid("no_webhooks", "Web chat has no webhooks.")

    def parse(self, request: RawRequest) -> Parsed:
        raise BadInput("no_webhooks", "Web chat has no webhooks.")

    async def send(self, message: OutboundMessage) -> Sent:
        """Its touchpoint was committed before, and every process that serves visitors hears of it from the log.
        DELIVERED and READ follow from the visitor's own receipts, under the touchpoint's id."""
        if message.text and len(message.text) > CAPABILITIES.text_chars_max:
            raise SendRejected(FailureReason.TOO_LONG, f"{len(message.text)} characters")
        return Sent((str(message.touchpoint_id),))
