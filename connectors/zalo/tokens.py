"""The access token of an OA and its renewal. Source: Official Account, "Authentication" (OAuth v4).

1. A refresh token works once, and the old access token dies with its use. So exactly one renewal may run over all
   processes: TokenStore.renew holds the account's row, and whoever comes second finds newer tokens there.
2. A renewal is never cut short: who waits for it may be cancelled, the exchange and the commit go on.
3. When the commit fails the new pair is kept here and saved by the next renewal, instead of spending the spent token.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from connectors.base import ConnectorContext
from connectors.payload import Id, LenientInt, Wire, read_json
from connectors.zalo.refusals import ANSWER_BYTES_MAX
from connectors.zalo.settings import ZaloSettings
from hub.errors import BadInput, CredentialsInvalid, HubError, OutcomeUnknown, SendError, SendTransient
from hub.log import get_logger

ACCESS_TOKEN_S = 90_000  # 25 h, when the answer does not say
DUE_BEFORE_END = timedelta(hours=8)  # so about every 17 h, and long before the refresh token's three months are over
RENEW_TIMEOUT_S = 20.0

log = get_logger(__name__)


class Tokens:
    """Of one OA in one process. `settings` are the newest known here; another process may hold newer ones."""

    def __init__(self, settings: ZaloSettings, context: ConnectorContext) -> None:
        self.settings = settings
        self._context = context
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[ZaloSettings]] = set()
        self._unsaved: ZaloSettings | None = None
        self._spent_refresh_token: str | None = None  # the one that bought `_unsaved`

    async def replace(self, refused: ZaloSettings) -> ZaloSettings:
        """Settings with another access token than that of `refused`, from the store or from Zalo.

        Raises CredentialsInvalid when only a new consent of the OA's admin helps, SendTransient for trouble."""
        refused_token = refused.access_token.get_secret_value()
        async with self._turn:
            if self.settings.access_token.get_secret_value() == refused_token:
                await self._renew(lambda stored: stored.access_token.get_secret_value() == refused_token)
            return self.settings

    async def refresh_if_due(self, now: datetime) -> bool:
        """For a periodic task, every few minutes. True when another token is in use now. Raises as `replace`."""
        if not _is_due(self.settings, now):
            return False
        async with self._turn:
            before = self.settings.access_token
            await self._renew(lambda stored: _is_due(stored, now))
            return self.settings.access_token != before

    async def _renew(self, needed: Callable[[ZaloSettings], bool]) -> None:
        task = asyncio.create_task(self._renew_in_store(needed))
        self._running.add(task)
        task.add_done_callback(self._ended)
        self.settings = await asyncio.shield(task)

    async def _renew_in_store(self, needed: Callable[[ZaloSettings], bool]) -> ZaloSettings:
        async def renewer(stored: Any) -> Any:
            if self._unsaved is not None and stored.refresh_token.get_secret_value() == self._spent_refresh_token:
                return self._unsaved
            return await self._exchange(stored) if needed(stored) else stored

        try:
            renewed = ZaloSettings.model_validate(await self._context.tokens.renew(renewer))
        except SendError:
            raise
        except HubError as error:
            if self._unsaved is not None:
                log.error("zalo_tokens_not_saved", account=self._context.account_id, error=str(error))
            raise SendTransient(f"the tokens could not be stored: {error}") from error
        self._unsaved = self._spent_refresh_token = None
        self.settings = renewed
        return renewed

    async def _exchange(self, stored: ZaloSettings) -> ZaloSettings:
        """Spends the refresh token of `stored`."""
        spent = stored.refresh_token.get_secret_value()
        try:
            answer = await self._context.http.request(
                "POST",
                f"{stored.oauth_url}/v4/oa/access_token",
                headers={"secret_key": stored.app_secret.get_secret_value()},
                form={"refresh_token": spent, "app_id": stored.app_id, "grant_type": "refresh_token"},
                timeout_s=RENEW_TIMEOUT_S,
            )
        except OutcomeUnknown as error:  # perhaps spent; the next try will tell, and nothing was sent to a customer
            raise SendTransient(f"renewal unclear: {error.detail}") from error
        grant = _grant(answer.status, answer.body)
        expires_at = self._context.clock.now() + timedelta(seconds=grant.lifetime_s())
        self._unsaved = stored.renewed(grant.access_token, grant.refresh_token, expires_at)
        self._spent_refresh_token = spent
        log.info("zalo_tokens_renewed", account=self._context.account_id, expires_at=expires_at.isoformat())
        return self._unsaved

    def _ended(self, task: asyncio.Task[ZaloSettings]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("zalo_renewal_failed", account=self._context.account_id, error=str(error))


class _Grant(Wire):
    access_token: Id
    refresh_token: Id
    expires_in: LenientInt = None

    def lifetime_s(self) -> int:
        known = self.expires_in if self.expires_in is not None else ACCESS_TOKEN_S
        return min(max(known, 60), 100 * 24 * 3600)


def _grant(status: int, body: bytes) -> _Grant:
    """Zalo says no with HTTP 200 too. Raises CredentialsInvalid for a refusal, SendTransient for no answer at all."""
    if status >= 500:
        raise SendTransient(f"Zalo's OAuth server answered {status}")
    try:
        answer = read_json(body, ANSWER_BYTES_MAX)
    except BadInput as error:
        raise SendTransient(f"Zalo's OAuth server answered {status} without JSON") from error
    try:
        return _Grant.model_validate(answer)
    except ValidationError as error:
        name = str(answer.get("error_name") or answer.get("error_description") or "no tokens in the answer")[:200]
        raise CredentialsInvalid(f"renewal refused: {name}", provider_code=str(answer.get("error"))[:20]) from error


def _is_due(settings: ZaloSettings, now: datetime) -> bool:
    return settings.access_token_expires_at is None or settings.access_token_expires_at - now < DUE_BEFORE_END
