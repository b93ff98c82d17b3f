"""Renewal of tokens that can be spent once, against a simulated OAuth server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
import structlog

from bench.simulators.zalo import ZaloSimulator
from connectors.base import AccountSettings
from connectors.zalo.connector import ZaloConnector
from connectors.zalo.settings import ZaloSettings
from hub.clock import ManualClock
from hub.errors import CredentialsInvalid, SendTransient, StorageUnavailable
from tests.connectors.kit import MemoryTokens, context_for, reply
from tests.connectors.zalo.support import USER, settings


@pytest.fixture
async def zalo() -> AsyncIterator[ZaloSimulator]:
    simulator = ZaloSimulator()
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
def store(zalo: ZaloSimulator) -> MemoryTokens:
    return MemoryTokens(settings(api_url=zalo.url, oauth_url=zalo.url))


@pytest.fixture
async def connector(store: MemoryTokens, clock: ManualClock) -> AsyncIterator[ZaloConnector]:
    async with context_for(store.settings, "zalo-main", store, clock) as context:
        yield ZaloConnector.build(store.settings, context)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def token_of(stored: AccountSettings) -> str:
    assert isinstance(stored, ZaloSettings)
    return stored.access_token.get_secret_value()


@pytest.mark.parametrize("code", [-216, -220])
async def test_a_refused_token_is_renewed_once_and_the_reply_leaves_once(
    connector: ZaloConnector, zalo: ZaloSimulator, store: MemoryTokens, code: int
) -> None:
    zalo.fail_next(code)
    await connector.send(reply(USER))
    assert (zalo.renewals, store.commits, len(zalo.ledger)) == (1, 1, 1)
    assert zalo.ledger[0].access_token == token_of(store.settings) == zalo.access_token


async def test_a_token_refused_again_after_its_renewal_stops_the_account(
    connector: ZaloConnector, zalo: ZaloSimulator
) -> None:
    zalo.fail_next(-216, times=2)
    with pytest.raises(CredentialsInvalid):
        await connector.send(reply(USER))
    assert (zalo.renewals, zalo.ledger) == (1, [])


async def test_two_senders_of_one_process_spend_one_refresh_token(
    connector: ZaloConnector, zalo: ZaloSimulator
) -> None:
    zalo.expire_access_token()
    await asyncio.gather(*(connector.send(reply(f"{USER}{n}")) for n in range(20)))
    assert (zalo.renewals, zalo.reused_refresh_tokens, len(zalo.ledger)) == (1, [], 20)


async def test_two_processes_spend_one_refresh_token(zalo: ZaloSimulator, store: MemoryTokens) -> None:
    async with AsyncExitStack() as stack:
        connectors = []
        for _ in range(4):  # each with its own connector and session, sharing only the account's row
            context = await stack.enter_async_context(context_for(store.settings, "zalo-main", store))
            connectors.append(ZaloConnector.build(store.settings, context))
        zalo.expire_access_token()
        await asyncio.gather(*(c.send(reply(USER)) for c in connectors for _ in range(3)))
    assert (zalo.renewals, store.commits, zalo.reused_refresh_tokens, len(zalo.ledger)) == (1, 1, [], 12)


async def test_tokens_that_another_process_renewed_are_taken_from_the_store(
    zalo: ZaloSimulator, store: MemoryTokens, connector: ZaloConnector
) -> None:
    async with context_for(store.settings, "zalo-main", store) as context:
        other = ZaloConnector.build(store.settings, context)
        zalo.expire_access_token()
        await other.send(reply(USER))
    await connector.send(reply(USER))
    assert (zalo.renewals, len(zalo.ledger)) == (1, 2)


async def test_withdrawn_consent_stops_the_account_without_burning_tokens(
    connector: ZaloConnector, zalo: ZaloSimulator, store: MemoryTokens
) -> None:
    zalo.withdraw_consent()
    before = store.settings
    with pytest.raises(CredentialsInvalid) as failure:
        await connector.send(reply(USER))
    assert failure.value.provider_code == "-118"
    assert (zalo.renewals, store.settings, zalo.ledger) == (0, before, [])


async def test_a_sender_that_is_cancelled_does_not_cut_the_renewal_short(
    connector: ZaloConnector, zalo: ZaloSimulator, store: MemoryTokens
) -> None:
    zalo.expire_access_token()
    sending = asyncio.create_task(connector.send(reply(USER)))
    async with asyncio.timeout(5):
        while zalo.renewals == 0:  # the refresh token is spent, its answer is on the way
            await asyncio.sleep(0)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        while store.commits == 0:
            await asyncio.sleep(0.01)
    await connector.send(reply(USER))
    assert (zalo.renewals, zalo.reused_refresh_tokens, len(zalo.ledger)) == (1, [], 1)


async def test_a_pair_that_could_not_be_stored_is_stored_by_the_next_renewal(
    connector: ZaloConnector, zalo: ZaloSimulator, store: MemoryTokens
) -> None:
    zalo.expire_access_token()
    store.fail_commit_with = StorageUnavailable("the database is away")
    with pytest.raises(SendTransient):
        await connector.send(reply(USER))
    await connector.send(reply(USER))
    assert (zalo.renewals, store.commits, zalo.reused_refresh_tokens) == (1, 1, [])
    assert token_of(store.settings) == zalo.access_token


async def test_a_renewal_whose_answer_was_lost_is_trouble_then_a_lost_consent(
    connector: ZaloConnector, zalo: ZaloSimulator
) -> None:
    zalo.expire_access_token()
    zalo.break_next("accept_then_drop", path="/access_token")
    with pytest.raises(SendTransient):
        await connector.send(reply(USER))
    with pytest.raises(CredentialsInvalid):
        await connector.send(reply(USER))
    assert zalo.ledger == []


@pytest.mark.parametrize(
    ("fault", "family"),
    [
        ({"status": 503, "body": "away"}, SendTransient),
        ({"status": 200, "body": "<html>"}, SendTransient),
        ({"status": 200, "body": '{"error":-14003,"error_name":"Invalid redirect uri"}'}, CredentialsInvalid),
        ({"status": 200, "body": '{"access_token":"a","refresh_token":""}'}, CredentialsInvalid),
    ],
)
async def test_each_way_a_renewal_fails_has_its_family(
    connector: ZaloConnector, zalo: ZaloSimulator, fault: dict[str, Any], family: type[Exception]
) -> None:
    zalo.expire_access_token()
    zalo.break_next("answer", path="/access_token", **fault)
    with pytest.raises(family):
        await connector.send(reply(USER))


async def test_tokens_are_renewed_before_their_end_and_not_earlier(
    connector: ZaloConnector, zalo: ZaloSimulator, store: MemoryTokens, clock: ManualClock
) -> None:
    assert not await connector.refresh_if_due(clock.now())
    clock.advance(timedelta(hours=17, minutes=1).total_seconds())
    assert await connector.refresh_if_due(clock.now())
    assert not await connector.refresh_if_due(clock.now())
    assert zalo.renewals == 1
    assert isinstance(store.settings, ZaloSettings)
    assert store.settings.access_token_expires_at == clock.now() + timedelta(hours=25)


async def test_of_two_processes_that_find_a_token_due_one_renews(
    zalo: ZaloSimulator, store: MemoryTokens, clock: ManualClock
) -> None:
    store.settings = settings(api_url=zalo.url, oauth_url=zalo.url, access_token_expires_at=None)
    async with (
        context_for(store.settings, "zalo-main", store, clock) as one,
        context_for(store.settings, "zalo-main", store, clock) as two,
    ):
        first, second = ZaloConnector.build(store.settings, one), ZaloConnector.build(store.settings, two)
        renewed = await asyncio.gather(first.refresh_if_due(clock.now()), second.refresh_if_due(clock.now()))
    assert all(renewed)
    assert zalo.renewals == 1


async def test_no_log_line_holds_a_token(connector: ZaloConnector, zalo: ZaloSimulator, store: MemoryTokens) -> None:
    zalo.expire_access_token()
    store.fail_commit_with = StorageUnavailable("the database is away")
    with structlog.testing.capture_logs() as lines:
        with pytest.raises(SendTransient):
            await connector.send(reply(USER))
        await connector.send(reply(USER))
    assert any(line["event"] == "zalo_tokens_not_saved" for line in lines)
    for secret in (zalo.access_token, zalo.refresh_token, *zalo.spent_refresh_tokens, zalo.app_secret):
        assert secret not in repr(lines)
