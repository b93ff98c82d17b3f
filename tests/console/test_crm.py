"""Other systems: keys, customers and orders pushed and pulled, everything twice."""

from typing import Any

import pytest

from tests.console.conftest import Browser, Said, Shop
from tests.console.test_editing import admin, attribute, make, panel

ALL = ("customers:read", "customers:write", "orders:read", "orders:write")
HOA = {"name": "Nguyễn Thị Hoà", "phones": ["0912345678"], "emails": ["hoa@example.vn"], "tags": ["VIP"]}
ORDER = {
    "customer": "KH1",
    "status": "Đang giao",
    "placed_at": "2026-11-20T08:00:00Z",
    "total": "1250000.50",
    "items": [{"name": "Máy lạnh 1 HP", "quantity": 1, "price": "1250000.50"}],
    "recipient_name": "Nguyễn Thị Hoà",
    "recipient_phone": "0912 345 678",
    "tracking_code": "SPX123",
}


class System:
    """A program with a key. It has no cookie and sends no CSRF token."""

    def __init__(self, browser: Browser, secret: str) -> None:
        self._browser, self.secret = browser, secret

    async def send(self, method: str, path: str, body: Any = None, **params: str) -> Said:
        headers = {"Authorization": f"Bearer {self.secret}", "X-CSRF-Token": "", "Cookie": ""}
        return await self._browser.send(method, f"/crm{path}", json=body, headers=headers, params=params)

    async def put(self, path: str, body: Any) -> Said:
        return await self.send("PUT", path, body)

    async def get(self, path: str, **params: str) -> Said:
        return await self.send("GET", path, **params)


async def key(browser: Browser, *scopes: str) -> dict[str, Any]:
    said = await browser.post("/api-keys", {"name": "CRM của shop", "scopes": scopes or ALL})
    assert said.status == 201, said
    return dict(said.body)


async def system(shop: Shop, browser: Browser, *scopes: str) -> System:
    nobody = Browser(shop)
    nobody.origin = None
    shop.browsers.append(nobody)
    return System(nobody, (await key(browser, *scopes))["secret"])


async def test_a_key_opens_only_what_it_is_for_and_nothing_once_revoked(shop: Shop) -> None:
    quan = await admin(shop)
    made = await key(quan, "customers:read")
    crm = System(quan, made["secret"])
    assert (await crm.get("/customers")).status == 200
    refused = await crm.put("/customers/KH1", HOA)
    assert (refused.status, refused.code) == (403, "scope_lacking")
    [listed] = (await quan.get("/api-keys")).body["items"]
    assert listed["last_used_at"] is not None
    assert made["secret"].startswith(listed["hint"])
    assert made["secret"] not in str(listed)
    assert (await quan.post(f"/api-keys/{listed['id']}/revoke")).body["revoked_at"] is not None
    assert (await crm.get("/customers")).code == "key_invalid"
    actions = [deed["action"] for deed in (await quan.get("/audit")).body["items"]]
    assert actions == ["key.revoke", "key.make"]


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer otk_wrong", "Basic abc", "Bearer " + "x" * 500, "Bearer ạ"])
async def test_what_is_no_key_opens_nothing(shop: Shop, header: str) -> None:
    nobody = Browser(shop)
    shop.browsers.append(nobody)
    said = await nobody.send("GET", "/crm/customers", headers={"Authorization": header})
    assert (said.status, said.code) == (401, "key_invalid")


async def test_a_customer_that_is_pushed_twice_is_there_once(shop: Shop) -> None:
    quan = await admin(shop)
    await attribute(quan, "hang", "choice", ("Bạc", "Vàng"))
    crm = await system(shop, quan)
    first = await crm.put("/customers/KH%2F1", HOA | {"attributes": {"hang": "Vàng"}, "note": "Gọi tối"})
    again = await crm.put("/customers/KH%2F1", HOA | {"attributes": {"hang": "Vàng"}, "note": "Gọi tối"})
    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body == (await crm.get("/customers/KH%2F1")).body
    assert (first.body["external_ids"], first.body["attributes"], first.body["notes"]) == (
        ["KH/1"],
        {"hang": "Vàng"},
        ["Gọi tối"],
    )
    assert first.body["phones"] == [{"value": "+84912345678", "strength": "agent"}]


async def test_what_is_left_out_stays_and_what_is_sent_replaces(shop: Shop) -> None:
    crm = await system(shop, await admin(shop))
    await crm.put("/customers/KH1", HOA)
    after = (await crm.put("/customers/KH1", {"phones": ["0987123456"], "tags": []})).body
    assert [phone["value"] for phone in after["phones"]] == ["+84987123456"]
    assert (after["name"], after["tags"], len(after["emails"])) == ("Nguyễn Thị Hoà", [], 1)


async def test_a_system_takes_back_only_what_it_gave_itself(shop: Shop) -> None:
    quan = await admin(shop)
    crm = await system(shop, quan)
    pushed = (await crm.put("/customers/KH1", HOA)).body
    await quan.send("PATCH", f"/customers/{pushed['id']}", json={"add_phones": ["0987123456"]})
    after = (await crm.put("/customers/KH1", {"phones": []})).body
    assert [phone["value"] for phone in after["phones"]] == ["+84987123456"]


async def test_a_pushed_number_joins_who_is_there(shop: Shop) -> None:
    quan = await admin(shop)
    case = await shop.waiting("hoa")
    await case.phone("+84912345678")
    crm = await system(shop, quan)
    pushed = (await crm.put("/customers/KH1", HOA)).body
    assert pushed["id"] == str(case.customer_id)
    assert (pushed["channels"], len(pushed["record_ids"])) == (["facebook"], 2)
    assert (await panel(quan, case.customer_id))["name"] == "Nguyễn Thị Hoà"


async def test_what_changed_is_pulled_page_by_page_and_never_skipped(shop: Shop) -> None:
    quan = await admin(shop)
    crm = await system(shop, quan)
    for number in range(5):
        shop.clock.advance(1)
        await crm.put(f"/customers/KH{number}", {"name": f"Khách {number}"})
    assert (await crm.get("/customers")).body["items"] == []  # half a minute old at least
    shop.clock.advance(60)
    first = (await crm.get("/customers", limit="3")).body
    second = (await crm.get("/customers", limit="3", after=first["next"])).body
    assert [c["name"] for c in (*first["items"], *second["items"])] == [f"Khách {n}" for n in range(5)]
    assert (first["more"], second["more"]) == (True, False)
    assert (await crm.get("/customers", after=second["next"])).body == {
        "items": [],
        "next": second["next"],
        "more": False,
    }
    await crm.put("/customers/KH0", {"name": "Khách đổi tên"})
    shop.clock.advance(60)
    [changed] = (await crm.get("/customers", after=second["next"])).body["items"]
    assert changed["name"] == "Khách đổi tên"


async def test_a_merge_and_its_undo_are_changes_too(shop: Shop) -> None:
    quan = await admin(shop)
    crm = await system(shop, quan)
    one = (await crm.put("/customers/KH1", {"name": "Hoà"})).body
    other = (await crm.put("/customers/KH2", {"name": "Hoà"})).body
    shop.clock.advance(60)
    since = (await crm.get("/customers")).body["next"]
    body = {"other_customer_id": other["id"], "reason": "Cùng một người"}
    merged = await quan.post(f"/customers/{one['id']}/merge", body)
    shop.clock.advance(60)
    pulled = (await crm.get("/customers", after=since)).body
    [both] = pulled["items"]
    assert (sorted(both["external_ids"]), sorted(both["record_ids"])) == (
        ["KH1", "KH2"],
        sorted([one["id"], other["id"]]),
    )
    await quan.post(f"/ledger/{merged.body['entry_id']}/undo", {})
    shop.clock.advance(60)
    apart = (await crm.get("/customers", after=pulled["next"])).body["items"]
    assert sorted(c["external_ids"] for c in apart) == [["KH1"], ["KH2"]]


async def test_an_order_is_shown_with_its_customer_and_proves_their_number(shop: Shop) -> None:
    quan = await admin(shop)
    case = await shop.waiting("hoa")
    await case.phone("+84912345678")
    crm = await system(shop, quan)
    first, again = await crm.put("/orders/DH-1", ORDER), await crm.put("/orders/DH-1", ORDER)
    assert (first.status, again.status, first.body) == (201, 200, again.body)
    assert first.body["customer_id"] == str(case.customer_id)  # by the recipient's number
    shown = await panel(quan, case.customer_id)
    [order] = shown["orders"]
    assert (order["external_id"], order["status"], order["total"]) == ("DH-1", "Đang giao", "1250000.50")
    [record] = [one for one in shown["identities"] if one["channel"] == "record"]
    assert [(e["source"], e["strength"]) for e in record["evidence"]] == [("order_recipient", "order")]
    assert (await crm.get("/orders/DH-1")).body == first.body


async def test_a_masked_number_is_shown_and_is_no_key(shop: Shop) -> None:
    quan = await admin(shop)
    crm = await system(shop, quan)
    made = (await crm.put("/orders/DH-1", ORDER | {"recipient_phone": "0912***678"})).body
    shown = await panel(quan, made["customer_id"])
    assert (shown["phones"], shown["orders"][0]["recipient_phone"]) == ([], "0912***678")


async def test_a_corrected_number_takes_the_wrong_one_back(shop: Shop) -> None:
    quan = await admin(shop)
    crm = await system(shop, quan)
    await crm.put("/orders/DH-1", ORDER)
    made = (await crm.put("/orders/DH-1", ORDER | {"recipient_phone": "0987123456"})).body
    assert (await panel(quan, made["customer_id"]))["phones"] == ["+84987123456"]


async def test_an_order_of_a_buyer_on_a_channel_is_that_buyers(shop: Shop) -> None:
    quan = await admin(shop)
    case = await shop.waiting("psid-hoa")
    crm = await system(shop, quan)
    order = {name: value for name, value in ORDER.items() if name != "customer"}
    made = await crm.put("/orders/DH-1", order | {"account_id": "fb-main", "buyer": "psid-hoa"})
    assert made.body["identity_id"] == str(case.identity_id)
    unknown = await crm.put("/orders/DH-2", order | {"account_id": "fb-main", "buyer": "nobody"})
    assert (unknown.status, unknown.code) == (404, "buyer_unknown")
    taken = await crm.put("/orders/DH-1", ORDER)
    assert (taken.status, taken.code) == (409, "order_elsewhere")


async def test_orders_that_changed_are_pulled(shop: Shop) -> None:
    crm = await system(shop, await admin(shop))
    for number in range(3):
        shop.clock.advance(1)
        await crm.put(f"/orders/DH-{number}", ORDER)
    shop.clock.advance(60)
    first = (await crm.get("/orders", limit="2")).body
    rest = (await crm.get("/orders", limit="2", after=first["next"])).body
    assert [o["external_id"] for o in (*first["items"], *rest["items"])] == ["DH-0", "DH-1", "DH-2"]
    shop.clock.advance(1)
    await crm.put("/orders/DH-0", ORDER | {"status": "Đã giao"})
    shop.clock.advance(60)
    [changed] = (await crm.get("/orders", after=rest["next"])).body["items"]
    assert changed["status"] == "Đã giao"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/customers/KH1", {"phones": ["12"]}, "contact_invalid"),
        ("/customers/KH1", {"attributes": {"hang": "Vàng"}}, "attribute_invalid"),
        ("/customers/KH1", {"salary": 1}, "invalid"),
        (f"/customers/{'x' * 190}", {}, "external_id_long"),
        ("/orders/DH-1", {k: v for k, v in ORDER.items() if k != "customer"}, "order_of_whom"),
        ("/orders/DH-1", ORDER | {"buyer": "x"}, "order_of_whom"),
        ("/orders/DH-1", ORDER | {"total": "-1"}, "invalid"),
        ("/orders/DH-1", ORDER | {"placed_at": "hôm qua"}, "invalid"),
    ],
)
async def test_what_cannot_be_taken_is_refused_and_changes_nothing(shop: Shop, path: str, body: Any, code: str) -> None:
    crm = await system(shop, await admin(shop))
    said = await crm.put(path, body)
    assert (said.status, said.code) == (400, code)
    shop.clock.advance(60)
    assert (await crm.get("/customers")).body["items"] == []


async def test_records_of_hand_file_and_system_with_one_id_are_one(shop: Shop) -> None:
    quan = await admin(shop)
    crm = await system(shop, quan)
    by_hand = await make(quan, name="Nguyễn Thị Hoà", phones=["0912345678"])
    pushed = (await crm.put("/customers/KH1", HOA)).body
    assert pushed["id"] == by_hand["id"]
