"""Tables as CSV and XLSX, made row by row, that no spreadsheet takes for formulas. Pure.

What a customer wrote may begin with what a spreadsheet reads as a formula, a command even: such text gets an apostrophe
before it (OWASP, "CSV Injection"). So does every number in E.164, in CSV, where it would else lose its plus. Our own
import takes the apostrophe off again.
"""

import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

# Also behind blanks, and in full width: spreadsheets trim and fold before they look.
_DANGEROUS: Final = re.compile(r"[\s\u00a0\u3000]*[=+\-@＝＋－＠−﹣﹦﹢﹫|%]|[\t\r\n]")
_UNPRINTABLE: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PHONE: Final = re.compile(r"\+\d{6,15}(?:, \+\d{6,15})*")
CELL_CHARS_MAX: Final = 32_767  # of a workbook

Rows = AsyncIterator[list[Sequence[str]]]  # some rows at a time


def harmless(text: str) -> str:
    """The text, so that a spreadsheet shows it and does nothing else."""
    return f"'{text}" if _DANGEROUS.match(text) else text


async def as_csv(rows: Rows) -> AsyncIterator[bytes]:
    """UTF-8 with its mark, without which Excel shows Vietnamese as rubbish."""
    yield b"\xef\xbb\xbf"
    async for some in rows:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in some)
        yield text.getvalue().encode("utf-8", "replace")


async def as_workbook(rows: Rows) -> AsyncIterator[bytes]:
    """One sheet whose cells are all text, so numbers keep their plus and their zeros."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _FRAME.items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(_SHEET_HEAD)
            async for some in rows:
                sheet.write("".join(map(_row, some)).encode("utf-8"))
                yield sink.taken()
            sheet.write(_SHEET_FOOT)
    yield sink.taken()


def _row(cells: Sequence[str]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(text: str) -> str:
    shown = text if _PHONE.fullmatch(text) else harmless(text)
    kept = escape(_UNPRINTABLE.sub("", shown)[:CELL_CHARS_MAX])
    return f'<c s="1" t="inlineStr"><is><t xml:space="preserve">{kept}</t></is></c>'


class _Sink(io.RawIOBase):
    """What was written since it was last taken. Not seekable: the archive is never gone back in."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]  # bytes-like, as RawIOBase takes
        self._written += piece
        return len(piece)

    def taken(self) -> bytes:
        piece, self._written = bytes(self._written), bytearray()
        return piece


_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_PARTS: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_HEAD: Final = f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode()
_SHEET_FOOT: Final = b"</sheetData></worksheet>"
_FRAME: Final = {
    "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_PARTS}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_PARTS}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_PARTS}.styles+xml"/></Types>',
    "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # Style 1 is number format 49, text: what is typed into such a cell stays text, too.
    "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2">'
    '<xf/><xf numFmtId="49" applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
