"""Settings of a hotline account: what is refused before a call is lost by it, and what must stay hidden."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors import CONNECTORS
from connectors.base import Connector
from connectors.hotline.connector import HotlineConnector
from connectors.hotline.settings import GenericPbx, HmacSignature, HotlineSettings, QueryToken, StringeePbx
from hub.events import Channel
from tests.connectors.hotline.support import STRINGEE, URL_TOKEN, VOICECLOUD, ZORIO

HEADER = {"header": "x-key", "header_value": "secret"}


def settings(pbx: dict[str, Any], **changes: Any) -> HotlineSettings:
    return HotlineSettings.model_validate({"pbx": {**pbx, **changes}})


def test_the_supplier_decides_which_settings_are_asked_for() -> None:
    assert isinstance(settings(STRINGEE).pbx, StringeePbx)
    assert isinstance(settings(ZORIO).pbx, GenericPbx)
    with pytest.raises(ValidationError, match="supplier"):
        settings({**STRINGEE, "supplier": "asterisk"})


def test_the_register_knows_the_hotline_and_it_fulfils_the_contract() -> None:
    contract: type[Connector] = HotlineConnector
    assert CONNECTORS[Channel.HOTLINE] is contract
    assert contract.settings_model is HotlineSettings


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        (STRINGEE, {"signing_secret": " "}),
        (STRINGEE, {"api_key_secret": ""}),
        (STRINGEE, {"api_key_sid": "AC.0.abc"}),
        (STRINGEE, {"webhook_url": "http://hub.example/webhooks/hotline/main"}),
        (STRINGEE, {"api_url": "http://api.stringee.com"}),
        (STRINGEE, {"hotline_numbers": []}),
        (STRINGEE, {"hotline_numbers": ["1900 1234"]}),
        (STRINGEE, {"path_secret": "short"}),
        (STRINGEE, {"ring_s": 0}),
        (STRINGEE, {"surprise": 1}),
        (ZORIO, {"auth": {"secret": ""}}),
        (ZORIO, {"auth": {}}),
        (ZORIO, {"auth": {"secret": "s", "header": "X Sign"}}),
        (ZORIO, {"preset": "unheard-of"}),
        (ZORIO, {"method": "GET"}),
        (ZORIO, {"body": "query"}),
        (ZORIO, {"method": "GET", "body": "query"}),
        (ZORIO, {"networks": ["203.0.113.0/33"]}),
        (ZORIO, {"time": {"zone": "Asia/Atlantis"}}),
        (ZORIO, {"time": {"zone": "../../etc/passwd"}}),
        (ZORIO, {"time": {"format": "pattern"}}),
        (ZORIO, {"states": {"ring": "dancing"}}),
        (ZORIO, {"recording": {"header": "x-key"}}),
        (ZORIO, {"recording": {"host_url": "http://rec.example", **HEADER}}),
        (ZORIO, {"recording": {"url_template": "ftp://rec.example/{call_id}"}}),
        (ZORIO, {"recording": {"url_template": "{recording}"}}),
        (VOICECLOUD, {"auth": {"token": "short"}}),
    ],
)
def test_what_could_not_work_is_refused_when_it_is_entered(base: dict[str, Any], changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(base, **changes)


def test_what_is_given_wins_over_a_preset_field_by_field() -> None:
    pbx = settings(VOICECLOUD, fields={"call_id": "uniqueid"}, states={"call_in:pickup": "answered"}).pbx
    assert isinstance(pbx, GenericPbx)
    assert pbx.fields.call_id == ("uniqueid",)
    assert pbx.fields.caller == ("phone",)
    assert pbx.states["call_in:pickup"] == "answered"
    assert pbx.states["call_in:ring"] == "ringing"


def test_settings_survive_being_stored() -> None:
    for base in (STRINGEE, ZORIO, VOICECLOUD):
        stored = settings(base).model_dump(mode="json")
        _reveal(stored["pbx"], base)
        assert settings(stored["pbx"]) == settings(base)


def test_no_secret_is_shown() -> None:
    secrets = [URL_TOKEN, "zorio-secret", str(STRINGEE["signing_secret"]), str(STRINGEE["api_key_secret"])]
    for base in (STRINGEE, ZORIO, VOICECLOUD):
        shown = repr(settings(base)) + settings(base).model_dump_json()
        assert not any(secret in shown for secret in secrets)


def test_the_form_for_settings_can_be_made_from_the_model() -> None:
    schema = HotlineSettings.model_json_schema()
    assert set(schema["$defs"]) >= {"StringeePbx", "GenericPbx", QueryToken.__name__, HmacSignature.__name__}


def _reveal(stored: dict[str, Any], base: dict[str, Any]) -> None:
    """JSON shows stars for secrets; the store keeps them its own way."""
    for name in ("signing_secret", "api_key_secret"):
        if name in base:
            stored[name] = SecretStr(str(base[name]))
    if "auth" in base:
        stored["auth"] |= base["auth"]
