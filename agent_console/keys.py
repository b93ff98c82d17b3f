"""Other systems prove themselves by a key in `Authorization: Bearer …`. It is random, shown once, kept as a hash, bound
to scopes, and can be revoked at any moment: every request asks the database. A browser never sends one by itself, so
there is nothing to forge across sites.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from aiohttp import web

from agent_console.errors import KeyInvalid, TooFast
from hub.clock import Clock
from hub.ephemeral import Ephemeral, Rate
from hub.errors import Forbidden, StorageUnavailable
from hub.log import get_logger
from storage import api_keys
from storage.api_keys import ApiKey
from storage.unit_of_work import Units

PREFIX: Final = "otk_"  # so that leak scanners, and people, see what it is
KEY_BYTES: Final = 32
HINT_CHARS: Final = 10
KEY_CHARS_MAX: Final = 100
TOUCH_EVERY: Final = timedelta(minutes=1)
PER_KEY: Final = Rate(burst=1200, per_s=60)

log = get_logger(__name__)


class Keys:
    """One per process."""

    def __init__(self, units: Units, ephemeral: Ephemeral, clock: Clock) -> None:
        self._units = units
        self._ephemeral = ephemeral
        self._clock = clock

    async def of(self, request: web.Request, scope: str) -> ApiKey:
        """Raises KeyInvalid, Forbidden, TooFast."""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not (0 < len(secret) <= KEY_CHARS_MAX and secret.isascii()):
            raise KeyInvalid
        async with self._units.database.reading() as connection:
            key = await api_keys.find(connection, digest(secret))
        if key is None:
            raise KeyInvalid
        wait_s = await self._ephemeral.allow(f"api-key:{key.id}", PER_KEY)
        if wait_s > 0:
            raise TooFast("too_fast", "Too many requests with this key; wait a little.", retry_after_s=wait_s)
        if scope not in key.scopes:
            raise Forbidden("scope_lacking", f"This key has no scope {scope}.", where="header.Authorization")
        await self._touch(key)
        return key

    async def _touch(self, key: ApiKey) -> None:
        """A busy database must not keep a request from being served."""
        if key.last_used_at is not None and self._clock.now() - key.last_used_at < TOUCH_EVERY:
            return
        try:
            async with self._units.begin() as work:
                await api_keys.touch(work, key, every=TOUCH_EVERY)
                await work.commit()
        except StorageUnavailable as error:
            log.warning("key_not_touched", reason=str(error))


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(KEY_BYTES)


def digest(secret: str) -> bytes:
    """What the database knows of a key. Random, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).digest()
