"""Every channel in the register keeps the shape of the contract."""

import subprocess
import sys

import pytest

from connectors import CONNECTORS
from connectors.base import AccountSettings, ShowsProfiles
from hub.events import Channel


@pytest.mark.parametrize("channel", sorted(CONNECTORS))
def test_each_channel_names_itself_and_has_settings_and_limits(channel: Channel) -> None:
    connector = CONNECTORS[channel]
    assert connector.channel is channel
    assert issubclass(connector.settings_model, AccountSettings)
    assert connector.capabilities.can_send == bool(connector.capabilities.text_chars_max)


@pytest.mark.parametrize("channel", [Channel.FACEBOOK, Channel.ZALO])
def test_channels_whose_webhooks_carry_no_name_can_be_asked_for_it(channel: Channel) -> None:
    assert issubclass(CONNECTORS[channel], ShowsProfiles)


def test_a_channel_that_nobody_built_is_not_there() -> None:
    assert "carrier-pigeon" not in CONNECTORS


def test_importing_the_register_imports_no_channel() -> None:
    script = "import sys, connectors; print([m for m in sys.modules if m.startswith('connectors.')])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    assert found.stdout.strip() == "[]"
