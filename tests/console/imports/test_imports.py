"""A file of customers: carried out in the background, whole rows only, told, repeated, cut off, undone."""

import asyncio
import csv
import io
from typing import Any
from uuid import UUID

import pytest
from openpyxl.reader.excel import load_workbook

from agent_console.imports.runner import BATCH_ROWS, Importer
from storage import imports as import_store
from tests.console.conftest import Browser, Shop
from tests.console.imports.test_files import workbook
from tests.console.test_editing import admin, attribute, panel

HEAD = "Mã KH,Họ tên,SĐT,Email,Thẻ,Ghi chú\n"
FILE = f"{HEAD}KH1,Nguyễn Thị Hoà,0912345678,hoa@example.vn,VIP;Sỉ,Gọi tối\nKH2,Trần Văn Bình,0987123456,,,\n"


def rows(count: int, start: int = 0) -> str:
    lines = (f"KH{n},Khách số {n},09{12000000 + n:08d},,," for n in range(start, start + count))
    return HEAD + "\n".join(lines) + "\n"


async def upload(browser: Browser, content: str | bytes, name: str = "khach.csv") -> dict[str, Any]:
    data = content if isinstance(content, bytes) else content.encode()
    said = await browser.send("POST", f"/imports?name={name}", data=data)
    assert said.status == 201, said
    return dict(said.body)


async def run(shop: Shop, browser: Browser, content: str | bytes) -> dict[str, Any]:
    """Uploaded, started as suggested, carried out."""
    draft = await upload(browser, content)
    started = await browser.post(f"/imports/{draft['id']}/start", {"mapping": draft["mapping"]})
    assert (started.status, started.body["state"]) == (200, "running"), started
    await work(shop)
    return await state(browser, draft["id"])


async def work(shop: Shop) -> None:
    while await shop.console.importer.step():
        pass


async def state(browser: Browser, import_id: str) -> dict[str, Any]:
    return dict((await browser.get(f"/imports/{import_id}")).body)


def counts(done: dict[str, Any]) -> tuple[int, ...]:
    return tuple(done[name] for name in ("created", "updated", "unchanged", "rejected", "joined"))


async def listed(browser: Browser, q: str = "") -> list[dict[str, Any]]:
    return list((await browser.get("/customers", q=q)).body["items"])


async def test_customers_of_a_file_are_there_with_all_that_it_says(shop: Shop) -> None:
    quan = await admin(shop)
    await attribute(quan, "hang", "choice", ("Bạc", "Vàng"))
    content = (
        "Mã KH;Họ tên;SĐT;Email;Thẻ;Ghi chú;hang\nKH1;Nguyễn Thị Hoà;912345678;hoa@example.vn;VIP, Sỉ;Gọi tối;vàng\n"
    )
    done = await run(shop, quan, content)
    assert (done["state"], counts(done)) == ("done", (1, 0, 0, 0, 0))
    [row] = await listed(quan, "hoa")
    shown = await panel(quan, row["id"])
    assert (shown["name"], shown["phones"], shown["emails"]) == ("Nguyễn Thị Hoà", ["+84912345678"], ["hoa@example.vn"])
    assert (shown["tags"], shown["attributes"]) == (["Sỉ", "VIP"], {"hang": "Vàng"})
    assert [note["text"] for note in shown["notes"]] == ["Gọi tối"]


async def test_the_same_file_again_changes_nothing_and_a_new_one_only_what_differs(shop: Shop) -> None:
    quan = await admin(shop)
    await run(shop, quan, FILE)
    assert counts(await run(shop, quan, FILE)) == (0, 0, 2, 0, 0)
    newer = f"{HEAD}KH1,Nguyễn Thị Hoà,,,,Đã đổi số\nKH3,Lê Tư,0903111222,,,\n"
    assert counts(await run(shop, quan, newer)) == (1, 1, 0, 0, 0)
    [row] = await listed(quan, "nguyen thi hoa")
    shown = await panel(quan, row["id"])
    assert (shown["phones"], [n["text"] for n in shown["notes"]]) == (["+84912345678"], ["Đã đổi số"])


async def test_without_ids_a_repeat_is_known_by_its_number(shop: Shop) -> None:
    quan = await admin(shop)
    content = "Họ tên,SĐT\nHoà,0912345678\nBình,0987123456\n"
    assert counts(await run(shop, quan, content)) == (2, 0, 0, 0, 0)
    assert counts(await run(shop, quan, content)) == (0, 0, 2, 0, 0)


async def test_a_number_of_the_file_joins_who_is_there_and_very_different_names_do_not(shop: Shop) -> None:
    quan = await admin(shop)
    hoa = await shop.waiting("hoa")
    await hoa.phone("+84912345678")
    done = await run(shop, quan, FILE + "KH3,Phạm Quốc Khánh,0987123456,,,\n")
    assert counts(done) == (3, 0, 0, 0, 1)
    shown = await panel(quan, hoa.customer_id)
    assert (shown["name"], len(shown["identities"])) == ("Nguyễn Thị Hoà", 2)
    assert shown["ledger"][0]["why"]["params"]["source_a"] == "customer_file"


async def test_rejected_rows_are_told_in_both_languages_and_nothing_of_them_is_kept(shop: Shop) -> None:
    quan = await admin(shop)
    bad = "KH3,=HYPERLINK(1),12,,,\nKH4,Tư,,tu,,\n,,,,,\n,Năm,,,,\nKH1,Hoà,0912345678,,,\n"
    done = await run(shop, quan, FILE + bad)
    assert (done["rows_done"], counts(done)) == (7, (2, 0, 0, 4, 0))
    page = (await quan.get(f"/imports/{done['id']}/faults")).body
    told = [(fault["row"], fault["column"], fault["value"], fault["code"]) for fault in page["items"]]
    assert told == [
        (4, "SĐT", "12", "phone_invalid"),
        (5, "Email", "tu", "email_invalid"),
        (7, None, None, "no_key"),
        (8, None, "KH1", "duplicate"),
    ]
    assert page["items"][3]["reason_vi"] == "Cùng một khách với dòng 2 của tệp này"
    assert len(await listed(quan)) == 2
    report = await quan.get(f"/imports/{done['id']}/report")
    assert report.headers["Content-Disposition"].startswith("attachment")
    lines = list(csv.reader(io.StringIO(report.body.decode("utf-8-sig"))))
    assert [line[0] for line in lines[1:]] == ["4", "5", "7", "8"]
    assert lines[1][4] == "Not a person's telephone number: check its digits and prefix"


async def test_a_preview_tells_what_would_be_taken(shop: Shop) -> None:
    quan = await admin(shop)
    draft = await upload(quan, FILE + "KH3,Ba,12,,,\n")
    assert draft["headings"] == ["Mã KH", "Họ tên", "SĐT", "Email", "Thẻ", "Ghi chú"]
    assert draft["mapping"] == ["external_id", "name", "phone", "email", "tags", "note"]
    assert (draft["state"], draft["rows_total"], draft["delimiter"]) == ("draft", 3, ",")
    shown = (await quan.post(f"/imports/{draft['id']}/check", {"mapping": draft["mapping"]})).body["items"]
    assert [(row["row"], row["key"], len(row["faults"])) for row in shown] == [
        (2, "id:KH1", 0),
        (3, "id:KH2", 0),
        (4, None, 1),
    ]
    assert await listed(quan) == []


async def test_a_workbook_is_as_good(shop: Shop) -> None:
    quan = await admin(shop)
    content = workbook(["Họ tên", "Điện thoại"], ["Hoà", 912345678], ["Bình", "0987 123 456"])
    assert counts(await run(shop, quan, content)) == (2, 0, 0, 0, 0)


async def test_an_import_goes_on_where_it_was_cut_off(shop: Shop) -> None:
    quan = await admin(shop)
    draft = await upload(quan, rows(3 * BATCH_ROWS + 7))
    await quan.post(f"/imports/{draft['id']}/start", {"mapping": draft["mapping"]})
    first = asyncio.ensure_future(Importer(shop.units, shop.parts.blobs, "killed").step())
    while (await state(quan, draft["id"]))["rows_done"] == 0:
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    cut = await state(quan, draft["id"])
    assert (cut["state"], cut["rows_done"] % BATCH_ROWS) == ("running", 0)
    await work(shop)  # as a new process would
    done = await state(quan, draft["id"])
    assert (done["state"], done["rows_done"], counts(done)) == ("done", 607, (607, 0, 0, 0, 0))


async def test_two_at_work_do_no_row_twice(shop: Shop) -> None:
    quan = await admin(shop)
    draft = await upload(quan, rows(2 * BATCH_ROWS + 1))
    await quan.post(f"/imports/{draft['id']}/start", {"mapping": draft["mapping"]})
    both = [Importer(shop.units, shop.parts.blobs, name) for name in ("one", "two")]
    await asyncio.gather(*(one.step() for one in both), return_exceptions=True)
    await work(shop)
    done = await state(quan, draft["id"])
    assert (done["state"], done["rows_done"], counts(done)) == ("done", 401, (401, 0, 0, 0, 0))


async def test_an_import_that_is_cancelled_stops_and_can_be_undone(shop: Shop) -> None:
    quan = await admin(shop)
    draft = await upload(quan, rows(BATCH_ROWS))
    assert (await quan.post(f"/imports/{draft['id']}/undo")).code == "import_moved_on"
    cancelled = await quan.post(f"/imports/{draft['id']}/cancel")
    assert cancelled.body["state"] == "cancelled"
    assert (await quan.post(f"/imports/{draft['id']}/start", {"mapping": draft["mapping"]})).code == "import_moved_on"
    assert not await shop.console.importer.step()


async def test_an_undone_import_leaves_everybody_as_they_were(shop: Shop) -> None:
    quan = await admin(shop)
    hoa = await shop.waiting("hoa")
    await hoa.phone("+84912345678")
    await run(shop, quan, f"{HEAD}KH2,Trần Văn Bình,0987123456,,Cũ,Trước\n")
    before = await panel(quan, hoa.customer_id)
    done = await run(shop, quan, FILE.replace("Bình,0987123456,,,", "Bình,0903111222,,Mới,Sau"))
    assert counts(done) == (1, 1, 0, 0, 1)
    await quan.post(f"/imports/{done['id']}/undo")
    await work(shop)
    undone = await state(quan, done["id"])
    assert (undone["state"], undone["reverted"], undone["kept"]) == ("undone", 2, 0)
    after = await panel(quan, hoa.customer_id)
    assert {n: after[n] for n in ("name", "identities", "phones", "tags", "notes")} == {
        n: before[n] for n in ("name", "identities", "phones", "tags", "notes")
    }
    [row] = await listed(quan, "binh")
    binh = await panel(quan, row["id"])
    assert (binh["phones"], binh["tags"], [n["text"] for n in binh["notes"]]) == (["+84987123456"], ["Cũ"], ["Trước"])


async def test_after_an_undo_the_corrected_file_is_taken_as_if_there_had_been_none(shop: Shop) -> None:
    quan = await admin(shop)
    hoa = await shop.waiting("hoa")
    await hoa.phone("+84912345678")
    done = await run(shop, quan, FILE)
    await quan.post(f"/imports/{done['id']}/undo")
    await work(shop)
    assert [row["id"] for row in await listed(quan)] == [str(hoa.customer_id)]
    assert counts(await run(shop, quan, FILE)) == (2, 0, 0, 0, 1)


async def test_what_was_changed_since_an_undo_leaves_alone(shop: Shop) -> None:
    quan = await admin(shop)
    done = await run(shop, quan, FILE)
    [row] = await listed(quan, "hoa")
    await quan.send("PATCH", f"/customers/{row['id']}", json={"tags": ["Quan trọng"]})
    await quan.post(f"/imports/{done['id']}/undo")
    await work(shop)
    undone = await state(quan, done["id"])
    assert (undone["state"], undone["reverted"], undone["kept"]) == ("undone", 1, 1)
    assert (await panel(quan, row["id"]))["name"] == "Nguyễn Thị Hoà"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "import_empty"),
        (b"SDT\n", "import_empty"),
        (b"PK\x03\x04", "import_broken"),
        (bytes(50), "import_encoding"),
    ],
)
async def test_what_is_no_table_is_refused_at_upload(shop: Shop, content: bytes, code: str) -> None:
    quan = await admin(shop)
    said = await quan.send("POST", "/imports?name=x.csv", data=content)
    assert (said.status, said.code) == (400, code)


async def test_a_file_that_breaks_in_the_middle_fails_and_says_why(shop: Shop) -> None:
    quan = await admin(shop)
    draft = await upload(quan, rows(3) + f'KH9,"{"x" * (1024 * 1024 + 1)}",,,,\n')
    await quan.post(f"/imports/{draft['id']}/start", {"mapping": draft["mapping"]})
    await work(shop)
    failed = await state(quan, draft["id"])
    assert (failed["state"], failed["error"]) == ("failed", "import_broken")


async def test_an_export_comes_back_as_it_went(shop: Shop) -> None:
    quan = await admin(shop)
    await attribute(quan, "hang", "text")
    await run(shop, quan, FILE + "KH3,=cmd|' /C calc'!A0,0903111222,,,@SUM(1)\n")
    exported = await quan.get("/exports/customers", format="csv", language="vi")
    lines = list(csv.reader(io.StringIO(exported.body.decode("utf-8-sig"))))
    by_id = {line[0]: line for line in lines[1:]}
    assert lines[0][:6] == ["Mã khách hàng", "Họ tên", "Số điện thoại", "E-mail", "Thẻ", "Ghi chú"]
    assert by_id["KH1"][1:6] == ["Nguyễn Thị Hoà", "'+84912345678", "hoa@example.vn", "Sỉ, VIP", "Gọi tối"]
    assert by_id["KH3"][1] == "'=cmd|' /C calc'!A0"
    assert by_id["KH3"][5] == "'@SUM(1)"
    assert counts(await run(shop, quan, exported.body)) == (0, 1, 2, 0, 0)  # the apostrophe of the name stays
    async with shop.units.database.reading() as connection:
        assert len(await import_store.newest(connection, limit=10)) == 2


async def test_an_exported_workbook_is_one_and_holds_only_text(shop: Shop) -> None:
    quan = await admin(shop)
    await run(shop, quan, FILE + "KH3,=1+1,0903111222,,,\n")
    exported = await quan.get("/exports/customers", format="xlsx", language="en")
    sheet = load_workbook(io.BytesIO(exported.body)).worksheets[0]
    found = {line[0].value: line for line in sheet.iter_rows()}
    assert found["Customer id"][2].value == "Phone"
    assert (found["KH1"][2].value, found["KH1"][2].data_type) == ("+84912345678", "s")
    assert (found["KH3"][1].value, found["KH3"][1].data_type) == ("'=1+1", "s")
    assert counts(await run(shop, quan, exported.body))[3] == 0


async def test_a_file_that_is_gone_fails_its_import_and_no_other(shop: Shop) -> None:
    quan = await admin(shop)
    draft = await upload(quan, FILE)
    await quan.post(f"/imports/{draft['id']}/start", {"mapping": draft["mapping"]})
    async with shop.units.database.reading() as connection:
        lost = await import_store.next_to_do(connection)
    assert lost is not None
    await shop.parts.blobs.remove(lost.file)
    await work(shop)
    failed = await state(quan, draft["id"])
    assert (failed["state"], failed["error"]) == ("failed", "blob_unknown")
    assert (await run(shop, quan, FILE))["state"] == "done"


async def test_the_file_itself_is_kept_no_longer_than_it_is_needed(shop: Shop) -> None:
    quan = await admin(shop)
    done = await run(shop, quan, FILE)
    async with shop.units.database.reading() as connection:
        file = (await import_store.find(connection, UUID(done["id"]))).file
    assert await shop.parts.blobs.find(file) is None
