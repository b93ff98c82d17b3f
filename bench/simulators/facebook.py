"""A Facebook Page and its Graph API, as Meta documents them, for tests and the demo.

Written from Meta's pages alone and sharing no line with the connector, so that both do not make the same mistake.
What it promises: it takes only calls that Graph would take, remembers every accepted message in `ledger`, echoes it,
and signs what it posts.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bench.simulators.faults import Fault, Faults, Way
from bench.simulators.pictures import air_conditioner
from bench.simulators.serving import Serving
from bench.simulators.webhooks import WebhookPoster

TEXT_MAX = 2000
UPLOAD_MAX = 25 * 1024 * 1024


@dataclass(frozen=True)
class AcceptedSend:
    """A message that the simulated Meta took for delivery."""

    message_id: str
    psid: str
    text: str | None
    attachment: Mapping[str, Any] | None
    metadata: str | None
    messaging_type: str
    reply_to: str | None
    at_ms: int


@dataclass
class FacebookSimulator:
    """Set `callback_url` to receive webhooks; without it nothing is posted. `strict_windows`: refuse replies to people
    who wrote nothing within 24 hours (7 days with the HUMAN_AGENT tag). `takes_s`: how long it thinks about a message
    before it answers."""

    page_id: str = "104200000000001"
    app_id: str = "512000000000001"
    app_secret: str = "fb_app_secret_demo_1"
    page_access_token: str = "EAAdemoPageToken1"
    verify_token: str = "demo-verify-token"
    callback_url: str | None = None
    port: int = 0
    echoes: bool = True
    receipts: bool = False
    strict_windows: bool = False
    takes_s: float = 0.0
    retry_delays_s: Sequence[float] = (0.1, 0.3, 1.0, 3.0)
    ledger: list[AcceptedSend] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults = Faults()
        self.poster = WebhookPoster(self.retry_delays_s)
        self._counter = itertools.count(1)
        self._last_inbound_ms: dict[str, int] = {}
        app = web.Application(client_max_size=UPLOAD_MAX + 1024 * 1024)
        app.router.add_get("/cdn/{name}", self._cdn)
        app.router.add_post("/{version}/{page}/messages", self._messages)
        app.router.add_post("/{version}/{page}/message_attachments", self._message_attachments)
        app.router.add_get("/{version}/{psid}", self._profile)
        self._serving = Serving(app, self.port)

    # ---- life

    async def start(self) -> None:
        await self.poster.start()
        await self._serving.start()

    async def stop(self) -> None:
        self.faults.release()
        await self.poster.stop()
        await self._serving.stop()

    @property
    def url(self) -> str:
        return self._serving.url

    async def settled(self) -> None:
        """Every webhook so far was answered or given up."""
        await self.poster.settled()

    # ---- the Page's people

    async def customer_says(
        self, psid: str, text: str | None = None, *, attachments: Sequence[Mapping[str, Any]] = (),
        quick_reply: str | None = None, reply_to: str | None = None, name: str | None = None,
    ) -> str:  # fmt: skip
        """The new message's mid, once the webhook was answered or given up."""
        message: dict[str, Any] = {"mid": self._new_id("m_in")}
        if text is not None:
            message["text"] = text
        if attachments:
            message["attachments"] = list(attachments)
        if quick_reply is not None:
            message["quick_reply"] = {"payload": quick_reply}
        if reply_to is not None:
            message["reply_to"] = {"mid": reply_to}
        if name is not None:
            self.names[psid] = name
        self._last_inbound_ms[psid] = _now_ms()
        await self._from_customer(psid, {"message": message})
        return str(message["mid"])

    async def customer_sends_image(self, psid: str, text: str | None = None) -> str:
        image = {"type": "image", "payload": {"url": f"{self.url}/cdn/photo.png"}}
        return await self.customer_says(psid, text, attachments=(image,))

    async def customer_taps(self, psid: str, title: str, payload: str) -> str:
        self._last_inbound_ms[psid] = _now_ms()
        mid = self._new_id("m_pb")
        await self._from_customer(psid, {"postback": {"mid": mid, "title": title, "payload": payload}})
        return mid

    async def customer_edits(self, psid: str, mid: str, text: str, number: int = 1) -> None:
        await self._from_customer(psid, {"message_edit": {"mid": mid, "text": text, "num_edit": number}})

    async def customer_comments(self, author_id: str, name: str, text: str) -> str:
        comment = self._new_id("9001_")
        value = {
            "item": "comment", "verb": "add", "comment_id": comment, "post_id": f"{self.page_id}_9001",
            "parent_id": f"{self.page_id}_9001", "from": {"id": author_id, "name": name}, "message": text,
            "created_time": _now_ms() // 1000,
        }  # fmt: skip
        await self.post({"id": self.page_id, "time": _now_ms() // 1000, "changes": [{"field": "feed", "value": value}]})
        return comment

    async def staff_says(self, psid: str, text: str) -> str:
        """Somebody answers in Meta Business Suite: an echo that is not ours."""
        mid = self._new_id("m_staff")
        message = {"mid": mid, "is_echo": True, "app_id": 26390203743090, "text": text}
        await self._to_customer(psid, {"message": message})
        return mid

    async def delivered(self, psid: str) -> None:
        mids = [sent.message_id for sent in self.ledger if sent.psid == psid]
        await self._from_customer(psid, {"delivery": {"mids": mids[-20:], "watermark": _now_ms()}})

    async def read(self, psid: str) -> None:
        await self._from_customer(psid, {"read": {"watermark": _now_ms()}})

    # ---- faults

    def fail_next(
        self, *, code: int = 2, subcode: int | None = None, status: int = 400, message: str = "simulated",
        is_transient: bool = False, times: int = 1, path: str = "/messages", headers: Mapping[str, str] | None = None,
        accept: bool = False,
    ) -> None:  # fmt: skip
        """Answers with a Graph error."""
        error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1"}
        if subcode is not None:
            error["error_subcode"] = subcode
        if is_transient:
            error["is_transient"] = True
        way: Way = "accept_then_answer" if accept else "answer"
        self.faults.add(Fault(way, status, {"error": error}, headers or {}, path, times))

    def break_next(
        self, way: Way, *, status: int = 502, body: str = "", times: int = 1, path: str = "/messages"
    ) -> None:
        """Answers without Graph's own words, not at all, or after having accepted the message."""
        self.faults.add(Fault(way, status, body, {}, path, times))

    def throttle_next(self, minutes: float, times: int = 1) -> None:
        usage = {self.page_id: [{"type": "messenger", "call_count": 100, "estimated_time_to_regain_access": minutes}]}
        headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
        self.fail_next(code=80006, status=429, times=times, headers=headers)

    # ---- Graph

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take(request.path)
        if fault is not None and not fault.accepts:
            return await self.faults.suffer(request, fault)
        body = await request.json()
        problem = self._refusal(request, body.get("appsecret_proof")) or self._message_refusal(body)
        if problem is not None:
            return problem
        sent = self._accept(body)
        if fault is not None:
            return await self.faults.suffer(request, fault)
        await asyncio.sleep(self.takes_s)
        return web.json_response({"recipient_id": sent.psid, "message_id": sent.message_id})

    async def _message_attachments(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take(request.path)
        if fault is not None:
            return await self.faults.suffer(request, fault)
        form = await request.post()
        problem = self._refusal(request, form.get("appsecret_proof"))
        if problem is not None:
            return problem
        upload = form.get("filedata")
        described = json.loads(str(form.get("message", "{}"))).get("attachment", {})
        if not isinstance(upload, web.FileField) or described.get("type") not in ("image", "audio", "video", "file"):
            return self._error(400, 100, None, "(#100) Upload attachment failure.")
        attachment_id = str(1857000000000000 + next(self._counter))
        self.uploads[attachment_id] = upload.file.read()
        return web.json_response({"attachment_id": attachment_id})

    async def _profile(self, request: web.Request) -> web.StreamResponse:
        psid = request.match_info["psid"]
        self.asked_for.append(psid)
        fault = self.faults.take(request.path)
        if fault is not None:
            return await self.faults.suffer(request, fault)
        problem = self._refusal(request, request.query.get("appsecret_proof"))
        if problem is not None:
            return problem
        name = self.names.get(psid)
        if name is None:
            return self._error(400, 100, 2018218, "(#100) No profile available for this user.")
        known = {"name": name, "first_name": name.split()[-1], "profile_pic": f"{self.url}/cdn/face.png"}
        wanted = request.query.get("fields", "").split(",")
        return web.json_response({"id": psid, **{key: known[key] for key in wanted if key in known}})

    async def _cdn(self, request: web.Request) -> web.Response:
        return web.Response(body=await asyncio.to_thread(air_conditioner), content_type="image/png")

    def _refusal(self, request: web.Request, proof: object) -> web.Response | None:
        """What Graph checks before it looks at the body."""
        page = request.match_info.get("page")
        if request.headers.get("Authorization") != f"Bearer {self.page_access_token}":
            return self._error(401, 190, 467, "Invalid OAuth access token.")
        expected = hmac.new(self.app_secret.encode(), self.page_access_token.encode(), hashlib.sha256).hexdigest()
        if proof != expected:
            return self._error(400, 100, None, "Invalid appsecret_proof provided in the API argument")
        if page not in (None, self.page_id, "me"):
            return self._error(400, 100, 33, f"Unsupported post request. Object with ID '{page}' does not exist")
        return None

    def _message_refusal(self, body: dict[str, Any]) -> web.Response | None:
        message, recipient = body.get("message"), body.get("recipient")
        if not isinstance(message, dict) or not isinstance(recipient, dict) or len(recipient) != 1:
            return self._error(400, 100, None, "(#100) message and recipient must be given")
        text, attachment = message.get("text"), message.get("attachment")
        if (text is None) == (attachment is None):
            return self._error(400, 100, None, "(#100) Message must have either text or attachment")
        if text is not None and not 0 < len(text) <= TEXT_MAX:
            return self._error(400, 100, None, f"(#100) Length of param message[text] must be at most {TEXT_MAX}")
        if attachment is not None and not self._is_known(attachment):
            return self._error(400, 100, 2018074, "(#100) Attachment not found or not reachable")
        return self._window_refusal(body, next(iter(recipient.values())))

    def _window_refusal(self, body: dict[str, Any], psid: str) -> web.Response | None:
        kind, tag = body.get("messaging_type"), body.get("tag")
        if kind not in ("RESPONSE", "UPDATE", "MESSAGE_TAG") or (kind == "MESSAGE_TAG" and tag != "HUMAN_AGENT"):
            return self._error(400, 100, None, "(#100) messaging_type or tag is not valid")
        days = 7 if kind == "MESSAGE_TAG" else 1
        if self.strict_windows and _now_ms() - self._last_inbound_ms.get(psid, 0) > days * 86_400_000:
            return self._error(400, 10, 2018278, "(#10) This message is sent outside of allowed window.")
        return None

    def _is_known(self, attachment: dict[str, Any]) -> bool:
        payload = attachment.get("payload") or {}
        return payload.get("attachment_id") in self.uploads or str(payload.get("url", "")).startswith("https://")

    def _accept(self, body: dict[str, Any]) -> AcceptedSend:
        message = body["message"]
        sent = AcceptedSend(
            message_id=self._new_id("m_out"),
            psid=str(next(iter(body["recipient"].values()))),
            text=message.get("text"),
            attachment=message.get("attachment"),
            metadata=message.get("metadata"),
            messaging_type=body["messaging_type"],
            reply_to=(body.get("reply_to") or {}).get("mid"),
            at_ms=_now_ms(),
        )
        self.ledger.append(sent)
        self.poster.later(self._after_send(sent))
        return sent

    async def echo(self, sent: AcceptedSend) -> None:
        """Tells the app of a message that the Page has sent, its own included."""
        message: dict[str, Any] = {"mid": sent.message_id, "is_echo": True, "app_id": int(self.app_id)}
        if sent.metadata:
            message["metadata"] = sent.metadata
        if sent.text is not None:
            message["text"] = sent.text
        if sent.attachment is not None:
            kind = sent.attachment.get("type")
            message["attachments"] = [{"type": kind, "payload": {"url": f"{self.url}/cdn/{sent.message_id}"}}]
        await self._to_customer(sent.psid, {"message": message})

    async def _after_send(self, sent: AcceptedSend) -> None:
        if self.echoes:
            await self.echo(sent)
        if self.receipts:
            await self.delivered(sent.psid)
            await self.read(sent.psid)

    def _error(self, status: int, code: int, subcode: int | None, message: str) -> web.Response:
        self.refused.append(message)
        error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A2"}
        if subcode is not None:
            error["error_subcode"] = subcode
        return web.json_response({"error": error}, status=status)

    # ---- webhooks

    async def _from_customer(self, psid: str, what: dict[str, Any]) -> bool:
        return await self._messaging(psid, self.page_id, what)

    async def _to_customer(self, psid: str, what: dict[str, Any]) -> bool:
        return await self._messaging(self.page_id, psid, what)

    async def _messaging(self, sender: str, recipient: str, what: dict[str, Any]) -> bool:
        now = _now_ms()
        item = {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": now, **what}
        return await self.post({"id": self.page_id, "time": now, "messaging": [item]})

    async def post(self, *entries: Mapping[str, Any]) -> bool:
        """Signs and posts one webhook of these entries. Meta writes everything that is not ASCII as \\uXXXX."""
        body = json.dumps({"object": "page", "entry": entries}, separators=(",", ":"), ensure_ascii=True).encode()
        if self.callback_url is None:
            return False
        return await self.poster.post(self.callback_url, body, self.signed(body))

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that go with `body`."""
        mac = hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={mac}"}

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._counter)}_{time.time_ns() % 10**9}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
