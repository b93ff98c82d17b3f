"""Who is who, as agents see and decide it."""

from typing import Any

from hub.events import Explanation
from hub.ids import SuggestionId, new_id
from storage import suggestions as suggestion_store
from storage.suggestions import Suggestion
from tests.console.conftest import Browser, Case, Shop


async def two(shop: Shop) -> tuple[Browser, Case, Case]:
    await shop.add_agent("lan")
    return await shop.sign_in("lan"), await shop.waiting("hoa"), await shop.waiting("hoa-zalo")


async def panel(browser: Browser, case: Case) -> dict[str, Any]:
    said = await browser.get(f"/customers/{case.customer_id}")
    assert said.status == 200, said
    return dict(said.body)


async def merge(browser: Browser, one: Case, other: Case) -> str:
    body = {"other_customer_id": str(other.customer_id), "reason": "Cùng số điện thoại"}
    said = await browser.post(f"/customers/{one.customer_id}/merge", body)
    assert said.status == 200, said
    return str(said.body["entry_id"])


async def test_a_merge_shows_both_sides_and_why(shop: Shop) -> None:
    browser, hoa, zalo = await two(shop)
    entry_id = await merge(browser, hoa, zalo)
    shown = await panel(browser, hoa)
    assert {one["id"] for one in shown["identities"]} == {str(hoa.identity_id), str(zalo.identity_id)}
    [joined] = [one for one in shown["identities"] if one["joined_by"]]
    assert joined["id"] == str(zalo.identity_id)
    assert joined["joined_by"] == entry_id
    assert joined["why"]["code"].startswith("merge.")
    [line] = shown["ledger"]
    assert (line["id"], line["kind"], line["by"]) == (entry_id, "merge", str(browser.agent_id))
    assert line["in_force"] is line["revocable"] is True
    assert await panel(browser, zalo) == shown  # the old address leads to the same customer


async def test_the_timeline_of_a_merged_customer_is_one(shop: Shop) -> None:
    browser, hoa, zalo = await two(shop)
    await merge(browser, hoa, zalo)
    said = await browser.get(f"/conversations/{hoa.conversation_id}")
    entries = said.body["timeline"]["touchpoints"]
    assert [entry["identity_id"] for entry in entries] == [str(hoa.identity_id), str(zalo.identity_id)]
    assert [entry["number"] for entry in entries] == sorted(entry["number"] for entry in entries)
    assert {row["id"] for row in said.body["customer"]["conversations"]} == {
        str(hoa.conversation_id),
        str(zalo.conversation_id),
    }
    assert len(said.body["reply_options"]) == 2


async def test_an_undone_merge_shows_two_customers_again(shop: Shop) -> None:
    browser, hoa, zalo = await two(shop)
    before = await panel(browser, hoa), await panel(browser, zalo)
    entry_id = await merge(browser, hoa, zalo)
    said = await browser.post(f"/ledger/{entry_id}/undo", {"reason": "Nhầm người"})
    assert said.status == 200
    for case, was in zip((hoa, zalo), before, strict=True):
        now = await panel(browser, case)
        assert now["identities"] == was["identities"]
        kinds = {line["kind"]: line for line in now["ledger"]}
        assert (kinds["merge"]["in_force"], kinds["undo"]["in_force"]) == (False, True)
        assert kinds["undo"]["target_id"] == entry_id
    again = await browser.post(f"/ledger/{entry_id}/undo", {})
    assert (again.status // 100, again.code is not None) == (4, True)
    redo = await browser.post(f"/ledger/{said.body['entry_id']}/undo", {})
    assert redo.status == 200
    assert len((await panel(browser, hoa))["identities"]) == 2


async def test_one_identity_can_be_split_off(shop: Shop) -> None:
    browser, hoa, zalo = await two(shop)
    await merge(browser, hoa, zalo)
    assert (await browser.post(f"/identities/{zalo.identity_id}/split", {})).status == 200
    shown = await panel(browser, hoa)
    assert [one["id"] for one in shown["identities"]] == [str(hoa.identity_id)]
    revocable = {line["kind"]: line["revocable"] for line in shown["ledger"]}
    assert revocable == {"merge": False, "split": True}  # the merge stands, but is cut: undoing it changes nothing
    alone = await browser.post(f"/identities/{hoa.identity_id}/split", {})
    assert alone.status in {400, 409}


async def test_several_identities_are_split_off_together_and_come_back_with_one_undo(shop: Shop) -> None:
    browser, hoa, zalo = await two(shop)
    third = await shop.waiting("chong-hoa")
    await merge(browser, hoa, zalo)
    await merge(browser, hoa, third)
    body = {"with_identities": [str(third.identity_id)], "reason": "Máy của chồng"}
    said = await browser.post(f"/identities/{zalo.identity_id}/split", body)
    assert said.status == 200
    mine = [one["id"] for one in (await panel(browser, hoa))["identities"]]
    others = {one["id"] for one in (await panel(browser, zalo))["identities"]}
    assert (mine, others) == ([str(hoa.identity_id)], {str(zalo.identity_id), str(third.identity_id)})
    assert (await browser.post(f"/ledger/{said.body['entry_id']}/undo", {})).status == 200
    assert len((await panel(browser, hoa))["identities"]) == 3
    stranger = await shop.waiting("nguoi-la")
    body = {"with_identities": [str(stranger.identity_id)]}
    refused = await browser.post(f"/identities/{zalo.identity_id}/split", body)
    assert (refused.status, refused.code) == (409, "not_one_customer")


async def test_a_suggestion_is_settled_with_one_click(shop: Shop) -> None:
    browser, hoa, zalo = await two(shop)
    suggestion_id = await suggest(shop, hoa, zalo)
    [shown] = (await browser.get(f"/conversations/{hoa.conversation_id}")).body["suggestions"]
    assert shown["id"] == str(suggestion_id)
    assert shown["other_customer_id"] == str(zalo.customer_id)
    assert shown["other_channels"] == ["facebook"]
    said = await browser.post(f"/suggestions/{suggestion_id}/accept")
    assert said.status == 200
    assert said.body["entry_id"] is not None
    assert (await browser.post(f"/suggestions/{suggestion_id}/reject")).code == "suggestion_settled"
    assert (await browser.get(f"/conversations/{hoa.conversation_id}")).body["suggestions"] == []


async def test_a_rejected_suggestion_joins_nobody(shop: Shop) -> None:
    browser, hoa, zalo = await two(shop)
    suggestion_id = await suggest(shop, hoa, zalo)
    assert (await browser.post(f"/suggestions/{suggestion_id}/reject")).status == 204
    assert len((await panel(browser, hoa))["identities"]) == 1
    assert (await browser.get(f"/conversations/{zalo.conversation_id}")).body["suggestions"] == []


async def test_only_the_claimants_side_is_told_of_an_anonymous_claim(shop: Shop) -> None:
    other = await shop.add_queue("Bảo hành")
    await shop.add_agent("lan")
    await shop.add_agent("tuan", queues=(other,))
    lan, tuan = await shop.sign_in("lan"), await shop.sign_in("tuan")
    claimant, victim = await shop.waiting("visitor"), await shop.waiting("hoa", queue_id=other)
    suggestion_id = await suggest(shop, claimant, victim, only_for=claimant)
    assert (await tuan.get(f"/conversations/{victim.conversation_id}")).body["suggestions"] == []
    assert (await tuan.post(f"/suggestions/{suggestion_id}/accept")).status == 404
    assert (await lan.post(f"/suggestions/{suggestion_id}/reject")).status == 204


async def test_a_name_is_given_and_taken_back(shop: Shop) -> None:
    browser, hoa, _ = await two(shop)
    said = await browser.send("PATCH", f"/customers/{hoa.customer_id}", json={"name": "  Nguyễn Thị   Hoà "})
    assert said.body["name"] == "Nguyễn Thị Hoà"
    assert (await hoa.row()).customer_name == "Nguyễn Thị Hoà"
    said = await browser.send("PATCH", f"/customers/{hoa.customer_id}", json={"name": None})
    assert said.body["name"] is None
    assert (await browser.send("PATCH", f"/customers/{hoa.customer_id}", json={"name": "x" * 201})).status == 400


async def test_markup_in_a_name_stays_text(shop: Shop) -> None:
    browser, hoa, _ = await two(shop)
    name = '<img src=x onerror="alert(1)"> & "co"'
    said = await browser.send("PATCH", f"/customers/{hoa.customer_id}", json={"name": name})
    assert said.body["name"] == name
    assert said.headers["Content-Type"].startswith("application/json")
    assert said.headers["X-Content-Type-Options"] == "nosniff"


async def test_nobody_is_merged_with_themselves(shop: Shop) -> None:
    browser, hoa, zalo = await two(shop)
    await merge(browser, hoa, zalo)
    for other in (hoa, zalo):
        body = {"other_customer_id": str(other.customer_id), "reason": "?"}
        assert (await browser.post(f"/customers/{hoa.customer_id}/merge", body)).code == "same_customer"
    assert (await browser.post(f"/customers/{hoa.customer_id}/merge", {"reason": ""})).status == 400


async def suggest(shop: Shop, one: Case, other: Case, *, only_for: Case | None = None) -> SuggestionId:
    a, b = suggestion_store.pair(one.identity_id, other.identity_id)
    suggestion = Suggestion(
        SuggestionId(new_id()),
        a,
        b,
        Explanation(code="suggest.same_phone", params={"phone": "+84912345678"}),
        "open",
        shop.clock.now(),
        only_for=only_for.identity_id if only_for else None,
    )
    async with shop.units.begin() as work:
        await suggestion_store.put_new(work, [suggestion])
        await work.commit()
    return suggestion.id
