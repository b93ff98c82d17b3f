"""`bench import`: a file of customers through the importer, and its undoing, over SQLite and PostgreSQL.

One customer in TENTH is known by the same number already, so that rows join customers, too. The yardstick is a bare
bulk insert of the same rows into a table of the same database, in batches of the same size.
"""

import asyncio
import csv
import io
import random
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from agent_console.imports.headings import suggested
from agent_console.imports.layout import layout_of
from agent_console.imports.runner import BATCH_ROWS, Importer
from bench.places import empty_database
from bench.report import CannotMeasure, Figure, tell
from hub.assembly import garbage
from hub.clock import SystemClock
from hub.events import EvidenceSource
from hub.ids import AgentId, new_id
from identity.records import Books, Said
from storage import imports, migrate
from storage.blobs import BlobStore, open_folder
from storage.engine import Database
from storage.imports import Import
from storage.unit_of_work import Units

TENTH = 10
HEADINGS = ("Mã khách hàng", "Họ tên", "Số điện thoại", "E-mail", "Thẻ", "Ghi chú")
SEED = 20261122
WRONG = 100  # every so manieth row has a fault
LOOK_S = 0.01


async def measure(*, count: int) -> list[Figure]:
    garbage.settle()  # as every hub does
    figures: list[Figure] = []
    for kind in ("sqlite", "postgres"):
        async with _opened(kind) as (units, blobs):
            figures += await _measured(kind, units, blobs, count)
    return figures


async def _measured(kind: str, units: Units, blobs: BlobStore, count: int) -> list[Figure]:
    rows = _rows(count)
    await _known(units, [row[2] for row in rows[::TENTH]])
    bare_s = await _bare(units, rows)
    before_mib = _memory_mib()
    one = await _uploaded(units, blobs, rows)
    importer = Importer(units, blobs, "bench")
    import_s, waits_s = await _beside(importer, units)
    done = await _state(units, one)
    if done.state != "done" or done.rejected != len(range(0, count, WRONG)):
        raise CannotMeasure(f"the import ended as {done.state}: {done.error}, {done.rejected} rejected")
    tell(f"{kind}: {count:,} rows in {import_s:.1f} s, {done.joined:,} joined")
    memory_mib = _memory_mib() - before_mib
    again = await _uploaded(units, blobs, rows)
    again_s, _ = await _beside(importer, units)
    if (await _state(units, again)).created:
        raise CannotMeasure("the same file again made new customers")
    async with units.begin() as work:
        await imports.move(work, one, ["done"], "undoing")
        await work.commit()
    undo_s, _ = await _beside(importer, units)
    tell(f"{kind}: again in {again_s:.1f} s, undone in {undo_s:.1f} s")
    note = f"{done.created:,} new, {done.joined:,} joined, {done.rejected:,} rejected; {import_s:.1f} s"
    return [
        Figure(name=f"{kind}: import", value=count / import_s, unit="rows/s", note=note),
        Figure(name=f"{kind}: against a bare bulk insert", value=bare_s / import_s, note=f"{bare_s:.2f} s bare"),
        Figure(name=f"{kind}: the same file again", value=count / again_s, unit="rows/s"),
        Figure(name=f"{kind}: undo", value=done.created / undo_s, unit="records/s"),
        Figure(name=f"{kind}: longest wait of another writer", value=max(waits_s) * 1000, unit="ms"),
        Figure(name=f"{kind}: memory it took", value=memory_mib, unit="MiB", note="peak, the file included"),
    ]


async def _beside(importer: Importer, units: Units) -> tuple[float, list[float]]:
    """Carries one out, while somebody else writes a little all the time: the seconds of each of their turns."""
    waits_s = [0.0]
    began = time.perf_counter()
    work = asyncio.create_task(importer.step())
    while not work.done():
        asked = time.perf_counter()
        async with units.begin(urgent=True) as other:
            await other.connection.execute(sa.text("SELECT 1"))
            await other.commit()
        waits_s.append(time.perf_counter() - asked)
        await asyncio.sleep(LOOK_S)
    await work
    return time.perf_counter() - began, waits_s


async def _bare(units: Units, rows: Sequence[Sequence[str]]) -> float:
    columns = ", ".join(f"c{index} text" for index in range(len(HEADINGS)))
    named = ", ".join(f":c{index}" for index in range(len(HEADINGS)))
    async with units.begin() as work:
        await work.connection.execute(sa.text(f"CREATE TABLE bare ({columns})"))
        await work.commit()
    began = time.perf_counter()
    for start in range(0, len(rows), BATCH_ROWS):
        batch = [{f"c{i}": cell for i, cell in enumerate(row)} for row in rows[start : start + BATCH_ROWS]]
        async with units.begin() as work:
            await work.connection.execute(sa.text(f"INSERT INTO bare VALUES ({named})"), batch)
            await work.commit()
    return time.perf_counter() - began


async def _known(units: Units, numbers: Sequence[str]) -> None:
    """Customers who are there already: records made by hand, with the same numbers."""
    said = [Said(key=f"hand:{n}", phones=(f"+84{number[1:]}",)) for n, number in enumerate(numbers)]
    for start in range(0, len(said), BATCH_ROWS):
        async with units.begin() as work:
            await Books(work).put(said[start : start + BATCH_ROWS], EvidenceSource.AGENT_ENTRY)
            await work.commit()


async def _uploaded(units: Units, blobs: BlobStore, rows: Sequence[Sequence[str]]) -> UUID:
    text = io.StringIO()
    csv.writer(text).writerows([HEADINGS, *rows])
    content = text.getvalue().encode("utf-8-sig")
    one = Import(
        id=new_id(),
        state="draft",
        file=await blobs.put(content, origin="bench"),
        file_name="bench.csv",
        layout=layout_of(content).as_json(),
        mapping=suggested(HEADINGS, ()),
        created_by=AgentId(new_id()),
        created_at=units.clock.now(),
    )
    async with units.begin() as work:
        await imports.add(work, one)
        await imports.move(work, one.id, ["draft"], "running", started_at=units.clock.now())
        await work.commit()
    return one.id


async def _state(units: Units, import_id: UUID) -> Import:
    async with units.database.reading() as connection:
        return await imports.find(connection, import_id)


def _rows(count: int) -> list[tuple[str, ...]]:
    chance = random.Random(SEED)
    numbers = chance.sample(range(10**7), count)
    return [_row(place, number, chance) for place, number in enumerate(numbers)]


def _row(place: int, number: int, chance: random.Random) -> tuple[str, ...]:
    name = f"{chance.choice(('Nguyễn', 'Trần', 'Lê', 'Phạm'))} {chance.choice(('Thị Hoà', 'Văn Bình', 'Minh Tú'))}"
    phone = "12" if place % WRONG == 0 else f"091{number:07d}"
    return (f"KH{place:06d}", name, phone, f"khach{place}@example.vn", chance.choice(("", "VIP", "Sỉ")), "")


def _memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@asynccontextmanager
async def _opened(kind: str) -> AsyncIterator[tuple[Units, BlobStore]]:
    async with empty_database(kind) as url:
        database = Database(url)
        with tempfile.TemporaryDirectory(prefix="onethread-bench-") as folder:
            try:
                await migrate.upgrade(database)
                units = Units(database, SystemClock(), partitions=2)
                yield units, BlobStore(open_folder(Path(folder)), units)
            finally:
                await database.dispose()
