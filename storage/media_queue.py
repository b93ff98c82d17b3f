"""Files that are still at their providers: which touchpoints have some, and what was fetched of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.events import Attachment, AttachmentKind
from hub.ids import TouchpointId
from storage import conversations as conversation_store
from storage import touchpoints as touchpoint_store
from storage.changes import ChangeSet
from storage.dialect import upsert
from storage.tables import media_queue
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork, Units

FILES = frozenset({
    AttachmentKind.IMAGE,
    AttachmentKind.AUDIO,
    AttachmentKind.VIDEO,
    AttachmentKind.FILE,
    AttachmentKind.STICKER,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fetch:
    """The duty to fetch what is missing of one touchpoint. `attempts` counts this one."""

    touchpoint: Touchpoint
    attempts: int


def is_missing(attachment: Attachment | None) -> bool:
    """It is a file, and we have only its address."""
    return attachment is not None and attachment.kind in FILES and bool(attachment.url) and attachment.blob is None


def missing(attachments: Iterable[Attachment], recording: Attachment | None) -> list[Attachment]:
    """Of one touchpoint, each address once."""
    found = {a.url: a for a in (*attachments, *((recording,) if recording else ())) if is_missing(a)}
    return list(found.values())


def missing_of(touchpoint: Touchpoint) -> list[Attachment]:
    return missing(touchpoint.attachments, touchpoint.call.recording if touchpoint.call else None)


async def enqueue(work: UnitOfWork, touchpoint_ids: Iterable[TouchpointId]) -> None:
    """A no-op for those that are queued already."""
    rows = [
        {"touchpoint_id": touchpoint_id, "attempts": 0, "next_attempt_at": work.clock.now()}
        for touchpoint_id in sorted(set(touchpoint_ids))
    ]
    if rows:
        insert = upsert(media_queue, is_sqlite=work.is_sqlite).on_conflict_do_nothing()
        await work.connection.execute(insert, rows)


async def claim(units: Units, *, limit: int, lease: timedelta) -> list[Fetch]:
    """Up to `limit` that are due, longest first; nobody else gets them within `lease`."""
    now = units.clock.now()
    async with units.database.reading() as connection:
        query = sa.select(media_queue.c.touchpoint_id).where(media_queue.c.next_attempt_at <= now)
        wanted = (await connection.execute(query.order_by(media_queue.c.next_attempt_at).limit(limit))).scalars().all()
    if not wanted:
        return []
    async with units.begin() as work:
        update = (
            sa.update(media_queue)
            .where(media_queue.c.touchpoint_id.in_(sorted(wanted)), media_queue.c.next_attempt_at <= now)
            .values(next_attempt_at=now + lease, attempts=media_queue.c.attempts + 1)
            .returning(media_queue.c.touchpoint_id, media_queue.c.attempts)
        )
        attempts = {row.touchpoint_id: row.attempts for row in await work.connection.execute(update)}
        found = await touchpoint_store.by_ids(work.connection, attempts)
        await work.commit()
    return [Fetch(touchpoint, attempts[touchpoint_id]) for touchpoint_id, touchpoint in found.items()]


async def postpone(units: Units, touchpoint_id: TouchpointId, until: datetime) -> None:
    async with units.begin() as work:
        query = sa.update(media_queue).where(media_queue.c.touchpoint_id == touchpoint_id)
        await work.connection.execute(query.values(next_attempt_at=until))
        await work.commit()


async def give_up(units: Units, touchpoint_id: TouchpointId) -> None:
    """What is missing stays an address."""
    async with units.begin() as work:
        await _leave(work, touchpoint_id)
        await work.commit()


async def attach(
    units: Units, touchpoint_id: TouchpointId, fetched: Mapping[str, Callable[[Attachment], Attachment]]
) -> None:
    """Puts the fetched files in their places: address -> what its attachment becomes. Tells the consoles."""
    async with units.begin() as work:
        seen = (await touchpoint_store.by_ids(work.connection, [touchpoint_id])).get(touchpoint_id)
        if seen is None:
            return
        conversation = (await conversation_store.lock(work.connection, [seen.conversation_id]))[seen.conversation_id]
        touchpoint = (await touchpoint_store.by_ids(work.connection, [touchpoint_id], lock=True))[touchpoint_id]
        if _replace(touchpoint, fetched):
            changes = ChangeSet(work)
            changes.change(conversation, touchpoint)
            await changes.flush()
        if not missing_of(touchpoint):
            await _leave(work, touchpoint_id)
        await work.commit()


def _replace(touchpoint: Touchpoint, fetched: Mapping[str, Callable[[Attachment], Attachment]]) -> bool:
    def now(attachment: Attachment) -> Attachment:
        become = fetched.get(attachment.url or "")
        return become(attachment) if become is not None and is_missing(attachment) else attachment

    attachments = tuple(now(attachment) for attachment in touchpoint.attachments)
    call = touchpoint.call
    if call is not None and call.recording is not None:
        call = call.model_copy(update={"recording": now(call.recording)})
    is_changed = attachments != touchpoint.attachments or call != touchpoint.call
    touchpoint.attachments, touchpoint.call = attachments, call
    return is_changed


async def _leave(work: UnitOfWork, touchpoint_id: TouchpointId) -> None:
    await work.connection.execute(sa.delete(media_queue).where(media_queue.c.touchpoint_id == touchpoint_id))
