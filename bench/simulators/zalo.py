"""A Zalo Official Account, its OpenAPI and OAuth server, as Zalo documents them, for tests and the demo.

Written from Zalo's pages alone and sharing no line with the connector, so that both do not make the same mistake.
What it promises: HTTP 200 with an error number for whatever Zalo would refuse; refresh tokens that work once and kill
the old access token; every accepted message in `ledger`; echo, "received" and "seen" signed by Zalo's formula.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from aiohttp import web

from bench.simulators.faults import Fault, Faults, Way
from bench.simulators.pictures import air_conditioner
from bench.simulators.serving import Serving
from bench.simulators.webhooks import WebhookPoster

TEXT_MAX = 2000
IMAGE_MAX, GIF_MAX, FILE_MAX = 1024 * 1024, 5 * 1024 * 1024, 5 * 1024 * 1024
WEEK_MS = 7 * 86_400_000


@dataclass(frozen=True)
class AcceptedMessage:
    """A consult message that the simulated Zalo took for delivery."""

    message_id: str
    recipient: Mapping[str, str]
    text: str | None
    attachment: Mapping[str, Any] | None
    quote: str | None
    access_token: str
    at_ms: int

    @property
    def user_id(self) -> str:
        return self.recipient.get("user_id") or self.recipient.get("anonymous_id", "")


@dataclass
class ZaloSimulator:
    """Both `api_url` and `oauth_url` of an account may be `url`. Set `callback_url` to receive webhooks; without it
    nothing is posted. `strict_window`: refuse replies to people who wrote nothing within seven days."""

    app_id: str = "3100000000000000001"
    oa_id: str = "4400000000000000001"
    app_secret: str = "zalo_app_secret_demo_1"
    oa_secret_key: str = "oa_secret_demo_1"
    access_token: str = "zalo_access_token_demo_1"
    refresh_token: str = "zalo_refresh_token_demo_1"
    callback_url: str | None = None
    port: int = 0
    echoes: bool = True
    receipts: bool = False
    strict_window: bool = False
    refuses_quotes: bool = False
    retry_delays_s: Sequence[float] = (0.1, 0.3, 1.0, 3.0, 5.0)
    ledger: list[AcceptedMessage] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    renewals: int = 0
    spent_refresh_tokens: list[str] = field(default_factory=list)
    reused_refresh_tokens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults = Faults()
        self.poster = WebhookPoster(self.retry_delays_s, retry_header="num_retry")
        self._counter = itertools.count(1)
        self._last_inbound_ms: dict[str, int] = {}
        app = web.Application(client_max_size=FILE_MAX * 2)
        app.router.add_post("/v3.0/oa/message/cs", self._consult)
        app.router.add_post("/v2.0/oa/upload/{kind}", self._upload)
        app.router.add_post("/v4/oa/access_token", self._oauth)
        app.router.add_get("/v3.0/oa/user/detail", self._profile)
        app.router.add_get("/cdn/{name}", self._cdn)
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

    def expire_access_token(self) -> None:
        """As after 25 hours: the token in use is not good any more, the refresh token still is."""
        self.access_token = f"expired-and-unknown-{next(self._counter)}"

    def withdraw_consent(self) -> None:
        """As when the OA's admin removes the app: neither token is good any more."""
        self.expire_access_token()
        self.refresh_token = f"withdrawn-and-unknown-{next(self._counter)}"

    # ---- the OA's people

    async def customer_says(
        self, user_id: str, text: str | None = None, *, quote: str | None = None, name: str | None = None
    ) -> str:
        """The new message's id, once the webhook was answered or given up."""
        message: dict[str, Any] = {"text": text or ""}
        if quote is not None:
            message["quote_msg_id"] = quote
        if name is not None:
            self.names[user_id] = name
        return await self._customer_sends(user_id, "user_send_text", message)

    async def customer_sends_image(self, user_id: str, text: str | None = None) -> str:
        payload = {"url": f"{self.url}/cdn/photo.png", "thumbnail": f"{self.url}/cdn/thumb.png"}
        message = {"text": text or "", "attachments": [{"type": "image", "payload": payload}]}
        return await self._customer_sends(user_id, "user_send_image", message)

    async def customer_shares_info(self, user_id: str, name: str, phone: str) -> None:
        """The answer to a "request user info" card."""
        info = {"name": name, "phone": phone, "address": "12 Lê Lợi", "city": "TP. Hồ Chí Minh"}
        await self.post({**self._user_event(user_id, "user_submit_info"), "info": info})

    async def customer_follows(self, user_id: str) -> None:
        event = {"oa_id": self.oa_id, "follower": {"id": user_id}, "event_name": "follow", "source": "oa_profile"}
        await self.post({**event, "app_id": self.app_id, "timestamp": str(_now_ms())})

    async def staff_says(self, user_id: str, text: str) -> str:
        """Somebody answers in Zalo's OA Manager: an echo that is not ours."""
        message_id = self._new_id("zm_staff")
        event = self._oa_event(user_id, "oa_send_text", {"msg_id": message_id, "text": text})
        event["sender"]["admin_id"] = "6600000000000000001"
        await self.post(event)
        return message_id

    async def received(self, user_id: str, message_id: str) -> None:
        await self.post(self._oa_event(user_id, "user_received_message", {"msg_id": message_id}))

    async def seen(self, user_id: str) -> None:
        ids = [sent.message_id for sent in self.ledger if sent.user_id == user_id]
        await self.post(self._oa_event(user_id, "user_seen_message", {"msg_ids": ids[-20:]}))

    # ---- faults

    def fail_next(self, error: int, message: str = "simulated", *, times: int = 1, path: str = "/message/cs") -> None:
        """Answers HTTP 200 with an error number."""
        self.faults.add(Fault("answer", 200, {"error": error, "message": message}, {}, path, times))

    def break_next(
        self, way: Way, *, status: int = 502, body: str = "", times: int = 1, path: str = "/message/cs"
    ) -> None:
        """Answers without Zalo's own words, not at all, or after having accepted the message."""
        self.faults.add(Fault(way, status, body, {}, path, times))

    # ---- OpenAPI

    async def _consult(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take(request.path)
        if fault is not None and not fault.accepts:
            return await self.faults.suffer(request, fault)
        body = json.loads(await request.read())
        code, problem = self._refusal(request) or self._message_refusal(body) or (0, "")
        if code:
            return self._no(code, problem)
        sent = self._accept(body, request.headers["access_token"])
        if fault is not None:
            return await self.faults.suffer(request, fault)
        quota = {"quota_type": "reply", "remain": "7", "total": "8", "expired_date": str(sent.at_ms + 172_800_000),
                 "owner_type": "OA", "owner_id": self.oa_id}  # fmt: skip
        data = {"message_id": sent.message_id, "user_id": sent.user_id, "sent_time": str(sent.at_ms), "quota": quota}
        return self._yes(data)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take(request.path)
        if fault is not None:
            return await self.faults.suffer(request, fault)
        refusal = self._refusal(request)
        if refusal is not None:
            return self._no(*refusal)
        found = (await request.post()).get("file")
        kind = request.match_info["kind"]
        most = {"image": IMAGE_MAX, "gif": GIF_MAX, "file": FILE_MAX}.get(kind)
        if most is None or not isinstance(found, web.FileField):
            return self._no(-201, "Params is invalid")
        content = found.file.read()
        if len(content) > most:
            return self._no(-210, "Params is over limit")
        if not PurePosixPath(found.filename).suffix:
            return self._yes({})  # as observed: success, and nothing to send it by
        upload_id = self._new_id(kind)
        self.uploads[upload_id] = content
        return self._yes({"token" if kind == "file" else "attachment_id": upload_id})

    async def _profile(self, request: web.Request) -> web.StreamResponse:
        user_id = str(json.loads(request.query.get("data", "{}")).get("user_id", ""))
        self.asked_for.append(user_id)
        fault = self.faults.take(request.path)
        if fault is not None:
            return await self.faults.suffer(request, fault)
        refusal = self._refusal(request)
        if refusal is not None:
            return self._no(*refusal)
        name = self.names.get(user_id)
        if name is None:
            return self._no(-213, "User has not interacted with this OA")
        return self._yes({"user_id": user_id, "display_name": name, "avatar": f"{self.url}/cdn/face.png"})

    async def _cdn(self, request: web.Request) -> web.Response:
        return web.Response(body=await asyncio.to_thread(air_conditioner), content_type="application/octet-stream")

    async def _oauth(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take(request.path)
        if fault is not None and not fault.accepts:
            return await self.faults.suffer(request, fault)
        form = await request.post()
        given = str(form.get("refresh_token", ""))
        if request.headers.get("secret_key") != self.app_secret or form.get("app_id") != self.app_id:
            return _oauth_no(-14002, "Invalid app")
        if form.get("grant_type") != "refresh_token" or given != self.refresh_token:
            if given in self.spent_refresh_tokens:
                self.reused_refresh_tokens.append(given)
            return _oauth_no(-118, "Invalid refresh token")
        self._renew()
        if fault is not None:
            return await self.faults.suffer(request, fault)
        answer = {"access_token": self.access_token, "refresh_token": self.refresh_token, "expires_in": "90000"}
        return web.json_response(answer)

    def _renew(self) -> None:
        self.renewals += 1
        self.spent_refresh_tokens.append(self.refresh_token)
        self.access_token = self._new_id("access_token_")
        self.refresh_token = self._new_id("refresh_token_")

    def _refusal(self, request: web.Request) -> tuple[int, str] | None:
        """What Zalo checks before it looks at the body."""
        token = request.headers.get("access_token", "")
        if token != self.access_token:
            return -216, "Access token is invalid"
        proof = hmac.new(self.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if request.headers.get("appsecret_proof", proof) != proof:
            return -242, "appsecret_proof is invalid"
        return None

    def _message_refusal(self, body: dict[str, Any]) -> tuple[int, str] | None:
        recipient, message = body.get("recipient"), body.get("message")
        if not isinstance(recipient, dict) or not recipient or not isinstance(message, dict):
            return -201, "Params is invalid"
        text, attachment = message.get("text"), message.get("attachment")
        if not text and not attachment:
            return -201, "Params is invalid: message"
        if len(text or "") > TEXT_MAX:
            return -210, "Params is over limit: text"
        if message.get("quote_message_id") and (attachment or self.refuses_quotes):
            return -201, "Params is invalid: quote_message_id"
        if attachment and not self._is_known(attachment):
            return -100, "Attachment is expired"
        user_id = str(recipient.get("user_id", ""))
        if self.strict_window and user_id and _now_ms() - self._last_inbound_ms.get(user_id, 0) > WEEK_MS:
            return -230, "User has not interacted with the OA in the past 7 days"
        return None

    def _is_known(self, attachment: dict[str, Any]) -> bool:
        payload = attachment.get("payload", {})
        if attachment.get("type") == "file":
            return payload.get("token") in self.uploads
        elements = payload.get("elements", [])
        return len(elements) == 1 and (elements[0].get("attachment_id") in self.uploads or "url" in elements[0])

    def _accept(self, body: dict[str, Any], access_token: str) -> AcceptedMessage:
        message = body["message"]
        sent = AcceptedMessage(
            message_id=self._new_id("zm_out"),
            recipient=body["recipient"],
            text=message.get("text"),
            attachment=message.get("attachment"),
            quote=message.get("quote_message_id"),
            access_token=access_token,
            at_ms=_now_ms(),
        )
        self.ledger.append(sent)
        self.poster.later(self._after_send(sent))
        return sent

    async def _after_send(self, sent: AcceptedMessage) -> None:
        if self.echoes:
            name = "oa_send_anonymous_text" if "anonymous_id" in sent.recipient else "oa_send_text"
            message: dict[str, Any] = {"msg_id": sent.message_id, "text": sent.text or ""}
            if "conversation_id" in sent.recipient:
                message["conversation_id"] = sent.recipient["conversation_id"]
            if sent.attachment is not None:
                kind = "file" if sent.attachment.get("type") == "file" else "image"
                name = f"oa_send_{kind}"
                message["attachments"] = [{"type": kind, "payload": {"url": f"{self.url}/cdn/{sent.message_id}"}}]
            await self.post(self._oa_event(sent.user_id, name, message))
        if self.receipts:
            await self.received(sent.user_id, sent.message_id)
            await self.seen(sent.user_id)

    def _yes(self, data: dict[str, Any]) -> web.Response:
        headers = {"X-RateLimit-Limit": "4000", "X-RateLimit-Remain": "3999"}
        return web.json_response({"error": 0, "message": "Success", "data": data}, headers=headers)

    def _no(self, code: int, message: str) -> web.Response:
        self.refused.append((code, message))
        return web.json_response({"error": code, "message": message})

    # ---- webhooks

    async def _customer_sends(self, user_id: str, event_name: str, message: dict[str, Any]) -> str:
        self._last_inbound_ms[user_id] = _now_ms()
        message_id = self._new_id("zm_in")
        await self.post({**self._user_event(user_id, event_name), "message": {"msg_id": message_id, **message}})
        return message_id

    def _user_event(self, user_id: str, event_name: str) -> dict[str, Any]:
        return {"app_id": self.app_id, "user_id_by_app": f"55{user_id[2:]}", "event_name": event_name,
                "timestamp": str(_now_ms()), "sender": {"id": user_id}, "recipient": {"id": self.oa_id}}  # fmt: skip

    def _oa_event(self, user_id: str, event_name: str, message: dict[str, Any]) -> dict[str, Any]:
        event = self._user_event(user_id, event_name)
        return {**event, "sender": {"id": self.oa_id}, "recipient": {"id": user_id}, "message": message}

    async def post(self, event: Mapping[str, Any]) -> bool:
        """Signs and posts one event."""
        body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        if self.callback_url is None:
            return False
        return await self.poster.post(self.callback_url, body, self.signed(body, str(event["timestamp"])))

    def signed(self, body: bytes, timestamp: str) -> dict[str, str]:
        """The header that goes with `body`."""
        hashed = self.app_id.encode() + body + timestamp.encode() + self.oa_secret_key.encode()
        return {"X-ZEvent-Signature": f"mac={hashlib.sha256(hashed).hexdigest()}"}

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._counter)}_{time.time_ns() % 10**9}"


def _oauth_no(error: int, description: str) -> web.Response:
    return web.json_response({"error": error, "error_name": "oauth error", "error_description": description})


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
