"""Callers on the line: what the hub decides, as Stringee is told it, and what happens when the hub cannot say."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from connectors.base import Parsed, RawRequest
from connectors.hotline.connector import HotlineConnector
from hub.calls import Away, InLine, LiveCall, Next, Ring
from hub.errors import BadInput
from hub.events import CallProgressed, CallState
from tests.connectors.hotline.support import STRINGEE, connector, stringee_get, stringee_post

CALL_ID = "call-vn-1-ABCDEFGHIJ-1515820305477"
QUERY = {"from": "84912345678", "to": "8419001234", "fromInternal": "false", "uuid": "u-1", "callId": CALL_ID}
LIVE: dict[str, Any] = {"telephones": {"lan": "op-301", "Minh": "op-302"}, "live": {"enabled": True}}


@dataclass
class Router:
    """Says what it was told to say, and remembers what it was asked."""

    says: list[Next]
    asked: list[tuple[str, LiveCall, str | None]] = field(default_factory=list)

    async def ring(self, call: LiveCall) -> Next:
        return self._say("ring", call)

    async def failed(self, call: LiveCall, telephone: str) -> Next:
        return self._say("failed", call, telephone)

    async def call_back(self, call: LiveCall) -> Next:
        return self._say("call_back", call)

    def _say(self, how: str, call: LiveCall, telephone: str | None = None) -> Next:
        self.asked.append((how, call, telephone))
        return self.says.pop(0)


def live(**more: Any) -> HotlineConnector:
    return connector(STRINGEE, **{**LIVE, **more})


def parsed(hotline: HotlineConnector, request: RawRequest) -> Parsed:
    hotline.verify(request)
    return hotline.parse(request)


async def answered(hotline: HotlineConnector, request: RawRequest, router: Router) -> list[dict[str, Any]]:
    ask = parsed(hotline, request).ask
    assert ask is not None
    actions: list[dict[str, Any]] = json.loads((await ask(router)).body)
    return actions


def follow(url: str, body: dict[str, Any]) -> RawRequest:
    """What Stringee sends to a URL that we gave it."""
    parts = urlsplit(url)
    tail = parts.path.rsplit("/", 1)[1]
    return stringee_post(f"{tail}?{parts.query}", body)


async def test_the_agent_whom_the_hub_chose_is_rung_and_the_next_after_them() -> None:
    hotline, router = live(), Router([Ring("op-302", 20), Ring("op-301", 20)])
    (connect,) = await answered(hotline, stringee_get("answer", QUERY), router)
    assert (connect["action"], connect["to"]["number"], connect["timeout"]) == ("connect", "op-302", 20)
    assert connect["from"]["number"] == "84912345678"
    how, call, _ = router.asked[0]
    assert (how, call.call_id, call.caller) == ("ring", CALL_ID, "+84912345678")
    assert call.telephones == {"lan": "op-301", "minh": "op-302"}
    failed = {"call_status": "connect_failed", "call_id": CALL_ID, "from": "84912345678", "to": "op-302"}
    (connect,) = await answered(hotline, follow(connect["onFailEventUrl"], failed), router)
    assert connect["to"]["number"] == "op-301"
    assert (router.asked[1][0], router.asked[1][2]) == ("failed", "op-302")
    assert router.asked[1][1].caller == "+84912345678"


async def test_who_waits_hears_their_place_and_may_ask_to_be_called_back() -> None:
    hotline = live()
    router = Router([InLine(3, 150, True), InLine(2, None, False), Away("called_back", True)])
    talk, key = await answered(hotline, stringee_get("answer", QUERY), router)
    assert "thứ 3" in talk["text"]
    assert "3 phút" in talk["text"]
    assert "phím 1" in talk["text"]
    assert (key["action"], key["timeOut"], key["maxDigits"]) == ("input", 15, 1)
    silent = {"time": "1530870073736", "dtmf": "", "call_id": CALL_ID, "customField": "", "timeout": True}
    talk, key = await answered(hotline, follow(key["eventUrl"], silent), router)
    assert "phút" not in talk["text"]
    (talk,) = await answered(hotline, follow(key["eventUrl"], silent | {"dtmf": "1", "timeout": False}), router)
    assert "gọi lại" in talk["text"]
    assert [how for how, _, _ in router.asked] == ["ring", "ring", "call_back"]
    assert {call.caller for _, call, _ in router.asked} == {"+84912345678"}


async def test_music_is_played_where_there_is_some() -> None:
    hotline = live(live={"enabled": True, "hold_music": "https://shop.example/wait.mp3"})
    actions = await answered(hotline, stringee_get("answer", QUERY), Router([InLine(1, None, False)]))
    assert [action["action"] for action in actions] == ["talk", "stream", "input"]


@pytest.mark.parametrize(
    ("away", "heard"),
    [
        (Away("closed", True), ["hết giờ", "gọi lại"]),
        (Away("closed", False), ["hết giờ"]),
        (Away("nobody", False), ["đang bận"]),
        (Away("too_long", False), ["đang bận"]),
    ],
)
async def test_who_cannot_be_kept_hears_why(away: Away, heard: list[str]) -> None:
    (talk,) = await answered(live(), stringee_get("answer", QUERY), Router([away]))
    assert all(words in talk["text"] for words in heard)


async def test_where_nobody_is_at_work_the_fallback_telephone_rings() -> None:
    hotline = live(fallback_number="84901112223")
    (connect,) = await answered(hotline, stringee_get("answer", QUERY), Router([Away("nobody", False)]))
    assert connect["to"] == {"type": "external", "number": "84901112223", "alias": "84901112223"}


async def test_without_an_answer_of_the_hub_the_own_operators_are_rung() -> None:
    actions = json.loads(parsed(live(), stringee_get("answer", QUERY)).answer.body)
    assert actions[0]["to"]["number"] == "op-201"


async def test_the_recording_begins_before_an_agent_is_connected_and_is_announced_once() -> None:
    hotline, router = live(recording="ours"), Router([Ring("op-301", 20), Ring("op-302", 20)])
    talk, record, connect = await answered(hotline, stringee_get("answer", QUERY), router)
    assert (talk["action"], record["action"]) == ("talk", "record")
    failed = {"call_status": "connect_failed", "call_id": CALL_ID, "from": "84912345678", "to": "op-301"}
    again = await answered(hotline, follow(connect["onFailEventUrl"], failed), router)
    assert [action["action"] for action in again] == ["record", "connect"]


async def test_calls_of_the_suppliers_own_queue_each_get_one_telephone_that_may_ring() -> None:
    hotline, router = live(), Router([Ring("op-302", 18), InLine(1, None, False)])
    calls = [{"callId": f"c-{n}", "from": f"8491234567{n}", "to": "8419001234"} for n in range(2)]
    request = stringee_post("agents", {"queueId": "q", "projectId": 25, "calls": calls})
    body: Any = await answered(hotline, request, router)
    assert body == {
        "version": 2,
        "calls": [
            {"callId": "c-0", "agents": [{"stringee_user_id": "op-302", "routing_type": 1, "answer_timeout": 18}]},
            {"callId": "c-1", "agents": []},
        ],
    }
    fallback = json.loads(parsed(hotline, request).answer.body)
    assert [agent["stringee_user_id"] for agent in fallback["calls"][1]["agents"]] == ["op-201", "op-202"]


async def test_nothing_is_asked_where_the_hub_does_not_decide() -> None:
    assert parsed(connector(STRINGEE), stringee_get("answer", QUERY)).ask is None


@pytest.mark.parametrize("url", ["wait?call=c-1&c=forged&step=0", "wait?step=0", "fail?call=c-1&c=&step=0", "fail"])
async def test_urls_that_we_did_not_write_are_refused(url: str) -> None:
    with pytest.raises(BadInput):
        parsed(live(), stringee_post(url, {"call_id": "c-1", "call_status": "connect_failed", "dtmf": "1"}))


def event(status: str, to: str, **more: Any) -> dict[str, Any]:
    ends = {"from": {"number": "84912345678", "type": "external"}, "to": {"number": to, "type": "internal"}}
    return {"call_status": status, "call_id": CALL_ID, "timestamp_ms": 1795312800123, **ends, **more}


def test_our_own_texts_are_no_answer_to_the_caller() -> None:
    hotline = live()
    assert parsed(hotline, stringee_post("event", event("answered", "8419001234"))).events == ()
    (missed,) = parsed(hotline, stringee_post("event", event("ended", "8419001234", answerDuration=95))).events
    assert isinstance(missed, CallProgressed)
    assert (missed.state, missed.talk_s) == (CallState.MISSED, None)
    (talked,) = parsed(hotline, stringee_post("event", event("ended", "op-301", answerDuration=95))).events
    assert isinstance(talked, CallProgressed)
    assert (talked.state, talked.talk_s, talked.agent_ref) == (CallState.ENDED, 95, "op-301")


def test_two_agents_cannot_have_one_telephone() -> None:
    with pytest.raises(ValidationError, match="to two agents"):
        live(telephones={"lan": "op-301", "minh": "op-301"})
