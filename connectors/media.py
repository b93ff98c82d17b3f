"""Files of customers, fetched from their providers before these forget them. Consumer group `media`.

1. A message is shown at once; its pictures follow as soon as they are here. Nobody waits for a provider's CDN.
2. The consumer only notes in the database which touchpoints lack files; the fetching is done from there, so a crash or
   a slow host loses nothing and holds up nothing.
3. What cannot be had after some tries stays an address. What is refused (connectors/fetching.py) is not tried again.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from connectors.accounts import AccountUnusable, ConnectorDirectory, RunningAccount
from connectors.base import KnowsMediaHosts, OpensMedia
from connectors.fetching import Fetcher, FetchFailed, FetchRefused, HeadersFor
from connectors.limits import Seldom
from hub.bus.base import Record
from hub.clock import Clock
from hub.errors import Transient
from hub.events import (
    CONVERSATIONS,
    Attachment,
    AttachmentKind,
    Envelope,
    EventData,
    TouchpointAdded,
    TouchpointChanged,
)
from hub.log import get_logger
from hub.metrics import counter
from hub.tasks import together
from storage import media_queue
from storage.blobs import BlobStore
from storage.media_queue import Fetch, missing_of
from storage.media_types import media_type
from storage.picture_size import picture_size
from storage.unit_of_work import UnitOfWork, Units

GROUP = "media"
TOPICS = (CONVERSATIONS,)
_ENTRIES = frozenset({TouchpointAdded.TYPE, TouchpointChanged.TYPE, ""})  # "": the log does not say
_NO_FILES, _RECORDING = b'"attachments":[]', b'"recording":{'
ORIGIN = "fetched"
PIXELS_MAX = 50_000_000  # a picture that claims more is offered as a file: showing it could kill a browser

FETCHES = counter("media_fetches_total", "Files asked of providers by what came of it.", ["channel", "outcome"])

log = get_logger(__name__)

_FITS = {
    AttachmentKind.IMAGE: ("image/",),
    AttachmentKind.STICKER: ("image/",),
    AttachmentKind.AUDIO: ("audio/", "video/"),  # sound alone often comes in a film's container
    AttachmentKind.VIDEO: ("video/",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPace:
    """Seconds. At most `workers` whole files are in memory."""

    workers: int = 3
    lease_s: float = 300.0  # longer than fetching and storing all files of one message
    look_s: float = 2.0
    retry_s: tuple[float, ...] = (2, 10, 60, 300, 1800)  # recordings and CDNs lag behind by seconds to minutes


def concerns(record: Record) -> bool:
    """May there be a file in it? Most entries are words alone, which their bytes say: a quotation mark within a
    customer's words is escaped, so these bytes stand where the entry says it."""
    return record.type in _ENTRIES and (_NO_FILES not in record.value or _RECORDING in record.value)


class MediaFetch:
    """One per process. `handle` is the consumer's handler; `run` is one long task."""

    def __init__(
        self,
        units: Units,
        directory: ConnectorDirectory,
        blobs: BlobStore,
        fetcher: Fetcher,
        clock: Clock,
        *,
        pace: MediaPace | None = None,
    ) -> None:
        self._units = units
        self._directory = directory
        self._blobs = blobs
        self._fetcher = fetcher
        self._clock = clock
        self._pace = pace or MediaPace()
        self._wake = asyncio.Event()
        self._seldom = Seldom(clock)

    async def handle(self, work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        """Notes what is missing. Nothing is fetched here."""
        wanted = []
        for event in events:
            if isinstance(event.data, (TouchpointAdded, TouchpointChanged)):
                touchpoint = event.data.touchpoint
                recording = touchpoint.call.recording if touchpoint.call else None
                if media_queue.missing(touchpoint.attachments, recording):
                    wanted.append(touchpoint.id)
        if wanted:
            await media_queue.enqueue(work, wanted)
            work.after_commit(self._wake.set)

    async def run(self) -> None:
        """Until cancelled. What is cut off is fetched again after its lease."""
        await together(*(self._work() for _ in range(self._pace.workers)))

    async def _work(self) -> None:
        while True:
            self._wake.clear()  # before we look: what is noted meanwhile must not be slept over
            try:
                lease = timedelta(seconds=self._pace.lease_s)
                found = await media_queue.claim(self._units, limit=1, lease=lease)
                for fetch in found:
                    await self._carry_out(fetch)
            except Transient as error:
                self._seldom.warning("media_put_off", "work", error=str(error))
                await asyncio.sleep(self._pace.look_s)
                continue
            if not found:
                await self._idle()

    async def _idle(self) -> None:
        """Until somebody noted something, or for a while: then what was put off may be due."""
        try:
            async with asyncio.timeout(self._pace.look_s):
                await self._wake.wait()
        except TimeoutError:
            pass  # the usual case

    async def _carry_out(self, fetch: Fetch) -> None:
        touchpoint = fetch.touchpoint
        running = await self._running(touchpoint.account_id)
        is_incomplete = False
        for attachment in missing_of(touchpoint):
            try:
                become = await self._fetch(attachment, running)
            except FetchFailed as error:
                is_incomplete = True
                self._count(fetch, "failed", error)
            except FetchRefused as error:
                self._count(fetch, "refused", error)
            else:
                await media_queue.attach(self._units, touchpoint.id, {attachment.url or "": become})
                FETCHES.labels(touchpoint.channel.value, "fetched").inc()
        await self._conclude(fetch, is_incomplete=is_incomplete)

    async def _conclude(self, fetch: Fetch, *, is_incomplete: bool) -> None:
        pauses = self._pace.retry_s
        if is_incomplete and fetch.attempts <= len(pauses):
            until = self._clock.now() + timedelta(seconds=pauses[fetch.attempts - 1])
            await media_queue.postpone(self._units, fetch.touchpoint.id, until)
        else:
            await media_queue.give_up(self._units, fetch.touchpoint.id)

    async def _fetch(
        self, attachment: Attachment, running: RunningAccount | None
    ) -> Callable[[Attachment], Attachment]:
        content = await self._fetcher.fetch(
            attachment.url or "", hosts=_hosts(running), headers_for=_headers_for(running)
        )
        blob = await self._blobs.put(content, origin=ORIGIN, file_name=attachment.name)
        facts = facts_of(content) | {"blob": blob}

        def become(now: Attachment) -> Attachment:
            return now.model_copy(update=facts | {"kind": fitting_kind(now.kind, content)})

        return become

    async def _running(self, account_id: str) -> RunningAccount | None:
        try:
            return await self._directory.find(account_id)
        except AccountUnusable:
            return None  # files that need no credentials can be fetched all the same

    def _count(self, fetch: Fetch, outcome: str, error: Exception) -> None:
        FETCHES.labels(fetch.touchpoint.channel.value, outcome).inc()
        log.info("media_not_fetched", touchpoint=str(fetch.touchpoint.id), outcome=outcome, reason=str(error),
                 attempt=fetch.attempts)  # fmt: skip


def _hosts(running: RunningAccount | None) -> Collection[str]:
    if running is not None and isinstance(running.connector, KnowsMediaHosts):
        return running.connector.media_hosts
    return ()


def _headers_for(running: RunningAccount | None) -> HeadersFor:
    if running is not None and isinstance(running.connector, OpensMedia):
        return running.connector.media_headers
    return lambda url: {}


def facts_of(content: bytes) -> dict[str, object]:
    """What the bytes themselves say, for an attachment."""
    facts: dict[str, object] = {"mime": media_type(content), "size_bytes": len(content)}
    if (size := picture_size(content)) is not None:
        facts["width_px"], facts["height_px"] = size
    return facts


def fitting_kind(kind: AttachmentKind, content: bytes) -> AttachmentKind:
    """FILE for what is not what its sender called it, and for pictures too large to show."""
    begins = _FITS.get(kind)
    if begins is None:
        return kind
    width, height = picture_size(content) or (0, 0)
    fits = media_type(content).startswith(begins) and width * height <= PIXELS_MAX
    return kind if fits else AttachmentKind.FILE
