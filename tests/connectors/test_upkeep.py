"""Credentials are renewed without traffic, and an account that cannot be renewed says so."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bench.simulators.zalo import ZaloSimulator
from connectors.accounts import ConnectorDirectory
from connectors.http import ProviderHttp
from connectors.upkeep import Upkeep
from hub.clock import SystemClock
from hub.events import Channel
from storage import accounts as account_store
from storage.accounts import ChannelAccount
from storage.secrets import SecretBox
from storage.unit_of_work import Units
from tests import databases

ACCOUNT = "zalo-oa"


@dataclass
class Scene:
    units: Units
    zalo: ZaloSimulator
    upkeep: Upkeep

    async def account(self) -> ChannelAccount:
        async with self.units.database.reading() as connection:
            found = await account_store.find(connection, ACCOUNT)
        assert found is not None
        return found


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    clock, box = SystemClock(), SecretBox(["0123456789abcdefghijklmnopqrstuvwxyzABCD"])
    zalo, http = ZaloSimulator(), ProviderHttp()
    async with databases.opened(database_url, clock) as units:
        await zalo.start()
        await http.start()
        settings = {
            "app_id": zalo.app_id,
            "oa_id": zalo.oa_id,
            "app_secret": zalo.app_secret,
            "access_token": zalo.access_token,
            "refresh_token": zalo.refresh_token,
            "api_url": zalo.url,
            "oauth_url": zalo.url,
        }
        async with units.begin() as work:
            await account_store.add(
                work, box, account_id=ACCOUNT, channel=Channel.ZALO, display_name="OA", settings=settings
            )
            await work.commit()
        yield Scene(units, zalo, Upkeep(units, ConnectorDirectory(units, box, http, clock), clock))
        await http.stop()
        await zalo.stop()


async def test_credentials_of_unknown_age_are_renewed_once_and_then_left_alone(scene: Scene) -> None:
    await scene.upkeep.look()
    await scene.upkeep.look()
    assert (scene.zalo.renewals, scene.zalo.reused_refresh_tokens) == (1, [])
    assert (await scene.account()).alarm is None


async def test_withdrawn_consent_raises_the_alarm_that_ops_people_see(scene: Scene) -> None:
    scene.zalo.withdraw_consent()
    await scene.upkeep.look()
    assert ((await scene.account()).alarm or "").startswith("credentials_invalid")
