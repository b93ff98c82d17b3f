"""Customers by hand: made, changed, shown what follows, joined and parted."""

from typing import Any

import pytest

from tests.console.conftest import Browser, Case, Shop

HOA: dict[str, Any] = {"name": "Nguyễn Thị Hoà", "phones": ["0912 345 678"], "emails": ["Hoa@Example.vn"]}


async def lan(shop: Shop) -> Browser:
    await shop.add_agent("lan")
    return await shop.sign_in("lan")


async def supervisor(shop: Shop) -> Browser:
    await shop.add_agent("minh", role="supervisor", queues=())
    return await shop.sign_in("minh")


async def admin(shop: Shop) -> Browser:
    await shop.add_agent("quan", role="admin", queues=())
    return await shop.sign_in("quan")


async def make(browser: Browser, click: str = "click-0001", **given: Any) -> dict[str, Any]:
    said = await browser.post("/customers", {"client_id": click} | given)
    assert said.status in {200, 201}, said
    return dict(said.body)


async def panel(browser: Browser, customer_id: object) -> dict[str, Any]:
    said = await browser.get(f"/customers/{customer_id}")
    assert said.status == 200, said
    return dict(said.body)


async def change(browser: Browser, customer_id: object, **wanted: Any) -> dict[str, Any]:
    said = await browser.send("PATCH", f"/customers/{customer_id}", json=wanted)
    assert said.status == 200, said
    return dict(said.body)


async def attribute(browser: Browser, key: str, kind: str, choices: tuple[str, ...] = ()) -> None:
    body = {"kind": kind, "label_vi": key, "label_en": key, "choices": choices}
    assert (await browser.send("PUT", f"/attributes/{key}", json=body)).status == 200


async def test_a_customer_by_hand_is_there_at_once_and_once(shop: Shop) -> None:
    browser = await lan(shop)
    made = await make(browser, **HOA, tags=["VIP"], note="Gọi sau 18 giờ")
    assert await make(browser, **HOA) == made  # the same click again
    shown = await panel(browser, made["id"])
    assert (shown["name"], shown["phones"], shown["emails"]) == (
        "Nguyễn Thị Hoà",
        ["+84912345678"],
        ["hoa@example.vn"],
    )
    assert (shown["tags"], [note["text"] for note in shown["notes"]]) == (["VIP"], ["Gọi sau 18 giờ"])
    [identity] = shown["identities"]
    assert (identity["channel"], {e["strength"] for e in identity["evidence"]}) == ("record", {"agent"})


async def test_who_made_a_customer_sees_them_and_no_other_agent_does(shop: Shop) -> None:
    browser = await lan(shop)
    made = await make(browser, **HOA)
    await shop.add_agent("tu")
    tu, minh = await shop.sign_in("tu"), await supervisor(shop)
    assert (await tu.get(f"/customers/{made['id']}")).status == 404
    assert (await panel(minh, made["id"]))["name"] == "Nguyễn Thị Hoà"
    [row] = (await minh.get("/customers", q="nguyen thi hoa")).body["items"]
    assert (row["id"], row["phone"]) == (made["id"], "+84912345678")
    assert (await tu.get("/customers")).status == 403


async def test_a_number_joins_and_says_so_before(shop: Shop) -> None:
    browser = await lan(shop)
    hoa, caller = await shop.waiting("hoa"), await shop.waiting("caller")
    await caller.phone("+84912345678")
    asked = {"phones": ["0912.345.678"]}
    said = await browser.post(f"/customers/{hoa.customer_id}/preview", asked)
    [would] = said.body["items"]
    assert (would["kind"], would["customer_id"]) == ("join", str(caller.customer_id))
    assert would["why"]["code"] == "merge.same_phone.attested"
    assert len((await panel(browser, hoa.customer_id))["identities"]) == 1  # nothing happened yet
    after = await change(browser, hoa.customer_id, add_phones=["0912.345.678"])
    assert {one["id"] for one in after["identities"]} == {str(hoa.identity_id), str(caller.identity_id)}


async def test_what_one_may_not_see_is_not_named_before_it_is_joined(shop: Shop) -> None:
    browser = await lan(shop)
    elsewhere = await shop.add_queue("Bảo hành")
    hidden = await shop.waiting("hidden", queue_id=elsewhere)
    await hidden.phone("+84912345678")
    said = await browser.post("/customers/preview", {"phones": ["0912345678"]})
    assert [(one["kind"], one["customer_id"], one["name"]) for one in said.body["items"]] == [("join", None, None)]
    assert await make(browser, **HOA) == {"id": str(hidden.customer_id), "seen": False}


async def test_very_different_names_only_suggest(shop: Shop) -> None:
    browser, minh = await lan(shop), await supervisor(shop)
    first = await make(browser, **HOA)
    asked = {"name": "Trần Văn Bình", "phones": HOA["phones"]}
    [would] = (await minh.post("/customers/preview", asked)).body["items"]
    assert (would["kind"], would["why"]["code"]) == ("suggest", "suggest.different_names")
    second = await make(browser, "click-0002", **asked)
    assert second["id"] != first["id"]


async def test_attributes_tags_and_notes_are_one_while_joined_and_each_ones_own_after(shop: Shop) -> None:
    browser, quan = await lan(shop), await admin(shop)
    await attribute(quan, "hang", "choice", ("Bạc", "Vàng"))
    await attribute(quan, "sinh_nhat", "date")
    one, other = await shop.waiting("one"), await shop.waiting("other")
    shop.clock.advance(1)
    await change(browser, one.customer_id, attributes={"hang": "vang"}, tags=["VIP"], notes={str(one.customer_id): "A"})
    shop.clock.advance(1)
    await change(
        browser,
        other.customer_id,
        attributes={"hang": "Bạc", "sinh_nhat": "17/11/1990"},
        tags=["Sỉ"],
        notes={str(other.customer_id): "B"},
    )
    before = await panel(browser, one.customer_id), await panel(browser, other.customer_id)
    entry = await joined(browser, one, other)
    both = await panel(browser, one.customer_id)
    assert both["attributes"] == {"hang": "Bạc", "sinh_nhat": "1990-11-17"}  # the newest word counts
    assert (both["tags"], [note["text"] for note in both["notes"]]) == (["Sỉ", "VIP"], ["A", "B"])
    shop.clock.advance(1)
    changed = await change(browser, one.customer_id, attributes={"hang": None}, tags=["VIP"])
    assert (changed["attributes"], changed["tags"]) == ({"sinh_nhat": "1990-11-17"}, ["VIP"])
    await browser.post(f"/ledger/{entry}/undo", {})
    other_again = await panel(browser, other.customer_id)
    assert {name: other_again[name] for name in ("attributes", "tags", "notes", "name")} == {
        name: before[1][name] for name in ("attributes", "tags", "notes", "name")
    }
    assert (await panel(browser, one.customer_id))["tags"] == before[0]["tags"]


async def test_a_note_of_a_joined_record_is_changed_where_it_stands(shop: Shop) -> None:
    browser = await lan(shop)
    one, other = await shop.waiting("one"), await shop.waiting("other")
    await change(browser, other.customer_id, notes={str(other.customer_id): "Hẹn thứ Hai"})
    entry = await joined(browser, one, other)
    after = await change(browser, one.customer_id, notes={str(other.customer_id): "Hẹn thứ Ba"})
    assert [note["text"] for note in after["notes"]] == ["Hẹn thứ Ba"]
    await browser.post(f"/ledger/{entry}/undo", {})
    assert [n["text"] for n in (await panel(browser, other.customer_id))["notes"]] == ["Hẹn thứ Ba"]
    assert (await panel(browser, one.customer_id))["notes"] == []


async def test_staff_take_back_what_staff_entered_and_nothing_else(shop: Shop) -> None:
    browser = await lan(shop)
    case = await shop.waiting("hoa")
    await case.phone("+84987123456")
    await change(browser, case.customer_id, add_phones=["0912345678"])
    after = await change(browser, case.customer_id, remove_phones=["0912345678"])
    assert after["phones"] == ["+84987123456"]
    said = await browser.send("PATCH", f"/customers/{case.customer_id}", json={"remove_phones": ["0987123456"]})
    assert (said.status, said.code) == (400, "evidence_not_ours")


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({}, "customer_empty", "body"),
        ({"phones": ["12"]}, "contact_invalid", "body.phones.0"),
        ({"phones": ["0912345678", "1900 1234"]}, "contact_invalid", "body.phones.1"),
        ({"emails": ["hoa"]}, "contact_invalid", "body.emails.0"),
        ({"name": "Hoà", "attributes": {"hang": "Vàng"}}, "attribute_invalid", "body.attributes.hang"),
        ({"name": "Hoà", "tags": ["x" * 41]}, "invalid", "body.tags.0"),
        ({"name": "Hoà", "note": "\0"}, "invalid", "body"),
    ],
)
async def test_what_makes_no_customer_is_refused_with_its_place(
    shop: Shop, body: dict[str, Any], code: str, where: str
) -> None:
    browser = await lan(shop)
    said = await browser.post("/customers", {"client_id": "click-0001"} | body)
    assert (said.status, said.code, said.body["where"]) == (400, code, where)


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("text", "  Thích   màu đỏ ", "Thích màu đỏ"),
        ("number", "1.250.000", 1250000),
        ("number", "1,5", 1.5),
        ("number", -3, -3),
        ("date", "29/02/2024", "2024-02-29"),
        ("date", "2024-02-29T00:00:00", "2024-02-29"),
        ("choice", "VANG", "Vàng"),
    ],
)
async def test_values_are_kept_in_one_form(shop: Shop, kind: str, given: object, kept: object) -> None:
    quan = await admin(shop)
    await attribute(quan, "x", kind, ("Vàng",) if kind == "choice" else ())
    made = await make(quan, name="Hoà", attributes={"x": given})
    assert (await panel(quan, made["id"]))["attributes"] == {"x": kept}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", "x" * 501),
        ("number", "một"),
        ("number", "1e400"),
        ("date", "29/02/2023"),
        ("date", "12/25/1990"),
        ("date", "0001-01-01"),
        ("choice", "Kim cương"),
    ],
)
async def test_values_that_do_not_fit_are_refused(shop: Shop, kind: str, given: object) -> None:
    quan = await admin(shop)
    await attribute(quan, "x", kind, ("Vàng",) if kind == "choice" else ())
    said = await quan.post("/customers", {"client_id": "click-0001", "name": "Hoà", "attributes": {"x": given}})
    assert (said.status, said.code, said.body["where"]) == (400, "attribute_invalid", "body.attributes.x")


async def test_an_attribute_keeps_its_kind_and_a_choice_has_choices(shop: Shop) -> None:
    quan = await admin(shop)
    await attribute(quan, "x", "number")
    body = {"kind": "text", "label_vi": "X", "label_en": "X"}
    assert (await quan.send("PUT", "/attributes/x", json=body)).code == "attribute_kind"
    assert (await quan.send("PUT", "/attributes/y", json=body | {"kind": "choice"})).code == "choices_wrong"
    assert (await quan.send("PUT", "/attributes/Hạng", json=body)).code == "attribute_key"
    retired = await quan.send("PUT", "/attributes/x", json=body | {"kind": "number", "retired": True})
    assert retired.body["retired"] is True
    said = await quan.post("/customers", {"client_id": "click-0001", "name": "Hoà", "attributes": {"x": 1}})
    assert said.code == "attribute_invalid"


async def test_the_list_goes_on_where_a_page_ended(shop: Shop) -> None:
    minh = await supervisor(shop)
    for number in range(5):
        shop.clock.advance(1)
        await make(minh, f"click-000{number}", name=f"Khách {number}")
    first = (await minh.get("/customers", limit=3)).body
    rest = (await minh.get("/customers", limit=3, after=first["next"])).body
    assert [row["name"] for row in (*first["items"], *rest["items"])] == [f"Khách {n}" for n in (4, 3, 2, 1, 0)]
    assert rest["next"] is None


async def joined(browser: Browser, one: Case, other: Case) -> str:
    body = {"other_customer_id": str(other.customer_id), "reason": "Cùng một người"}
    said = await browser.post(f"/customers/{one.customer_id}/merge", body)
    assert said.status == 200, said
    return str(said.body["entry_id"])
