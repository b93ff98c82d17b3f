"""The rows of a file as text, one at a time: nothing is held but the file itself. Blocking: call it in a thread.

Cells come as a person reads them: a whole number without ".0", a date as 2026-11-17, text in NFC without blanks
around; a spreadsheet's own faults (#N/A) are empty.
"""

import csv
import io
import unicodedata
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from agent_console.imports.layout import Layout, Unreadable

COLUMNS_MAX: Final = 200
CELL_CHARS_MAX: Final = 5000
ROWS_MAX: Final = 500_000

# All that the reader of workbooks raises for what is none.
_BROKEN: Final = (
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, EOFError),
    *(ParseError, zipfile.BadZipFile),
)

Row = tuple[int, list[str]]  # as a spreadsheet counts: the heading is row 1

csv.field_size_limit(1024 * 1024)


def rows(content: bytes, layout: Layout) -> Iterator[Row]:
    """From the headings on. Raises Unreadable where the file is broken."""
    table = _workbook(content) if layout.format == "xlsx" else _text(content, layout)
    for number, cells in table:
        if number < layout.first_row:
            continue
        if number - layout.first_row > ROWS_MAX:
            raise Unreadable("import_too_many", f"At most {ROWS_MAX} rows at a time. Split the file.")
        yield number, cells


def total(content: bytes, layout: Layout) -> int:
    """About how many rows follow the headings: for a bar, not for a decision."""
    if layout.format == "xlsx":
        return _declared_rows(content)
    mark = "\n".encode(layout.encoding.replace("-sig", "") if layout.encoding else "utf-8")
    mark = mark[-2:] if layout.encoding == "utf-16" else mark
    lines = content.count(mark) + (0 if content.rstrip(b" ").endswith(mark) else 1)
    return max(0, lines - layout.first_row)


def _text(content: bytes, layout: Layout) -> Iterator[Row]:
    stream = io.TextIOWrapper(io.BytesIO(content), encoding=layout.encoding, newline="")
    reader = csv.reader(stream, delimiter=layout.delimiter or ",")
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeError) as error:
            raise Unreadable("import_broken", f"The table cannot be read after row {number}.") from error
        number += 1
        yield number, [_clean(cell) for cell in cells[:COLUMNS_MAX]]


def _workbook(content: bytes) -> Iterator[Row]:
    """The first sheet that is shown."""
    number = 0
    try:
        book = _open(content)
        try:
            sheet = next((s for s in book.worksheets if s.sheet_state == "visible"), book.worksheets[0])
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                yield number, [_shown(cell) for cell in cells[:COLUMNS_MAX]]
        finally:
            book.close()
    except _BROKEN as error:
        raise Unreadable("import_broken", f"The workbook cannot be read after row {number}.") from error


def _open(content: bytes) -> Any:
    from openpyxl.reader.excel import load_workbook  # half a second to import, and most processes read no workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it cannot show of styles is nothing to us
        return load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)


def _declared_rows(content: bytes) -> int:
    book = _open(content)
    try:
        return max(0, (book.worksheets[0].max_row or 1) - 1) if book.worksheets else 0
    finally:
        book.close()


def _shown(cell: object) -> str:
    match cell:
        case None | bool():
            return "" if cell is None else str(cell).lower()
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
    return _clean(str(cell))


def _clean(text: str) -> str:
    bare = unicodedata.normalize("NFC", text[:CELL_CHARS_MAX]).strip().strip("\ufeff")
    return "" if bare.startswith("#") and bare in _FAULTS else bare


_FAULTS: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
