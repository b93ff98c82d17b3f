"""Who somebody on Zalo is, as a simulated OpenAPI tells it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bench.simulators.zalo import ZaloSimulator
from connectors.base import ShowsProfiles
from connectors.zalo.connector import ZaloConnector
from hub.errors import CredentialsInvalid, OutcomeUnknown, SendThrottled
from tests.connectors.kit import MemoryTokens, context_for
from tests.connectors.zalo.support import USER, settings

Lookup = tuple[ZaloConnector, ZaloSimulator, MemoryTokens]
PATH = "/user/detail"


@pytest.fixture
async def lookup() -> AsyncIterator[Lookup]:
    zalo = ZaloSimulator(names={USER: "Lan Nguyễn"})
    await zalo.start()
    account = settings(api_url=zalo.url, oauth_url=zalo.url)
    store = MemoryTokens(account)
    async with context_for(account, "zalo-main", store) as context:
        yield ZaloConnector.build(account, context), zalo, store
    await zalo.stop()


def answers(zalo: ZaloSimulator, data: Any) -> None:
    body = json.dumps({"error": 0, "message": "Success", "data": data})
    zalo.break_next("answer", status=200, body=body, path=PATH)


async def test_the_name_and_the_picture_of_somebody_who_wrote(lookup: Lookup) -> None:
    connector, zalo, _ = lookup
    assert isinstance(connector, ShowsProfiles)
    profile = await connector.fetch_profile(USER)
    assert profile is not None
    assert (profile.display_name, profile.avatar_url) == ("Lan Nguyễn", f"{zalo.url}/cdn/face.png")
    assert zalo.asked_for == [USER]


async def test_a_name_without_a_picture_is_shown(lookup: Lookup) -> None:
    connector, zalo, _ = lookup
    answers(zalo, {"user_id": USER, "display_name": "Lan", "avatar": "", "shared_info": {"phone": 84900000002}})
    profile = await connector.fetch_profile(USER)
    assert profile is not None
    assert (profile.display_name, profile.avatar_url) == ("Lan", None)


@pytest.mark.parametrize("data", [None, {}, [], {"user_id": USER}, {"display_name": "", "avatar": ""}])
async def test_an_empty_answer_is_no_profile(lookup: Lookup, data: Any) -> None:
    connector, zalo, _ = lookup
    answers(zalo, data)
    assert await connector.fetch_profile(USER) is None


@pytest.mark.parametrize("code", [-213, -217, -201, -223])
async def test_a_refusal_is_no_profile(lookup: Lookup, code: int) -> None:
    connector, zalo, _ = lookup
    zalo.fail_next(code, path=PATH)
    assert await connector.fetch_profile(USER) is None


async def test_an_anonymous_visitor_is_not_asked_about(lookup: Lookup) -> None:
    connector, zalo, _ = lookup
    assert await connector.fetch_profile("anon:c1:a1") is None
    assert zalo.asked_for == []


async def test_a_token_that_has_run_out_is_renewed_for_a_profile_as_for_a_reply(lookup: Lookup) -> None:
    connector, zalo, store = lookup
    zalo.expire_access_token()
    profile = await connector.fetch_profile(USER)
    assert profile is not None
    assert profile.display_name == "Lan Nguyễn"
    assert (zalo.renewals, store.commits) == (1, 1)


async def test_trouble_is_raised_in_its_family(lookup: Lookup) -> None:
    connector, zalo, _ = lookup
    zalo.fail_next(-32, path=PATH)
    with pytest.raises(SendThrottled):
        await connector.fetch_profile(USER)
    zalo.break_next("drop", times=2, path=PATH)  # a read may be repeated, and aiohttp does so once
    with pytest.raises(OutcomeUnknown):
        await connector.fetch_profile(USER)
    zalo.withdraw_consent()
    with pytest.raises(CredentialsInvalid):
        await connector.fetch_profile(USER)
