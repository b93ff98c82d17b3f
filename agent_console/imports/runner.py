"""Carries imports out, and takes them back, in the background: one at a time in the whole hub, batch by batch.

Whoever holds the office works (embedded there is only one process, and no office). A batch of rows, its faults and the
progress are one transaction that says where it went on from: after a crash, or when two work at once, nothing is done
twice. Reading the file and judging its rows happens in a thread.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from agent_console.imports.layout import Layout
from agent_console.imports.reading import Row, rows
from agent_console.imports.rows import Plan, RowFault, said_of
from hub.errors import BadInput, Conflict, Transient
from hub.events import Explanation
from hub.log import get_logger
from identity.records import Books, Kept, Said
from identity.unbooking import SOURCE, Unbooking
from storage import attributes, audit, imports
from storage.blobs import BlobStore
from storage.imports import Done, Fault, Import
from storage.leases import Office, Offices
from storage.unit_of_work import UnitOfWork, Units

BATCH_ROWS: Final = 200  # some 50 ms; whoever else writes waits no longer than that
LOOK_EVERY_S: Final = 2.0
RETRY_S: Final = 1.0
REASON_CHARS: Final = 200

log = get_logger(__name__)


@dataclass(slots=True)
class Batch:
    """Rows of a file, judged. `read` counts all of them, empty ones too."""

    read: int = 0
    said: list[tuple[int, Said]] = field(default_factory=list)
    faults: dict[int, list[RowFault]] = field(default_factory=dict)


class Importer:
    """One per process with the console; `wake` when there is something to do at once."""

    def __init__(self, units: Units, blobs: BlobStore, owner: str) -> None:
        self._units = units
        self._blobs = blobs
        self._owner = owner
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        if self._units.database.is_sqlite:
            await self._serve(None)
        else:
            await Offices(self._units).hold("imports", self._owner, self._serve)

    async def _serve(self, _: Office | None) -> None:
        while True:
            try:
                busy = await self.step()
            except Transient as error:
                log.warning("import_waits", reason=str(error))
                await asyncio.sleep(RETRY_S)
                continue
            if not busy:
                await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._woken.wait()
        except TimeoutError:
            return
        finally:
            self._woken.clear()

    async def step(self) -> bool:
        """Carries one import out to its end, or takes one back. False: there is none. Raises Transient."""
        async with self._units.database.reading() as connection:
            one = await imports.next_to_do(connection)
        if one is None:
            return False
        try:
            await (self._carry_out(one) if one.state == "running" else self._take_back(one))
        except Transient:
            raise
        except Conflict:
            log.info("import_moved_on", import_id=one.id)  # cancelled, or done by another process
        except BadInput as error:  # the file itself
            await self._fail(one, error.code)
        except Exception:
            log.exception("import_failed", import_id=one.id)
            await self._fail(one, "import_failed")
        return True

    # --- in ----------------------------------------------------------------------------------------------------------

    async def _carry_out(self, one: Import) -> None:
        content = await self._blobs.read(one.file)
        async with self._units.database.reading() as connection:
            plan = Plan(tuple(one.mapping), await attributes.in_use(connection))
        layout = Layout.stored(one.layout)
        headings, table = await asyncio.to_thread(_from, content, layout, one.rows_done)
        while True:
            batch = await asyncio.to_thread(_batch, table, plan)
            if batch.read == 0:
                return await self._finish(one)
            if not await self._keep(one, batch, headings):
                return None
            async with self._units.database.reading() as connection:
                one = await imports.find(connection, one.id)

    async def _keep(self, one: Import, batch: Batch, headings: Sequence[str]) -> bool:
        """False: it was cancelled, or another process works on it."""
        async with self._units.begin() as work:
            if not await imports.still(work, one):
                return False
            said = await _without_repeats(work, one, batch)
            kept = await Books(work).put([s for _, s in said], SOURCE)
            done = [_done(row, k) for (row, _), k in zip(said, kept, strict=True)]
            await imports.add_rows(work, one.id, done)
            await imports.add_faults(work, one.id, _faults(batch, headings))
            await imports.advance(work, one.id, _counts(batch, kept))
            await work.commit()
        await asyncio.sleep(0)  # messages first
        return True

    async def _finish(self, one: Import) -> None:
        async with self._units.begin() as work:
            now = work.clock.now()
            done = {"rows_total": one.rows_done, "finished_at": now}
            await imports.move(work, one.id, ["running"], "done", **done)
            counts = {name: getattr(one, name) for name in imports.COUNTERS}
            await audit.record(work, audit.by_agent(one.created_by), "import.finish", {"id": str(one.id), **counts})
            await work.commit()
        await self._blobs.remove(one.file)  # nobody needs it any more, and it is full of people

    async def _fail(self, one: Import, code: str) -> None:
        """What was done up to here stays, and can be undone."""
        async with self._units.begin() as work:
            now = work.clock.now()
            try:
                await imports.move(work, one.id, ["running", "undoing"], "failed", error=code, finished_at=now)
            except Conflict:
                return  # somebody cancelled it meanwhile, which may be why
            await work.commit()

    # --- and back ----------------------------------------------------------------------------------------------------

    async def _take_back(self, one: Import) -> None:
        why = Explanation(code="undo.by_agent", params={"reason": one.file_name[:REASON_CHARS]})
        while True:
            async with self._units.begin() as work:
                if not await imports.still(work, one):
                    return None
                done = await imports.last_rows(work.connection, one.id, limit=BATCH_ROWS)
                if not done:
                    return await self._undone(work, one)
                taken = await Unbooking(work, why).undo(done)
                kept = len(done) - len(taken)
                await imports.take_back(work, one, done, reverted=len(taken), kept=kept)
                await work.commit()
            async with self._units.database.reading() as connection:
                one = await imports.find(connection, one.id)

    async def _undone(self, work: UnitOfWork, one: Import) -> None:
        await imports.move(work, one.id, ["undoing"], "undone", finished_at=work.clock.now())
        counts = {"id": str(one.id), "reverted": one.reverted, "kept": one.kept}
        await audit.record(work, audit.by_agent(one.created_by), "import.undo", counts)
        await work.commit()


def _from(content: bytes, layout: Layout, done: int) -> tuple[list[str], Iterator[Row]]:
    """The headings, and the rows behind those that are done."""
    table = rows(content, layout)
    _, headings = next(table, (0, []))
    for _ in islice(table, done):
        pass
    return headings, table


def _batch(table: Iterator[Row], plan: Plan) -> Batch:
    batch = Batch()
    for number, cells in islice(table, BATCH_ROWS):
        batch.read += 1
        said = said_of(cells, plan)
        if isinstance(said, Said):
            batch.said.append((number, said))
        elif said is not None:
            batch.faults[number] = said
    return batch


async def _without_repeats(work: UnitOfWork, one: Import, batch: Batch) -> list[tuple[int, Said]]:
    """A second row for the same customer is a fault of the file: which of the two is right, nobody knows."""
    first = await imports.rows_by_key(work.connection, one.id, {said.key for _, said in batch.said})
    fresh = []
    for row, said in batch.said:
        known = first.setdefault(said.key, row)
        if known == row:
            fresh.append((row, said))
        else:
            batch.faults[row] = [RowFault(None, said.key.partition(":")[2], "duplicate", {"row": known})]
    return fresh


def _counts(batch: Batch, kept: Sequence[Kept]) -> dict[str, int]:
    return {
        "rows_done": batch.read,
        "created": sum(k.was_new for k in kept),
        "updated": sum(k.changed and not k.was_new for k in kept),
        "unchanged": sum(not k.changed for k in kept),
        "rejected": len(batch.faults),
        "joined": sum(k.joined for k in kept),
    }


def _faults(batch: Batch, headings: Sequence[str]) -> list[Fault]:
    found = []
    for row, faults in sorted(batch.faults.items()):
        for position, fault in enumerate(faults):
            named = fault.column is not None and fault.column < len(headings)
            column = headings[fault.column][:200] if named and fault.column is not None else None
            found.append(Fault(row, position, column, fault.value or None, fault.code, fault.params))
    return found


def _done(row: int, kept: Kept) -> Done:
    return Done(kept.identity_id, row, kept.was_new, kept.before, kept.after)
