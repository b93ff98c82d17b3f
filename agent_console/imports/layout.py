"""What kind of table a file is and how its text is written: found once at upload, kept with the import. Pure.

Text files come from Excel in any of its moods: UTF-8 with or without its mark, UTF-16 ("Unicode text"), Windows-1258,
with commas, semicolons or tabs. Workbooks are archives, and an archive of a few kB can unfold to gigabytes: what it
declares is checked before anything is unfolded, and zipfile never unfolds more than is declared.
"""

import codecs
import io
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from hub.errors import BadInput

UNFOLDED_BYTES_MAX: Final = 400 * 1024 * 1024
PART_BYTES_MAX: Final = 300 * 1024 * 1024
STRINGS_BYTES_MAX: Final = 64 * 1024 * 1024  # these are held in memory as a whole
PARTS_MAX: Final = 2000
LOOKED_AT_BYTES: Final = 64 * 1024
DELIMITERS: Final = (",", ";", "\t", "|")

Format = Literal["csv", "xlsx"]


@dataclass(frozen=True, slots=True)
class Layout:
    """`encoding` and `delimiter` are those of a text file; `first_row` is the row of the headings, counted from 1."""

    format: Format
    encoding: str | None = None
    delimiter: str | None = None
    first_row: int = 1

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def stored(cls, kept: Mapping[str, Any]) -> "Layout":
        """From what `as_json` gave; what else is kept beside it is left aside."""
        return cls(**{name: kept[name] for name in cls.__dataclass_fields__})


class Unreadable(BadInput):
    """The file as a whole is no table that we can read."""


def layout_of(content: bytes) -> Layout:
    """Raises Unreadable."""
    if not content:
        raise Unreadable("import_empty", "The file is empty.")
    if content.startswith(b"PK\x03\x04"):
        _check_workbook(content)
        return Layout("xlsx")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        problem = "This is an old workbook (.xls) or one with a password. Save it as .xlsx or CSV."
        raise Unreadable("import_old_excel", problem)
    encoding = _encoding(content)
    head = content[:LOOKED_AT_BYTES].decode(encoding, "replace")
    first = head.splitlines()[0] if head.strip() else ""
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own word for what separates
        return Layout("csv", encoding, first.strip()[4], first_row=2)
    return Layout("csv", encoding, _delimiter(head))


def _encoding(content: bytes) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return _proved(content, name)
    head = content[:LOOKED_AT_BYTES]
    if head[1::2].count(0) > len(head) // 4:
        return _proved(content, "utf-16-le")
    if head[0::2].count(0) > len(head) // 4:
        return _proved(content, "utf-16-be")
    for name in ("utf-8", "cp1258"):
        if _decodes(content, name):
            return name
    raise _no_text()


def _proved(content: bytes, encoding: str) -> str:
    if not _decodes(content, encoding):
        raise _no_text()
    return encoding


def _decodes(content: bytes, encoding: str) -> bool:
    """Piece by piece: a whole decoded copy is never held."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for start in range(0, len(content), LOOKED_AT_BYTES):
            if "\0" in decoder.decode(content[start : start + LOOKED_AT_BYTES]):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(head: str) -> str:
    """What separates in the first line, quoted parts aside; of equals the one that the next lines have as often."""
    lines = [_unquoted(line) for line in head.splitlines()[:20] if line.strip()]
    if not lines:
        raise Unreadable("import_empty", "The file is empty.")
    counts = {mark: [line.count(mark) for line in lines] for mark in DELIMITERS}
    steady = {mark: Counter(found).most_common(1)[0] for mark, found in counts.items()}
    best = max(DELIMITERS, key=lambda mark: (counts[mark][0], steady[mark][1] if steady[mark][0] else 0))
    return best if counts[best][0] else ","


def _unquoted(line: str) -> str:
    return "".join(part for index, part in enumerate(line.split('"')) if index % 2 == 0)


def _check_workbook(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
                raise Unreadable("import_no_table", "This archive is no workbook. Save the table as .xlsx or CSV.")
            _check_sizes(parts)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _check_part(archive, part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Unreadable(
            "import_broken", "The workbook is damaged or protected. Save it anew and try again."
        ) from error


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    too_large = (
        len(parts) > PARTS_MAX
        or sum(part.file_size for part in parts) > UNFOLDED_BYTES_MAX
        or any(part.file_size > PART_BYTES_MAX for part in parts)
        or any(part.file_size > STRINGS_BYTES_MAX for part in parts if part.filename.endswith("sharedStrings.xml"))
    )
    if too_large:
        raise Unreadable("import_too_large", "The workbook unfolds to more than can be read. Save it as CSV.")


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """No workbook declares a document type; what does wants entities unfolded."""
    with archive.open(part) as opened:
        if b"<!DOCTYPE" in opened.read(4096).replace(b"\0", b""):
            raise Unreadable("import_broken", "The workbook is damaged or protected. Save it anew and try again.")


def _no_text() -> Unreadable:
    return Unreadable("import_encoding", "The text cannot be read. Save the table as CSV UTF-8 or .xlsx.")
