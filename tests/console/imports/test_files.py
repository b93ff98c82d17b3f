"""What stands in a file, whatever program wrote it and however it spoilt the numbers."""

import io
import unicodedata
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl.workbook.workbook import Workbook

from agent_console.imports.headings import checked, suggested
from agent_console.imports.layout import Unreadable, layout_of
from agent_console.imports.reading import rows, total
from agent_console.imports.reasons import REASONS, in_words
from agent_console.imports.rows import Plan, RowFault, said_of
from hub.errors import BadInput
from identity.records import Said
from storage.attributes import Definition

TEXT = "Mã KH;Họ tên;Số điện thoại\r\nKH001;Nguyễn Thị Hoà;0912345678\r\n"
HANG = Definition("hang", "choice", "Hạng", "Class", ("Bạc", "Vàng"))
SINH = Definition("sinh_nhat", "date", "Ngày sinh", "Birthday")
CHI_TIEU = Definition("chi_tieu", "number", "Chi tiêu", "Spent")
DEFINITIONS = {one.key: one for one in (HANG, SINH, CHI_TIEU)}


def workbook(*lines: list[Any]) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def cells(content: bytes) -> list[list[str]]:
    return [found for _, found in rows(content, layout_of(content))]


def as_windows_writes_it(text: str) -> bytes:
    """Windows-1258: hats, horns and breves belong to the letter, tones are characters of their own."""
    spelt = ""
    for char in text:
        base, marks = (parts := unicodedata.normalize("NFD", char))[0], parts[1:]
        hats = "".join(mark for mark in marks if mark in "\u0302\u0306\u031b")
        spelt += unicodedata.normalize("NFC", base + hats) + "".join(mark for mark in marks if mark not in hats)
    return spelt.encode("cp1258")


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.replace(";", "\t").encode("utf-16"),
        TEXT.replace(";", ",").encode(),
        TEXT.replace("\r\n", "\n").encode(),
        f"sep=;\r\n{TEXT}".encode(),
        as_windows_writes_it(TEXT),
    ],
)
def test_text_is_read_in_every_way_that_excel_writes_it(content: bytes) -> None:
    assert cells(content) == [["Mã KH", "Họ tên", "Số điện thoại"], ["KH001", "Nguyễn Thị Hoà", "0912345678"]]
    assert total(content, layout_of(content)) == 1


def test_a_workbook_is_read_as_a_person_sees_it() -> None:
    content = workbook(
        ["Họ tên", "SĐT", "Sinh", "Chi tiêu", "x"],
        ["Hoà", 912345678, date(1990, 11, 17), 1250000.0, "#N/A"],
        ["Bình", 912345678.0, datetime.fromisoformat("1990-11-17T08:30"), 0.5, None],
    )
    assert cells(content)[1:] == [
        ["Hoà", "912345678", "1990-11-17", "1250000", ""],
        ["Bình", "912345678", "1990-11-17 08:30:00", "0.5", ""],
    ]
    assert total(content, layout_of(content)) == 2


def test_quoted_line_breaks_and_separators_stay_in_their_cell() -> None:
    content = 'Tên,Ghi chú\n"Hoà, Lê","dòng 1\ndòng 2"\n'.encode()
    assert cells(content)[1] == ["Hoà, Lê", "dòng 1\ndòng 2"]


def unfolding(size: int, name: str = "xl/worksheets/sheet1.xml") -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open(name, "w") as part:
            for _ in range(size // (1024 * 1024)):
                part.write(b" " * 1024 * 1024)
    return kept.getvalue()


def entities() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "import_empty"),
        (b"\n\n", "import_empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "import_old_excel"),
        (b"\x00\x01\x02\x03" * 10, "import_encoding"),
        (b"\xef\xbb\xbf\xff\xfe\xfd", "import_encoding"),
        (b"PK\x03\x04 and then nothing", "import_broken"),
        (entities(), "import_broken"),
        (unfolding(70 * 1024 * 1024, "xl/sharedStrings.xml"), "import_too_large"),
        (unfolding(310 * 1024 * 1024), "import_too_large"),
    ],
)
def test_what_is_no_table_says_why_before_anything_is_unfolded(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        layout_of(content)
    assert refused.value.code == code


def test_a_workbook_that_is_cut_off_inside_says_so() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(Unreadable):
        cells(kept.getvalue())


def test_headings_are_known_as_shops_write_them() -> None:
    headings = [
        "Mã khách hàng",
        "HỌ VÀ TÊN",
        "So dien thoai",
        "SĐT 2",
        "E-mail",
        "Nhóm khách hàng",
        "Hạng",
        "Lạ",
        "Ghi chú",
    ]
    assert suggested(headings, DEFINITIONS.values()) == [
        *("external_id", "name", "phone", "phone", "email", "tags", "attribute:hang", None, "note"),
    ]
    assert suggested(["Họ", "Tên", "Điện thoại"], ()) == ["family_name", "given_name", "phone"]
    assert suggested(["Tên", "Điện thoại khách hàng"], ()) == ["name", "phone"]


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        (["phone"], "mapping_width"),
        (["phone", "salary"], "mapping_unknown"),
        (["phone", "attribute:none"], "mapping_unknown"),
        (["name", "name"], "mapping_twice"),
        (["name", None], "mapping_no_key"),
    ],
)
def test_a_mapping_that_cannot_be_carried_out_is_refused(mapping: list[str | None], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked(mapping, 2, DEFINITIONS)
    assert refused.value.code == code


def judged(**given: str) -> Said | list[RowFault] | None:
    fields = {name.replace("__", ":"): text for name, text in given.items()}
    return said_of(list(fields.values()), Plan(tuple(fields), DEFINITIONS))


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("0912345678", ["+84912345678"]),
        ("912345678", ["+84912345678"]),  # the lost zero
        ("912345678.0", ["+84912345678"]),
        ("9.12345678E+08", ["+84912345678"]),  # all digits are there
        ("9,12345678E+8", ["+84912345678"]),
        ("84912345678", ["+84912345678"]),
        ("8.4912345678E+10", ["+84912345678"]),
        ("'+84912345678", ["+84912345678"]),
        ("0912.345.678", ["+84912345678"]),
        ("01662345678", ["+84362345678"]),  # before 2018
        ("0912345678 / 0987123456", ["+84912345678", "+84987123456"]),
        ("0912345678, 0987123456; 0912345678", ["+84912345678", "+84987123456"]),
        ("0912345678 hoặc 0987123456", ["+84912345678", "+84987123456"]),
    ],
)
def test_numbers_are_what_they_were_before_the_spreadsheet(written: str, numbers: list[str]) -> None:
    said = judged(phone=written)
    assert isinstance(said, Said)
    assert list(said.phones or ()) == numbers


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"phone": "9.12E+08"}, "phone_rounded"),
        ({"phone": "8.49123E+10"}, "phone_rounded"),
        ({"phone": "12345"}, "phone_invalid"),
        ({"phone": "1900 1234"}, "phone_invalid"),
        ({"phone": "0912345678; 12"}, "phone_invalid"),
        ({"phone": "0912***678"}, "phone_masked"),
        ({"email": "hoa"}, "email_invalid"),
        ({"email": "info@shop.vn"}, "email_shared"),
        ({"name": "Hoà"}, "no_key"),
        ({"external_id": "1.2E+10", "name": "Hoà"}, "id_rounded"),
        ({"external_id": "x" * 181}, "id_long"),
        ({"external_id": "1", "name": "x" * 201}, "name_long"),
        ({"external_id": "1", "note": "x" * 4001}, "note_long"),
        ({"external_id": "1", "tags": "x" * 41}, "tags_many"),
        ({"external_id": "1", "name": "a\x00b"}, "text_unreadable"),
        ({"external_id": "1", "attribute__hang": "Kim cương"}, "attribute_choice"),
        ({"external_id": "1", "attribute__sinh_nhat": "31/02/1990"}, "attribute_date"),
        ({"external_id": "1", "attribute__chi_tieu": "nhiều"}, "attribute_number"),
    ],
)
def test_a_row_with_a_fault_is_rejected_with_its_reason(given: dict[str, str], code: str) -> None:
    found = judged(**given)
    assert isinstance(found, list)
    assert [fault.code for fault in found] == [code]
    assert all(in_words(code, found[0].params))


def test_every_fault_of_a_row_is_told() -> None:
    found = judged(phone="12", email="x", attribute__chi_tieu="nhiều")
    assert isinstance(found, list)
    assert [(fault.column, fault.code) for fault in found] == [
        (0, "phone_invalid"),
        (1, "email_invalid"),
        (2, "attribute_number"),
    ]


def test_an_empty_row_is_no_row_and_empty_cells_say_nothing() -> None:
    assert judged(name="", phone="") is None
    said = judged(external_id="KH1", name="", phone="", tags="")
    assert isinstance(said, Said)
    assert (said.name, said.phones, said.tags, said.note) == (None, None, None, None)


def test_names_in_two_columns_become_one() -> None:
    said = judged(family_name="Nguyễn  Thị", given_name="Hoà", phone="0912345678")
    assert isinstance(said, Said)
    assert said.name == "Nguyễn Thị Hoà"


def test_every_reason_is_said_in_both_languages() -> None:
    params = {"row": 1, "value": "x", "choices": "a"}
    assert all(all(in_words(code, params)) for code in REASONS)
