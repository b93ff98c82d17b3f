"""The telephone as a channel: verify, parse; nothing to send. Source of every fact: the supplier's adapter."""

from collections.abc import Mapping
from typing import ClassVar, Final

from connectors.base import AccountSettings, Capabilities, ConnectorContext, OutboundMessage, Parsed, RawRequest, Sent
from connectors.hotline import generic, stringee
from connectors.hotline.inbound import Line
from connectors.hotline.outbound import recording_headers
from connectors.hotline.settings import GenericPbx, HotlineSettings, NumberRules, StringeePbx
from connectors.hotline.verify import verify_generic, verify_stringee
from hub.errors import SendRejected
from hub.events import Channel, FailureReason

STRINGEE_NUMBERS: Final = NumberRules(international_digits=True)  # with country code, without plus


class HotlineConnector:
    """Serves every telephone supplier; `settings.pbx` says which."""

    channel: ClassVar[Channel] = Channel.HOTLINE
    settings_model: ClassVar[type[AccountSettings]] = HotlineSettings
    capabilities: ClassVar[Capabilities] = Capabilities(can_send=False)

    def __init__(self, settings: HotlineSettings, context: ConnectorContext) -> None:
        self._pbx = settings.pbx
        self._clock = context.clock
        numbers = self._pbx.numbers if isinstance(self._pbx, GenericPbx) else STRINGEE_NUMBERS
        self._line = Line(context.account_id, numbers, self._pbx.own_numbers())

    @classmethod
    def build(cls, settings: HotlineSettings, context: ConnectorContext) -> "HotlineConnector":
        return cls(settings, context)

    def verify(self, request: RawRequest) -> None:
        if isinstance(self._pbx, StringeePbx):
            verify_stringee(self._pbx, request)
        else:
            verify_generic(self._pbx, request)

    def parse(self, request: RawRequest) -> Parsed:
        tail, now = self._tail(request.path), self._clock.now()
        if isinstance(self._pbx, StringeePbx):
            return stringee.parse(self._pbx, self._line, request, tail, now)
        return generic.parse(self._pbx, self._line, request, tail, now)

    @property
    def telephones(self) -> Mapping[str, str]:
        return self._pbx.telephones

    async def send(self, message: OutboundMessage) -> Sent:
        detail = f"a telephone takes no written reply (touchpoint {message.touchpoint_id})"
        raise SendRejected(FailureReason.UNSUPPORTED_CONTENT, detail)

    def media_headers(self, url: str) -> Mapping[str, str]:
        """What the media fetcher must add to its GET of a recording; empty when the address needs or may see nothing.
        Made anew for each try: they expire within minutes."""
        return recording_headers(self._pbx, url, self._clock.now())

    def _tail(self, path: str) -> str:
        """The path behind ".../hotline/<account>", without slashes; "" when there is none."""
        return path.partition(f"/{self.channel}/{self._line.account_id}")[2].strip("/")
