import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from obstore.store import ObjectStore

from hub.errors import NotFound, StorageUnavailable
from storage.blobs import CHUNK_BYTES, BlobStore, open_files, open_folder
from storage.media_types import may_be_shown, media_type, safe_name
from storage.unit_of_work import Units
from tests.connectors.edge import serving

PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")


class Bucket:
    """As much of S3 as a blob store asks for: whole objects and ranges, in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.broken = False
        self.app = web.Application(client_max_size=64 * 1024 * 1024)
        self.app.router.add_route("*", "/{key:.+}", self._serve)

    async def _serve(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        if self.broken:
            return web.Response(status=403)
        if request.method == "PUT":
            self.objects[key] = await request.read()
            return web.Response(headers={"ETag": '"1"'})
        if request.method == "POST" and "delete" in request.query:
            names = re.findall(r"<Key>(.+?)</Key>", await request.text())
            for named in names:
                self.objects.pop(f"{key}/{named}", None)
            deleted = "".join(f"<Deleted><Key>{named}</Key></Deleted>" for named in names)
            return web.Response(text=f"<DeleteResult>{deleted}</DeleteResult>", content_type="application/xml")
        if key not in self.objects:
            return web.Response(status=404)
        return self._answer(request, self.objects[key])

    def _answer(self, request: web.Request, content: bytes) -> web.Response:
        headers = {"ETag": '"1"', "Last-Modified": "Sun, 22 Nov 2026 02:00:00 GMT"}
        wanted = request.http_range
        if wanted.start is None:
            return web.Response(body=content, headers=headers)
        headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{len(content)}"
        return web.Response(status=206, body=content[wanted], headers=headers)


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture(params=["folder", "s3"])
async def files(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> AsyncIterator[ObjectStore]:
    if request.param == "folder":
        yield open_folder(tmp_path / "blobs")
        return
    async with serving(bucket.app) as url:
        yield open_files(
            "s3://hub/files",
            endpoint=url,
            access_key_id="demo",
            secret_access_key="demo",
            region="local",
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )


@pytest.fixture
def blobs(files: ObjectStore, units: Units) -> BlobStore:
    return BlobStore(files, units)


async def test_a_file_is_read_as_it_was_put_and_known_by_its_content(blobs: BlobStore) -> None:
    name = await blobs.put(PNG, origin="upload", file_name="ảnh/../mẫu.html")
    assert await blobs.read(name) == PNG
    blob = await blobs.get(name)
    assert (blob.mime, blob.size_bytes, blob.file_name, blob.origin) == ("image/png", len(PNG), "mẫu.html", "upload")
    assert blob.sha256 == hashlib.sha256(PNG).digest()


async def test_a_part_of_a_large_file_comes_in_pieces(blobs: BlobStore) -> None:
    content = bytes(range(256)) * (CHUNK_BYTES // 256 * 2 + 1)
    name = await blobs.put(content, origin="fetched")
    pieces = [piece async for piece in blobs.chunks(name, 7, len(content) - 5)]
    assert b"".join(pieces) == content[7:-5]
    assert max(map(len, pieces)) <= CHUNK_BYTES


async def test_a_removed_file_is_gone_and_may_be_removed_again(blobs: BlobStore) -> None:
    name = await blobs.put(b"x", origin="upload")
    await blobs.remove(name)
    await blobs.remove(name)
    assert await blobs.find(name) is None
    with pytest.raises(NotFound):
        await blobs.read(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "ab/cd", "0" * 31, "g" * 32, "0" * 32])
async def test_names_that_are_not_ours_are_not_found(blobs: BlobStore, name: str) -> None:
    with pytest.raises(NotFound):
        await blobs.read(name)
    with pytest.raises(NotFound):
        await blobs.get(name)


async def test_a_file_that_could_not_be_stored_leaves_no_name_behind(tmp_path: Path, units: Units) -> None:
    store = BlobStore(open_folder(tmp_path / "gone"), units)
    (tmp_path / "gone").rmdir()
    (tmp_path / "gone").write_text("a file where the folder was")
    with pytest.raises(StorageUnavailable) as raised:
        await store.put(b"x", origin="upload")
    assert "\n" not in str(raised.value)


async def test_a_store_that_refuses_us_is_unavailable(units: Units, bucket: Bucket) -> None:
    bucket.broken = True
    options = {"access_key_id": "demo", "secret_access_key": "demo", "client_options": {"allow_http": True}}
    async with serving(bucket.app) as url:
        store = BlobStore(open_files("s3://hub", endpoint=url, retry_config={"max_retries": 0}, **options), units)
        with pytest.raises(StorageUnavailable):
            await store.put(b"x", origin="upload")


def test_a_url_that_names_no_store_is_refused() -> None:
    for url in ("http://example.vn/files", "blobs", "gopher://x"):
        with pytest.raises(ValueError, match="blob store"):
            open_files(url)


@pytest.mark.parametrize(
    ("content", "mime", "shown"),
    [
        (PNG, "image/png", True),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg", True),
        (b"#!AMR\n" + b"\0" * 20, "audio/amr", True),
        (b"%PDF-1.7\n", "application/pdf", False),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "application/octet-stream", False),
        (b"\n\n  <!DOCTYPE html><p>", "application/octet-stream", False),
        (b"xin chao <script>alert(1)</script>", "application/octet-stream", False),
        ("Đơn hàng 12: 2 áo".encode(), "text/plain", False),
        ("đ".encode() * 5000, "text/plain", False),
        (b"\x00\x01\x02", "application/octet-stream", False),
        (b"\xff\xfe\xff", "application/octet-stream", False),
        (b"", "application/octet-stream", False),
    ],
)
def test_the_type_follows_from_the_content_and_only_harmless_ones_are_shown(
    content: bytes, mime: str, shown: bool
) -> None:
    assert media_type(content) == mime
    assert may_be_shown(mime) is shown


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("hoá đơn.pdf", "hoá đơn.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ("con.txt", "_con.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "a__Set-Cookie_ x=1.txt"),
        ("ảnh\u202egnp.exe", "ảnh_gnp.exe"),
        ("a\0.png", "a_.png"),
        ("x" * 10_000 + ".jpeg", "x" * 115 + ".jpeg"),
        ("..", None),
        ("", None),
        (None, None),
    ],
)
def test_file_names_are_made_safe_to_show_and_to_save_under(given: str | None, safe: str | None) -> None:
    assert safe_name(given) == safe
