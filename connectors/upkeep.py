"""Credentials that end unless they are renewed in time: looked at every few minutes, whether there is traffic or not.

Several processes may do this; TokenStore.renew lets one of them renew.
"""

import asyncio

from connectors.accounts import AccountUnusable, ConnectorDirectory
from connectors.base import RenewsCredentials
from connectors.delivery import REFUSED
from hub.clock import Clock
from hub.errors import CredentialsInvalid, NotFound, SendError, Transient
from hub.ids import ChannelAccountId
from hub.log import get_logger
from storage import accounts as account_store
from storage.unit_of_work import Units

LOOK_EVERY_S = 300.0
RETRY_S = 20.0  # while the database is away

log = get_logger(__name__)


class Upkeep:
    """One per process that sends."""

    def __init__(self, units: Units, directory: ConnectorDirectory, clock: Clock) -> None:
        self._units = units
        self._directory = directory
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except Transient as error:
                log.warning("upkeep_later", reason=str(error))
                await asyncio.sleep(RETRY_S)
            else:
                await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Renews what is due, of every active account. Raises Transient when the accounts cannot be read."""
        for account in await self._directory.all():
            if account.active:
                await self._keep(account.id)

    async def _keep(self, account_id: ChannelAccountId) -> None:
        try:
            running = await self._directory.find(account_id)
            if running is not None and isinstance(running.connector, RenewsCredentials):
                await running.connector.refresh_if_due(self._clock.now())
        except CredentialsInvalid as error:
            log.error("credentials_lost", account=account_id, provider_code=error.provider_code)
            await self._alarm(account_id, error)
        except (SendError, AccountUnusable) as error:
            log.warning("credentials_not_renewed", account=account_id, kind=type(error).__name__)

    async def _alarm(self, account_id: ChannelAccountId, error: CredentialsInvalid) -> None:
        try:
            async with self._units.begin() as work:
                await account_store.set_alarm(work, account_id, f"{REFUSED}: {error}")
                await work.commit()
        except NotFound:  # removed meanwhile
            return
