"""What the frame asks for over HTTP: everything that must be answered for sure. The rest is the socket's.

POST /w/v1/boot            start or resume: tokens, the widget's texts, the last page of the conversation
POST /w/v1/profile         the form before the chat
GET  /w/v1/messages        ?after_seq= what was missed, ?before_seq= what lies above
POST /w/v1/uploads?name=   one file, its bytes as the body; the answer is a ticket for message.send
"""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from connectors.bodies import Bodies, BodyLimits
from connectors.payload import digest
from connectors.webchat.answers import ClientAddress, answering, bearer, read_json, shown
from connectors.webchat.colours import palette
from connectors.webchat.inbound import Origin
from connectors.webchat.outbound import FILE_BYTES_MAX
from connectors.webchat.service import Booted, VisitorService, clean_locale
from connectors.webchat.settings import WebchatSettings
from connectors.webchat.tokens import Visitor, VisitorTokens
from connectors.webchat.uploads import Uploads
from connectors.webchat.widgets import OriginGate, Widget, Widgets, admitted
from connectors.webchat.wire import SEQ_MAX, BootIn, ProfileIn
from hub.errors import BadInput

PAGE_MAX = 30
FORM_LIMITS = BodyLimits(bytes_max=32 * 1024, read_s=10.0)
FILE_LIMITS = BodyLimits(bytes_max=FILE_BYTES_MAX, read_s=60.0, reading_max=64, held_bytes_max=256 * 1024 * 1024)


class VisitorRoutes:
    """One per process."""

    def __init__(
        self,
        service: VisitorService,
        tokens: VisitorTokens,
        widgets: Widgets,
        gate: OriginGate,
        uploads: Uploads,
        client_address: ClientAddress,
    ) -> None:
        self._service = service
        self._tokens = tokens
        self._widgets = widgets
        self._gate = gate
        self._uploads = uploads
        self._client_address = client_address
        self._forms = Bodies(FORM_LIMITS)
        self._files = Bodies(FILE_LIMITS)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/w/v1/boot", answering(self.boot)),
            web.post("/w/v1/profile", answering(self.profile)),
            web.get("/w/v1/messages", answering(self.messages), allow_head=False),
            web.post("/w/v1/uploads", answering(self.upload)),
        ]

    async def boot(self, request: web.Request) -> web.StreamResponse:
        asked = await read_json(request, BootIn, self._forms)
        widget = await self._widgets.by_key(asked.key)
        self._gate.check(request.headers.get("Origin"), request.host, widget.settings.allowed_origins)
        booted = await self._service.boot(asked, widget, self._client_address(request))
        return shown({
            "token": self._tokens.resume(booted.visitor, widget.settings),
            "access": self._tokens.access(booted.visitor, widget.settings),
            "widget": _texts(widget.settings),
            **_conversation(booted),
        })  # fmt: skip

    async def profile(self, request: web.Request) -> web.StreamResponse:
        visitor, widget = await self._visitor(request)
        form = await read_json(request, ProfileIn, self._forms)
        locale = clean_locale(request.query.get("locale"))
        await self._service.introduce(form, Origin(visitor, self._service.clock.now(), locale), widget)
        return shown({"ok": True})

    async def messages(self, request: web.Request) -> web.StreamResponse:
        visitor, widget = await self._visitor(request)
        await self._service.limits.take_read(visitor)
        if "before_seq" in request.query:
            limit = _number(request, "limit", PAGE_MAX)
            entries = await self._service.before(visitor, widget, _number(request, "before_seq"), limit)
            return shown({"messages": [e.model_dump(mode="json", exclude_none=True) for e in entries]})
        return shown((await self._service.after(visitor, widget, _number(request, "after_seq"))).sync)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        visitor, widget = await self._visitor(request)
        await self._uploads.check(visitor, widget.settings)
        content = await self._files.read(request)
        attachment = await self._uploads.keep(visitor, content, request.query.get("name"))
        ticket = self._tokens.upload(visitor, attachment)
        return shown(
            {"upload_id": ticket, "kind": attachment.kind, "mime": attachment.mime, "name": attachment.name}, 201
        )

    async def _visitor(self, request: web.Request) -> tuple[Visitor, Widget]:
        """Raises TokenRefused."""
        access, widget = await admitted(bearer(request), self._tokens, self._widgets)
        return access.visitor, widget


def _conversation(booted: Booted) -> dict[str, Any]:
    visitor = booted.visitor
    return {
        "visitor": {
            "mark": digest(visitor.id)[:16],  # tells the visitors of one browser apart
            "verified": visitor.user is not None,
            "known": booted.is_known,
            "resumed": booted.resumed,
        },
        "messages": [entry.model_dump(mode="json", exclude_none=True) for entry in booted.entries],
        "last_seq": booted.last_seq,
        "seen_seq": booted.seen_seq,
        "unread": booted.unread,
    }


def _texts(settings: WebchatSettings) -> dict[str, Any]:
    """How the widget looks and speaks. Nothing secret: everybody who opens the shop's page can read it."""
    both = ("title", "greeting", "expectation", "consent", "topics")
    return {
        "colours": asdict(palette(settings.accent)),
        "theme": settings.theme,
        "locale": settings.locale,
        **{name: {lang: getattr(settings, f"{name}_{lang}") for lang in ("vi", "en")} for name in both},
        "consent_version": settings.consent_version,
        "privacy_url": settings.privacy_url,
        "prechat": settings.prechat,
        "prechat_phone": settings.prechat_phone,
        "uploads": settings.uploads,
    }


def _number(request: web.Request, name: str, otherwise: int | None = None) -> int:
    """Raises BadInput unless it is a whole number that a seq can be."""
    text = request.query.get(name, "" if otherwise is None else str(otherwise))
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > SEQ_MAX:
        raise BadInput("invalid", f"{name} must be a whole number.", where=name)
    return int(text)
