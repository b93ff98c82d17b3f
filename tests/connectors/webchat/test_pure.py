"""What is decided without any server: colours, names, addresses, settings, texts."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.webchat.colours import DARK_SURFACE, LIGHT_SURFACE, TEXT_CONTRAST, contrast, palette
from connectors.webchat.inbound import clean_text, clean_url
from connectors.webchat.limits import Burst, network_of
from connectors.webchat.outbound import given_name, to_visitor
from connectors.webchat.settings import WebchatSettings
from hub.clock import ManualClock
from hub.events import Author, Channel, Delivery, DeliveryState
from hub.ids import ConversationId, IdentityId, TouchpointId, new_id
from storage.touchpoints import Touchpoint

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_whatever_colour_a_shop_picks_text_can_be_read(accent: str) -> None:
    colours = palette(accent)
    assert contrast(colours.accent, colours.on_accent) >= TEXT_CONTRAST
    assert contrast(colours.accent_on_light, LIGHT_SURFACE) >= TEXT_CONTRAST
    assert contrast(colours.accent_on_dark, DARK_SURFACE) >= TEXT_CONTRAST


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Nguyễn Thị Lan", "Lan"),
        ("Đặng Minh", "Minh"),
        ("TRẦN VĂN A", "A"),
        ("Lan", "Lan"),
        ("Lan (CSKH)", "Lan"),
        ("John Smith", "John"),
        ("Lan - Điện máy Bình Minh", "Lan"),
        ("lan@shop.vn", None),
        ("Nhân viên 12", "Nhân"),
        ("0912345678", None),
        ("  ", None),
    ],
)
def test_strangers_learn_a_given_name_at_most(written: str, shown: str | None) -> None:
    assert given_name(written) == shown


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://shop.vn/a?b=c#d", "https://shop.vn/a?b=c"),
        ("https://u:p@shop.vn:8443/a", "https://shop.vn:8443/a"),
        ("https://shop.vn/?token=abc&q=m%C3%A1y&code=9&access_token=z", "https://shop.vn/?token=***&q=m%C3%A1y&code=***&access_token=***"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("//shop.vn", None),
        ("https://[::1", None),
        ("https://shop.vn:99999999/", None),
        ("", None),
    ],
)  # fmt: skip
def test_an_address_is_kept_without_what_is_nobodys_business(url: str, kept: str | None) -> None:
    assert clean_url(url) == kept


@given(st.text(max_size=200))
def test_cleaning_never_fails_and_never_grows_twice(text: str) -> None:
    clean_url(text)
    once = clean_text(text)
    assert clean_text(once) == once
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", once)


def entry(**more: Any) -> Touchpoint:
    given: dict[str, Any] = {
        "id": TouchpointId(new_id()),
        "conversation_id": ConversationId(new_id()),
        "identity_id": IdentityId(new_id()),
        "channel": Channel.WEBCHAT,
        "account_id": "website",
        "author": Author.BUSINESS,
        "occurred_at": NOW,
        "accepted_at": NOW,
        "identity_seq": 3,
        "text": "Dạ",
    }
    return Touchpoint(**given | more)


@pytest.mark.parametrize(
    ("state", "is_hidden"), [(None, True), *((s, s is DeliveryState.FAILED) for s in DeliveryState)]
)
def test_of_the_business_only_replies_are_shown(state: DeliveryState | None, is_hidden: bool) -> None:
    delivery = Delivery(state=state, changed_at=NOW) if state else None
    shown = to_visitor(entry(delivery=delivery), lambda attachment: None, show_names=True)
    assert (shown.hidden, shown.seq, shown.text is None) == (is_hidden, 3, is_hidden)


def test_ids_of_staff_and_their_consoles_stay_inside() -> None:
    reply = entry(
        client_id="console-1", author_name="Trần Lan", delivery=Delivery(state=DeliveryState.SENT, changed_at=NOW)
    )
    shown = to_visitor(reply, lambda attachment: None, show_names=True)
    assert shown.client_id is None
    assert "Trần" not in shown.model_dump_json()


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        ({"allowed_origins": []}, "allowed_origins"),
        ({"allowed_origins": ["http://shop.vn"]}, "allowed_origins"),
        ({"allowed_origins": ["https://*.shop.vn"]}, "allowed_origins"),
        ({"allowed_origins": ["https://shop.vn/path"]}, "allowed_origins"),
        ({"allowed_origins": ["https://shop.vn; script-src *"]}, "allowed_origins"),
        ({"user_secrets": ["short"]}, "user_secrets"),
        ({"widget_key": "secret"}, "widget_key"),
        ({"accent": "red"}, "accent"),
        ({"topics_vi": ["Đơn hàng"]}, ""),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_settings_that_cannot_work_are_refused(fault: dict[str, Any], where: str) -> None:
    given = {"widget_key": "wk_live_12345678", "allowed_origins": ["https://shop.vn"], **fault}
    with pytest.raises(ValidationError) as refused:
        WebchatSettings.model_validate(given)
    assert where in str(refused.value.errors()[0]["loc"])


def test_origins_are_compared_as_browsers_write_them() -> None:
    settings = WebchatSettings(
        widget_key="wk_live_12345678", allowed_origins=("HTTPS://Shop.VN:443/", "http://localhost:8081")
    )
    assert settings.allowed_origins == ("https://shop.vn", "http://localhost:8081")


def test_secrets_of_the_shop_are_not_shown() -> None:
    settings = WebchatSettings.model_validate(
        {"widget_key": "wk_live_12345678", "allowed_origins": ["https://shop.vn"], "user_secrets": ["s" * 32]}
    )
    assert "ssss" not in repr(settings)


def test_a_household_is_one_network() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::1") == "2001:db8:1:2::"
    assert network_of("203.0.113.7") == "203.0.113.7"
    assert network_of("") == "unknown"


def test_a_burst_is_allowed_and_then_a_steady_pace() -> None:
    clock = ManualClock()
    burst = Burst(clock, size=3, per_s=1)
    assert [burst.take() for _ in range(5)] == [True, True, True, False, False]
    clock.advance(1)
    assert [burst.take() for _ in range(2)] == [True, False]
