"""The log of automation, trying a rule, and the secret of webhooks, through the API."""

import base64
from typing import Any

from hub.ids import EventId, new_id
from storage import automation, webhook_calls
from storage.automation import Run
from storage.webhook_calls import WebhookCall
from tests.console.conftest import Case, Shop


async def ran(shop: Shop, case: Case, rule_id: str, **more: Any) -> EventId:
    """A run stands in the log."""
    event_id = EventId(new_id())
    run = Run(
        rule_id=rule_id, rule_name=f"Luật {rule_id}", conversation_id=case.conversation_id, event_id=event_id,
        event_type="hub.touchpoint_added.v1", outcome=more.pop("outcome", "done"), **more,
    )  # fmt: skip
    async with shop.units.begin() as work:
        await automation.add(work, [run])
        await work.commit()
    return event_id


async def test_the_log_tells_what_each_rule_did_and_what_became_of_its_webhooks(shop: Shop) -> None:
    await shop.add_agent("boss", role="supervisor", queues=())
    boss, hoa, mai = await shop.sign_in("boss"), await shop.waiting("hoa"), await shop.waiting("mai")
    actions = [{"do": "call_webhook", "outcome": "done", "detail": None}]
    event_id = await ran(shop, hoa, "crm", actions=actions)
    await ran(shop, mai, "vip", outcome="skipped", detail="too_many")
    now = shop.clock.now()
    call = WebhookCall(
        id=new_id(), rule_id="crm", event_id=event_id, url="https://crm.example/h", body=b"{}", made_at=now,
        next_attempt_at=now, attempts=1, problem="HTTP 500",
    )  # fmt: skip
    async with shop.units.begin() as work:
        await webhook_calls.add(work, call)
        await work.commit()
    skipped, done = (await boss.get("/automation/log")).body["items"]
    assert (skipped["rule_id"], skipped["outcome"], skipped["detail"]) == ("vip", "skipped", "too_many")
    assert done["actions"] == actions
    assert done["webhooks"] == [
        {"url": "https://crm.example/h", "state": "queued", "attempts": 1, "problem": "HTTP 500"}
    ]
    by_rule = (await boss.get("/automation/log", rule_id="vip")).body["items"]
    by_conversation = (await boss.get("/automation/log", conversation_id=str(hoa.conversation_id))).body["items"]
    assert [[one["rule_id"] for one in some] for some in (by_rule, by_conversation)] == [["vip"], ["crm"]]


async def test_pages_of_the_log_follow_each_other(shop: Shop) -> None:
    await shop.add_agent("boss", role="supervisor", queues=())
    boss, hoa = await shop.sign_in("boss"), await shop.waiting("hoa")
    for n in range(5):
        await ran(shop, hoa, f"r{n}")
    found, before = [], None
    for _ in range(3):
        page = (await boss.get("/automation/log", limit=2, **({"before": before} if before else {}))).body
        found += [one["rule_id"] for one in page["items"]]
        before = page["before"]
    assert found == ["r4", "r3", "r2", "r1", "r0"]
    assert before is None


async def test_a_rule_is_tried_on_what_happened_and_a_rule_that_is_none_is_refused(shop: Shop) -> None:
    await shop.add_agent("boss", role="supervisor", queues=())
    boss, hoa = await shop.sign_in("boss"), await shop.waiting("hoa", text="Máy còn bảo hành không")
    await hoa.customer_writes("Alo")
    rule = {
        "id": "r", "name": "R", "on": "customer_message", "when": {"words": ["bao hanh"]}, "then": [{"do": "close"}],
    }  # fmt: skip
    said = (await boss.post("/automation/dry-run", {"rule": rule})).body
    assert (said["runs"], said["run_conversations"], said["is_complete"]) == (1, 1, True)
    assert [example["text"] for example in said["examples"]] == ["Máy còn bảo hành không"]
    refused = await boss.post("/automation/dry-run", {"rule": rule | {"then": []}})
    assert (refused.status, refused.body["faults"][0]["where"]) == (400, "body.rule.then")


async def test_looking_at_the_webhook_secret_stands_in_the_audit_log(shop: Shop) -> None:
    await shop.add_agent("chief", role="admin", queues=())
    chief = await shop.sign_in("chief")
    secret = (await chief.post("/automation/webhook-secret", None)).body["secret"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert (await chief.get("/audit")).body["items"][0]["action"] == "webhook_secret.show"
