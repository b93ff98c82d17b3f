import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.accounts import (
    STALE_MAX_S,
    TURN_S,
    AccountTokens,
    AccountUnusable,
    ConnectorDirectory,
    SettingsInvalid,
    checked_settings,
    plain_settings,
)
from connectors.base import AccountSettings
from connectors.facebook.settings import FacebookSettings
from connectors.http import ProviderHttp
from hub.clock import ManualClock
from hub.errors import NotFound, SendTransient, StorageUnavailable
from hub.events import Channel
from storage import accounts as account_store
from storage.engine import Database
from storage.unit_of_work import UnitOfWork, Units
from tests.connectors import edge
from tests.connectors.edge import PostSettings


def tokens(units: Units) -> AccountTokens:
    return AccountTokens(units, edge.box(), "post-main", PostSettings)


async def renewed_to(settings: PostSettings, token: str) -> PostSettings:
    return settings.model_copy(update={"token": SecretStr(token)})


async def token_of(units: Units) -> str:
    settings = await tokens(units).current()
    assert isinstance(settings, PostSettings)
    return settings.token.get_secret_value()


async def test_renewed_credentials_are_stored_before_anyone_uses_them(units: Units) -> None:
    await edge.add_account(units)
    renewed = await tokens(units).renew(lambda stored: renewed_to(stored, "second"))
    assert isinstance(renewed, PostSettings)
    assert renewed.token.get_secret_value() == await token_of(units) == "second"


async def test_only_one_renews_at_a_time_and_the_next_one_sees_the_new_credentials(units: Units) -> None:
    await edge.add_account(units)
    seen: list[str] = []
    at_once = 0

    async def renewer(stored: PostSettings) -> PostSettings:
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        seen.append(stored.token.get_secret_value())
        await asyncio.sleep(0.02)
        at_once -= 1
        return await renewed_to(stored, f"{len(seen)}")

    async with asyncio.timeout(20):
        await asyncio.gather(*(tokens(units).renew(renewer) for _ in range(4)))
    assert seen == ["first", "1", "2", "3"]


async def test_a_renewal_that_fails_or_changes_nothing_leaves_everything_as_it_is(units: Units) -> None:
    await edge.add_account(units)

    async def fails(stored: Any) -> Any:
        raise SendTransient("the provider is away")

    async def unchanged(stored: Any) -> Any:
        return stored

    with pytest.raises(SendTransient):
        await tokens(units).renew(fails)
    await tokens(units).renew(unchanged)
    async with units.database.reading() as connection:
        account = await account_store.find(connection, "post-main")
    assert account is not None
    assert account.version == 1
    await tokens(units).renew(lambda stored: renewed_to(stored, "second"))


async def test_what_ops_change_during_a_renewal_stays_changed(units: Units) -> None:
    await edge.add_account(units)

    async def renewer(stored: PostSettings) -> PostSettings:
        async with units.begin() as work:
            settings = plain_settings(PostSettings(greeting="Chào bạn"))
            await account_store.change(work, edge.box(), "post-main", settings=settings)
            await work.commit()
        return await renewed_to(stored, "second")

    renewed = await tokens(units).renew(renewer)
    assert isinstance(renewed, PostSettings)
    assert (renewed.greeting, renewed.token.get_secret_value()) == ("Chào bạn", "second")


async def test_the_turn_of_a_process_that_died_is_over_after_a_while(units: Units, clock: ManualClock) -> None:
    await edge.add_account(units)
    async with units.begin() as work:
        later = clock.now().replace(minute=clock.now().minute + 1)
        assert await account_store.take_turn(work, "post-main", "dead", later)
        await work.commit()
    renewing = asyncio.create_task(tokens(units).renew(lambda stored: renewed_to(stored, "second")))
    await asyncio.sleep(0.4)
    assert not renewing.done()
    clock.advance(TURN_S - 1)
    await asyncio.sleep(0.4)
    clock.advance(1)
    async with asyncio.timeout(5):
        await renewing
    assert await token_of(units) == "second"


class Away(Units):
    """The database is away for the transactions that `trouble` names by their number, from 0."""

    trouble: Callable[[int], bool] = staticmethod(lambda number: False)
    begun = 0

    @asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncIterator[UnitOfWork]:
        number, self.begun = self.begun, self.begun + 1
        if type(self).trouble(number):
            raise StorageUnavailable("restarting")
        async with super().begin(urgent=urgent) as work:
            yield work


async def test_renewed_credentials_survive_a_database_that_restarts(units: Units) -> None:
    await edge.add_account(units)
    kind = type("AwayAfterTheTurn", (Away,), {"trouble": staticmethod(lambda number: 1 <= number <= 2)})
    await tokens(kind(units.database, units.clock, partitions=6)).renew(lambda stored: renewed_to(stored, "second"))
    assert await token_of(units) == "second"


# --- settings -------------------------------------------------------------------------------------------------------


def test_every_fault_of_settings_is_told_at_once_and_no_value_with_it() -> None:
    given = {"page_id": "geheim-1", "app_secret": "geheim", "surplus": "geheim-2", "graph_url": "http://geheim.vn"}
    with pytest.raises(SettingsInvalid) as raised:
        checked_settings(FacebookSettings, given)
    faulty = {where for where, _ in raised.value.faults}
    assert faulty >= {"page_id", "app_id", "app_secret", "page_access_token", "verify_token", "surplus", "graph_url"}
    assert "geheim" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_settings_are_stored_with_their_secrets_and_read_back_the_same() -> None:
    settings = PostSettings(token=SecretStr("mật"))
    plain = plain_settings(settings)
    assert plain["token"] == "mật"
    assert checked_settings(PostSettings, plain) == settings


# --- the directory --------------------------------------------------------------------------------------------------


class Counting(Database):
    """Counts looks, can be away, and slow: `slow` holds back what was read."""

    looks = 0
    away = False
    slow: asyncio.Event | None = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Any]:
        self.looks += 1
        if self.away:
            raise StorageUnavailable("away")
        async with super().reading() as connection:
            yield connection
        if self.slow is not None:
            await self.slow.wait()


@pytest.fixture
async def counted(units: Units, database_url: str, clock: ManualClock) -> AsyncIterator[Counting]:
    await edge.add_account(units)
    database = Counting(database_url)
    yield database
    await database.dispose()


def directory_over(database: Counting, clock: ManualClock) -> ConnectorDirectory:
    units = Units(database, clock, partitions=6)
    return ConnectorDirectory(units, edge.box(), ProviderHttp(), clock, connectors={Channel.FACEBOOK: edge.PostOffice})


async def test_a_storm_of_made_up_accounts_costs_one_look_a_second(counted: Counting, clock: ManualClock) -> None:
    directory = directory_over(counted, clock)
    assert await asyncio.gather(*(directory.find(f"made-up-{i}") for i in range(500))) == [None] * 500
    assert counted.looks == 1
    clock.advance(1.1)
    await asyncio.gather(*(directory.find(f"made-up-{i}") for i in range(500)))
    assert counted.looks == 2


async def test_an_account_that_was_just_added_is_found_at_once(
    units: Units, counted: Counting, clock: ManualClock
) -> None:
    directory = directory_over(counted, clock)
    assert await directory.find("post-new") is None
    await edge.add_account(units, "post-new")
    clock.advance(0.1)
    assert await directory.find("post-new") is not None


async def test_a_look_that_began_before_a_change_does_not_hide_it(
    units: Units, counted: Counting, clock: ManualClock
) -> None:
    directory = directory_over(counted, clock)
    await directory.find("post-main")
    clock.advance(10)
    counted.slow = asyncio.Event()
    looking = asyncio.create_task(directory.find("post-main"))
    while counted.looks < 2:
        await asyncio.sleep(0.01)
    async with units.begin() as work:
        await account_store.change(work, edge.box(), "post-main", active=False)
        await work.commit()
    directory.forget()
    counted.slow.set()
    await looking
    found = await directory.find("post-main")
    assert found is not None
    assert not found.account.active


async def test_a_connector_is_built_once_however_many_ask_at_once(counted: Counting, clock: ManualClock) -> None:
    directory = directory_over(counted, clock)
    built = edge.PostOffice.built
    found = await asyncio.gather(*(directory.find("post-main") for _ in range(50)))
    assert edge.PostOffice.built == built + 1
    assert len({id(running) for running in found}) == 1
    assert directory.known("post-main") is found[0]


async def test_without_a_database_it_goes_on_with_what_it_knows_for_a_while(
    counted: Counting, clock: ManualClock
) -> None:
    directory = directory_over(counted, clock)
    running = await directory.find("post-main")
    counted.away = True
    clock.advance(10)
    assert await directory.find("post-main") is running
    clock.advance(STALE_MAX_S)
    with pytest.raises(StorageUnavailable):
        await directory.find("post-main")
    counted.away = False
    assert await directory.find("post-main") is running


async def test_an_account_whose_settings_this_release_does_not_take_is_unusable(
    units: Units, counted: Counting, clock: ManualClock
) -> None:
    async with units.begin() as work:
        await account_store.change(work, edge.box(), "post-main", settings={"of another release": 1})
        await work.commit()
    with pytest.raises(AccountUnusable):
        await directory_over(counted, clock).find("post-main")


async def test_tokens_of_an_account_that_is_gone_are_not_found(units: Units) -> None:
    with pytest.raises(NotFound):
        await AccountTokens(units, edge.box(), "nobody", AccountSettings).current()
