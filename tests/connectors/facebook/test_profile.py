"""Who somebody on Facebook is, as a simulated Graph API tells it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from bench.simulators.facebook import FacebookSimulator
from connectors.base import ShowsProfiles
from connectors.facebook.connector import FacebookConnector
from hub.errors import CredentialsInvalid, OutcomeUnknown, SendThrottled, SendTransient
from tests.connectors.facebook.support import PSID, settings
from tests.connectors.kit import context_for

Lookup = tuple[FacebookConnector, FacebookSimulator]


@pytest.fixture
async def lookup() -> AsyncIterator[Lookup]:
    graph = FacebookSimulator(names={PSID: "Lan Nguyễn"})
    await graph.start()
    account = settings(graph_url=graph.url)
    async with context_for(account, "facebook-main") as context:
        yield FacebookConnector.build(account, context), graph
    await graph.stop()


def answers(graph: FacebookSimulator, body: Any) -> None:
    graph.break_next("answer", status=200, body=json.dumps(body), path=PSID)


async def test_the_name_and_the_picture_of_somebody_who_wrote(lookup: Lookup) -> None:
    connector, graph = lookup
    assert isinstance(connector, ShowsProfiles)
    profile = await connector.fetch_profile(PSID)
    assert profile is not None
    assert (profile.display_name, profile.avatar_url) == ("Lan Nguyễn", f"{graph.url}/cdn/face.png")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"first_name": "Lan", "last_name": "Nguyễn"}, ("Lan Nguyễn", None)),
        ({"name": "", "last_name": "Nguyễn"}, ("Nguyễn", None)),
        ({"profile_pic": "https://scontent.example/1.jpg"}, (None, "https://scontent.example/1.jpg")),
        ({"name": "Lan", "profile_pic": "javascript:alert(1)"}, ("Lan", None)),
        ({"name": "L" * 500}, ("L" * 199 + "…", None)),
    ],
)
async def test_what_is_told_in_part_is_shown_in_part(
    lookup: Lookup, told: dict[str, str], expected: tuple[str | None, str | None]
) -> None:
    connector, graph = lookup
    answers(graph, {"id": PSID, **told})
    profile = await connector.fetch_profile(PSID)
    assert profile is not None
    assert (profile.display_name, profile.avatar_url) == expected


@pytest.mark.parametrize("told", [{}, {"id": PSID}, {"name": None}, {"name": "", "profile_pic": ""}])
async def test_an_empty_answer_is_no_profile(lookup: Lookup, told: dict[str, Any]) -> None:
    connector, graph = lookup
    answers(graph, told)
    assert await connector.fetch_profile(PSID) is None


@pytest.mark.parametrize(("code", "subcode"), [(100, 2018218), (2018218, None), (100, 33), (100, 2018001), (10, None)])
async def test_a_refusal_is_no_profile_and_no_cause_for_a_warning(
    lookup: Lookup, code: int, subcode: int | None
) -> None:
    connector, graph = lookup
    graph.fail_next(code=code, subcode=subcode, path=PSID)
    with structlog.testing.capture_logs() as lines:
        assert await connector.fetch_profile(PSID) is None
    assert [line for line in lines if line["log_level"] != "debug"] == []


@pytest.mark.parametrize("identity", ["ref:8f3c", "feed:7300000000000001", "account"])
async def test_an_address_that_is_no_page_scoped_id_is_not_asked_about(lookup: Lookup, identity: str) -> None:
    connector, graph = lookup
    assert await connector.fetch_profile(identity) is None
    assert graph.asked_for == []


async def test_trouble_is_raised_in_its_family(lookup: Lookup) -> None:
    connector, graph = lookup
    graph.fail_next(code=2, status=500, path=PSID)
    with pytest.raises(SendTransient):
        await connector.fetch_profile(PSID)
    graph.fail_next(code=80006, status=429, path=PSID)
    with pytest.raises(SendThrottled):
        await connector.fetch_profile(PSID)
    graph.fail_next(code=190, subcode=463, status=401, path=PSID)
    with pytest.raises(CredentialsInvalid):
        await connector.fetch_profile(PSID)
    graph.break_next("drop", times=2, path=PSID)  # a read may be repeated, and aiohttp does so once
    with pytest.raises(OutcomeUnknown):
        await connector.fetch_profile(PSID)
