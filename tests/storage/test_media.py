from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDictProxy
from yarl import URL

from hub.clock import ManualClock
from storage.blobs import CHUNK_BYTES, BlobStore, open_folder
from storage.media import TTL_S, MediaLinks, MediaServer
from storage.secrets import SecretBox
from storage.unit_of_work import Units
from tests.connectors.edge import SECRET_KEY, box, serving
from tests.storage.test_blobs import PNG

AUDIO = b"#!AMR\n" + bytes(range(256)) * (CHUNK_BYTES // 256 + 3)


@dataclass
class Media:
    blobs: BlobStore
    links: MediaLinks
    clock: ManualClock
    url: str
    session: aiohttp.ClientSession

    async def get(self, link: str, **headers: str) -> tuple[int, bytes, CIMultiDictProxy[str]]:
        async with self.session.get(URL(self.url + link, encoded=True), headers=headers) as response:
            return response.status, await response.read(), response.headers


@pytest.fixture
async def media(units: Units, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Media]:
    blobs = BlobStore(open_folder(tmp_path / "blobs"), units)
    links = MediaLinks(box(), clock)
    app = web.Application()
    server = MediaServer(blobs, links, audience_of=lambda request: request.headers.getall("X-Who", []))
    app.add_routes(server.routes())
    async with serving(app) as url, aiohttp.ClientSession() as session:
        yield Media(blobs, links, clock, url, session)


async def test_a_picture_is_shown_in_place_but_never_as_something_a_browser_runs(media: Media) -> None:
    name = await media.blobs.put(PNG, origin="fetched", file_name="áo đỏ.png")
    status, body, headers = await media.get(media.links.link(name))
    assert (status, body) == (200, PNG)
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Disposition"].startswith("inline; ")
    assert headers["Content-Disposition"].endswith("filename*=UTF-8''%C3%A1o%20%C4%91%E1%BB%8F.png")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"<!doctype html><script>1</script>", b"%PDF-1.7", b""])
async def test_everything_else_is_a_download(media: Media, content: bytes) -> None:
    name = await media.blobs.put(content, origin="visitor", file_name='a"; x=y.png')
    status, body, headers = await media.get(media.links.link(name))
    assert (status, body) == (200, content)
    assert headers["Content-Disposition"].startswith('attachment; filename="a_; x=y.png"; ')
    assert headers["Content-Type"] in ("application/octet-stream", "application/pdf")


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-7", -7, None), ("bytes=5-99999999", 5, None)],
)
async def test_a_player_may_ask_for_a_part(media: Media, wanted: str, start: int, end: int | None) -> None:
    name = await media.blobs.put(AUDIO, origin="fetched")
    status, body, headers = await media.get(media.links.link(name), Range=wanted)
    assert (status, body) == (206, AUDIO[start:end])
    first = start if start >= 0 else len(AUDIO) + start
    assert headers["Content-Range"] == f"bytes {first}-{first + len(body) - 1}/{len(AUDIO)}"


async def test_a_part_behind_the_end_is_refused_and_an_unreadable_wish_gets_all(media: Media) -> None:
    name = await media.blobs.put(AUDIO, origin="fetched")
    assert (await media.get(media.links.link(name), Range=f"bytes={len(AUDIO)}-"))[0] == 416
    for wanted in ("bytes=9-5", "lines=1-2", "bytes=0-1,3-4", "bytes=-"):
        assert (await media.get(media.links.link(name), Range=wanted))[:2] == (200, AUDIO)


async def test_what_is_known_already_is_not_sent_again(media: Media) -> None:
    name = await media.blobs.put(PNG, origin="fetched")
    _, _, headers = await media.get(media.links.link(name))
    assert (await media.get(media.links.link(name), **{"If-None-Match": headers["ETag"]}))[:2] == (304, b"")


async def test_a_link_ends_and_cannot_be_guessed_changed_or_moved_to_another_file(media: Media) -> None:
    name, other = [await media.blobs.put(PNG, origin="fetched") for _ in range(2)]
    link = media.links.link(name)
    expires = int(URL(link).query["e"])
    longer = link.replace(str(expires), str(expires + 3600))
    for wrong in (f"/media/{name}", link[:-1] + "x", link.replace(name, other), longer, f"/media/{name}?e=&s=%00"):
        assert (await media.get(wrong))[0] == 403, wrong
    media.clock.advance(TTL_S // 2 - 1)
    assert (await media.get(link))[0] == 200
    media.clock.advance(TTL_S)
    assert (await media.get(link))[0] == 403


async def test_a_link_for_one_audience_works_for_no_other(media: Media) -> None:
    name = await media.blobs.put(PNG, origin="fetched")
    link = media.links.link(name, audience="sign-in 1")
    assert (await media.get(link))[0] == 403
    assert (await media.get(link, **{"X-Who": "sign-in 2"}))[0] == 403
    assert (await media.get(link, **{"X-Who": "sign-in 1"}))[0] == 200


async def test_links_survive_a_change_of_the_secret_key_and_stay_the_same_for_a_while(media: Media) -> None:
    name = await media.blobs.put(PNG, origin="fetched")
    link = media.links.link(name)
    media.clock.advance(1)
    assert media.links.link(name) == link
    after = MediaLinks(SecretBox(["another-key-of-enough-characters-1", SECRET_KEY]), media.clock)
    query = URL(link).query
    assert after.remaining_s(name, query["e"], query["s"], [""]) > 0
    assert after.link(name) != link


def test_providers_get_an_address_only_where_they_can_reach_us() -> None:
    clock = ManualClock()
    assert MediaLinks(box(), clock).public_link("b") is None
    assert MediaLinks(box(), clock, public_url="http://localhost:8080").public_link("b") is None
    public = MediaLinks(box(), clock, public_url="https://hub.example.vn").public_link("b")
    assert public is not None
    assert public.startswith("https://hub.example.vn/media/b?e=")


async def test_a_file_that_is_gone_is_not_found(media: Media) -> None:
    name = await media.blobs.put(PNG, origin="fetched")
    link = media.links.link(name)
    await media.blobs.remove(name)
    assert (await media.get(link))[0] == 404
