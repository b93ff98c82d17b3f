"""Whole calls over HTTP: the simulated PBXs against a small application around the real connector."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bench.simulators.hotline import GenericPbxSimulator, Mess, SccoInvalid, StringeeSimulator
from connectors.base import RawRequest
from connectors.hotline.connector import HotlineConnector
from hub.clock import ManualClock
from hub.errors import BadInput
from hub.events import CallProgressed, CallState, RecordingReady, TouchpointEvent
from tests.connectors.hotline.support import PATH, SIGNING_SECRET, STRINGEE, URL_TOKEN, VOICECLOUD, ZORIO, connector

API_KEY_SID, API_KEY_SECRET = str(STRINGEE["api_key_sid"]), str(STRINGEE["api_key_secret"])


@dataclass
class Hub:
    """Keeps what the connector makes of webhooks as the database would: once per dedupe key."""

    hotline: HotlineConnector | None = None
    url: str = ""
    events: dict[str, TouchpointEvent] = field(default_factory=dict)
    unavailable: int = 0  # so many answers are 503 first

    async def handle(self, request: web.Request) -> web.Response:
        if self.unavailable:
            self.unavailable -= 1
            return web.Response(status=503)
        raw = RawRequest(
            request.method, request.path, request.raw_path, dict(request.query),
            {k.lower(): v for k, v in request.headers.items()}, await request.read(), request.remote or "",
        )  # fmt: skip
        assert self.hotline is not None
        try:
            self.hotline.verify(raw)
            parsed = self.hotline.parse(raw)
        except BadInput as error:
            return web.Response(status=error.status, text=str(error))
        for event in parsed.events:
            self.events.setdefault(event.dedupe_key, event)
        answer = parsed.answer
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)

    def states(self) -> list[CallState]:
        return sorted(e.state for e in self.events.values() if isinstance(e, CallProgressed))

    def recordings(self) -> list[RecordingReady]:
        return [e for e in self.events.values() if isinstance(e, RecordingReady)]


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", hub.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    hub.url = f"http://{host}:{port}{PATH}"
    yield hub
    await runner.cleanup()


def simulated(hub: Hub, signing_secret: str, path_secret: str | None = None) -> StringeeSimulator:
    return StringeeSimulator(
        hub.url,
        signing_secret=signing_secret,
        api_key_sid=API_KEY_SID,
        api_key_secret=API_KEY_SECRET,
        path_secret=path_secret,
        now=ManualClock().now,
    )


@contextlib.asynccontextmanager
async def stringee(hub: Hub, **settings: Any) -> AsyncIterator[StringeeSimulator]:
    async with simulated(hub, SIGNING_SECRET, settings.get("path_secret")) as simulator:
        urls = {"webhook_url": hub.url, "api_url": simulator.server_url}
        hub.hotline = connector(STRINGEE, **urls, **settings)
        yield simulator


async def test_a_stringee_call_is_offered_rung_answered_ended_and_its_recording_fetched(hub: Hub) -> None:
    async with stringee(hub, recording="ours") as pbx:
        pbx.not_found_first = 2
        call = await pbx.call("84912345678", talk_s=30)
        assert (call.rung, call.recorded, call.refused) == (["op-201"], True, [])
        assert "ghi âm" in call.spoken[0]
        assert set(hub.states()) == {CallState.OFFERED, CallState.RINGING, CallState.ANSWERED, CallState.ENDED}
        assert {e.identity for e in hub.events.values()} == {"+84912345678"}
        (recording,) = hub.recordings()
        assert await fetched(hub, recording) == [404, 404, 200]


async def test_a_recording_is_refused_to_who_has_no_token(hub: Hub) -> None:
    async with stringee(hub, recording="ours") as pbx:
        await pbx.call("84912345678")
        async with aiohttp.ClientSession() as http, http.get(str(hub.recordings()[0].recording.url)) as answer:
            assert answer.status == 401


async def test_an_operator_who_does_not_pick_up_passes_the_call_to_the_next(hub: Hub) -> None:
    async with stringee(hub, path_secret="secret-part-of-the-url") as pbx:
        call = await pbx.call("84912345678", answered_by=1)
    assert (call.rung, call.refused) == (["op-201", "op-202"], [])
    answered = [e for e in hub.events.values() if isinstance(e, CallProgressed) and e.state is CallState.ANSWERED]
    assert [e.agent_ref for e in answered] == ["op-202"]


async def test_a_call_that_nobody_takes_is_missed_after_everybody_was_rung(hub: Hub) -> None:
    async with stringee(hub, fallback_number="84901112223", recording="ours") as pbx:
        call = await pbx.call("84912345678", answered_by=None)
    assert call.rung == ["op-201", "op-202", "84901112223"]
    assert "đang bận" in call.spoken[-1]
    assert CallState.MISSED in hub.states()
    assert CallState.ENDED not in hub.states()
    assert hub.recordings() == []


async def test_a_withheld_number_is_nobody_from_the_first_ring_to_the_recording(hub: Hub) -> None:
    async with stringee(hub, recording="ours") as pbx:
        call = await pbx.call("anonymous", tells_call_id=False)
    assert call.refused == []
    assert {e.identity for e in hub.events.values()} == {f"anonymous:{call.call_id}"}
    assert len(hub.recordings()) == 1


@pytest.mark.parametrize("seed", range(5))
async def test_repeats_in_any_order_change_nothing(hub: Hub, seed: int) -> None:
    async with stringee(hub, recording="ours") as pbx:
        call = await pbx.call("84912345678", mess=Mess(copies=3, shuffled=True, seed=seed))
    assert call.refused == []
    assert len(hub.events) == 7  # answer_url, created, started, ringing, answered, ended, the recording
    assert {getattr(e, "call_id", None) for e in hub.events.values()} == {call.call_id}


async def test_an_outage_of_ours_costs_no_step(hub: Hub) -> None:
    async with stringee(hub) as pbx:
        hub.unavailable = 3
        call = await pbx.call("84912345678")
    assert [a.status for a in call.refused] == [503, 503, 503]
    assert len(hub.events) == 6


async def test_a_stranger_with_another_secret_gets_nothing_in(hub: Hub) -> None:
    async with stringee(hub), simulated(hub, "guessed") as stranger:
        with pytest.raises(SccoInvalid):  # a refusal is no call control
            await stranger.call("84912345678")
    assert hub.events == {}


@pytest.mark.parametrize("seed", range(3))
async def test_zorio_calls_arrive_whole_however_they_are_delivered(hub: Hub, seed: int) -> None:
    hub.hotline = connector(ZORIO)
    async with GenericPbxSimulator(hub.url, dialect="zorio", secret="zorio-secret") as pbx:
        call = await pbx.call("0912345678", talk_s=30, mess=Mess(copies=2, shuffled=True, seed=seed))
        assert call.refused == []
        assert hub.states() == sorted([CallState.RINGING, CallState.ANSWERED, CallState.ENDED])
        (recording,) = hub.recordings()
        assert await fetched(hub, recording) == [200]


async def test_a_missed_zorio_call_is_missed(hub: Hub) -> None:
    hub.hotline = connector(ZORIO)
    async with GenericPbxSimulator(hub.url, dialect="zorio", secret="zorio-secret") as pbx:
        await pbx.call("0912345678", answered=False)
    assert hub.states() == sorted([CallState.RINGING, CallState.MISSED])
    assert hub.recordings() == []


async def test_voicecloud_calls_arrive_by_get(hub: Hub) -> None:
    async with GenericPbxSimulator(hub.url, dialect="voicecloud", secret=URL_TOKEN) as pbx:
        template = f"{pbx.server_url}/v1/call/recording/{{call_id}}?file={{recording}}"
        hub.hotline = connector(VOICECLOUD, recording={"url_template": template})
        call = await pbx.call("0912345678", mess=Mess(copies=2))
        assert call.refused == []
        assert set(hub.states()) == {CallState.RINGING, CallState.ANSWERED, CallState.ENDED}
        assert await fetched(hub, hub.recordings()[0]) == [200]


async def fetched(hub: Hub, ready: RecordingReady) -> list[int]:
    """Statuses of tries until there is a sound file."""
    assert hub.hotline is not None
    url, statuses = str(ready.recording.url), []
    async with aiohttp.ClientSession() as http:
        for _ in range(5):
            async with http.get(url, headers=hub.hotline.media_headers(url)) as answer:
                statuses.append(answer.status)
                if answer.status == 200:
                    assert (await answer.read()).startswith(b"RIFF")
                    break
    return statuses
