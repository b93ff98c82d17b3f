"""Channel accounts as running connectors: found by id, built when first needed, built anew when their settings change.

The directory keeps one picture of all accounts and looks at the database at most once in RECHECK_S; for an id that is
not in the picture (a new account, or a made-up one) at most once in UNKNOWN_RECHECK_S: a storm of webhooks to made-up
accounts is no storm of queries. While the database is slow or away it goes on with what it knows, for STALE_MAX_S:
webhooks need the log, not the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic_core import to_jsonable_python

from connectors import CONNECTORS
from connectors.base import AccountSettings, Connector, ConnectorContext, HasTelephones, Http
from hub.clock import Clock
from hub.errors import BadInput, StorageUnavailable, Transient
from hub.events import Channel
from hub.ids import ChannelAccountId
from hub.log import get_logger
from storage import accounts as account_store
from storage.accounts import ChannelAccount
from storage.secrets import SecretBox, SecretUnreadable
from storage.unit_of_work import Units

RECHECK_S = 1.0
UNKNOWN_RECHECK_S = 0.05
LOOK_S = 1.0
STALE_MAX_S = 300.0
TURN_S = 60.0  # one renewal of credentials, the provider's answer included
TURN_POLL_S = 0.25
SAVE_PAUSES_S = (0.1, 0.5, 1.0, 2.0, 4.0)  # renewed credentials must not be lost to a database that restarts

log = get_logger(__name__)


class SettingsInvalid(BadInput):
    """`faults` names every field that must change, with its problem; `problem` is all of them in one line."""

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        told = "; ".join(f"{where}: {problem}" for where, problem in faults)
        super().__init__("settings_invalid", told, where="settings")
        self.faults = faults


class AccountUnusable(Transient):
    """Its stored settings cannot be opened or are not valid for this release: ops must look at it."""


@dataclass(slots=True)
class RunningAccount:
    """`connector` is never older than RECHECK_S (STALE_MAX_S without a database)."""

    account: ChannelAccount
    connector: Connector


@dataclass(slots=True)
class _Entry:
    account: ChannelAccount
    running: RunningAccount | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class ConnectorDirectory:
    """One per process."""

    def __init__(
        self,
        units: Units,
        box: SecretBox,
        http: Http,
        clock: Clock,
        *,
        connectors: Mapping[Channel, type[Connector]] = CONNECTORS,
    ) -> None:
        self._units = units
        self._box = box
        self._http = http
        self._clock = clock
        self._connectors = connectors
        self._entries: dict[str, _Entry] = {}
        self._looked_at: float | None = None  # monotonic, the last time it worked
        self._tried_at: float | None = None  # None: what was seen so far does not count
        self._forgotten = 0
        self._turn = asyncio.Lock()

    def known(self, account_id: str) -> RunningAccount | None:
        """Without waiting: what is running and fresh. None says nothing; then ask `find`."""
        if self._tried_at is None or self._clock.monotonic() - self._tried_at >= RECHECK_S:
            return None
        entry = self._entries.get(account_id)
        return entry.running if entry else None

    async def find(self, account_id: str) -> RunningAccount | None:
        """None: there is no such account. Inactive ones are found, too.

        Raises AccountUnusable, and StorageUnavailable when the database has been away for too long.
        """
        await self._refresh(RECHECK_S if account_id in self._entries else UNKNOWN_RECHECK_S)
        entry = self._entries.get(account_id)
        if entry is None:
            return None
        return entry.running or await self._run(entry)

    async def all(self) -> list[ChannelAccount]:
        """As last seen, by id."""
        await self._refresh(RECHECK_S)
        return [entry.account for _, entry in sorted(self._entries.items())]

    async def telephones(self, account_id: ChannelAccountId) -> Mapping[str, str]:
        """Agent's login -> what the account's PBX calls their telephone. None of an account that cannot be used or has
        no telephones. Raises StorageUnavailable."""
        try:
            running = await self.find(account_id)
        except AccountUnusable:
            return {}
        if running is None or not isinstance(running.connector, HasTelephones):
            return {}
        return running.connector.telephones

    def forget(self) -> None:
        """The next look goes to the database: for whoever has just changed an account in this process."""
        self._tried_at = None
        self._forgotten += 1  # a look that has begun may have read what was there before

    async def _refresh(self, after_s: float) -> None:
        now = self._clock.monotonic()
        if self._tried_at is not None and now - self._tried_at < after_s:
            return
        if after_s == RECHECK_S and self._tried_at is not None and self._turn.locked() and self._usable(now):
            return
        async with self._turn:
            if self._tried_at is not None and self._tried_at >= now:
                return
            forgotten = self._forgotten
            try:
                await self._look()
            except StorageUnavailable as error:
                if not self._usable(now):
                    raise
                log.warning("accounts_not_refreshed", error=str(error))
            if self._forgotten == forgotten:
                self._tried_at = self._clock.monotonic()

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(LOOK_S), self._units.database.reading() as connection:
                self._take_over(await account_store.listed(connection))
        except TimeoutError as error:
            raise StorageUnavailable(f"the list of accounts took more than {LOOK_S:g} s") from error
        self._looked_at = self._clock.monotonic()

    def _usable(self, now: float) -> bool:
        return self._looked_at is not None and now - self._looked_at < STALE_MAX_S

    def _take_over(self, accounts: list[ChannelAccount]) -> None:
        entries: dict[str, _Entry] = {}
        for account in accounts:
            entry = self._entries.get(account.id)
            if entry is None or entry.account.version != account.version:
                entry = _Entry(account)
            entry.account = account
            if entry.running is not None:
                entry.running.account = account
            entries[account.id] = entry
        self._entries = entries

    async def _run(self, entry: _Entry) -> RunningAccount:
        async with entry.turn:
            if entry.running is None:
                entry.running = RunningAccount(entry.account, await self._build(entry.account))
            return entry.running

    async def _build(self, account: ChannelAccount) -> Connector:
        try:
            kind = self._connectors[account.channel]
        except KeyError as error:
            raise AccountUnusable(f"{account.id}: this release has no channel {account.channel}") from error
        tokens = AccountTokens(self._units, self._box, account.id, kind.settings_model)
        try:
            settings = await tokens.current()
        except (SecretUnreadable, SettingsInvalid) as error:
            log.error("account_unusable", account=account.id, error=str(error))
            raise AccountUnusable(f"{account.id}: {error}") from error
        return kind.build(settings, ConnectorContext(account.id, self._http, self._clock, tokens))


class AccountTokens:
    """The TokenStore of one account."""

    def __init__(self, units: Units, box: SecretBox, account_id: str, model: type[AccountSettings]) -> None:
        self._units = units
        self._box = box
        self._account_id = account_id
        self._model = model

    async def current(self) -> AccountSettings:
        async with self._units.database.reading() as connection:
            stored, _ = await account_store.settings_of(connection, self._box, self._account_id)
        return checked_settings(self._model, stored)

    async def renew(self, renewer: Callable[[Any], Awaitable[Any]]) -> AccountSettings:
        """As TokenStore says; what ops change meanwhile in other fields stays changed.

        Raises StorageUnavailable also when nobody could get a turn, and then nothing was asked of `renewer`.
        """
        owner = str(uuid4())
        await self._take_turn(owner)
        try:
            before = await self.current()
            after: AccountSettings = await renewer(before)
            if after == before:
                return after
            return await self._save(plain_settings(before), plain_settings(after))
        finally:
            await self._end_turn(owner)

    async def _take_turn(self, owner: str) -> None:
        clock = self._units.clock
        give_up_at = clock.monotonic() + TURN_S
        while True:
            async with self._units.begin() as work:
                until = clock.now() + timedelta(seconds=TURN_S)
                if await account_store.take_turn(work, self._account_id, owner, until):
                    await work.commit()
                    return
            if clock.monotonic() > give_up_at:
                raise StorageUnavailable(f"{self._account_id}: another process is renewing its credentials")
            await asyncio.sleep(TURN_POLL_S)

    async def _end_turn(self, owner: str) -> None:
        try:
            async with self._units.begin() as work:
                await account_store.end_turn(work, self._account_id, owner)
                await work.commit()
        except StorageUnavailable as error:  # it ends by itself after TURN_S
            log.warning("renewal_turn_not_ended", account=self._account_id, error=str(error))

    async def _save(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> AccountSettings:
        renewed = {name: value for name, value in after.items() if before.get(name) != value}
        for pause_s in SAVE_PAUSES_S:
            try:
                return await self._save_once(renewed)
            except StorageUnavailable as error:
                log.warning("renewed_credentials_not_saved_yet", account=self._account_id, error=str(error))
                await asyncio.sleep(pause_s)
        return await self._save_once(renewed)

    async def _save_once(self, renewed: Mapping[str, Any]) -> AccountSettings:
        async with self._units.begin() as work:
            stored, _ = await account_store.settings_of(work.connection, self._box, self._account_id, lock=True)
            settings = checked_settings(self._model, {**stored, **renewed})
            await account_store.change(work, self._box, self._account_id, settings=plain_settings(settings))
            await work.commit()
        return settings


def checked_settings(model: type[AccountSettings], given: Mapping[str, Any]) -> AccountSettings:
    """Raises SettingsInvalid with every fault; values are left out, they may be secrets."""
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        faults = tuple(
            (".".join(map(str, fault["loc"])) or "settings", fault["msg"])
            for fault in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise SettingsInvalid(faults) from None  # the cause would show the values


def plain_settings(settings: BaseModel) -> dict[str, Any]:
    """What is sealed and stored: JSON values, secrets in clear."""
    plain: dict[str, Any] = to_jsonable_python(_revealed(settings.model_dump()))
    return plain


def _revealed(value: Any) -> Any:
    if isinstance(value, (SecretStr, SecretBytes)):
        return value.get_secret_value()
    if isinstance(value, dict):
        return {name: _revealed(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_revealed(inner) for inner in value]
    return value
