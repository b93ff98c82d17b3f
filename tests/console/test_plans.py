"""Plans as supervisors change them: versions, conflicts, what they may name; queues and teams."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel

from router.plan import automation, hours, queues, rules, sla, work
from router.plan.checks import REFERENCES
from storage import audit, plans
from tests.console.conftest import Browser, Shop

WEEK = [[{"opens": "08:00", "closes": "17:30"}]] * 5 + [[], []]
CALENDAR = {"id": "gio-hanh-chinh", "name": "Giờ hành chính", "week": WEEK}


@pytest.fixture
async def boss(shop: Shop) -> Browser:
    await shop.add_agent("boss", role="supervisor", queues=())
    return await shop.sign_in("boss")


def rule(shop: Shop, **more: Any) -> dict[str, Any]:
    return {"id": "vip", "name": "Khách VIP", "queue_id": str(shop.house.queue_id)} | more


async def put(browser: Browser, kind: str, seen: int, **document: Any) -> Any:
    return await browser.send("PUT", f"/plans/{kind}", json={"seen": seen, "document": document, "note": "Tết"})


async def test_a_plan_begins_with_the_defaults_and_keeps_every_version(shop: Shop, boss: Browser) -> None:
    first = (await boss.get("/plans/work")).body
    assert (first["version"], first["made_by"]) == (0, None)
    assert "lunch" in [reason["id"] for reason in first["document"]["presence_reasons"]]
    said = await put(boss, "rules", 0, rules=[rule(shop)])
    assert (said.status, said.body["version"], said.body["made_by"]) == (200, 1, str(boss.agent_id))
    assert (await put(boss, "rules", 1, rules=[])).body["version"] == 2
    history = (await boss.get("/plans/rules/versions", limit=1)).body
    assert [(one["version"], one["note"]) for one in history["items"]] == [(2, "Tết")]
    older = (await boss.get("/plans/rules/versions", before=history["next"])).body
    assert ([one["version"] for one in older["items"]], older["next"]) == ([1], None)
    assert (await boss.get("/plans/rules", version=1)).body["document"]["rules"][0]["name"] == "Khách VIP"
    async with shop.units.database.reading() as connection:
        deeds = await audit.newest(connection, action="plan.put")
    assert [deed.detail for deed in deeds] == [{"kind": "rules", "version": 2}, {"kind": "rules", "version": 1}]


async def test_who_did_not_see_the_newest_version_overwrites_nothing(shop: Shop, boss: Browser) -> None:
    await put(boss, "rules", 0, rules=[rule(shop)])
    said = await put(boss, "rules", 0, rules=[])
    assert (said.status, said.code) == (409, "plan_outdated")
    assert (await boss.get("/plans/rules")).body["version"] == 1


async def test_a_repeated_request_makes_no_second_version(shop: Shop, boss: Browser) -> None:
    await put(boss, "rules", 0, rules=[rule(shop)])
    again = await put(boss, "rules", 0, rules=[rule(shop)])
    assert (again.status, again.body["version"]) == (200, 1)


async def test_an_old_version_comes_back_as_a_new_one(shop: Shop, boss: Browser) -> None:
    await put(boss, "rules", 0, rules=[rule(shop)])
    await put(boss, "rules", 1, rules=[])
    stale = await boss.post("/plans/rules/restore", {"version": 1, "seen": 1})
    assert (stale.status, stale.code) == (409, "plan_outdated")
    said = await boss.post("/plans/rules/restore", {"version": 1, "seen": 2})
    assert (said.status, said.body["version"]) == (200, 3)
    assert [one["id"] for one in (await boss.get("/plans/rules")).body["document"]["rules"]] == ["vip"]
    unknown = await boss.post("/plans/rules/restore", {"version": 9, "seen": 3})
    assert (unknown.status, unknown.body["where"]) == (404, "body.version")
    assert (await boss.post("/plans/colours/restore", {"version": 0, "seen": 0})).code == "plan_unknown"


async def test_everything_that_is_not_there_is_named_with_its_place(shop: Shop, boss: Browser) -> None:
    nowhere, nobody = str(uuid4()), str(uuid4())
    when = {"accounts": ["gone"], "open_calendar": "tet", "attributes": [{"name": "hang", "among": ["vip"]}]}
    steps = [{"skills": [{"skill": "tieng-anh"}], "wait_s": 60}, {"queue_id": nowhere}]
    said = await put(boss, "rules", 0, rules=[rule(shop, when=when, steps=steps)], default_queue_id=nowhere)
    assert (said.status, said.code) == (400, "plan_reference_unknown")
    assert {fault["where"]: fault["problem"] for fault in said.body["faults"]} == {
        "body.document.rules.0.when.accounts.0": "There is no such channel account",
        "body.document.rules.0.when.attributes.0.name": "There is no such attribute",
        "body.document.rules.0.when.open_calendar": "There is no such calendar",
        "body.document.rules.0.steps.0.skills.0.skill": "There is no such skill",
        "body.document.rules.0.steps.1.queue_id": "There is no such queue",
        "body.document.default_queue_id": "There is no such queue",
    }
    then = [{"do": "assign_to", "agent_id": nobody}, {"do": "close", "disposition": "gone"}]
    then += [{"do": "set_lifecycle", "lifecycle": "gone"}]
    said = await put(boss, "automation", 0, rules=[{"id": "a", "name": "A", "on": "assigned", "then": then}])
    assert [fault["where"].rsplit(".", 1)[1] for fault in said.body["faults"]] == [
        "agent_id",
        "disposition",
        "lifecycle",
    ]


async def test_what_went_meanwhile_does_not_hold_up_who_mends_another_rule(shop: Shop, boss: Browser) -> None:
    agent_id = await shop.add_agent("lan")
    assert (await boss.send("PATCH", f"/team/{agent_id}", json={"skills": {"tieng-anh": 3}})).status == 200
    speaks = rule(shop, steps=[{"skills": [{"skill": "tieng-anh", "level": 2}]}])
    assert (await put(boss, "rules", 0, rules=[speaks])).status == 200
    await boss.send("PATCH", f"/team/{agent_id}", json={"skills": {}})
    assert (await put(boss, "rules", 1, rules=[speaks, rule(shop, id="other")])).status == 200
    asks_more = rule(shop, id="more", steps=[{"skills": [{"skill": "tieng-nhat"}]}])
    assert (await put(boss, "rules", 2, rules=[speaks, asks_more])).code == "plan_reference_unknown"


async def test_what_others_name_is_not_taken_away(shop: Shop, boss: Browser) -> None:
    assert (await put(boss, "hours", 0, calendars=[CALENDAR])).status == 200
    rules_ = [rule(shop, when={"closed_calendar": "gio-hanh-chinh", "lifecycle": ["buy"]})]
    assert (await put(boss, "rules", 0, rules=rules_)).status == 200
    settings = {"seen": 1, "settings": {"calendar": "gio-hanh-chinh"}}
    assert (await boss.send("PATCH", f"/queues/{shop.house.queue_id}", json=settings)).status == 200
    said = await put(boss, "hours", 1, calendars=[])
    assert (said.status, said.code) == (400, "plan_in_use")
    assert [fault["problem"] for fault in said.body["faults"]] == [
        "Still used by Chung: gio-hanh-chinh",
        "Still used by Khách VIP: gio-hanh-chinh",
    ]
    assert (await put(boss, "work", 0, lifecycle=[])).code == "plan_in_use"


async def test_only_administrators_set_up_addresses_that_things_are_sent_to(shop: Shop, boss: Browser) -> None:
    call = {"id": "a", "name": "A", "on": "resolved", "then": [{"do": "call_webhook", "url": "https://crm.test/in"}]}
    said = await put(boss, "automation", 0, rules=[call])
    assert (said.status, said.code) == (403, "webhook_admin")
    await shop.add_agent("root", role="admin", queues=())
    root = await shop.sign_in("root")
    assert (await put(root, "automation", 0, rules=[call])).status == 200
    assert (await put(boss, "automation", 1, rules=[call | {"active": False}])).status == 200


async def test_the_days_off_of_a_year_are_shown(boss: Browser) -> None:
    days = {one["on"]: one["holiday"] for one in (await boss.get("/holidays", year=2026)).body["items"]}
    assert days["2026-02-17"] == "lunar_new_year"
    assert days["2026-04-26"] == "hung_kings"
    assert (await boss.get("/holidays", year=1066)).status == 400


async def test_a_queue_is_made_set_up_and_given_its_people(shop: Shop, boss: Browser) -> None:
    lan = await shop.add_agent("lan", queues=())
    said = await boss.post("/queues", {"name": " Bảo hành ", "member_ids": [str(lan)], "settings": {"wrap_up_s": 30}})
    assert (said.status, said.body["name"], said.body["member_ids"]) == (201, "Bảo hành", [str(lan)])
    made = said.body["id"]
    assert (await boss.post("/queues", {"name": "Bảo hành"})).code == "queue_exists"
    changed = await boss.send("PATCH", f"/queues/{made}", json={"seen": 1, "offer_s": 45, "member_ids": []})
    assert (changed.body["offer_s"], changed.body["member_ids"]) == (45, [])
    assert changed.body["settings"]["wrap_up_s"] == 30
    itself = await boss.send("PATCH", f"/queues/{made}", json={"seen": 2, "settings": {"overflow_queue_id": made}})
    assert (itself.status, itself.code) == (409, "queue_overflow_self")
    wrong = {"seen": 2, "settings": {"calendar": "tet", "sla_policy": "x"}}
    missing = await boss.send("PATCH", f"/queues/{made}", json=wrong)
    assert [fault["where"] for fault in missing.body["faults"]] == [
        "body.settings.calendar",
        "body.settings.sla_policy",
    ]
    stranger = {"seen": 2, "member_ids": [str(uuid4())]}
    assert (await boss.send("PATCH", f"/queues/{made}", json=stranger)).code == "agent_unknown"
    assert (await boss.send("PATCH", f"/queues/{uuid4()}", json={"seen": 1, "offer_s": 45})).status == 404
    async with shop.units.database.reading() as connection:
        assert await plans.versions(connection) == {"queues": 2}  # so the router looks again
    listed = (await boss.get("/queues/settings")).body["items"]
    assert {one["name"] for one in listed} == {"Chung", "Bảo hành"}


async def test_of_two_who_edit_a_queue_at_once_the_second_is_told(shop: Shop, boss: Browser) -> None:
    lan = await shop.add_agent("lan", queues=())
    queue_id = str(shop.house.queue_id)

    async def save(seen: int, **change: Any) -> Any:
        return await boss.send("PATCH", f"/queues/{queue_id}", json={"seen": seen, **change})

    first = await save(1, settings={"wrap_up_s": 30})
    assert (first.status, first.body["version"]) == (200, 2)
    second = await save(1, offer_s=60)
    assert (second.status, second.code) == (409, "queue_outdated")
    [stored] = (await boss.get("/queues/settings")).body["items"]
    assert (stored["offer_s"], stored["settings"]["wrap_up_s"], stored["version"]) == (20, 30, 2)
    assert (await save(2, offer_s=60)).body["version"] == 3
    assert (await boss.send("PATCH", f"/team/{lan}", json={"queue_ids": [queue_id]})).status == 200
    assert (await save(3, member_ids=[])).code == "queue_outdated", "who serves it is part of it"
    both = await asyncio.gather(save(4, offer_s=30), save(4, offer_s=40))
    assert sorted(one.status for one in both) == [200, 409]


async def test_what_an_agent_can_do_is_set_by_supervisors(shop: Shop, boss: Browser) -> None:
    lan = await shop.add_agent("lan")
    given = {"skills": {"tieng-anh": 4}, "limits": {"email": 2}, "auto_accept": True, "capacity": 7}
    said = await boss.send("PATCH", f"/team/{lan}", json=given)
    assert said.status == 200
    assert {name: said.body[name] for name in given} == given
    shown = {one["id"]: one for one in (await boss.get("/team")).body["items"]}
    assert shown[str(lan)] == said.body
    assert (await boss.get("/planning")).body["skills"] == ["tieng-anh"]
    wrong = await boss.send("PATCH", f"/team/{lan}", json={"skills": {"Tiếng Anh": 9}})
    assert wrong.status == 400
    assert (await boss.send("PATCH", f"/team/{uuid4()}", json={"capacity": 1})).code == "agent_unknown"


def test_every_id_in_a_plan_is_checked() -> None:
    named = ("QueueId", "AgentId", "AccountId", "ChannelAccountId")
    for module in (automation, hours, queues, rules, sla, work):
        for model in vars(module).values():
            is_ours = isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == module.__name__
            if is_ours and model is not rules.Placed:  # what became of a conversation, nobody's plan
                for name, kind in model.__annotations__.items():
                    if any(one in str(kind) for one in named):
                        assert (model, name) in REFERENCES, (model, name)
