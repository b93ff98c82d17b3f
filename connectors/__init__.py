"""The register of channels: one line per channel. Importing this package imports no channel yet."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from hub.events.common import Channel

if TYPE_CHECKING:
    from connectors.base import Connector

_WHERE = {
    Channel.HOTLINE: "connectors.hotline.connector:HotlineConnector",
    Channel.FACEBOOK: "connectors.facebook.connector:FacebookConnector",
    Channel.ZALO: "connectors.zalo.connector:ZaloConnector",
    Channel.WEBCHAT: "connectors.webchat.connector:WebchatConnector",
}


class _Register(Mapping[Channel, "type[Connector]"]):
    """Imports a channel when it is first looked up, so that the command line and unused channels cost nothing."""

    def __getitem__(self, channel: Channel) -> "type[Connector]":
        module, _, name = _WHERE[channel].partition(":")
        found: type[Connector] = getattr(import_module(module), name)
        return found

    def __iter__(self) -> Iterator[Channel]:
        return iter(_WHERE)

    def __len__(self) -> int:
        return len(_WHERE)


CONNECTORS: Mapping[Channel, "type[Connector]"] = _Register()
