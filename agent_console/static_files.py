"""Serves the built console: index.html for every path that a page of it may have, and its files.

Files are read once at start and live in memory (a few hundred kB), with their gzip variant: no path of a request ever
reaches the file system. Names that carry a hash never change; index.html is asked for anew each time.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import hdrs, web

from agent_console.api.problems import answer_to
from agent_console.headers import secure_file, secure_page
from hub.errors import NotFound

FOLDER = Path(__file__).parent / "static"
HASHED_FOLDER = "assets/"  # Vite puts files with a hash in their name there, and only these
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "application/manifest", "image/svg")
COMPRESS_FROM_BYTES = 1024
NOT_BUILT = b"<!doctype html><meta charset=utf-8><title>OneThread</title><p>The console is not built: run `make web`."


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    zipped: bytes | None
    media: str
    etag: str
    cache: str


def load(folder: Path = FOLDER) -> dict[str, Asset]:
    """Path below `/` -> file. Empty when the console was never built."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): _asset(path.relative_to(folder).as_posix(), path) for path in files}


def page_handler(assets: dict[str, Asset], *, https: bool) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """For GET of any path that nobody else serves."""
    index = assets.get("index.html")
    page = index.content if index else NOT_BUILT

    async def serve(request: web.Request) -> web.StreamResponse:
        name = request.path.lstrip("/")
        asset = assets.get(name)
        if name == "index.html":
            return _page(page, https)
        if asset is not None:
            return _file(request, asset, https)
        if "." in name.rpartition("/")[2]:  # a file of an older build, or a scanner's guess: no page
            response: web.StreamResponse = answer_to(NotFound("path_unknown", "There is nothing here."), where="page")
            secure_file(response, https=https)
            return response
        return _page(page, https)

    return serve


def _asset(name: str, path: Path) -> Asset:
    content = path.read_bytes()
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    zipped = None
    if media.startswith(COMPRESSIBLE) and len(content) >= COMPRESS_FROM_BYTES:
        zipped = gzip.compress(content, 9, mtime=0)
    etag = hashlib.sha256(content).hexdigest()[:32]
    return Asset(content, zipped, media, etag, FOR_EVER if name.startswith(HASHED_FOLDER) else ASK_AGAIN)


def _file(request: web.Request, asset: Asset, https: bool) -> web.StreamResponse:
    headers = {hdrs.CACHE_CONTROL: asset.cache, hdrs.ETAG: f'"{asset.etag}"', hdrs.VARY: hdrs.ACCEPT_ENCODING}
    known = {tag.value for tag in request.if_none_match or ()}
    if asset.etag in known:
        response = web.Response(status=304, headers=headers)
    elif asset.zipped is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        response = web.Response(body=asset.zipped, content_type=asset.media, headers=headers)
    else:
        response = web.Response(body=asset.content, content_type=asset.media, headers=headers)
    secure_file(response, https=https)
    return response


def _page(content: bytes, https: bool) -> web.StreamResponse:
    response = web.Response(body=content, content_type="text/html", charset="utf-8")
    response.headers[hdrs.CACHE_CONTROL] = ASK_AGAIN
    secure_page(response, https=https)
    return response
