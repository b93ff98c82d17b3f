"""The law of the console: what a screen shows after the events is what a new snapshot shows. For every command."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from agent_console.api.routes import ROUTES
from hub.events import ConversationOffered, ConversationStatus, Delivery, DeliveryState, Explanation, FailureReason
from hub.ids import SuggestionId, new_id
from storage import conversations as conversation_store
from storage import suggestions as suggestion_store
from storage import touchpoints as touchpoint_store
from storage.changes import ChangeSet
from storage.suggestions import Suggestion
from storage.tables import queues
from tests.console.conftest import Browser, Case, Shop
from tests.console.screen import Screen


class Refused(Exception):
    """The hub said no."""


@dataclass
class Stage:
    """Lan serves the house's queue, Tuan another one, Huong supervises."""

    shop: Shop
    lan: Screen
    tuan: Screen
    huong: Screen
    case: Case
    other: Case
    clicks: int = 0

    def number(self) -> str:
        """One that nobody has."""
        self.clicks += 1
        return f"+8491230{self.clicks:04d}"

    @property
    def screens(self) -> tuple[Screen, ...]:
        return (self.lan, self.tuan, self.huong)

    def click(self) -> str:
        self.clicks += 1
        return f"client-id-{self.clicks}"


@pytest.fixture
async def stage(shop: Shop) -> AsyncIterator[Stage]:
    elsewhere = await shop.add_queue("Bảo hành")
    await shop.add_agent("lan")
    await shop.add_agent("tuan", queues=(elsewhere,))
    await shop.add_agent("huong", role="supervisor", queues=())
    case, other = await shop.waiting("hoa"), await shop.waiting("hoa-zalo")
    lan, tuan, huong = [await Screen(await shop.sign_in(login)).start() for login in ("lan", "tuan", "huong")]
    for screen in (lan, huong):
        await screen.open(case.conversation_id)
    yield Stage(shop, lan, tuan, huong, case, other)
    for screen in (lan, tuan, huong):
        await screen.close()


async def said(browser: Browser, path: str, body: object = None, method: str = "POST") -> object:
    answer = await browser.send(method, path, json=body)
    if answer.status in {403, 404, 409} or answer.code == "same_customer":
        raise Refused(answer.code)
    assert answer.status < 300, answer
    return answer.body


def path(case: Case, verb: str) -> str:
    return f"/conversations/{case.conversation_id}/{verb}"


async def take(s: Stage) -> None:
    await said(s.lan.browser, path(s.case, "take"))


async def accept(s: Stage) -> None:
    await offer(s)
    await said(s.lan.browser, path(s.case, "accept"))


async def decline(s: Stage) -> None:
    await offer(s)
    await said(s.lan.browser, path(s.case, "decline"))


async def release(s: Stage) -> None:
    await take(s)
    await said(s.lan.browser, path(s.case, "release"))


async def resolve(s: Stage) -> None:
    await take(s)
    await said(s.lan.browser, path(s.case, "resolve"))


async def resolve_with_words(s: Stage) -> None:
    """And with time to write it up."""
    await wrapping_up(s)
    await take(s)
    await said(s.lan.browser, path(s.case, "resolve"), {"disposition": "done", "note": "Thợ đã tới"})


async def end_wrap_up(s: Stage) -> None:
    await resolve_with_words(s)
    await said(s.lan.browser, "/presence/end-wrap-up")


async def transfer(s: Stage) -> None:
    """To somebody who has never seen it, who is asked."""
    await said(s.tuan.browser, "/presence", {"status": "available"}, "PUT")
    await take(s)
    body = {"agent_id": str(s.tuan.browser.agent_id), "note": "Khách cần bảo hành"}
    await said(s.lan.browser, path(s.case, "transfer"), body)


async def transfer_to_a_queue(s: Stage) -> None:
    await take(s)
    await said(s.lan.browser, path(s.case, "transfer"), {"queue_id": s.tuan.queues[0]["id"]})


async def assign(s: Stage) -> None:
    await said(s.tuan.browser, "/presence", {"status": "busy"}, "PUT")
    body = {"agent_id": str(s.tuan.browser.agent_id)}
    await said(s.huong.browser, path(s.case, "assign"), body)


async def snooze(s: Stage) -> None:
    await take(s)
    await said(s.lan.browser, path(s.case, "snooze"), {})


async def wake(s: Stage) -> None:
    await snooze(s)
    await said(s.lan.browser, path(s.case, "wake"))


async def consult(s: Stage) -> None:
    await take(s)
    body = {"note_id": str(new_id()), "text": "Đổi được không?", "ask": [str(s.tuan.browser.agent_id)]}
    await said(s.lan.browser, path(s.case, "notes"), body)


async def answer_as_consulted(s: Stage) -> None:
    await consult(s)
    body = {"note_id": str(new_id()), "text": "Được, còn bảo hành"}
    await said(s.tuan.browser, path(s.case, "notes"), body)
    await said(s.tuan.browser, path(s.case, "end-consult"), {})


async def set_for_another(s: Stage) -> None:
    body = {"status": "away", "reason": "lunch"}
    await said(s.huong.browser, f"/agents/{s.lan.browser.agent_id}/presence", body, "PUT")


async def reopen(s: Stage) -> None:
    await resolve(s)
    await said(s.lan.browser, path(s.case, "reopen"))


async def read(s: Stage) -> None:
    await take(s)
    await said(s.lan.browser, path(s.case, "read"), {"seq": (await s.case.row()).seq})
    assert (await s.case.row()).unread == 0


async def reply(s: Stage) -> None:
    body = {"client_id": s.click(), "identity_id": str(s.case.identity_id), "text": "Dạ em chào chị"}
    await said(s.lan.browser, path(s.case, "reply"), body)


async def settle(s: Stage) -> None:
    await reply(s)
    reply_id = await make_unknown(s)
    await said(s.lan.browser, f"/touchpoints/{reply_id}/settle", {"outcome": "failed"})


async def presence(s: Stage) -> None:
    await said(s.lan.browser, "/presence", {"status": "busy", "reason": "meeting"}, "PUT")


async def rename(s: Stage) -> None:
    await said(s.lan.browser, f"/customers/{s.case.customer_id}", {"name": "Nguyễn Thị Hoà"}, "PATCH")


async def create(s: Stage) -> None:
    """By hand, with the number of one who is there."""
    number = s.number()
    await s.case.phone(number)
    body = {"client_id": s.click(), "name": "Hoà", "phones": [number], "tags": ["VIP"]}
    await said(s.lan.browser, "/customers", body)


async def enter_a_number(s: Stage) -> None:
    number = s.number()
    await s.other.phone(number)
    body = {"add_phones": [number], "tags": ["VIP"]}
    await said(s.lan.browser, f"/customers/{s.case.customer_id}", body, "PATCH")


async def merge(s: Stage) -> None:
    body = {"other_customer_id": str(s.other.customer_id), "reason": "Cùng một người"}
    await said(s.lan.browser, f"/customers/{s.case.customer_id}/merge", body)


async def undo(s: Stage) -> None:
    body = {"other_customer_id": str(s.other.customer_id), "reason": "Cùng một người"}
    receipt = await said(s.lan.browser, f"/customers/{s.case.customer_id}/merge", body)
    assert isinstance(receipt, dict)
    await said(s.lan.browser, f"/ledger/{receipt['entry_id']}/undo", {})


async def split(s: Stage) -> None:
    await merge(s)
    await said(s.lan.browser, f"/identities/{s.other.identity_id}/split", {})


async def move(s: Stage) -> None:
    """An identity changes hands between two who are one customer, and a third."""
    await merge(s)
    third = await s.shop.waiting(f"third-{s.click()}")
    body = {"to_customer_id": str(third.customer_id), "reason": "Máy của chồng"}
    await said(s.lan.browser, f"/identities/{s.other.identity_id}/move", body)


async def merge_who_is_closed(s: Stage) -> None:
    """Of two who have nothing open any more, and one of whom is looked at."""
    await resolve(s)
    await said(s.lan.browser, f"/conversations/{s.other.conversation_id}/take")
    await said(s.lan.browser, f"/conversations/{s.other.conversation_id}/resolve")
    await merge(s)


async def undo_who_is_closed(s: Stage) -> None:
    await resolve(s)
    await undo(s)


async def write_when_closed(s: Stage) -> None:
    """The closed one that is looked at shows the whole timeline of who writes elsewhere."""
    await merge(s)
    await resolve(s)
    await s.shop.writes_anew(s.other)


async def accept_suggestion(s: Stage) -> None:
    await said(s.lan.browser, f"/suggestions/{await suggested(s)}/accept")


async def reject_suggestion(s: Stage) -> None:
    await said(s.lan.browser, f"/suggestions/{await suggested(s)}/reject")


async def label(s: Stage) -> None:
    body = {"priority": 2, "add_tags": ["bảo hành", "VIP"], "lifecycle": "warranty"}
    await said(s.lan.browser, path(s.case, "labels"), body, "PATCH")


async def add_task(s: Stage) -> str:
    task_id = str(new_id())
    body = {"task_id": task_id, "due_at": "2100-01-01T00:00:00Z", "note": "Gọi lại"}
    await said(s.lan.browser, path(s.case, "tasks"), body)
    return task_id


async def just_add_task(s: Stage) -> None:
    await add_task(s)


async def change_task(s: Stage) -> None:
    await said(s.lan.browser, f"/tasks/{await add_task(s)}", {"due_at": "2100-01-02T00:00:00Z"}, "PATCH")


async def end_task(s: Stage) -> None:
    await said(s.lan.browser, f"/tasks/{await add_task(s)}/end", {})


async def customer_writes(s: Stage) -> None:
    await s.case.customer_writes("Alo shop ơi")
    await s.other.customer_writes("Có ai không")


async def new_customer(s: Stage) -> None:
    await s.shop.waiting(f"new-{s.click()}")


COMMANDS: Mapping[str, Callable[[Stage], Awaitable[None]]] = {
    "take_conversation": take,
    "accept_conversation": accept,
    "decline_conversation": decline,
    "release_conversation": release,
    "resolve_conversation": resolve,
    "reopen_conversation": reopen,
    "read_conversation": read,
    "a disposition and a note": resolve_with_words,
    "end_wrap_up": end_wrap_up,
    "transfer_conversation": transfer,
    "to a queue": transfer_to_a_queue,
    "assign_conversation": assign,
    "snooze_conversation": snooze,
    "wake_conversation": wake,
    "add_note": consult,
    "end_consult": answer_as_consulted,
    "set_agent_presence": set_for_another,
    "reply": reply,
    "settle_reply": settle,
    "label_conversation": label,
    "add_task": just_add_task,
    "change_task": change_task,
    "end_task": end_task,
    "set_presence": presence,
    "change_customer": rename,
    "create_customer": create,
    "a number that joins": enter_a_number,
    "merge_customers": merge,
    "undo_entry": undo,
    "a merge of closed ones": merge_who_is_closed,
    "an undo for closed ones": undo_who_is_closed,
    "a customer writes when closed": write_when_closed,
    "split_identity": split,
    "move_identity": move,
    "accept_suggestion": accept_suggestion,
    "reject_suggestion": reject_suggestion,
    "a customer writes": customer_writes,
    "a new customer": new_customer,
}
# Changes nothing that the first screen or an open conversation shows.
ELSEWHERE = {
    *("dry_run_automation", "show_webhook_secret"),
    *("sign_in", "sign_out", "change_me", "upload", "replay_dead_letters"),
    *("preview_customer", "preview_change", "put_attribute"),
    *("add_import", "check_import", "start_import", "cancel_import", "undo_import"),
    *("add_api_key", "revoke_api_key", "see_claim_alarm"),
    *("try_policy", "apply_policy", "cancel_policy_run", "undo_policy"),  # what a run joins, it joins as a merge does
    *("add_queue", "change_queue", "change_team_member", "restore_plan"),  # boards tell of them within a second
    *(f"put_{kind}_plan" for kind in ("rules", "hours", "work", "sla", "automation")),
    *("add_channel_account", "change_channel_account", "add_agent", "change_agent"),
    "try_routing",
}


def test_the_law_is_tried_for_every_command() -> None:
    commands = {route.name for route in ROUTES if route.changes and route.scope is None}
    assert commands - ELSEWHERE == {name for name in COMMANDS if name in commands}


@pytest.mark.parametrize("name", COMMANDS)
async def test_what_a_screen_shows_is_what_a_new_snapshot_shows(stage: Stage, name: str) -> None:
    await COMMANDS[name](stage)
    for screen in stage.screens:
        await screen.agrees()


async def test_a_screen_that_was_away_shows_the_same_as_one_that_stayed(stage: Stage) -> None:
    await take(stage)
    await stage.lan.agrees()
    await stage.lan.line.close()
    await reply(stage)
    await customer_writes(stage)
    await new_customer(stage)
    back = Screen(stage.lan.browser)
    back.rows, back.queues, back.agents = stage.lan.rows, stage.lan.queues, stage.lan.agents
    back.entries, back.opened = stage.lan.entries, stage.lan.opened
    await back.line.open(cursor=stage.lan.cursor)
    await back.agrees()
    await back.close()


@pytest.mark.parametrize("seed", range(3))
async def test_any_sequence_of_commands_converges(stage: Stage, seed: int) -> None:
    for name in random.Random(seed).choices(sorted(COMMANDS), k=10):
        try:
            await COMMANDS[name](stage)
        except Refused:  # the state has moved on, as it does for real people
            continue
    for screen in stage.screens:
        await screen.agrees()


async def offer(s: Stage) -> None:
    """As the router does it."""
    async with s.shop.units.begin() as work:
        found = await conversation_store.lock(work.connection, [s.case.conversation_id])
        conversation = found[s.case.conversation_id]
        if conversation.status is not ConversationStatus.WAITING:
            raise Refused(conversation.status)
        expires_at, why = work.clock.now() + timedelta(seconds=20), Explanation(code="route.longest_idle")
        agent_id = s.lan.browser.agent_id
        conversation.status, conversation.offered_to = ConversationStatus.OFFERED, agent_id
        conversation.offer_expires_at, conversation.why = expires_at, why
        changes = ChangeSet(work)
        changes.record(
            conversation,
            lambda state: ConversationOffered(conversation=state, agent_id=agent_id, expires_at=expires_at, why=why),
        )
        await changes.flush()
        await work.commit()


async def wrapping_up(s: Stage) -> None:
    """The case's queue gives time after each conversation."""
    async with s.shop.units.begin() as work:
        await work.connection.execute(sa.update(queues).values(settings={"wrap_up_s": 60}))
        await work.commit()


async def suggested(s: Stage) -> SuggestionId:
    a, b = suggestion_store.pair(s.case.identity_id, s.other.identity_id)
    why = Explanation(code="suggest.same_phone", params={"phone": "+84912345678"})
    suggestion = Suggestion(SuggestionId(new_id()), a, b, why, "open", s.shop.clock.now())
    async with s.shop.units.begin() as work:
        made = await suggestion_store.put_new(work, [suggestion])
        await work.commit()
    if not made:
        raise Refused("suggested before")
    return suggestion.id


async def make_unknown(s: Stage) -> str:
    """As egress does when the answer to a send was lost."""
    async with s.shop.units.begin() as work:
        found = await conversation_store.lock(work.connection, [s.case.conversation_id])
        entries = await touchpoint_store.page(work.connection, [s.case.identity_id])
        reply = next(entry for entry in reversed(entries) if entry.delivery is not None)
        reply.delivery = Delivery(
            state=DeliveryState.UNKNOWN, changed_at=work.clock.now(), failure=FailureReason.OUTCOME_UNKNOWN
        )
        changes = ChangeSet(work)
        changes.change(found[s.case.conversation_id], reply)
        await changes.flush()
        await work.commit()
    return str(reply.id)
