"""Is this webhook theirs? Constant-time comparisons on raw bytes. Raises SignatureInvalid, which shows no secret."""

import base64
import hashlib
import hmac
from ipaddress import IPv6Address, ip_address

from connectors.base import RawRequest
from connectors.hotline.settings import GenericPbx, HeaderToken, HmacSignature, QueryToken, StringeePbx
from hub.errors import SignatureInvalid

STRINGEE_SIGNATURE = "x-stringee-signature"
PATH_SECRET_PARAMETER = "k"  # noqa: S105  # the parameter's name, not a secret


def verify_stringee(pbx: StringeePbx, request: RawRequest) -> None:
    """Source: developer.stringee.com, "Validating requests are coming from Stringee": base64(HMAC-SHA1(signing secret,
    raw body of a POST, or the request URI of a GET with blanks as %20))."""
    if pbx.path_secret is not None:
        shown = request.query.get(PATH_SECRET_PARAMETER, "")
        _same(shown, pbx.path_secret.get_secret_value(), "path secret")
    secret = pbx.signing_secret.get_secret_value().encode()
    shown = request.headers.get(STRINGEE_SIGNATURE, "")
    if not any(_equal(shown, _stringee_signature(secret, signed)) for signed in _stringee_signed(request)):
        raise SignatureInvalid("signature_invalid", "X-STRINGEE-SIGNATURE does not fit the request")


def verify_generic(pbx: GenericPbx, request: RawRequest) -> None:
    _check_network(pbx, request.remote)
    match pbx.auth:
        case QueryToken(parameter=parameter, token=token):
            _same(request.query.get(parameter, ""), token.get_secret_value(), "token")
        case HeaderToken(header=header, prefix=prefix, token=token):
            _same(request.headers.get(header, ""), prefix + token.get_secret_value(), header)
        case HmacSignature() as auth:
            _same(request.headers.get(auth.header, ""), auth.prefix + body_signature(auth, request.body), auth.header)


def body_signature(auth: HmacSignature, body: bytes) -> str:
    """What the header must say behind the prefix."""
    mac = hmac.new(auth.secret.get_secret_value().encode(), body, auth.digest).digest()
    match auth.encoding:
        case "hex":
            return mac.hex()
        case "hex_upper":
            return mac.hex().upper()
        case "base64":
            return base64.b64encode(mac).decode()


def _stringee_signed(request: RawRequest) -> tuple[bytes, ...]:
    """One candidate for a POST; for a GET also the URI with its pluses as %20, the other way to write a blank."""
    if request.method != "GET":
        return (request.body,)
    target = request.target.replace(" ", "%20")
    return tuple(t.encode(errors="replace") for t in {target, target.replace("+", "%20")})


def _stringee_signature(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha1).digest()).decode()


def _check_network(pbx: GenericPbx, remote: str) -> None:
    if not pbx.networks:
        return
    try:
        address = ip_address(remote)
    except ValueError as error:
        raise SignatureInvalid("address_refused", "the sender's address is unknown") from error
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if not any(address in network for network in pbx.networks):
        raise SignatureInvalid("address_refused", "the sender's address is not on this account's list")


def _same(shown: str, expected: str, what: str) -> None:
    if not _equal(shown, expected):
        raise SignatureInvalid("signature_invalid", f"{what} is missing or wrong")


def _equal(shown: str, expected: str) -> bool:
    return hmac.compare_digest(shown.encode(errors="replace"), expected.encode(errors="replace"))
