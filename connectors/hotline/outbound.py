"""What we tell a supplier: the SCCO that steers a Stringee call, and who we are when we fetch a recording.

Sources: developer.stringee.com, "Stringee Call Control Object" and "REST API authentication". Two facts of them shape
the list: `record` must stand before `connect`, and only a call with peerToPeerCall false can be recorded. Text replies
do not exist on this channel; calls that we start are made in the supplier's softphone.
"""

import base64
import binascii
import hashlib
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from connectors.hotline.settings import GenericPbx, StringeePbx
from connectors.hotline.verify import PATH_SECRET_PARAMETER
from hub.calls import Away, InLine, Ring
from hub.errors import BadInput

CALLER_PARAMETER: Final = "c"
STEP_PARAMETER: Final = "step"
REST_TOKEN_LIFE_S: Final = 300
STRINGEE_AUTH: Final = "X-STRINGEE-AUTH"
_DIALLABLE: Final = re.compile(r"[0-9]{3,17}")  # an external party is a number, even of a withheld caller

Scco = list[dict[str, Any]]


def scco(pbx: StringeePbx, *, caller: str | None, identity: str, step: int) -> Scco:
    """What happens next in an inbound call: ring operator number `step`, after the last one the fallback telephone,
    after that the busy text. `caller` as Stringee presents it; `identity` comes back with the recording."""
    target = _target(pbx, step)
    if target is None:
        return [_talk(pbx.busy_text)] if pbx.busy_text else []
    actions: Scco = []
    if pbx.recording == "ours":
        if pbx.recording_notice and step == 0:
            actions.append(_talk(pbx.recording_notice))
        actions.append(_record(pbx, identity))
    fail_url = own_url(pbx, "fail", {STEP_PARAMETER: str(step + 1)})
    return [*actions, _connect(pbx, caller, target, pbx.ring_s, fail_url)]


def ringing(pbx: StringeePbx, ring: Ring, *, identity: str, fail_url: str, is_first: bool) -> Scco:
    """Ring one agent's telephone, as the hub decided."""
    actions: Scco = []
    if pbx.recording == "ours":
        if pbx.recording_notice and is_first:
            actions.append(_talk(pbx.recording_notice))
        actions.append(_record(pbx, identity))
    to = {"type": "internal", "number": ring.telephone, "alias": _hotline(pbx)}
    return [*actions, _connect(pbx, identity, to, ring.ring_s, fail_url)]


def waiting(pbx: StringeePbx, place: InLine, *, ask_url: str) -> Scco:
    """Say where they stand, let them press a key meanwhile, and have Stringee ask again."""
    live = pbx.live
    said = [live.line_text.replace("{position}", str(place.position))]
    if place.wait_s is not None:
        said.append(live.wait_text.replace("{minutes}", str(max(1, math.ceil(place.wait_s / 60)))))
    if place.may_be_called_back:
        said.append(live.callback_text)
    music = [{"action": "stream", "fileName": live.hold_music, "bargeIn": True}] if live.hold_music else []
    spoken = {"action": "talk", "text": " ".join(said), "bargeIn": True}  # True lets the input listen from the start
    asked = {"action": "input", "eventUrl": ask_url, "timeOut": live.asks_again_s, "maxDigits": 1}
    return [spoken, *music, asked | {"submitOnHash": False}]


def leaving(pbx: StringeePbx, away: Away, *, caller: str, identity: str) -> Scco:
    """The last words, or the fallback telephone where somebody should have been there."""
    if away.reason in ("nobody", "too_long"):
        return scco(pbx, caller=caller, identity=identity, step=len(pbx.operators))
    said = [pbx.live.closed_text] if away.reason == "closed" else []
    if away.called_back_later:
        said.append(pbx.live.called_back_text)
    return [_talk(" ".join(said))]


def recording_url(pbx: StringeePbx, call_id: str) -> str:
    """Answers 404 for a short while after the call: fetch with back-off, with `recording_headers`."""
    return f"{_recordings(pbx)}{quote(call_id, safe='')}"


def recording_headers(pbx: StringeePbx | GenericPbx, url: str, now: datetime) -> Mapping[str, str]:
    """What a GET of the recording at `url` needs. Empty for every other address: credentials go to the supplier only,
    so the fetcher must not follow a redirect with them."""
    if isinstance(pbx, StringeePbx):
        return {STRINGEE_AUTH: _rest_token(pbx, now)} if url.startswith(_recordings(pbx)) else {}
    rules = pbx.recording
    if rules.header is None or rules.header_value is None or not url.startswith(f"{rules.host_url}/"):
        return {}
    return {rules.header: rules.header_value.get_secret_value()}


def recording_event_url(pbx: StringeePbx, identity: str) -> str:
    """The event it brings tells a call id only. Whose call it was travels in the URL, sealed: a caller's number has no
    business in anybody's access log."""
    return own_url(pbx, "recording", {CALLER_PARAMETER: sealed(pbx, identity)})


def sealed(pbx: StringeePbx, identity: str) -> str:
    """As it may stand in a URL of ours."""
    return base64.urlsafe_b64encode(_seal(pbx).encrypt(identity.encode(), None)).decode().rstrip("=")


def identity_of(pbx: StringeePbx, written: str) -> str:
    """The identity in a URL of ours. Raises BadInput for anything that we did not write."""
    try:
        raw = base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
        return _seal(pbx).decrypt(raw, None).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise BadInput("caller_unreadable", "this is no URL of ours", where=CALLER_PARAMETER) from error


def own_url(pbx: StringeePbx, tail: str, query: Mapping[str, str]) -> str:
    """One of this account's webhook, as we give it to Stringee."""
    secret = {PATH_SECRET_PARAMETER: pbx.path_secret.get_secret_value()} if pbx.path_secret is not None else {}
    return f"{pbx.webhook_url}/{tail}?{urlencode({**query, **secret})}"


def _target(pbx: StringeePbx, step: int) -> dict[str, str] | None:
    if step < len(pbx.operators):
        return {"type": "internal", "number": pbx.operators[step], "alias": _hotline(pbx)}
    if step == len(pbx.operators) and pbx.fallback_number:
        number = pbx.fallback_number.removeprefix("+")
        return {"type": "external", "number": number, "alias": number}
    return None


def _record(pbx: StringeePbx, identity: str) -> dict[str, Any]:
    return {"action": "record", "eventUrl": recording_event_url(pbx, identity), "format": "mp3"}


def _connect(pbx: StringeePbx, caller: str | None, to: Mapping[str, str], ring_s: int, fail_url: str) -> dict[str, Any]:
    # Only a number of ours may place the call into the telephone network; an operator sees the customer's.
    shown = (caller or "").removeprefix("+")
    number = shown if to["type"] == "internal" and _DIALLABLE.fullmatch(shown) else _hotline(pbx)
    return {
        "action": "connect",
        "from": {"type": "external", "number": number, "alias": number},
        "to": dict(to),
        "timeout": ring_s,
        "peerToPeerCall": False,
        "continueOnFail": True,
        "onFailEventUrl": fail_url,
    }


def _talk(text: str) -> dict[str, Any]:
    return {"action": "talk", "text": text, "bargeIn": False}  # False makes the next action wait for the end


def _hotline(pbx: StringeePbx) -> str:
    return pbx.hotline_numbers[0].removeprefix("+")  # a leading plus is refused


def _recordings(pbx: StringeePbx) -> str:
    return f"{pbx.api_url}/v1/call/recording/"


def _seal(pbx: StringeePbx) -> AESSIV:
    """Deterministic, so that the same webhook gets the same answer. The key is bound to this use."""
    secret = pbx.signing_secret.get_secret_value().encode()
    return AESSIV(hashlib.blake2b(secret, digest_size=64, person=b"onethread-caller").digest())


def _rest_token(pbx: StringeePbx, now: datetime) -> str:
    from joserfc import jwt  # 0.2 s, and only the media fetcher needs it
    from joserfc.jwk import OctKey

    seconds = int(now.timestamp())
    header = {"typ": "JWT", "alg": "HS256", "cty": "stringee-api;v=1"}  # refused without cty
    claims = {
        "jti": f"{pbx.api_key_sid}-{seconds}",
        "iss": pbx.api_key_sid,
        "exp": seconds + REST_TOKEN_LIFE_S,
        "rest_api": True,
    }
    return jwt.encode(header, claims, OctKey.import_key(pbx.api_key_secret.get_secret_value()))
