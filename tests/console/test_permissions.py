"""Who may do what: every role at every route and every socket event. A route without a sample fails the test."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from agent_console.api.routes import PREFIX, ROUTES, Route
from agent_console.imports.layout import Layout
from agent_console.live.sockets import EVENT_ACCESS
from agent_console.permissions import Access, admits
from hub.events import (
    Attachment,
    AttachmentKind,
    Author,
    CallCard,
    CallDirection,
    CallState,
    Channel,
    Delivery,
    DeliveryState,
    Explanation,
    FailureReason,
    TaskState,
)
from hub.ids import AgentId, LedgerEntryId, QueueId, RunId, SuggestionId, TaskId, TouchpointId, new_id
from identity import commands as identity_commands
from identity.rules import Rules
from identity.settings import PolicySettings
from router import tasks
from storage import api_keys, claim_alarms, imports, policies, tables
from storage import conversations as conversation_store
from storage import suggestions as suggestion_store
from storage.api_keys import ApiKey
from storage.changes import ChangeSet
from storage.imports import Import
from storage.policies import Run
from storage.suggestions import Suggestion
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork
from tests.console.conftest import PASSWORD, Browser, Case, Shop
from tests.console.sockets import Line

EXPECTED_ROLES = ("nobody", "agent", "stranger", "supervisor", "admin")


@dataclass
class Things:
    """One of everything that a path can name, all of one customer in the house's queue."""

    case: Case
    other: Case
    touchpoint_id: TouchpointId
    suggestion_id: SuggestionId
    entry_id: LedgerEntryId
    run_id: RunId
    number: int
    agent_id: str
    import_id: str = ""
    key_id: str = ""
    queue_id: QueueId | None = None
    task_id: str = ""
    alarm_id: UUID | None = None

    @property
    def path(self) -> dict[str, str]:
        return {
            "conversation_id": str(self.case.conversation_id),
            "customer_id": str(self.case.customer_id),
            "identity_id": str(self.case.identity_id),
            "touchpoint_id": str(self.touchpoint_id),
            "suggestion_id": str(self.suggestion_id),
            "entry_id": str(self.entry_id),
            "run_id": str(self.run_id),
            "account_id": "fb-main",
            "agent_id": self.agent_id,
            "index": "0",
            "attribute_key": "hang",
            "import_id": self.import_id,
            "key_id": self.key_id,
            "task_id": self.task_id,
            "alarm_id": str(self.alarm_id),
            "external_id": "KH1",
            "plan_kind": "rules",
            "queue_id": str(self.queue_id),
        }


Sample = Callable[[Things], Any]
BODIES: Mapping[str, Sample] = {
    "sign_in": lambda _: {"login": "nobody", "password": PASSWORD},
    "sign_out": lambda _: None,
    "get_me": lambda _: None,
    "change_me": lambda _: {"locale": "vi"},
    "set_presence": lambda _: {"status": "available"},
    "get_snapshot": lambda _: None,
    "list_queues": lambda _: None,
    "list_conversations": lambda _: None,
    "get_conversation": lambda _: None,
    "get_timeline": lambda _: None,
    "get_changes": lambda _: None,
    "reply": lambda t: {"client_id": f"client-{t.number}", "identity_id": str(t.case.identity_id), "text": "Dạ"},
    "accept_conversation": lambda _: None,
    "decline_conversation": lambda _: None,
    "release_conversation": lambda _: None,
    "take_conversation": lambda _: None,
    "resolve_conversation": lambda _: None,
    "reopen_conversation": lambda _: None,
    "read_conversation": lambda _: {"seq": 1},
    "transfer_conversation": lambda t: {"agent_id": t.agent_id, "note": "Nhờ bạn"},
    "assign_conversation": lambda _: {"note": "Để tôi"},
    "snooze_conversation": lambda _: {},
    "wake_conversation": lambda _: None,
    "add_note": lambda _: {"note_id": str(new_id()), "text": "Khách quen"},
    "end_consult": lambda _: {},
    "set_agent_presence": lambda _: {"status": "away", "reason": "lunch"},
    "end_wrap_up": lambda _: None,
    "get_work_words": lambda _: None,
    "label_conversation": lambda _: {"priority": 1, "add_tags": ["bảo hành"]},
    "list_tags": lambda _: None,
    "list_tasks": lambda _: None,
    "list_calls": lambda _: None,
    "count_tasks": lambda _: None,
    "add_task": lambda _: {"task_id": str(new_id()), "due_at": "2100-01-01T00:00:00Z"},
    "change_task": lambda _: {"note": "Gọi lại cho khách"},
    "end_task": lambda _: {},
    "list_automation_runs": lambda _: None,
    "dry_run_automation": lambda _: {"rule": {"id": "r", "name": "R", "on": "assigned", "then": [{"do": "close"}]}},
    "show_webhook_secret": lambda _: None,
    "settle_reply": lambda _: {"outcome": "sent"},
    "get_attachment": lambda _: None,
    "get_recording": lambda _: None,
    "upload": lambda _: b"Xin chao",
    "get_customer": lambda _: None,
    "change_customer": lambda _: {"name": "Hoà"},
    "merge_customers": lambda t: {"other_customer_id": str(t.other.customer_id), "reason": "Cùng một người"},
    "list_suggestions": lambda _: None,
    "count_suggestions": lambda _: None,
    "get_suggestion": lambda _: None,
    "accept_suggestion": lambda _: None,
    "reject_suggestion": lambda _: None,
    "list_claim_alarms": lambda _: None,
    "see_claim_alarm": lambda _: None,
    "undo_entry": lambda _: {"reason": "Nhầm"},
    "split_identity": lambda _: {},
    "move_identity": lambda t: {"to_customer_id": str(t.other.customer_id), "reason": "Máy của chồng"},
    "get_policy": lambda _: None,
    "list_policy_runs": lambda _: None,
    "try_policy": lambda _: {"rules": Rules.of(PolicySettings()).model_dump(mode="json")},
    "get_policy_run": lambda _: None,
    "apply_policy": lambda _: {"note": "Thử"},
    "cancel_policy_run": lambda _: None,
    "undo_policy": lambda _: None,
    "get_routing": lambda _: None,
    "try_routing": lambda _: {"facts": {"channel": "facebook"}},
    "get_rules_plan": lambda _: None,
    "put_rules_plan": lambda _: {"seen": 0, "document": {"rules": []}},
    "get_hours_plan": lambda _: None,
    "put_hours_plan": lambda _: {"seen": 0, "document": {"calendars": []}},
    "get_work_plan": lambda _: None,
    "put_work_plan": lambda _: {"seen": 0, "document": {"away_after_s": 600}},
    "get_sla_plan": lambda _: None,
    "put_sla_plan": lambda _: {"seen": 0, "document": {"policies": []}},
    "get_automation_plan": lambda _: None,
    "put_automation_plan": lambda _: {"seen": 0, "document": {"rules": []}},
    "list_plan_versions": lambda _: None,
    "restore_plan": lambda _: {"version": 0, "seen": 1},
    "get_planning": lambda _: None,
    "list_holidays": lambda _: None,
    "list_queue_settings": lambda _: None,
    "add_queue": lambda t: {"name": f"Hàng đợi {t.number}"},
    "change_queue": lambda _: {"seen": 1, "offer_s": 30},
    "list_team": lambda _: None,
    "change_team_member": lambda _: {"skills": {"tieng-anh": 3}},
    "list_customers": lambda _: None,
    "create_customer": lambda t: {"client_id": f"client-{t.number}", "name": "Hoà"},
    "preview_customer": lambda _: {"phones": ["0912 345 678"]},
    "preview_change": lambda _: {"phones": ["0912 345 678"]},
    "list_attributes": lambda _: None,
    "put_attribute": lambda _: {"kind": "text", "label_vi": "Hạng", "label_en": "Class"},
    "add_import": lambda _: b"SDT\n0912345678\n",
    "list_imports": lambda _: None,
    "get_import": lambda _: None,
    "check_import": lambda _: {"mapping": ["phone"]},
    "start_import": lambda _: {"mapping": ["phone"]},
    "cancel_import": lambda _: None,
    "undo_import": lambda _: None,
    "list_import_faults": lambda _: None,
    "get_import_report": lambda _: None,
    "export_customers": lambda _: None,
    "list_api_keys": lambda _: None,
    "add_api_key": lambda _: {"name": "CRM", "scopes": ["customers:read"]},
    "revoke_api_key": lambda _: None,
    "list_audit": lambda _: None,
    "put_crm_customer": lambda _: {"name": "Hoà"},
    "get_crm_customer": lambda _: None,
    "list_crm_customers": lambda _: None,
    "put_crm_order": lambda _: {"customer": "KH1", "status": "new", "placed_at": "2026-11-20T00:00:00Z"},
    "get_crm_order": lambda _: None,
    "list_crm_orders": lambda _: None,
    "list_channels": lambda _: None,
    "list_channel_accounts": lambda _: None,
    "add_channel_account": lambda t: {"id": f"w{t.number}", "channel": "webchat", "display_name": "W", "settings": {}},
    "change_channel_account": lambda _: {"active": True},
    "list_agents": lambda _: None,
    "add_agent": lambda t: {"login": f"new{t.number}", "display_name": "Mới", "password": PASSWORD},
    "change_agent": lambda _: {"capacity": 5},
    "list_dead_letters": lambda _: None,
    "replay_dead_letters": lambda _: {"ids": ["0-1"]},
    "get_openapi": lambda _: None,
}
QUERIES = {
    "list_holidays": "?year=2026",
    "get_changes": "?after_seq=0",
    "upload": "?name=a.txt",
    "add_import": "?name=a.csv",
}
SEEN_BY = {"agent", "supervisor", "admin"}


@pytest.fixture
async def browsers(shop: Shop) -> dict[str, Browser]:
    elsewhere = await shop.add_queue("Bảo hành")
    await shop.add_agent("agent", capacity=100)
    await shop.add_agent("stranger", queues=(elsewhere,), capacity=100)
    await shop.add_agent("supervisor", role="supervisor", queues=(), capacity=100)
    await shop.add_agent("admin", role="admin", queues=(), capacity=100)
    signed_in = {login: await shop.sign_in(login) for login in EXPECTED_ROLES[1:]}
    nobody = Browser(shop)
    shop.browsers.append(nobody)
    return {"nobody": nobody} | signed_in


PARTS = 3  # of the matrix, each within a test's time on a slow machine


def test_every_route_has_a_sample_and_nothing_else_has() -> None:
    assert set(BODIES) == {route.name for route in ROUTES}


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_role_at_every_route(part: int, shop: Shop, browsers: dict[str, Browser]) -> None:
    number = 0
    wrong = []
    things = await make_things(shop, number)
    for route in ROUTES[part::PARTS]:
        for role in EXPECTED_ROLES:
            number += 1
            if route.changes and route.parameters and role in SEEN_BY:  # what others may do changes nothing
                things = await make_things(shop, number)
            things.number = number
            status, code = await ask(browsers[role], route, things)
            if not fits(route, role, status, code):
                wrong.append(f"{role}: {route.method} {route.path}: {status} {code}")
            if route.name == "sign_out" and role != "nobody":
                await browsers[role].sign_in(role)
    assert wrong == []


async def test_every_role_at_every_socket_event(shop: Shop, browsers: dict[str, Browser]) -> None:
    case = await shop.waiting("u1")
    asked = {
        "watch": {"conversation_id": str(case.conversation_id)},
        "unwatch": {"conversation_id": str(case.conversation_id)},
        "typing": {"conversation_id": str(case.conversation_id), "on": True},
        "active": {},
    }
    assert set(asked) == set(EVENT_ACCESS)
    for role in EXPECTED_ROLES[1:]:
        line = await Line(browsers[role]).open()
        try:
            for event, data in asked.items():
                ack = await line.ask(event, data)
                # Letting go of what one does not watch tells nothing and changes nothing.
                may = admits(EVENT_ACCESS[event], browser_role(role)) and (
                    role in SEEN_BY or event in {"unwatch", "active"}
                )
                assert ack["ok"] is may, (role, event, ack)
                assert may or ack["code"] == "conversation_unknown"
        finally:
            await line.close()
    line = await Line(browsers["nobody"]).open(wait=False)
    assert line.refused["message"] == "not_signed_in"
    await line.close()


async def test_a_merge_needs_sight_of_both(shop: Shop, browsers: dict[str, Browser]) -> None:
    [elsewhere] = (await browsers["stranger"].get("/queues")).body["items"]
    mine = await shop.waiting("u1")
    theirs = await shop.waiting("u2", queue_id=QueueId(UUID(elsewhere["id"])))
    body = {"other_customer_id": str(theirs.customer_id), "reason": "tò mò"}
    said = await browsers["agent"].post(f"/customers/{mine.customer_id}/merge", body)
    assert (said.status, said.body["where"]) == (404, "body.other_customer_id")
    assert (await browsers["supervisor"].post(f"/customers/{mine.customer_id}/merge", body)).status == 200


async def test_after_a_merge_a_conversation_of_another_queue_is_still_not_seen(
    shop: Shop, browsers: dict[str, Browser]
) -> None:
    [elsewhere] = (await browsers["stranger"].get("/queues")).body["items"]
    mine = await shop.waiting("u1")
    theirs = await shop.waiting("u2", queue_id=QueueId(UUID(elsewhere["id"])))
    body = {"other_customer_id": str(theirs.customer_id), "reason": "cùng một người"}
    assert (await browsers["supervisor"].post(f"/customers/{mine.customer_id}/merge", body)).status == 200
    assert (await browsers["agent"].get(f"/customers/{theirs.customer_id}")).status == 200  # one customer now
    for rest in ("", "/timeline", "/changes"):
        path = f"/conversations/{theirs.conversation_id}{rest}"
        assert (await browsers["agent"].get(path)).status == 404, path
    assert (await browsers["supervisor"].get(f"/conversations/{theirs.conversation_id}")).status == 200
    seen = (await browsers["agent"].get(f"/customers/{mine.customer_id}")).body["conversations"]
    assert [row["id"] for row in seen] == [str(mine.conversation_id)]


async def test_a_customer_is_seen_only_through_their_conversations(shop: Shop, browsers: dict[str, Browser]) -> None:
    case = await shop.waiting("u1")
    stranger = browsers["stranger"]
    assert (await stranger.get(f"/customers/{case.customer_id}")).status == 404
    await case.offer_to(stranger.agent_id)
    assert (await stranger.get(f"/customers/{case.customer_id}")).status == 200
    assert (await stranger.get(f"/conversations/{case.conversation_id}")).status == 200
    await case.set(status="waiting", offered_to=None, offer_expires_at=None)
    assert (await stranger.get(f"/customers/{case.customer_id}")).status == 404


async def test_nobody_sends_a_file_that_somebody_else_uploaded(shop: Shop, browsers: dict[str, Browser]) -> None:
    case = await shop.waiting("u1")
    said = await browsers["supervisor"].send("POST", "/uploads?name=bang-gia.txt", data=b"Gia: 1.250.000")
    assert said.status == 201
    body = {"client_id": "client-01", "identity_id": str(case.identity_id), "attachments": [said.body["blob"]]}
    refused = await browsers["agent"].post(f"/conversations/{case.conversation_id}/reply", body)
    assert (refused.status, refused.code) == (404, "upload_unknown")


def fits(route: Route, role: str, status: int, code: str | None) -> bool:
    """What the table promises. Whatever a handler says beyond that is not this test's business, but never 5xx."""
    if status >= 500:
        return False
    if route.access is Access.PUBLIC:
        return status != 403 and (status != 401 or code == "sign_in_refused")
    if route.access is Access.PROGRAM:
        return (status, code) == (401, "key_invalid")
    if role == "nobody":
        return (status, code) == (401, "not_signed_in")
    if not admits(route.access, browser_role(role)):
        return (status, code) == (403, "role_lacking")
    about = set(route.parameters) - {
        "account_id",
        "agent_id",
        "index",
        "attribute_key",
        "import_id",
        "key_id",
        "external_id",
        "plan_kind",
        "queue_id",
    }
    if about and role not in SEEN_BY:
        return status == 404
    return status not in {401, 404} and code not in {"role_lacking", "csrf"}


def browser_role(role: str) -> Any:
    return {"nobody": None, "stranger": "agent"}.get(role, role)


async def ask(browser: Browser, route: Route, things: Things) -> tuple[int, str | None]:
    path = PREFIX + route.path.format_map(things.path) + QUERIES.get(route.name, "")
    body = BODIES[route.name](things)
    if isinstance(body, bytes):
        said = await browser.send(route.method, path, data=body)
    else:
        said = await browser.send(route.method, path, json=body)
    return said.status, said.code


async def make_things(shop: Shop, number: int) -> Things:
    case, other, third = [await shop.waiting(f"u{number}-{part}") for part in "abc"]
    blob = await shop.parts.blobs.put(b"GIF89a", origin="test")
    agent_id = await shop.house.add_agent(f"Person{number}")
    async with shop.units.begin() as work:
        touchpoint_id = await _add_reply(work, case, blob)
        suggestion = _suggestion(case, third, shop)
        await suggestion_store.put_new(work, [suggestion])
        run = _run(agent_id, shop)
        await policies.add_run(work, run)
        await work.commit()
    entry_id = await _join(shop, case, agent_id)
    draft = await _draft(shop, agent_id)
    key = ApiKey(new_id(), "CRM", "otk_", ("customers:read",), agent_id, shop.clock.now())
    async with shop.units.begin() as work:
        await api_keys.add(work, key, secrets.token_bytes(32))
        await work.commit()
    things = Things(
        case, other, touchpoint_id, suggestion.id, entry_id, run.id, number, str(agent_id), draft, str(key.id)
    )
    things.task_id = await _task(shop, case)
    things.queue_id = shop.house.queue_id
    things.alarm_id = await _alarm(shop, case)
    return things


async def _alarm(shop: Shop, case: Case) -> UUID:
    async with shop.units.begin() as work:
        await claim_alarms.raise_many(work, {case.identity_id: 11})
        await work.commit()
    query = sa.select(tables.claim_alarms.c.id).where(tables.claim_alarms.c.identity_id == case.identity_id)
    async with shop.units.database.reading() as connection:
        return UUID(str((await connection.execute(query)).scalar_one()))


async def _task(shop: Shop, case: Case) -> str:
    """A reminder for whoever serves the queue."""
    now = shop.clock.now()
    task_id = TaskId(new_id())
    task = TaskState(
        id=task_id, kind="reminder", conversation_id=case.conversation_id, due_at=now + timedelta(days=1), made_at=now
    )
    async with shop.units.begin() as work:
        await tasks.add(work, task)
        await work.commit()
    return str(task_id)


async def _draft(shop: Shop, agent_id: AgentId) -> str:
    """A file of customers that nothing was taken from yet."""
    layout = Layout("csv", "utf-8", ",").as_json() | {"headings": ["SDT"]}
    file = await shop.parts.blobs.put(b"SDT\n0912345678\n", origin="test")
    draft = Import(new_id(), "draft", file, "a.csv", layout, ["phone"], agent_id, shop.clock.now())
    async with shop.units.begin() as work:
        await imports.add(work, draft)
        await work.commit()
    return str(draft.id)


async def _join(shop: Shop, case: Case, agent_id: AgentId) -> LedgerEntryId:
    """The case's customer was joined with a fourth one, so that there is something to undo and to split."""
    fourth = await shop.waiting(f"joined-{case.conversation_id}")
    async with shop.units.begin() as work:
        entry_id = await identity_commands.merge_customers(
            work, case.customer_id, fourth.customer_id, agent_id, reason="Thử"
        )
        await work.commit()
    return entry_id


def _run(agent_id: AgentId, shop: Shop) -> Run:
    """A dry run that has ended."""
    rules = Rules.of(PolicySettings()).model_dump(mode="json")
    return Run(RunId(new_id()), "dry_run", "done", 0, rules, rules, agent_id, shop.clock.now())


def _suggestion(case: Case, third: Case, shop: Shop) -> Suggestion:
    a, b = suggestion_store.pair(case.identity_id, third.identity_id)
    why = Explanation(code="suggest.same_phone", params={"phone": "+84912345678"})
    return Suggestion(SuggestionId(new_id()), a, b, why, "open", shop.clock.now())


async def _add_reply(work: UnitOfWork, case: Case, blob: str) -> TouchpointId:
    """A reply whose outcome is unknown, with a file; and, as no channel would, a call with its recording."""
    now = work.clock.now()
    found = await conversation_store.lock(work.connection, [case.conversation_id])
    file = Attachment(kind=AttachmentKind.IMAGE, blob=blob)
    touchpoint = Touchpoint(
        id=TouchpointId(new_id()),
        conversation_id=case.conversation_id,
        identity_id=case.identity_id,
        channel=Channel.FACEBOOK,
        account_id="fb-main",
        author=Author.BUSINESS,
        occurred_at=now,
        accepted_at=now,
        text="Dạ",
        attachments=(file,),
        call=CallCard(call_id="c", direction=CallDirection.INBOUND, state=CallState.ENDED, recording=file),
        delivery=Delivery(state=DeliveryState.UNKNOWN, changed_at=now, failure=FailureReason.OUTCOME_UNKNOWN),
    )
    changes = ChangeSet(work)
    touchpoint.identity_seq = (await changes.next_identity_seqs({case.identity_id: 1}))[case.identity_id]
    changes.add(found[case.conversation_id], touchpoint)
    await changes.flush()
    return touchpoint.id
