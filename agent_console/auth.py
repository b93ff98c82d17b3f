"""Signing in and staying signed in.

1. The token is 256 random bits in a cookie that scripts cannot read; the database holds its SHA-256. It can be taken
   back at any moment: every request asks the database.
2. A sign-in ends after MAX_AGE, or when nothing was heard of it for IDLE. An open console counts as being heard of
   (agent_console/live), so an agent who waits for work stays signed in, and a closed laptop does not.
3. The CSRF token follows from the cookie's token by a one-way function: a page that can read it came from us.
4. Guessing is slowed per login and address, per login, and per address; equal answers and equal time for all.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from agent_console.errors import NotSignedIn, SignInRefused, TooFast
from agent_console.origins import is_own, is_secure
from agent_console.passwords import Passwords
from agent_console.permissions import Caller
from agent_console.views import SignInIn
from hub.clock import Clock
from hub.ephemeral import Ephemeral, Rate
from hub.errors import Forbidden, StorageUnavailable
from hub.log import get_logger
from hub.metrics import counter
from storage import agents as agent_store
from storage import sign_ins as sign_in_store
from storage.agents import Agent
from storage.sign_ins import SignIn
from storage.unit_of_work import Units

MAX_AGE = timedelta(hours=12)
IDLE = timedelta(minutes=30)
TOUCH_EVERY = timedelta(minutes=1)
TOKEN_BYTES = 32
SECURE_COOKIE = "__Host-onethread"
PLAIN_COOKIE = "onethread"  # plain HTTP to another machine: browsers would drop a Secure cookie
CSRF_HEADER = "X-CSRF-Token"
PER_LOGIN_AND_ADDRESS = Rate(burst=10, per_s=900)
PER_LOGIN = Rate(burst=60, per_s=900)
PER_ADDRESS = Rate(burst=200, per_s=900)  # a shop behind one address signs in at eight o'clock

log = get_logger(__name__)
SIGN_INS = counter("sign_ins_total", "Attempts to sign in.", ["outcome"])


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who makes this request, and how they proved it. `token` is never logged."""

    agent: Agent
    sign_in: SignIn
    csrf: str

    @property
    def caller(self) -> Caller:
        return Caller(self.agent.id, self.agent.role, frozenset(self.agent.queue_ids))


class SignIns:
    """One per process. `address_of` says where a request comes from, behind whatever proxies are trusted."""

    def __init__(
        self,
        units: Units,
        ephemeral: Ephemeral,
        clock: Clock,
        passwords: Passwords,
        *,
        public_url: str,
        address_of: Callable[[web.Request], str],
    ) -> None:
        self._units = units
        self._ephemeral = ephemeral
        self._clock = clock
        self._passwords = passwords
        self._public_url = public_url
        self._address_of = address_of

    async def sign_in(self, request: web.Request, given: SignInIn) -> tuple[SignedIn, str]:
        """The sign-in and its token. Raises SignInRefused, TooFast."""
        await self._slow_down(given.login.lower(), self._address_of(request))
        async with self._units.database.reading() as connection:
            found = await agent_store.credentials(connection, given.login)
        fits = await self._passwords.verify(found.password_hash if found else None, given.password)
        if found is None or not fits or found.disabled:
            SIGN_INS.labels(outcome="refused").inc()
            raise SignInRefused
        token = secrets.token_urlsafe(TOKEN_BYTES)
        outdated = self._passwords.is_outdated(found.password_hash)
        better = await self._passwords.hash(given.password) if outdated else None
        async with self._units.begin() as work:
            await sign_in_store.remove_over(work, idle=IDLE)
            if better is not None:
                await agent_store.change(work, found.agent_id, password_hash=better)
            await sign_in_store.add(
                work,
                token_sha256=digest(token),
                agent_id=found.agent_id,
                expires_at=self._clock.now() + MAX_AGE,
                user_agent=clean(request.headers.get("User-Agent", "")),
            )
            await work.commit()
        SIGN_INS.labels(outcome="accepted").inc()
        return await self._known(token), token

    async def of(self, request: web.Request) -> SignedIn:
        """Raises NotSignedIn."""
        signed_in = await self._known(self.token_of(request))
        if self._clock.now() - signed_in.sign_in.last_seen_at >= TOUCH_EVERY:
            await self._touch(signed_in.sign_in)
        return signed_in

    async def sign_out(self, signed_in: SignedIn) -> None:
        async with self._units.begin() as work:
            await sign_in_store.remove(work, signed_in.sign_in.token_sha256)
            await work.commit()

    def check_origin(self, request: web.Request) -> None:
        """Raises Forbidden for a request that another page sent. Programs name no page; they need the CSRF token."""
        origin = request.headers.get("Origin")
        if origin is not None and not is_own(origin, request.headers.get("Host"), self._public_url):
            raise Forbidden("origin_foreign", "This page may not do that.", where="header.Origin")

    def check_csrf(self, request: web.Request, signed_in: SignedIn) -> None:
        """Raises Forbidden."""
        self.check_origin(request)
        if not same(request.headers.get(CSRF_HEADER, ""), signed_in.csrf):
            raise Forbidden(
                "csrf", f"Send the `csrf` of GET /api/v1/me as {CSRF_HEADER}.", where=f"header.{CSRF_HEADER}"
            )

    def token_of(self, request: web.Request) -> str:
        """Raises NotSignedIn when there is none."""
        token = request.cookies.get(self._cookie(request), "")
        if not (0 < len(token) <= 100 and token.isascii()):
            raise NotSignedIn
        return token

    def set_cookie(self, request: web.Request, response: web.StreamResponse, token: str) -> None:
        name = self._cookie(request)
        response.set_cookie(name, token, path="/", httponly=True, samesite="Lax", secure=name == SECURE_COOKIE)

    def drop_cookie(self, request: web.Request, response: web.StreamResponse) -> None:
        name = self._cookie(request)
        response.set_cookie(name, "", path="/", httponly=True, samesite="Lax", secure=name == SECURE_COOKIE, max_age=0)

    def _cookie(self, request: web.Request) -> str:
        return SECURE_COOKIE if is_secure(request.headers.get("Host"), self._public_url) else PLAIN_COOKIE

    async def _touch(self, sign_in: SignIn) -> None:
        """A busy database must not keep a request from being served: the next one tries again."""
        try:
            async with self._units.begin() as work:
                await sign_in_store.touch(work, [sign_in.token_sha256])
                await work.commit()
        except StorageUnavailable as error:
            log.warning("sign_in_not_touched", reason=str(error))

    async def _known(self, token: str) -> SignedIn:
        async with self._units.database.reading() as connection:
            sign_in = await sign_in_store.find(connection, digest(token), now=self._clock.now(), idle=IDLE)
        if sign_in is None:
            raise NotSignedIn
        return SignedIn(sign_in.agent, sign_in, csrf_of(token))

    async def _slow_down(self, login: str, address: str) -> None:
        """Logins are hashed: what somebody typed into the wrong field must not stand in another server's memory."""
        who = hashlib.sha256(login.encode("utf-8", "replace")).hexdigest()[:32]
        for key, rate in (
            (f"sign-in:both:{who}:{address}", PER_LOGIN_AND_ADDRESS),
            (f"sign-in:login:{who}", PER_LOGIN),
            (f"sign-in:address:{address}", PER_ADDRESS),
        ):
            wait_s = await self._ephemeral.allow(key, rate)
            if wait_s > 0:
                SIGN_INS.labels(outcome="slowed").inc()
                raise TooFast("sign_in_slowed", "Too many attempts; wait a little.", retry_after_s=wait_s)


def digest(token: str) -> bytes:
    """What the database knows of a token."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(token: str) -> str:
    """Follows from the token and tells nothing about it."""
    return urlsafe_b64encode(hashlib.sha256(b"csrf\0" + token.encode()).digest()).decode().rstrip("=")


def same(given: str, wanted: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def clean(header: str) -> str:
    """Header bytes that are no UTF-8 arrive as lone surrogates, which no database takes."""
    return header.encode("utf-8", "replace").decode().replace("\0", "")
