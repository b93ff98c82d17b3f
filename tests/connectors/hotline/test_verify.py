"""Who may tell us of calls: signatures of documents as vectors, and everything that must be refused."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from connectors.base import RawRequest
from hub.errors import SignatureInvalid
from tests.connectors.hotline.support import (
    PATH,
    SIGNING_SECRET,
    STRINGEE,
    URL_TOKEN,
    VOICECLOUD,
    ZORIO,
    connector,
    request,
    stringee_get,
    stringee_post,
    stringee_signature,
    voicecloud_get,
    zorio_post,
)

FIELDS = {"call_id": "id", "state": "action", "caller": "from"}
CARESOFT: dict[str, Any] = {
    "supplier": "generic",
    "preset": "caresoft",
    "auth": {"secret": "CS123"},
    "hotline_numbers": ["19001234"],
    "fields": {"call_id": "call_id", "caller": "phone"},
}


def generic(auth: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"supplier": "generic", "hotline_numbers": ["19001234"], "fields": FIELDS, "states": {"ring": "ringing"}}
    return {**base, "auth": auth, **more}


def refused(pbx: dict[str, Any], webhook: RawRequest) -> bool:
    try:
        connector(pbx).verify(webhook)
    except SignatureInvalid:
        return True
    return False


def test_the_vector_of_caresofts_documentation_is_accepted() -> None:
    vector = {"x-hub-signature": "420A69CE7D3C36559E9828D6361530DF30065D37"}
    body = b'{"ticket_id":1}'
    assert not refused(CARESOFT, request("POST", body=body, headers=vector))
    assert refused(CARESOFT, request("POST", body=body + b" ", headers=vector))
    assert refused(CARESOFT, request("POST", body=body, headers={"x-hub-signature": vector["x-hub-signature"][:-1]}))
    assert refused(CARESOFT, request("POST", body=body))


def test_stringee_signs_the_raw_body_of_a_post() -> None:
    webhook = stringee_post("event", b'{"call_id": "\xc4\x91"}')
    assert not refused(STRINGEE, webhook)
    changed = request("POST", webhook.target, body=webhook.body + b"\n", headers=webhook.headers)
    assert refused(STRINGEE, changed)


def test_stringee_signs_the_uri_of_a_get_with_blanks_as_percent_20() -> None:
    signed = f"{PATH}/answer?from=84912345678&to=8419001234&custom=xin%20chao"
    headers = stringee_signature(signed.encode())
    for target in (signed, signed.replace("%20", " "), signed.replace("%20", "+")):
        assert not refused(STRINGEE, request("GET", target, headers=headers)), target
    assert refused(STRINGEE, request("GET", signed.replace("84912345678", "84912345679"), headers=headers))


def test_a_signed_get_cannot_be_replayed_as_a_post_nor_the_other_way() -> None:
    get = stringee_get("answer", {"from": "84912345678"})
    assert refused(STRINGEE, request("POST", get.target, headers=get.headers))
    post = stringee_post("event", {"call_id": "c"})
    assert refused(STRINGEE, request("GET", post.target, body=post.body, headers=post.headers))


@pytest.mark.parametrize("signature", ["", "x", "ä" * 28, "\udcff", base64.b64encode(b"0" * 20).decode()])
def test_a_wrong_signature_is_refused_whatever_it_looks_like(signature: str) -> None:
    assert refused(STRINGEE, request("POST", body=b"{}", headers={"x-stringee-signature": signature}))


def test_the_path_secret_is_asked_for_beside_the_signature() -> None:
    guarded = {**STRINGEE, "path_secret": "secret-part-of-the-url"}
    assert refused(guarded, stringee_post("event", b"{}"))
    assert refused(guarded, stringee_post("event?k=another-part-of-the-url", b"{}"))
    assert not refused(guarded, stringee_post("event?k=secret-part-of-the-url", b"{}"))


def test_zorio_signs_the_body_with_sha256_in_hex_behind_a_prefix() -> None:
    webhook = zorio_post("pbx.call.ringing", call_uuid="u")
    assert not refused(ZORIO, webhook)
    bare = {"x-zorio-signature": webhook.headers["x-zorio-signature"].removeprefix("sha256=")}
    assert refused(ZORIO, request("POST", body=webhook.body, headers=bare))


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
@pytest.mark.parametrize("encoding", ["hex", "hex_upper", "base64"])
def test_every_kind_of_hmac_can_be_configured(digest: str, encoding: str) -> None:
    body = '{"id":"1","khách":"Hoà"}'.encode()
    mac = hmac.new(b"the secret", body, digest)
    value = {"hex": mac.hexdigest(), "hex_upper": mac.hexdigest().upper()}.get(encoding)
    value = value or base64.b64encode(mac.digest()).decode()
    auth = {"kind": "hmac", "header": "X-Sign", "prefix": "v1=", "digest": digest, "encoding": encoding}
    pbx = generic({**auth, "secret": "the secret"})
    assert not refused(pbx, request("POST", body=body, headers={"x-sign": f"v1={value}"}))
    assert refused(pbx, request("POST", body=body, headers={"x-sign": f"v1={value[:-1]}"}))
    wrong = hmac.new(b"the Secret", body, hashlib.sha256).hexdigest()
    assert refused(pbx, request("POST", body=body, headers={"x-sign": f"v1={wrong}"}))


def test_a_fixed_token_in_a_header_is_compared_whole() -> None:
    pbx = generic({"kind": "header_token", "header": "Authorization", "prefix": "Bearer ", "token": "abc"})
    assert not refused(pbx, request("POST", headers={"authorization": "Bearer abc"}))
    for value in ("abc", "Bearer abcd", "Bearer ab", "bearer abc", ""):
        assert refused(pbx, request("POST", headers={"authorization": value})), value


def test_a_token_in_the_url_is_compared_whole() -> None:
    assert not refused(VOICECLOUD, voicecloud_get("hangup", callid="1"))
    for token in ("", URL_TOKEN[:-1], URL_TOKEN + "x"):
        assert refused(VOICECLOUD, request("GET", f"{PATH}/hangup?callid=1&token={token}")), token


@pytest.mark.parametrize(
    ("remote", "allowed"),
    [
        ("198.51.100.9", True),
        ("::ffff:198.51.100.9", True),
        ("2001:db8::5", True),
        ("198.51.101.9", False),
        ("2001:db9::5", False),
        ("", False),
        ("not an address", False),
    ],
)
def test_only_listed_networks_may_send(remote: str, allowed: bool) -> None:
    pbx = {**VOICECLOUD, "networks": ["198.51.100.0/24", "2001:db8::/32"]}
    webhook = request("GET", f"{PATH}/hangup?callid=1&token={URL_TOKEN}", remote=remote)
    assert refused(pbx, webhook) is not allowed


def test_a_refusal_shows_no_secret() -> None:
    for pbx, webhook in ((STRINGEE, request("POST")), (ZORIO, request("POST")), (VOICECLOUD, request("GET"))):
        with pytest.raises(SignatureInvalid) as refusal:
            connector(pbx).verify(webhook)
        assert not any(s in str(refusal.value) for s in (SIGNING_SECRET, "zorio-secret", URL_TOKEN))
