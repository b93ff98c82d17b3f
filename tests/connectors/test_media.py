import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest
import sqlalchemy as sa
from aiohttp import web

from connectors.accounts import plain_settings
from connectors.fetching import Fetcher, FetchRules
from connectors.media import MediaFetch, MediaPace, concerns, facts_of, fitting_kind
from hub.bus.base import Record
from hub.clock import ManualClock
from hub.events import (
    CONVERSATIONS,
    Attachment,
    AttachmentKind,
    Author,
    CallCard,
    CallDirection,
    CallState,
    Channel,
    EventData,
    TouchpointAdded,
    TouchpointChanged,
)
from hub.ids import ConversationId, TouchpointId, new_id
from storage import accounts as account_store
from storage import conversations, tables, touchpoints
from storage.blobs import BlobStore, open_folder
from storage.changes import ChangeSet
from storage.picture_size import picture_size
from storage.touchpoints import Touchpoint
from storage.unit_of_work import Units
from tests.builders import House, build_house
from tests.connectors import edge
from tests.connectors.post_house import eventually

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000002800000016800000000")
ACCOUNT = "post-main"
IMAGE = AttachmentKind.IMAGE


class GuardedPostOffice(edge.PostOffice):
    """Its recordings lie behind a header."""

    def media_headers(self, url: str) -> dict[str, str]:
        return {"X-Open": "sesame"} if "/recording" in url else {}


class WalledPostOffice(edge.PostOffice):
    media_hosts: ClassVar[tuple[str, ...]] = ("post.vn",)


@dataclass
class Cdn:
    files: dict[str, bytes] = field(default_factory=dict)
    not_yet: int = 0
    asked: int = 0
    at_once: int = 0
    at_once_max: int = 0

    def __post_init__(self) -> None:
        self.app = web.Application()
        self.app.router.add_get("/{name:.*}", self._serve)

    async def _serve(self, request: web.Request) -> web.Response:
        self.asked += 1
        self.at_once += 1
        self.at_once_max = max(self.at_once, self.at_once_max)
        try:
            await asyncio.sleep(0.02)
        finally:
            self.at_once -= 1
        name = request.match_info["name"]
        if name.startswith("recording") and request.headers.get("X-Open") != "sesame":
            return web.Response(status=401)
        if self.not_yet > 0 or name not in self.files:
            self.not_yet -= 1
            return web.Response(status=404)
        return web.Response(body=self.files[name], content_type="text/html")


@dataclass
class Studio:
    house: House
    conversation_id: ConversationId
    blobs: BlobStore
    cdn: Cdn
    cdn_url: str
    clock: ManualClock

    @property
    def units(self) -> Units:
        return self.house.units

    def picture(self, path: str = "a.png", kind: AttachmentKind = IMAGE, **more: Any) -> Attachment:
        return Attachment(kind=kind, url=f"{self.cdn_url}/{path}", **more)

    async def receive(self, *attachments: Attachment, recording: Attachment | None = None) -> TouchpointId:
        """A touchpoint of the customer, as the identity resolver adds it."""
        async with self.units.begin() as work:
            conversation = (await conversations.lock(work.connection, [self.conversation_id]))[self.conversation_id]
            changes = ChangeSet(work)
            seqs = await changes.next_identity_seqs({conversation.identity_id: 1})
            touchpoint = Touchpoint(
                id=TouchpointId(new_id()),
                conversation_id=self.conversation_id,
                identity_id=conversation.identity_id,
                channel=Channel.FACEBOOK,
                account_id=ACCOUNT,
                author=Author.CUSTOMER,
                occurred_at=work.clock.now(),
                accepted_at=work.clock.now(),
                identity_seq=seqs[conversation.identity_id],
                attachments=attachments,
                call=CallCard(call_id="c1", direction=CallDirection.INBOUND, state=CallState.ENDED, recording=recording)
                if recording
                else None,
            )
            changes.add(conversation, touchpoint)
            await changes.flush()
            await work.commit()
        return touchpoint.id

    async def records(self) -> list[Record]:
        log = tables.log.c
        query = sa.select(log.topic, log.partition, log.offset, log.key, log.type, log.value, log.appended_at)
        async with self.units.database.reading() as connection:
            return [Record(*row) for row in await connection.execute(query.order_by(log.offset))]

    async def hand_over(self, fetch: MediaFetch, *, times: int = 1) -> None:
        """All events so far, as the consumer hands them."""
        events = [record.decode() for record in await self.records() if concerns(record)]
        for _ in range(times):
            async with self.units.begin() as work:
                await fetch.handle(work, events)
                await work.commit()

    async def touchpoint(self, touchpoint_id: TouchpointId) -> Touchpoint:
        async with self.units.database.reading() as connection:
            return (await touchpoints.by_ids(connection, [touchpoint_id]))[touchpoint_id]

    async def has_all(self, touchpoint_id: TouchpointId) -> bool:
        return all(a.blob for a in (await self.touchpoint(touchpoint_id)).attachments)

    async def queue_is_empty(self) -> bool:
        query = sa.select(sa.func.count()).select_from(tables.media_queue)
        async with self.units.database.reading() as connection:
            return (await connection.execute(query)).scalar_one() == 0

    async def changes_told(self) -> list[EventData]:
        query = sa.select(tables.log.c.value).where(tables.log.c.type == TouchpointChanged.TYPE)
        async with self.units.database.reading() as connection:
            rows = (await connection.execute(query.order_by(tables.log.c.offset))).all()
        return [TouchpointChanged.model_validate_json(orjson.dumps(orjson.loads(row.value)["data"])) for row in rows]

    @asynccontextmanager
    async def running(self, kind: type[edge.PostOffice] = edge.PostOffice, **pace: Any) -> AsyncIterator[MediaFetch]:
        fetcher = Fetcher(FetchRules(loopback_allowed=True, total_s=2.0, bytes_max=100_000))
        await fetcher.start()
        async with edge.directory_of(self.units, kind=kind) as directory:
            fetch = MediaFetch(
                self.units, directory, self.blobs, fetcher, self.clock, pace=MediaPace(**({"look_s": 0.02} | pace))
            )
            task = asyncio.create_task(fetch.run())
            try:
                yield fetch
            finally:
                task.cancel()
                [ended] = await asyncio.gather(task, return_exceptions=True)
                assert isinstance(ended, asyncio.CancelledError), ended
                await fetcher.stop()


@pytest.fixture
async def studio(units: Units, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Studio]:
    house = await build_house(units, account_id=ACCOUNT)
    async with units.begin() as work:
        settings = plain_settings(edge.PostSettings())
        await account_store.change(work, edge.box(), ACCOUNT, settings=settings)
        await work.commit()
    conversation_id = await house.add_waiting("lan")
    cdn = Cdn(files={"a.png": PNG, "b.png": PNG + b"b", "recording.mp3": b"ID3" + b"\0" * 20})
    async with edge.serving(cdn.app) as url:
        yield Studio(house, conversation_id, BlobStore(open_folder(tmp_path / "b"), units), cdn, url, clock)


async def test_pictures_of_a_message_become_files_of_ours_and_the_consoles_are_told(studio: Studio) -> None:
    touchpoint_id = await studio.receive(studio.picture("a.png", name="mẫu.png"), studio.picture("b.png"))
    async with studio.running() as fetch:
        await studio.hand_over(fetch)
        await eventually(lambda: studio.has_all(touchpoint_id))
        await eventually(studio.queue_is_empty)
    first, second = (await studio.touchpoint(touchpoint_id)).attachments
    assert (first.mime, first.size_bytes, first.width_px, first.height_px) == ("image/png", len(PNG), 640, 360)
    assert await studio.blobs.read(first.blob or "") == PNG
    assert await studio.blobs.read(second.blob or "") == PNG + b"b"
    assert (await studio.blobs.get(first.blob or "")).file_name == "mẫu.png"
    told = await studio.changes_told()
    assert [event.touchpoint.attachments[0].blob for event in told if isinstance(event, TouchpointChanged)][-1] == (
        first.blob
    )


async def test_events_that_come_again_fetch_nothing_again(studio: Studio) -> None:
    touchpoint_id = await studio.receive(studio.picture())
    async with studio.running() as fetch:
        await studio.hand_over(fetch, times=3)
        await eventually(lambda: studio.has_all(touchpoint_id))
        await studio.hand_over(fetch)
        await eventually(studio.queue_is_empty)
    assert len(await studio.changes_told()) == 1
    assert studio.cdn.asked == 1


async def test_a_recording_is_fetched_with_the_connectors_credentials_when_it_is_there(studio: Studio) -> None:
    studio.cdn.not_yet = 2
    touchpoint_id = await studio.receive(recording=studio.picture("recording.mp3", AttachmentKind.AUDIO))

    async def has_recording() -> bool:
        studio.clock.advance(1)
        call = (await studio.touchpoint(touchpoint_id)).call
        return call is not None and call.recording is not None and call.recording.blob is not None

    async with studio.running(GuardedPostOffice) as fetch:
        await studio.hand_over(fetch)
        await eventually(has_recording)
    assert studio.cdn.asked == 3


async def test_what_never_comes_is_given_up_and_stays_an_address(studio: Studio) -> None:
    touchpoint_id = await studio.receive(studio.picture("gone.png"), studio.picture("a.png"))

    async def is_given_up() -> bool:
        studio.clock.advance(10)
        return await studio.queue_is_empty()

    async with studio.running(retry_s=(1, 1)) as fetch:
        await studio.hand_over(fetch)
        await eventually(is_given_up)
    gone, there = (await studio.touchpoint(touchpoint_id)).attachments
    assert gone.blob is None
    assert gone.url == f"{studio.cdn_url}/gone.png"
    assert there.blob is not None
    assert studio.cdn.asked == 3 + 1


async def test_hosts_outside_the_channels_list_are_never_asked(studio: Studio) -> None:
    await studio.receive(Attachment(kind=IMAGE, url="https://evil.vn/a.png"))
    async with studio.running(WalledPostOffice) as fetch:
        await studio.hand_over(fetch)
        await eventually(studio.queue_is_empty)
    assert studio.cdn.asked == 0


async def test_links_places_and_what_we_have_already_are_not_fetched(studio: Studio) -> None:
    await studio.receive(
        studio.picture(kind=AttachmentKind.LINK),
        Attachment(kind=AttachmentKind.LOCATION, latitude=10.7, longitude=106.7),
        studio.picture(blob="0" * 32),
        Attachment(kind=IMAGE),
    )
    async with studio.running() as fetch:
        await studio.hand_over(fetch)
        assert await studio.queue_is_empty()
    assert studio.cdn.asked == 0


async def test_entries_without_files_do_not_concern_it(studio: Studio) -> None:
    await studio.receive()
    await studio.receive(studio.picture())
    await studio.receive(recording=studio.picture("recording.mp3", AttachmentKind.AUDIO))
    added = [record for record in await studio.records() if record.type == TouchpointAdded.TYPE]
    assert [concerns(record) for record in added] == [False, True, True]
    assert not any(concerns(record) for record in await studio.records() if record not in added)


def test_a_customer_who_writes_what_an_entry_without_files_looks_like_hides_no_file() -> None:
    words = orjson.dumps({"text": '"attachments":[]', "attachments": [{"kind": "image"}]})
    assert concerns(Record(CONVERSATIONS, 0, 1, "k", TouchpointAdded.TYPE, words, ManualClock().now()))


async def test_a_fetch_that_was_cut_off_is_made_again(studio: Studio) -> None:
    touchpoint_id = await studio.receive(studio.picture())
    studio.cdn.not_yet = 0
    async with studio.running(workers=1) as fetch:
        await studio.hand_over(fetch)
        while not studio.cdn.at_once:
            await asyncio.sleep(0.001)
    assert not await studio.has_all(touchpoint_id)
    async with studio.running():
        studio.clock.advance(MediaPace().lease_s + 1)
        await eventually(lambda: studio.has_all(touchpoint_id))


async def test_only_so_many_files_are_fetched_at_once(studio: Studio) -> None:
    received = [await studio.receive(studio.picture()) for _ in range(12)]
    async with studio.running(workers=3) as fetch:
        await studio.hand_over(fetch)
        for touchpoint_id in received:
            await eventually(partial(studio.has_all, touchpoint_id))
    assert studio.cdn.at_once_max <= 3
    assert studio.cdn.asked == 12


async def test_two_processes_fetch_each_file_once(studio: Studio) -> None:
    received = [await studio.receive(studio.picture()) for _ in range(10)]
    async with studio.running() as one, studio.running():
        await studio.hand_over(one)
        await eventually(studio.queue_is_empty)
    assert [await studio.has_all(touchpoint_id) for touchpoint_id in received] == [True] * 10
    assert studio.cdn.asked == 10


@pytest.mark.parametrize(
    ("kind", "content", "becomes"),
    [
        (IMAGE, PNG, IMAGE),
        (IMAGE, b"<svg onload=alert(1)>", AttachmentKind.FILE),
        (IMAGE, b"%PDF-1.4", AttachmentKind.FILE),
        (IMAGE, PNG[:16] + (30_000).to_bytes(4, "big") * 2 + PNG[24:], AttachmentKind.FILE),
        (AttachmentKind.AUDIO, b"ID3" + b"\0" * 9, AttachmentKind.AUDIO),
        (AttachmentKind.AUDIO, b"\0\0\0\x18ftypmp42" + b"\0" * 12, AttachmentKind.AUDIO),
        (AttachmentKind.VIDEO, PNG, AttachmentKind.FILE),
        (AttachmentKind.STICKER, PNG, AttachmentKind.STICKER),
        (AttachmentKind.FILE, PNG, AttachmentKind.FILE),
    ],
)
def test_what_is_not_what_it_was_called_becomes_a_file(
    kind: AttachmentKind, content: bytes, becomes: AttachmentKind
) -> None:
    assert fitting_kind(kind, content) is becomes


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (PNG, (640, 360)),
        (b"GIF89a" + (3).to_bytes(2, "little") + (4).to_bytes(2, "little"), (3, 4)),
        (bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0000b080005000901011100"), (9, 5)),
        (b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + (99).to_bytes(3, "little") + (49).to_bytes(3, "little"), (100, 50)),
        (b"RIFF\0\0\0\0WEBPVP8L" + b"\0" * 4 + b"\x2f" + (9 | 19 << 14).to_bytes(4, "little"), (10, 20)),
        (b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 10 + bytes.fromhex("20000a00"), (32, 10)),
        (b"\xff\xd8\xff", None),
        (b"\xff\xd8\xff\xe0\x00\x02" * 50, None),
        (PNG[:20], None),
        (b"", None),
        (b"<svg width='1'>", None),
    ],
)
def test_the_size_of_a_picture_is_read_from_its_head(content: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(content) == size
    assert facts_of(content).get("width_px") == (size[0] if size else None)
