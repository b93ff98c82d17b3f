"""Customers from files and to files."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import islice
from uuid import UUID

from agent_console.api.endpoint import Answer, Call
from agent_console.bulk_views import (
    ExportQuery,
    FaultPage,
    FaultsQuery,
    ImportList,
    ImportPreview,
    ImportQuery,
    ImportView,
    MappingIn,
    PreviewRow,
    RowFaultView,
)
from agent_console.errors import TooFast
from agent_console.exports.cells import as_csv, as_workbook
from agent_console.exports.customers import table
from agent_console.imports import reading
from agent_console.imports.headings import checked, suggested
from agent_console.imports.layout import Layout, Unreadable, layout_of
from agent_console.imports.reasons import in_words
from agent_console.imports.rows import Plan, said_of
from agent_console.imports.runner import Importer
from agent_console.parts import Parts
from hub.ephemeral import Rate
from hub.ids import new_id
from identity.records import Said
from storage import attributes, audit, imports
from storage.imports import Fault, Import
from storage.media_types import safe_name
from storage.unit_of_work import UnitOfWork

PREVIEW_ROWS = 20
LISTED = 50
FAULTS_AT_ONCE = 500
EXPORTS = Rate(burst=10, per_s=3600)
CSV = "text/csv"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Imports:
    def __init__(self, parts: Parts, importer: Importer) -> None:
        self._parts = parts
        self._importer = importer

    async def add_import(self, call: Call) -> ImportView:
        """Looks at the file and keeps it; nothing is taken from it yet."""
        content = call.content
        layout, headings, rows_total = await asyncio.to_thread(_looked_at, content)
        name = safe_name(call.query(ImportQuery).name) or "import"
        origin = f"agent:{call.caller.agent_id}"
        file = await self._parts.blobs.put(content, origin=origin, file_name=name)
        async with self._parts.units.begin() as work:
            definitions = (await attributes.in_use(work.connection)).values()
            one = Import(
                id=new_id(),
                state="draft",
                file=file,
                file_name=name,
                layout=layout.as_json() | {"headings": headings},
                mapping=suggested(headings, definitions),
                rows_total=rows_total,
                created_by=call.caller.agent_id,
                created_at=self._parts.clock.now(),
            )
            await imports.add(work, one)
            await work.commit()
        return _view(one)

    async def list_imports(self, call: Call) -> ImportList:
        async with self._parts.units.database.reading() as connection:
            return ImportList(items=tuple(map(_view, await imports.newest(connection, limit=LISTED))))

    async def get_import(self, call: Call) -> ImportView:
        return _view(await self._found(call))

    async def check_import(self, call: Call) -> ImportPreview:
        """The first rows, as they would be taken with this mapping."""
        one = await self._found(call)
        plan = await self._plan(one, call.body(MappingIn))
        content = await self._parts.blobs.read(one.file)
        return await asyncio.to_thread(_preview, content, Layout.stored(one.layout), plan)

    async def start_import(self, call: Call) -> ImportView:
        one = await self._found(call)
        plan = await self._plan(one, call.body(MappingIn))
        async with self._parts.units.begin() as work:
            now = work.clock.now()
            values = {"mapping": list(plan.mapping), "started_at": now}
            await imports.move(work, one.id, ["draft"], "running", **values)
            await self._note(work, call, "import.start", one)
            await work.commit()
        self._importer.wake()
        return _view(await self._found(call))

    async def cancel_import(self, call: Call) -> ImportView:
        """What was done up to here stays, and can be undone."""
        one = await self._found(call)
        async with self._parts.units.begin() as work:
            now = work.clock.now()
            await imports.move(work, one.id, ["draft", "running"], "cancelled", finished_at=now)
            await work.commit()
        await self._parts.blobs.remove(one.file)
        return _view(await self._found(call))

    async def undo_import(self, call: Call) -> ImportView:
        one = await self._found(call)
        async with self._parts.units.begin() as work:
            allowed: tuple[imports.State, ...] = ("done", "failed", "cancelled")
            await imports.move(work, one.id, allowed, "undoing", error=None, finished_at=None)
            await self._note(work, call, "import.undo", one)
            await work.commit()
        self._importer.wake()
        return _view(await self._found(call))

    async def list_import_faults(self, call: Call) -> FaultPage:
        asked = call.query(FaultsQuery)
        async with self._parts.units.database.reading() as connection:
            one = await imports.find(connection, call.id("import_id"))
            found = await imports.faults(connection, one.id, after_row=asked.after_row, limit=asked.limit)
        more = len({fault.row for fault in found}) >= asked.limit
        return FaultPage(items=tuple(map(_fault, found)), next=found[-1].row if more else None)

    async def get_import_report(self, call: Call) -> Answer:
        one = await self._found(call)
        return _file(as_csv(self._report(one.id)), CSV, f"{one.file_name.rpartition('.')[0]}-loi.csv")

    async def export_customers(self, call: Call) -> Answer:
        asked = call.query(ExportQuery)
        wait_s = await self._parts.ephemeral.allow(f"export:{call.caller.agent_id}", EXPORTS)
        if wait_s > 0:
            raise TooFast("too_fast", "Too many exports; wait a little.", retry_after_s=wait_s)
        async with self._parts.units.begin() as work:
            who = audit.by_agent(call.caller.agent_id)
            await audit.record(work, who, "customers.export", {"format": asked.format})
            await work.commit()
        rows = table(self._parts.units.database, asked.language)
        stamp = self._parts.clock.now().strftime("%Y-%m-%d")
        if asked.format == "csv":
            return _file(as_csv(rows), CSV, f"customers-{stamp}.csv")
        return _file(as_workbook(rows), WORKBOOK, f"customers-{stamp}.xlsx")

    async def _report(self, import_id: UUID) -> AsyncIterator[list[Sequence[str]]]:
        """Row by row what was wrong, in both languages."""
        yield [("Dòng / Row", "Cột / Column", "Giá trị / Value", "Lý do", "Reason")]
        row = 0
        while True:
            async with self._parts.units.database.reading() as connection:
                found = await imports.faults(connection, import_id, after_row=row, limit=FAULTS_AT_ONCE)
            if not found:
                return
            yield [(str(f.row), f.column or "", f.value or "", *in_words(f.code, f.params)) for f in found]
            row = found[-1].row

    async def _found(self, call: Call) -> Import:
        async with self._parts.units.database.reading() as connection:
            return await imports.find(connection, call.id("import_id"))

    async def _plan(self, one: Import, given: MappingIn) -> Plan:
        async with self._parts.units.database.reading() as connection:
            definitions = await attributes.in_use(connection)
        return Plan(checked(given.mapping, len(one.layout["headings"]), definitions), definitions)

    async def _note(self, work: UnitOfWork, call: Call, action: str, one: Import) -> None:
        detail = {"id": str(one.id), "file": one.file_name}
        await audit.record(work, audit.by_agent(call.caller.agent_id), action, detail)


def _looked_at(content: bytes) -> tuple[Layout, list[str], int]:
    """Raises Unreadable."""
    layout = layout_of(content)
    table = reading.rows(content, layout)
    _, headings = next(table, (0, []))
    while headings and not headings[-1]:
        headings.pop()
    if not headings or next(table, None) is None:
        raise Unreadable("import_empty", "The first row must name the columns, and rows must follow.")
    return layout, headings, reading.total(content, layout)


def _preview(content: bytes, layout: Layout, plan: Plan) -> ImportPreview:
    table = reading.rows(content, layout)
    _, headings = next(table, (0, []))
    items = []
    for number, cells in islice(table, PREVIEW_ROWS):
        said = said_of(cells, plan)
        faults = said if isinstance(said, list) else []
        items.append(
            PreviewRow(
                row=number,
                cells=tuple(cells[: len(plan.mapping)]),
                key=said.key if isinstance(said, Said) else None,
                faults=tuple(
                    _words(number, headings[f.column] if f.column is not None else None, f.value, f.code, f.params)
                    for f in faults
                ),
            )
        )
    return ImportPreview(items=tuple(items))


def _words(row: int, column: str | None, value: str | None, code: str, params: dict[str, object]) -> RowFaultView:
    vi, en = in_words(code, params)
    return RowFaultView(row=row, column=column, value=value or None, code=code, reason_vi=vi, reason_en=en)


def _fault(fault: Fault) -> RowFaultView:
    return _words(fault.row, fault.column, fault.value, fault.code, fault.params)


def _view(one: Import) -> ImportView:
    shown = {name: getattr(one, name) for name in ImportView.model_fields if hasattr(one, name)}
    layout = {name: one.layout[name] for name in ("format", "encoding", "delimiter", "headings")}
    return ImportView(**shown | layout)


def _file(stream: AsyncIterator[bytes], media: str, name: str) -> Answer:
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "_" for char in name)
    return Answer(stream=stream, media=media, headers={"Content-Disposition": f'attachment; filename="{plain}"'})
