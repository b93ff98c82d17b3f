"""Cloud PBXs for tests and load: they place calls, sign like the real ones, repeat themselves and mix up the order.

Written from the suppliers' documents alone, without a line of connectors/: a fault there cannot hide behind the same
fault here. Call times are told, not lived: a call of ten minutes takes as long as its webhooks.

    StringeeSimulator     answer_url and SCCO, events, onFail, waiting in line, the agents of its own queue, recordings
    GenericPbxSimulator   Zorio (signed JSON) and VoiceCloud (GET with a token), after presets of the same names
"""

import asyncio
import base64
import hashlib
import hmac
import io
import itertools
import json
import random
import time
import uuid
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal, Self
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from yarl import URL

VIETNAM = timezone(timedelta(hours=7))
ATTEMPTS_MAX = 6  # of one webhook, until it gets a 2xx
RETRY_PAUSE_S = 0.2
RINGS_AFTER_S, ANSWERED_AFTER_S = 1, 6


@dataclass(frozen=True, slots=True)
class Webhook:
    """One request to the hub, as its bytes go out."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub said to one attempt. Status 0: no answer at all."""

    status: int
    body: bytes = b""


@dataclass(slots=True)
class PlayedCall:
    """What happened in one call. `rung` are the operators and numbers that the hub's SCCOs asked to ring, in order."""

    call_id: str
    answers: list[Answer] = field(default_factory=list)
    rung: list[str] = field(default_factory=list)
    listened: int = 0  # times that the caller waited in line for a while
    spoken: list[str] = field(default_factory=list)
    recorded: bool = False

    @property
    def refused(self) -> list[Answer]:
        return [a for a in self.answers if not 200 <= a.status < 300]


@dataclass(frozen=True, slots=True)
class Mess:
    """How badly webhooks arrive: each `copies` times, in any order when `shuffled`, `pause_s` apart."""

    copies: int = 1
    shuffled: bool = False
    pause_s: float = 0.0
    seed: int = 0


class SccoInvalid(AssertionError):
    """The hub answered with call control that the supplier would not carry out."""


class _Pbx:
    """A client for webhooks and a server for recordings. Use as an async context manager."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.recordings: dict[str, bytes] = {}
        self.not_found_first = 0  # so many GETs of a new recording say 404, as the real ones do for a while
        self._misses: dict[str, int] = {}
        self.now = now
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.server_url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/v1/call/recording/{call_id}", self._serve_recording)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.server_url = f"http://{host}:{port}"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def recording_allowed(self, request: web.Request) -> bool:
        """Whether the caller may have the file."""
        raise NotImplementedError

    async def deliver(self, webhooks: Sequence[Webhook], mess: Mess, call: PlayedCall) -> None:
        sent = [w for w in webhooks for _ in range(mess.copies)]
        if mess.shuffled:
            random.Random(mess.seed).shuffle(sent)
        for webhook in sent:
            await self.post(webhook, call)
            await asyncio.sleep(mess.pause_s)

    async def post(self, webhook: Webhook, call: PlayedCall) -> bytes:
        """Again until taken, like the real ones. Returns the last answer's body."""
        for _ in range(ATTEMPTS_MAX):
            answer = await self._attempt(webhook)
            call.answers.append(answer)
            if 200 <= answer.status < 500:
                break
            await asyncio.sleep(RETRY_PAUSE_S)
        return call.answers[-1].body

    async def _attempt(self, webhook: Webhook) -> Answer:
        assert self._session is not None, "use `async with`"
        url = URL(webhook.url, encoded=True)  # what was signed is what goes out
        try:
            async with self._session.request(
                webhook.method, url, headers=webhook.headers, data=webhook.body or None
            ) as response:
                return Answer(response.status, await response.read())
        except (aiohttp.ClientError, TimeoutError):
            return Answer(0)

    def _record(self, call_id: str, talk_s: int) -> None:
        self.recordings[call_id] = silence(min(talk_s, 2))
        self._misses[call_id] = self.not_found_first

    async def _serve_recording(self, request: web.Request) -> web.Response:
        call_id = request.match_info["call_id"]
        if not self.recording_allowed(request):
            return web.json_response({"r": 1, "message": "unauthorised"}, status=401)
        if call_id not in self.recordings or self._misses[call_id] > 0:
            self._misses[call_id] = self._misses.get(call_id, 0) - 1
            return web.json_response({"r": 4, "message": "not found"}, status=404)
        return web.Response(body=self.recordings[call_id], content_type="audio/wav")


class StringeeSimulator(_Pbx):
    """Call API of one project. `webhook_url` is the hub's webhook of the account."""

    def __init__(
        self,
        webhook_url: str,
        *,
        signing_secret: str,
        api_key_sid: str,
        api_key_secret: str,
        hotline: str = "8419001234",
        path_secret: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(now)
        self.webhook_url = webhook_url.rstrip("/")
        self.hotline = hotline
        self._secret = signing_secret.encode()
        self._key_sid, self._key_secret = api_key_sid, api_key_secret
        self._path_secret = path_secret
        self._counter = itertools.count(1)

    async def call(
        self,
        from_number: str,
        *,
        answered_by: int | None = 0,
        talk_s: int = 30,
        keys: Sequence[str] = (),
        mess: Mess = Mess(),
        tells_call_id: bool = True,
    ) -> PlayedCall:
        """One call from `from_number` (digits with country code, or a word when withheld). `answered_by` counts the
        targets of the hub's SCCOs that are rung; None: nobody picks up. `keys`: what is pressed each time the caller is
        kept in line, "" for nothing; after the last of them they hang up. Raises SccoInvalid."""
        call = self.new_call()
        started = self.now()
        actions = await self.dial(call, from_number, tells_call_id=tells_call_id)
        target, record_url = await self._ring(actions, from_number, answered_by, list(keys), call)
        await self.tell(call, from_number, target, record_url, started, talk_s, mess)
        return call

    def new_call(self) -> PlayedCall:
        return PlayedCall(f"call-vn-1-{uuid.uuid4().hex[:10].upper()}-{next(self._counter)}")

    async def dial(self, call: PlayedCall, from_number: str, *, tells_call_id: bool = True) -> list[dict[str, Any]]:
        """What the hub says to do with a call that has reached the number."""
        query = {"from": from_number, "to": self.hotline, "fromInternal": "false", "uuid": str(uuid.uuid4())}
        if tells_call_id:
            query["callId"] = call.call_id
        return check_scco(await self.post(self._get("answer", query), call))

    async def rings_out(self, call: PlayedCall, from_number: str, connect: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Who was rung did not pick up: what the hub says then."""
        body = {"call_status": "connect_failed", "agent_status": "ended", "project_id": 25, "call_id": call.call_id}
        body |= {"from": from_number, "to": connect["to"]["number"], "start_time": _ms(self.now())}
        return check_scco(await self.post(self._post(connect["onFailEventUrl"], body), call))

    async def listens(self, call: PlayedCall, asked: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        """The time of an input action is up, or a key was pressed: what the hub says then."""
        call.listened += 1
        body = {"time": str(_ms(self.now())), "dtmf": key, "call_id": call.call_id, "customField": ""}
        return check_scco(await self.post(self._post(asked["eventUrl"], body | {"timeout": not key}), call))

    async def agents_for(self, calls: Mapping[str, str]) -> dict[str, list[str]]:
        """Stringee's own queue asks whom it may ring; `calls`: call id -> caller. Raises SccoInvalid."""
        asked = [{"callId": call_id, "from": caller, "to": self.hotline} for call_id, caller in calls.items()]
        body = {"queueId": "queue-1", "projectId": 25, "calls": asked}
        said = json.loads(await self.post(self._post(self._own("agents"), body), PlayedCall("agents")))
        _need(isinstance(said, dict) and said.get("version") == 2, "not version 2 of a list of agents")
        for agent in (agent for one in said["calls"] for agent in one["agents"]):
            _need(agent["routing_type"] in (1, 2) and agent["answer_timeout"] >= 3, "an agent who cannot be rung")
        return {one["callId"]: [agent["stringee_user_id"] for agent in one["agents"]] for one in said["calls"]}

    async def tell(
        self,
        call: PlayedCall,
        from_number: str,
        target: Mapping[str, Any] | None,
        record_url: str | None,
        started: datetime,
        talk_s: int,
        mess: Mess = Mess(),
    ) -> None:
        """How the call went, from its first event to its recording. `target`: who answered."""
        answered = target is not None
        events = self._events(call, from_number, target or {}, started, talk_s if answered else 0)
        await self.deliver(events, mess, call)
        if answered and record_url:
            self._record(call.call_id, talk_s)
            body = {"call_id": call.call_id, "recordingUrl": "", "format": "mp3"}
            await self.deliver([self._post(record_url, body)], Mess(copies=mess.copies), call)

    def recording_allowed(self, request: web.Request) -> bool:
        token = request.headers.get("X-STRINGEE-AUTH", "")
        return rest_token_is_good(token, self._key_sid, self._key_secret, self.now())

    async def _ring(
        self,
        actions: list[dict[str, Any]],
        caller: str,
        answered_by: int | None,
        keys: list[str],
        call: PlayedCall,
    ) -> tuple[dict[str, Any] | None, str | None]:
        """Carries SCCOs out until somebody picks up, the caller gives up or the hub has no more to ring: who it was,
        where to tell of the recording."""
        for _ in range(20):
            call.spoken += [a["text"] for a in actions if a["action"] == "talk"]
            record_url = next((a["eventUrl"] for a in actions if a["action"] == "record"), None)
            connect = next((a for a in actions if a["action"] == "connect"), None)
            asked = next((a for a in actions if a["action"] == "input"), None)
            if connect is not None:
                call.rung.append(connect["to"]["number"])
                if len(call.rung) - 1 == answered_by:
                    call.recorded = record_url is not None
                    return connect["to"], record_url
                actions = await self.rings_out(call, caller, connect)
            elif asked is not None and keys:
                actions = await self.listens(call, asked, keys.pop(0))
            else:
                return None, None
        raise SccoInvalid("the hub lets a call ring for ever")

    def _events(
        self, call: PlayedCall, caller: str, target: Mapping[str, Any], started: datetime, talk_s: int
    ) -> list[Webhook]:
        base = {
            "project_id": 25, "request_from_user_id": "", "account_sid": "AC.simulator", "clientCustomData": "",
            "type": "stringee_call", "call_id": call.call_id,
            "from": {"number": caller, "alias": caller, "is_online": False, "type": "external"},
            "to": {"number": self.hotline, "alias": self.hotline, "is_online": True, "type": "internal"} | dict(target),
        }  # fmt: skip
        after = {"created": 0, "started": 0, "ringing": RINGS_AFTER_S}
        if talk_s:
            after["answered"] = ANSWERED_AFTER_S
        over_s = ANSWERED_AFTER_S + talk_s
        end = {
            "call_status": "ended", "callCreatedReason": "EXTERNAL_CALL_IN", "endCallCause": "USER_END_CALL",
            "endedBy": "EXTERNAL", "duration": over_s, "answerDuration": talk_s, "timestamp_ms": _ms(started, over_s),
        }  # fmt: skip
        steps = [{"call_status": status, "timestamp_ms": _ms(started, s)} for status, s in after.items()]
        return [self._post(self._own("event"), base | step) for step in [*steps, end]]

    def _own(self, tail: str, query: Mapping[str, str] | None = None) -> str:
        pairs = dict(query or {}) | ({"k": self._path_secret} if self._path_secret else {})
        return f"{self.webhook_url}/{tail}" + (f"?{urlencode(pairs)}" if pairs else "")

    def _get(self, tail: str, query: Mapping[str, str]) -> Webhook:
        url = self._own(tail, query)
        return Webhook("GET", url, self._signed(URL(url, encoded=True).raw_path_qs.encode()))

    def _post(self, url: str, body: Mapping[str, Any]) -> Webhook:
        raw = json.dumps(body).encode()
        return Webhook("POST", url, {"Content-Type": "application/json", **self._signed(raw)}, raw)

    def _signed(self, signed: bytes) -> dict[str, str]:
        mac = hmac.new(self._secret, signed, hashlib.sha1).digest()
        return {"X-STRINGEE-SIGNATURE": base64.b64encode(mac).decode()}


class GenericPbxSimulator(_Pbx):
    """One of the PBXs that the generic adapter has a preset for. `secret` is the signing key or the URL's token."""

    def __init__(
        self,
        webhook_url: str,
        *,
        dialect: Literal["zorio", "voicecloud"],
        secret: str,
        hotline: str = "19001234",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(now)
        self.webhook_url = webhook_url.rstrip("/")
        self.hotline = hotline
        self._secret = secret
        self._webhooks = self._zorio if dialect == "zorio" else self._voicecloud

    async def call(
        self,
        from_number: str,
        *,
        answered: bool = True,
        talk_s: int = 30,
        extension: str = "201",
        mess: Mess = Mess(),
    ) -> PlayedCall:
        """One call from `from_number`, as this PBX would present it."""
        call = PlayedCall(str(uuid.uuid4()), recorded=answered)
        if answered:
            self._record(call.call_id, talk_s)
        await self.deliver(self._webhooks(call, from_number, extension, talk_s if answered else 0), mess, call)
        return call

    def recording_allowed(self, request: web.Request) -> bool:
        return True

    def _zorio(self, call: PlayedCall, caller: str, extension: str, talk_s: int) -> list[Webhook]:
        started = self.now()
        answered_at = started + timedelta(seconds=ANSWERED_AFTER_S)
        ended_at = answered_at + timedelta(seconds=talk_s)
        over = {"started_at": started.isoformat(), "ended_at": ended_at.isoformat()}
        over["answered_at"] = answered_at.isoformat() if talk_s else ""
        record = {"recording_url": f"{self.server_url}/v1/call/recording/{call.call_id}"} if talk_s else {}
        told: list[tuple[str, datetime, dict[str, str]]] = [
            ("pbx.call.ringing", started + timedelta(seconds=RINGS_AFTER_S), {}),
            ("pbx.call.hangup", ended_at, over),
            ("pbx.cdr.created", ended_at + timedelta(seconds=20), over | record),
        ]
        if talk_s:
            told.insert(1, ("pbx.call.answered", answered_at, {"answered_at": answered_at.isoformat()}))
        base = {"call_uuid": call.call_id, "extension": extension, "direction": "inbound"}
        base |= {"caller_number": caller, "destination_number": self.hotline}
        return [self._zorio_post(event, base | more | {"timestamp": at.isoformat()}) for event, at, more in told]

    def _zorio_post(self, event: str, data: Mapping[str, str]) -> Webhook:
        raw = json.dumps({"event": event, "timestamp": data["timestamp"], "data": data}).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Zorio-Event": event,
            "X-Zorio-Timestamp": str(int(time.time())),
            "X-Zorio-Delivery": str(uuid.uuid4()),
            "X-Zorio-Signature": "sha256=" + hmac.new(self._secret.encode(), raw, hashlib.sha256).hexdigest(),
        }
        return Webhook("POST", self.webhook_url, headers, raw)

    def _voicecloud(self, call: PlayedCall, caller: str, extension: str, talk_s: int) -> list[Webhook]:
        base = {"phone": caller, "callid": call.call_id, "did": self.hotline, "queue": "cskh", "extension": extension}
        told = [("call_in", {"event": "RING"}), ("hangup", {})]
        if talk_s:
            told.insert(1, ("call_in", {"event": "ANSWER"}))
        local = self.now().astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M:%S")
        log = {"calldate": local, "duration": str(talk_s), "status": "ANSWERED" if talk_s else "ABANDON"}
        if talk_s:
            log["recordingfile"] = f"{call.call_id}.wav"
        told.append(("calldata", log))
        return [
            Webhook("GET", f"{self.webhook_url}/{tail}?{urlencode(base | more | {'token': self._secret})}")
            for tail, more in told
        ]


def check_scco(raw: bytes) -> list[dict[str, Any]]:
    """The actions, if Stringee would carry them out. Raises SccoInvalid with the first fault."""
    try:
        actions = json.loads(raw)
    except ValueError as error:
        raise SccoInvalid(f"not JSON: {raw[:80]!r}") from error
    if not isinstance(actions, list) or not all(isinstance(a, dict) for a in actions):
        raise SccoInvalid("not an array of actions")
    names = [a.get("action") for a in actions]
    for action in actions:
        _check_action(action, recorded="record" in names)
    if "record" in names:
        _need("connect" in names[names.index("record") :], "record must stand before connect")
    return actions


def _check_action(action: Mapping[str, Any], recorded: bool) -> None:
    match action.get("action"):
        case "talk":
            _need(bool(action.get("text")), "talk without text")
        case "stream":
            _need(str(action.get("fileName", "")).startswith("http"), "stream without an address")
        case "input":
            _need(str(action.get("eventUrl", "")).startswith("http"), "input without eventUrl")
            _need(1 <= action.get("timeOut", 5) <= 300, "input with an odd timeOut")
        case "record":
            _need(str(action.get("eventUrl", "")).startswith("http"), "record without eventUrl")
            _need(action.get("format", "mp3") in ("mp3", "wav", "mp4"), "record in an unknown format")
        case "connect":
            for side in ("from", "to"):
                _check_side(action.get(side), side)
            _need(not (recorded and action.get("peerToPeerCall", True)), "a peer-to-peer call cannot be recorded")
            _need(1 <= action.get("timeout", 60) <= 600, "connect with an odd timeout")
            onward = not action.get("continueOnFail") or str(action.get("onFailEventUrl", "")).startswith("http")
            _need(onward, "continueOnFail without onFailEventUrl")
        case other:
            raise SccoInvalid(f"unknown action {other!r}")


def _check_side(side: Any, name: str) -> None:
    _need(isinstance(side, dict) and side.get("type") in ("internal", "external"), f"connect: bad {name}.type")
    _need(bool(side.get("number")) and not str(side["number"]).startswith("+"), f"connect: bad {name}.number")
    _need(side["type"] == "internal" or str(side["number"]).isdigit(), f"connect: {name} is no telephone number")


def _need(holds: bool, fault: str) -> None:
    if not holds:
        raise SccoInvalid(fault)


def rest_token_is_good(token: str, key_sid: str, key_secret: str, now: datetime) -> bool:
    """Header with the odd `cty`, HS256, the key's own `iss` and `jti`, not expired, made for REST."""
    try:
        head, claims, mac = (base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in token.split("."))
        header, body = json.loads(head), json.loads(claims)
    except ValueError:
        return False
    if not isinstance(header, dict) or not isinstance(body, dict):
        return False
    signed = token.rpartition(".")[0].encode()
    return (
        hmac.compare_digest(mac, hmac.new(key_secret.encode(), signed, hashlib.sha256).digest())
        and (header.get("typ"), header.get("alg"), header.get("cty")) == ("JWT", "HS256", "stringee-api;v=1")
        and body.get("iss") == key_sid
        and str(body.get("jti", "")).startswith(f"{key_sid}-")
        and body.get("exp", 0) > now.timestamp()
        and body.get("rest_api") is True
    )


def silence(seconds: int) -> bytes:
    """A WAV of 8 kHz mono."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 8000 * seconds)
    return buffer.getvalue()


def _ms(moment: datetime, after_s: int = 0) -> int:
    return int(moment.timestamp() * 1000) + after_s * 1000
