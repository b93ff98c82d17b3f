"""Files shown to people: signed links that end soon, and what answers at them.

A link is `/media/<blob>?e=<when it ends, seconds since 1970>&s=<signature>`. Its blob's name has 128 random bits, so
the signature is there to make it end. A link may be made for one audience (a sign-in, a visitor) and then works for
no other; one without audience works for whoever has it, as providers need that fetch a file we send.

Whatever a stranger sent is served so that no browser runs it: type by content, nosniff, sandboxed, and everything but
harmless pictures, sound and film as a download.
"""

import base64
import hmac
from collections.abc import Callable, Sequence
from urllib.parse import quote

import orjson
from aiohttp import web

from hub.clock import Clock
from hub.errors import NotFound, Transient
from storage.blobs import Blob, BlobStore
from storage.media_types import may_be_shown
from storage.secrets import SecretBox

PATH = "/media/{blob}"
PURPOSE = "media links"
TTL_S = 3600
SIGNATURE_BYTES = 16
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",  # web chat shows pictures on the shop's own pages
    "Accept-Ranges": "bytes",
}

AudienceOf = Callable[[web.Request], Sequence[str]]


class MediaLinks:
    """Makes and checks links. `public_url`: where providers reach us by HTTPS, None when they cannot."""

    def __init__(self, box: SecretBox, clock: Clock, *, public_url: str | None = None, ttl_s: int = TTL_S) -> None:
        self._keys = box.signing_keys(PURPOSE)
        self._clock = clock
        self._public_url = public_url if public_url and public_url.startswith("https://") else None
        self._step_s = ttl_s // 2

    def link(self, blob: str, audience: str = "") -> str:
        """Path and query. The same for half its life, so that browsers need not load a picture twice."""
        expires = (int(self._clock.now().timestamp()) // self._step_s + 2) * self._step_s
        return f"/media/{quote(blob, safe='')}?e={expires}&s={_signature(self._keys[0], blob, expires, audience)}"

    def public_link(self, blob: str) -> str | None:
        """A whole address for providers; None when they could not fetch it anyway."""
        return f"{self._public_url}{self.link(blob)}" if self._public_url else None

    def remaining_s(self, blob: str, expires: str, signature: str, audiences: Sequence[str]) -> int:
        """How long the link still works; 0 when it does not."""
        if not expires.isascii() or not expires.isdigit() or len(expires) > 12:
            return 0
        left = int(expires) - int(self._clock.now().timestamp())
        expected = [_signature(key, blob, int(expires), audience) for key in self._keys for audience in audiences]
        given = signature.encode(errors="replace")
        matches = [hmac.compare_digest(given, candidate.encode()) for candidate in expected]
        return max(left, 0) if any(matches) else 0


class MediaServer:
    """Answers at the links. `audience_of` tells who asks, as links were made for them."""

    def __init__(self, blobs: BlobStore, links: MediaLinks, audience_of: AudienceOf = lambda request: ()) -> None:
        self._blobs = blobs
        self._links = links
        self._audience_of = audience_of

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self.serve)]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name, query = request.match_info["blob"], request.query
        audiences = ["", *self._audience_of(request)]
        left_s = self._links.remaining_s(name, query.get("e", ""), query.get("s", ""), audiences)
        if left_s == 0:
            return _problem(403, "link_ended", "This link does not work any more. Open the conversation again.")
        try:
            return await self._send(request, await self._blobs.get(name), left_s)
        except NotFound as error:
            return _problem(404, error.code, error.problem)
        except Transient:
            return _problem(503, "try_again", "The file cannot be read at the moment.", {"Retry-After": "2"})

    async def _send(self, request: web.Request, blob: Blob, left_s: int) -> web.StreamResponse:
        etag = f'"{blob.sha256.hex()}"'
        headers = {**HEADERS, "ETag": etag, "Cache-Control": f"private, max-age={left_s}, immutable"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        start, end = _wanted(request, blob.size_bytes)
        if start >= end > 0:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{blob.size_bytes}"})
        response = web.StreamResponse(headers=headers | _description(blob))
        response.content_length = end - start
        if end - start != blob.size_bytes:
            response.set_status(206)
            response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{blob.size_bytes}"
        await self._stream(request, response, blob, start, end)
        return response

    async def _stream(
        self, request: web.Request, response: web.StreamResponse, blob: Blob, start: int, end: int
    ) -> None:
        """The first piece is read before the headers go out: after them a missing file can only cut the line."""
        if request.method == "HEAD":
            await response.prepare(request)
            return
        async for piece in self._blobs.chunks(blob.name, start, end):
            if not response.prepared:
                await response.prepare(request)
            await response.write(piece)
        if not response.prepared:
            await response.prepare(request)
        await response.write_eof()


def _wanted(request: web.Request, size: int) -> tuple[int, int]:
    """The bytes asked for, as start and end. A Range that cannot be read asks for all (RFC 9110, section 14.2)."""
    try:
        wanted = request.http_range
    except ValueError:
        return 0, size
    start = wanted.start or 0
    if start < 0:
        return max(size + start, 0), size
    return start, min(wanted.stop if wanted.stop is not None else size, size)


def _description(blob: Blob) -> dict[str, str]:
    """RFC 6266. The name is safe already; here it only needs quoting."""
    kind = "inline" if may_be_shown(blob.mime) else "attachment"
    name = blob.file_name or blob.name
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return {
        "Content-Type": blob.mime,
        "Content-Disposition": f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
    }


def _problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    body = orjson.dumps({"type": "about:blank", "status": status, "code": code, "detail": detail})
    return web.Response(
        status=status,
        body=body,
        headers={"Content-Type": "application/problem+json", "Cache-Control": "no-store", **(headers or {})},
    )


def _signature(key: bytes, blob: str, expires: int, audience: str) -> str:
    digest = hmac.digest(key, f"{blob}\n{expires}\n{audience}".encode(), "sha256")[:SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
