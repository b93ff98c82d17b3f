"""What a shop's page loads: the loader, its configuration, and the frame that the conversation runs in.

The frame is a page of the hub, so no script of the shop can read the conversation; `frame-ancestors` names the shops
that may show it. Nothing in it is inline: its policy allows scripts and styles from here only.
"""

import gzip
import html
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import orjson
from aiohttp import web

from connectors.webchat.answers import HEADERS, ClientAddress, answering, bearer, shown
from connectors.webchat.colours import palette
from connectors.webchat.limits import VisitorLimits
from connectors.webchat.service import VisitorService
from connectors.webchat.settings import WebchatSettings
from connectors.webchat.widgets import OriginGate, Widget, Widgets
from hub.errors import BadInput, NotFound, Transient

STATIC = Path(__file__).parent / "static"
LOADER = "v1.js"
MANIFEST = ".vite/manifest.json"
ENTRY = "src/frame/main.tsx"
LOADER_S = 300
CONFIG_S = 60
PREFLIGHT_S = 600
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_KEY = re.compile(r"wk_[A-Za-z0-9_-]{8,64}")


class NotBuilt(Transient):
    """The widget's files are not there: run `make web`."""


@dataclass(frozen=True, slots=True)
class Asset:
    plain: bytes
    gzipped: bytes
    mime: str


class Assets:
    """What Vite built, read once and held in memory (some 60 kB). Names from outside are only ever looked up here."""

    def __init__(self, folder: Path = STATIC) -> None:
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
        self._found = {path.relative_to(folder).as_posix(): _asset(path) for path in files}

    def get(self, name: str) -> Asset:
        """Raises NotFound."""
        asset = self._found.get(name)
        if asset is None or name.startswith("."):
            raise NotFound("asset_unknown", "There is no such file.")
        return asset

    @property
    def loader(self) -> Asset:
        """Raises NotBuilt."""
        if LOADER not in self._found:
            raise NotBuilt("the web chat widget has not been built")
        return self._found[LOADER]

    def frame(self) -> tuple[str, list[str]]:
        """Its script and its style sheets, by name. Raises NotBuilt."""
        manifest = self._found.get(MANIFEST)
        if manifest is None:
            raise NotBuilt("the web chat widget has not been built")
        entry = orjson.loads(manifest.plain)[ENTRY]
        return entry["file"], list(entry.get("css", ()))


class WidgetPages:
    """One per process."""

    def __init__(
        self,
        widgets: Widgets,
        gate: OriginGate,
        service: VisitorService,
        limits: VisitorLimits,
        assets: Assets,
        client_address: ClientAddress,
    ) -> None:
        self._widgets = widgets
        self._gate = gate
        self._service = service
        self._limits = limits
        self._assets = assets
        self._client_address = client_address

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/w/v1.js", answering(self.loader)),
            web.get("/w/v1/assets/{name:[A-Za-z0-9_.-]+}", answering(self.asset)),
            web.get("/w/v1/frame", answering(self.frame)),
            web.get("/w/v1/config", answering(self.config)),
            web.get("/w/v1/unread", answering(self.unread), allow_head=False),
            web.options("/w/v1/unread", answering(self.preflight)),
        ]

    async def loader(self, request: web.Request) -> web.StreamResponse:
        return _served(request, self._assets.loader, f"public, max-age={LOADER_S}")

    async def asset(self, request: web.Request) -> web.StreamResponse:
        """Hashed names: their content never changes."""
        asset = self._assets.get(f"assets/{request.match_info['name']}")
        return _served(request, asset, "public, max-age=31536000, immutable")

    async def frame(self, request: web.Request) -> web.StreamResponse:
        widget = await self._widget(request)
        headers = HEADERS | {
            "Cache-Control": f"private, max-age={CONFIG_S}",
            "Content-Security-Policy": _policy(widget.settings, request.host),
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
            "Cross-Origin-Resource-Policy": "cross-origin",  # shops with a strict embedder policy may frame us
        }
        page = _frame_page(widget, *self._assets.frame())
        return web.Response(text=page, content_type="text/html", charset="utf-8", headers=headers)

    async def config(self, request: web.Request) -> web.StreamResponse:
        widget = await self._widget(request)
        response = shown(_loader_config(widget))
        response.headers["Cache-Control"] = f"public, max-age={CONFIG_S}"
        return self._for_shop(request, widget, response)

    async def unread(self, request: web.Request) -> web.StreamResponse:
        widget = await self._widget(request)
        await self._limits.take_unread_look(self._client_address(request))
        return self._for_shop(request, widget, shown({"unread": await self._service.unread(bearer(request), widget)}))

    async def preflight(self, request: web.Request) -> web.StreamResponse:
        widget = await self._widget(request)
        response = web.Response(status=204)
        response.headers["Access-Control-Allow-Methods"] = "GET"
        response.headers["Access-Control-Allow-Headers"] = "Authorization"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_S)
        return self._for_shop(request, widget, response)

    async def _widget(self, request: web.Request) -> Widget:
        """Raises NotFound, BadInput."""
        if not _HOST.fullmatch(request.host):
            raise BadInput("host_invalid", "The Host header is not a host.")
        key = request.query.get("key", "")
        if not _KEY.fullmatch(key):
            raise NotFound("widget_unknown", "There is no such widget.", where="key")
        return await self._widgets.by_key(key)

    def _for_shop(self, request: web.Request, widget: Widget, response: web.Response) -> web.Response:
        """`response` for the page that asks. Raises Forbidden for one that may not embed the widget."""
        origin = request.headers.get("Origin")
        response.headers["Vary"] = "Origin"
        if origin is not None:
            self._gate.check(origin, request.host, widget.settings.allowed_origins)
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response


def _loader_config(widget: Widget) -> dict[str, object]:
    settings = widget.settings
    colours = palette(settings.accent)
    return {
        "frame": f"/w/v1/frame?key={quote(settings.widget_key)}",
        "accent": colours.accent,
        "on_accent": colours.on_accent,
        "side": settings.side,
        "side_px": settings.side_px,
        "bottom_px": settings.bottom_px,
        "locale": settings.locale,
        "theme": settings.theme,
    }


def _policy(settings: WebchatSettings, host: str) -> str:
    """`'self'` does not cover the socket in every browser, so it is named."""
    return "; ".join((
        f"frame-ancestors {' '.join(settings.allowed_origins)}",
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self'",
        f"connect-src 'self' wss://{host} ws://{host}",
        "base-uri 'none'",
        "form-action 'none'",
    ))  # fmt: skip


def _frame_page(widget: Widget, script: str, styles: list[str]) -> str:
    settings = widget.settings
    sheets = "".join(f'<link rel="stylesheet" href="/w/v1/{html.escape(name)}">' for name in styles)
    parents = html.escape(" ".join(settings.allowed_origins))
    language = "en" if settings.locale == "en" else "vi"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover,'
        'interactive-widget=resizes-content">'
        f"<title>{html.escape(settings.title_en if language == 'en' else settings.title_vi)}</title>{sheets}"
        f'<script type="module" src="/w/v1/{html.escape(script)}"></script></head>'
        f'<body data-key="{html.escape(settings.widget_key)}" data-parents="{parents}">'
        '<div id="chat"></div></body></html>'
    )


def _served(request: web.Request, asset: Asset, caching: str) -> web.Response:
    headers = HEADERS | {"Cache-Control": caching, "Cross-Origin-Resource-Policy": "cross-origin"}
    headers["Vary"] = "Accept-Encoding"
    body = asset.plain
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = asset.gzipped, "gzip"
    charset = "utf-8" if asset.mime.startswith("text/") else None
    return web.Response(body=body, content_type=asset.mime, charset=charset, headers=headers)


def _asset(path: Path) -> Asset:
    plain = path.read_bytes()
    mime = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
    return Asset(plain, gzip.compress(plain, 9, mtime=0), mime or "application/octet-stream")
