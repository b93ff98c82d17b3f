"""What the hub signs for visitors, and what a shop signs about its own logged-in customers. JWT, HS256 only.

| kind | lives | held by | good for |
| --- | --- | --- | --- |
| resume | 180 days, renewed with each boot | the shop page's storage | booting again as the same visitor only |
| access | 12 hours | memory of the widget's frame | the socket and everything else |
| upload | a day | memory | attaching one uploaded file to one message |
| challenge | 10 minutes | memory | proving work before a new visitor is made |

A resume token that belongs to a logged-in customer needs that customer's own signed token beside it, so whoever finds
it in a shared browser reads nothing.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from connectors.webchat.settings import WebchatSettings
from hub.clock import Clock
from hub.errors import BadInput
from hub.events import Attachment
from hub.ids import ChannelAccountId

RESUME_LIFE = timedelta(days=180)
ACCESS_LIFE = timedelta(hours=12)
UPLOAD_LIFE = timedelta(days=1)
CHALLENGE_LIFE = timedelta(minutes=10)
USER_TOKEN_LIFE_MAX = timedelta(minutes=10)
CLOCK_SKEW = timedelta(seconds=60)  # between the shop's server and ours
CHALLENGE_BITS = 16  # about 65,000 hashes: a second or two of a phone, once
TOKEN_CHARS_MAX = 4096
_ALGORITHMS = ["HS256"]


class TokenRefused(BadInput):
    """Expired, revoked, of another widget, or not ours: get a new one by booting."""

    status = 401

    def __init__(self, code: str = "token_refused") -> None:
        super().__init__(code, "The token is not valid here any more.")


class SignedUser(BaseModel):
    """A customer that the shop's own server knows: the claims of its token that we use."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    sub: str = Field(min_length=1, max_length=200)
    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=320)
    phone: str | None = Field(default=None, max_length=64)

    @property
    def mark(self) -> str:
        """Tells users apart without telling who they are."""
        return hashlib.sha256(self.sub.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Visitor:
    """`id` is the channel identity's external id: 128 random bits, never chosen by a browser."""

    account_id: ChannelAccountId
    id: str
    user: SignedUser | None = None

    @property
    def address(self) -> tuple[str, str]:
        return (self.account_id, self.id)


@dataclass(frozen=True, slots=True)
class Access:
    """Who holds an access token, and until when."""

    visitor: Visitor
    expires_at: datetime


def new_visitor(account_id: ChannelAccountId, user: SignedUser | None) -> Visitor:
    return Visitor(account_id, secrets.token_urlsafe(16), user)


class VisitorTokens:
    """One per process. `keys` are 32 bytes each, newest first: the first signs, all verify."""

    def __init__(self, keys: Sequence[bytes], clock: Clock) -> None:
        self._keys = [OctKey.import_key(key) for key in keys]
        self._clock = clock

    # --- visitors ----------------------------------------------------------------------------------------------------

    def resume(self, visitor: Visitor, settings: WebchatSettings) -> str:
        claims = {"usr": visitor.user.mark} if visitor.user else {}
        return self._sign("resume", RESUME_LIFE, {**_of(visitor), "ver": settings.token_version, **claims})

    def access(self, visitor: Visitor, settings: WebchatSettings) -> str:
        claims = {"usr": visitor.user.model_dump(exclude_none=True)} if visitor.user else {}
        return self._sign("access", ACCESS_LIFE, {**_of(visitor), "ver": settings.token_version, **claims})

    def read_resume(
        self, token: str, account_id: ChannelAccountId, settings: WebchatSettings, user: SignedUser | None
    ) -> Visitor:
        """The visitor, with `user` bound to it. Raises TokenRefused, also when it belongs to another user than
        `user`, or to one while `user` is None."""
        claims = self._read("resume", token)
        _check_owner(claims, account_id, settings)
        bound = claims.get("usr")
        if bound is not None and (user is None or user.mark != bound):
            raise TokenRefused("token_of_another_user")
        return Visitor(account_id, claims["vid"], user)

    def read_unread(self, token: str, account_id: ChannelAccountId, settings: WebchatSettings) -> Visitor:
        """Whose unread replies may be counted, with a resume token alone: how many, never what. Raises TokenRefused."""
        claims = self._read("resume", token)
        _check_owner(claims, account_id, settings)
        return Visitor(account_id, claims["vid"])

    def read_access(self, token: str) -> tuple[Access, int]:
        """With the token version it was signed for: compare it with the settings of the visitor's account. Raises
        TokenRefused."""
        claims = self._read("access", token)
        user = SignedUser.model_validate(claims["usr"]) if "usr" in claims else None
        visitor = Visitor(ChannelAccountId(claims["wid"]), claims["vid"], user)
        return Access(visitor, datetime.fromtimestamp(claims["exp"], self._clock.now().tzinfo)), claims["ver"]

    # --- files -------------------------------------------------------------------------------------------------------

    def upload(self, visitor: Visitor, attachment: Attachment) -> str:
        file = attachment.model_dump(mode="json", exclude_none=True)
        return self._sign("upload", UPLOAD_LIFE, {**_of(visitor), "file": file})

    def read_upload(self, token: str, visitor: Visitor) -> Attachment:
        """Raises TokenRefused; an upload belongs to the visitor who made it."""
        claims = self._read("upload", token)
        if (claims["wid"], claims["vid"]) != visitor.address:
            raise TokenRefused("upload_unknown")
        return Attachment.model_validate(claims["file"])

    # --- work --------------------------------------------------------------------------------------------------------

    def challenge(self, account_id: ChannelAccountId) -> str:
        return self._sign("challenge", CHALLENGE_LIFE, {"wid": account_id, "vid": secrets.token_urlsafe(9)})

    def solved(self, challenge: str, nonce: str, account_id: ChannelAccountId) -> str | None:
        """The challenge's own id when SHA-256(challenge + "." + nonce) begins with CHALLENGE_BITS zero bits, else
        None. That it is used once only is for the caller to see to."""
        try:
            claims = self._read("challenge", challenge)
        except TokenRefused:
            return None
        digest = hashlib.sha256(f"{challenge}.{nonce}".encode()).digest()
        is_solved = claims["wid"] == account_id and int.from_bytes(digest[:4]) >> (32 - CHALLENGE_BITS) == 0
        return str(claims["vid"]) if is_solved else None

    # --- all of them -------------------------------------------------------------------------------------------------

    def _sign(self, kind: str, life: timedelta, claims: Mapping[str, Any]) -> str:
        now = self._clock.now()
        times = {"iat": int(now.timestamp()), "exp": int((now + life).timestamp())}
        return jwt.encode({"alg": "HS256"}, {"typ": kind, **claims, **times}, self._keys[0])

    def _read(self, kind: str, token: str) -> dict[str, Any]:
        for key in self._keys:
            claims = _decoded(token, key)
            if claims is not None and claims.get("typ") == kind:
                if claims["exp"] <= self._clock.now().timestamp():
                    raise TokenRefused("token_expired")
                return claims
        raise TokenRefused


def read_user_token(token: str, settings: WebchatSettings, clock: Clock) -> SignedUser | None:
    """The shop's customer in `token`; None for whatever does not prove one: then the visitor is nobody in particular.

    Wanted: HS256 by one of `user_secrets`, `aud` the widget key, `sub`, and `exp` at most ten minutes away.
    """
    for secret in settings.user_secrets:
        claims = _decoded(token, OctKey.import_key(_bytes(secret)))
        if claims is not None:
            return _user(claims, settings, clock.now())
    return None


def _user(claims: Mapping[str, Any], settings: WebchatSettings, now: datetime) -> SignedUser | None:
    audience, expires = claims.get("aud"), claims.get("exp")
    audiences = audience if isinstance(audience, list) else [audience]
    if settings.widget_key not in audiences or isinstance(expires, bool) or not isinstance(expires, (int, float)):
        return None
    left_s = expires - now.timestamp()
    if not -CLOCK_SKEW.total_seconds() < left_s <= (USER_TOKEN_LIFE_MAX + CLOCK_SKEW).total_seconds():
        return None
    try:
        return SignedUser.model_validate(claims)
    except ValidationError:
        return None


def _check_owner(claims: Mapping[str, Any], account_id: ChannelAccountId, settings: WebchatSettings) -> None:
    if claims["wid"] != account_id or claims["ver"] != settings.token_version:
        raise TokenRefused


def _decoded(token: str, key: OctKey) -> dict[str, Any] | None:
    if len(token) > TOKEN_CHARS_MAX:
        return None
    try:
        return dict(jwt.decode(token, key, algorithms=_ALGORITHMS).claims)
    except (JoseError, ValueError, RecursionError):  # deeply nested JSON ends in the last
        return None


def _of(visitor: Visitor) -> dict[str, Any]:
    return {"wid": visitor.account_id, "vid": visitor.id}


def _bytes(secret: SecretStr) -> bytes:
    return secret.get_secret_value().encode()
