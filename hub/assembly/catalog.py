"""What the console may know of channels, from the connectors that it does not know."""

from collections.abc import Mapping
from typing import Any

from agent_console.ports import ChannelAbilities
from connectors import CONNECTORS
from connectors.accounts import checked_settings, plain_settings
from hub.events import Channel


class Channels:
    """Fulfils agent_console.ports.ChannelCatalog."""

    def channels(self) -> tuple[Channel, ...]:
        return tuple(CONNECTORS)

    def abilities(self, channel: Channel) -> ChannelAbilities:
        capabilities = CONNECTORS[channel].capabilities
        return ChannelAbilities(
            can_send=capabilities.can_send,
            text_chars_max=capabilities.text_chars_max,
            attachments=capabilities.attachments,
            text_with_attachment=capabilities.text_with_attachment,
            reply_window=capabilities.reply_window,
            quotes=capabilities.quotes,
        )

    def settings_schema(self, channel: Channel) -> dict[str, Any]:
        return CONNECTORS[channel].settings_model.model_json_schema()

    def validate_settings(self, channel: Channel, settings: Mapping[str, Any]) -> dict[str, Any]:
        return plain_settings(checked_settings(CONNECTORS[channel].settings_model, settings))
