"""The identity policy over the API: dry run, application, history, and what must be refused."""

import pytest

from identity.policy_runs import BEGIN_AFTER, PolicyRuns
from storage import audit
from tests.console.conftest import Browser, Shop


@pytest.fixture
async def admin(shop: Shop) -> Browser:
    await shop.add_agent("sep", role="admin", queues=())
    return await shop.sign_in("sep")


async def test_a_policy_is_tried_applied_seen_in_the_history_and_taken_back(shop: Shop, admin: Browser) -> None:
    view = (await admin.get("/identity-policy")).body
    assert (view["current"]["version"], view["current"]["rules"]) == (0, view["defaults"])
    rules = view["defaults"] | {"shared_phone_max": 2, "never_keys": ["0912 345 678", "Kho@Shop.vn"]}
    tried = await admin.post("/identity-policy/runs", {"rules": rules})
    assert (tried.status, tried.body["status"]) == (201, "queued")
    run_id = tried.body["id"]
    assert (await admin.post(f"/identity-policy/runs/{run_id}/apply", {})).code == "dry_run_unfinished"
    runs = PolicyRuns(shop.units, "test")
    await runs.work_off()
    assert (await admin.get(f"/identity-policy/runs/{run_id}")).body["status"] == "done"
    applied = await admin.post(f"/identity-policy/runs/{run_id}/apply", {"note": "Số kho không phải của khách"})
    assert (applied.status, applied.body["kind"]) == (201, "apply")
    shop.clock.advance(BEGIN_AFTER.total_seconds())
    await runs.work_off()
    view = (await admin.get("/identity-policy")).body
    assert view["current"]["version"] == 1
    assert view["current"]["rules"]["never_keys"] == ["+84912345678", "kho@shop.vn"]
    assert (view["current"]["note"], view["current"]["made_by"]) == ("Số kho không phải của khách", str(admin.agent_id))
    undone = await admin.post(f"/identity-policy/runs/{applied.body['id']}/undo")
    assert undone.status == 201
    view = (await admin.get("/identity-policy")).body
    assert (view["current"]["version"], view["current"]["rules"]) == (2, view["defaults"])
    async with shop.units.database.reading() as connection:
        deeds = await audit.newest(connection)
    assert [(deed.action, deed.actor) for deed in deeds] == [
        ("policy.undo", audit.by_agent(admin.agent_id)),
        ("policy.apply", audit.by_agent(admin.agent_id)),
    ]
    kinds = [run["kind"] for run in (await admin.get("/identity-policy/runs")).body["items"]]
    assert sorted(kinds) == ["apply", "dry_run", "undo"]


async def test_a_run_can_be_stopped_once(shop: Shop, admin: Browser) -> None:
    rules = (await admin.get("/identity-policy")).body["defaults"]
    run_id = (await admin.post("/identity-policy/runs", {"rules": rules})).body["id"]
    assert (await admin.post(f"/identity-policy/runs/{run_id}/cancel")).status == 204
    again = await admin.post(f"/identity-policy/runs/{run_id}/cancel")
    assert (again.status, again.code) == (409, "run_ended")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"shared_phone_max": 0}, "body.rules.shared_phone_max"),
        ({"recycled_after_days": 10**9}, "body.rules.recycled_after_days"),
        ({"never_keys": ["không phải số"]}, "body.rules.never_keys.0"),
        ({"never_keys": ["0912345678"] * 1001}, "body.rules.never_keys"),
        ({"strengths": {"masked": "merge"}}, "body.rules"),
        ({"strengths": {"attested": "always"}}, "body.rules.strengths.attested"),
        ({"sources": {"gossip": "merge"}}, "body.rules.sources.gossip.[key]"),
        ({"accounts": [{"account_id": "a", "claims": "ignore", "lasting": None}] * 2}, "body.rules"),
        ({"surprise": 1}, "body.rules.surprise"),
    ],
)
async def test_what_makes_no_policy_is_refused_with_its_place(
    shop: Shop, admin: Browser, change: dict[str, object], where: str
) -> None:
    rules = (await admin.get("/identity-policy")).body["defaults"]
    said = await admin.post("/identity-policy/runs", {"rules": rules | change})
    assert said.status == 400
    assert where in {fault["where"] for fault in said.body["faults"]}


async def test_an_unknown_run_is_not_found(shop: Shop, admin: Browser) -> None:
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/undo")):
        said = await admin.send(method, f"/identity-policy/runs/00000000-0000-7000-8000-000000000000{path}")
        assert (said.status, said.code) == (404, "run_unknown")
