"""What an attacker gains by each abuse of identity and merging: nothing. tests/guards.py has the list."""

import re
from collections.abc import Iterable

import pytest
import sqlalchemy as sa

from agent_console.api.routes import ROUTES
from connectors import CONNECTORS
from hub.clock import ManualClock
from hub.events import (
    OUTBOUND,
    Author,
    CallState,
    Channel,
    ConversationStatus,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    Strength,
)
from hub.ids import AgentId, LedgerEntryId
from identity import commands
from router import commands as router_commands
from storage import ledger, tables
from storage import touchpoints as touchpoint_store
from tests.identity.state import whole_state
from tests.identity.world import E164, PHONE, World

Person = tuple[str, str]
FB, ZALO, WEB, CALL = ("fb-main", "p1"), ("zalo-main", "z1"), ("web", "v1"), ("hotline", E164)


def claimed(kind: EvidenceKind, value: str) -> Evidence:
    return Evidence(kind=kind, value=value, strength=Strength.CLAIMED, source=EvidenceSource.PRECHAT_FORM)


async def merge(world: World, one: Person, other: Person, agent: AgentId) -> LedgerEntryId:
    a, b = await world.customer(*one), await world.customer(*other)
    async with world.units.begin() as work:
        entry_id = await commands.merge_customers(work, a, b, agent, reason="khách nói là một người")
        await work.commit()
    return entry_id


async def undo(world: World, entry_id: LedgerEntryId, agent: AgentId) -> None:
    async with world.units.begin() as work:
        await commands.undo_entry(work, entry_id, agent)
        await work.commit()


async def all_of(world: World, person: Person) -> list[tuple[str | None, Author]]:
    return [(entry.text, entry.author) for entry in await world.timeline(*person)]


async def test_a_visitor_who_types_a_customers_number_does_not_get_to_that_customers_agent(world: World) -> None:
    binh = await world.house.add_agent("Binh")
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    victim = await world.the_conversation(*CALL)
    async with world.units.begin() as work:
        await router_commands.take(work, victim.id, binh)
        await work.commit()
    await world.hears(world.message(*WEB, evidence=[claimed(EvidenceKind.PHONE, PHONE)]))
    visitor = await world.the_conversation(*WEB)
    assert visitor.id != victim.id
    assert (visitor.status, visitor.owner_id, visitor.last_agent_id) == (ConversationStatus.WAITING, None, None)
    assert not [event for event in world.last if event.key == str(victim.id)], "the victim's agent is told nothing"
    assert (await world.the_conversation(*CALL)).suggestions == 0


async def test_no_door_takes_a_one_time_password_and_no_evidence_comes_from_one() -> None:
    """Proving a number by a code is not offered: so nothing can be guessed, replayed or used for another number."""
    assert not [source for source in EvidenceSource if "otp" in source.value or "passcode" in source.value]
    words = {word for route in ROUTES for word in re.split(r"[^a-z]+", route.path)}
    assert not words & {"otp", "otps", "passcode", "passcodes"}


async def test_a_mailbox_typed_by_a_visitor_joins_nobody(world: World) -> None:
    await world.hears(world.message(*FB, "mail em hoa@example.com"))
    await world.hears(world.message(*WEB, evidence=[claimed(EvidenceKind.EMAIL, "Hoa@Example.com")]))
    await world.hears(world.message(*WEB, "hoa@example.com nhé"))
    assert not await world.same_person(FB, WEB)
    assert await all_of(world, WEB) == [("Xin chào", Author.CUSTOMER), ("hoa@example.com nhé", Author.CUSTOMER)]


def test_no_channel_takes_mail_so_no_sender_can_be_forged_into_anything() -> None:
    assert Channel.EMAIL not in CONNECTORS


async def test_quoting_a_message_of_somebody_else_leads_nowhere(world: World) -> None:
    await world.hears(world.message(*FB, "bí mật", mid="m_victim"))
    await world.hears(world.message("fb-main", "p2", "trả lời", reply_to="m_victim"))
    (entry,) = await world.timeline("fb-main", "p2")
    assert entry.reply_to is None
    assert entry.conversation_id != (await world.the_conversation(*FB)).id


async def test_a_call_with_a_borrowed_number_tells_its_caller_nothing_and_says_where_the_number_is_from(
    world: World,
) -> None:
    await world.hears(world.message(*ZALO, "bí mật"))
    shared = Evidence(
        kind=EvidenceKind.PHONE, value=PHONE, strength=Strength.ATTESTED, source=EvidenceSource.ZALO_SHARED_INFO
    )
    await world.hears(world.profile(*ZALO, "Hoà", evidence=[shared]))
    await world.hears(world.call(E164, "c1", CallState.RINGING), world.call(E164, "c1", CallState.MISSED))
    assert not [event for event in world.last if event.topic == OUTBOUND], "nothing is said to whoever calls"
    async with world.units.database.reading() as connection:
        ids = [(await world.identity(*CALL)).id]
        (entry,) = await ledger.of_identities(connection, ids)
    assert EvidenceSource.CALLER_ID.value in {entry.why.params["source_a"], entry.why.params["source_b"]}


async def test_one_id_on_two_pages_is_two_people(world: World) -> None:
    for account in ("fb-main", "fb-second", "zalo-main", "web"):
        await world.hears(world.message(account, "7311862904", f"từ {account}"))
    assert len({await world.customer(a, "7311862904") for a in ("fb-main", "fb-second", "zalo-main", "web")}) == 4
    assert await all_of(world, ("fb-second", "7311862904")) == [("từ fb-second", Author.CUSTOMER)]


@pytest.mark.parametrize("name", ["CSKH – Ngân hàng", "Agent Lan (Hỗ trợ)", "Quản trị viên ✔", "\u202eknaB"])
async def test_whoever_calls_themselves_staff_is_shown_as_a_customer(world: World, name: str) -> None:
    await world.house.add_agent("Lan")
    await world.hears(world.message(*FB, "Chuyển tiền giúp chị", name=name))
    (entry,) = await world.timeline(*FB)
    assert (entry.author, entry.agent_id, entry.author_name) == (Author.CUSTOMER, None, None)
    conversation = await world.the_conversation(*FB)
    assert conversation.preview is not None
    assert (conversation.preview.author, conversation.owner_id) == (Author.CUSTOMER, None)


async def test_a_merge_talked_out_of_an_agent_is_on_record_and_gives_each_message_back(
    world: World, clock: ManualClock
) -> None:
    agent = await world.house.add_agent("An")
    await world.hears(world.message(*FB, "a1"), world.message(*ZALO, "b1"))
    clock.advance(60)
    entry_id = await merge(world, FB, ZALO, agent)
    await world.hears(world.message(*FB, "a2"), world.message(*ZALO, "b2"))
    async with world.units.database.reading() as connection:
        entry = await ledger.find(connection, entry_id)
    assert entry is not None
    assert (entry.agent_id, entry.why.params["reason"]) == (agent, "khách nói là một người")
    await undo(world, entry_id, agent)
    assert await all_of(world, FB) == [("a1", Author.CUSTOMER), ("a2", Author.CUSTOMER)]
    assert await all_of(world, ZALO) == [("b1", Author.CUSTOMER), ("b2", Author.CUSTOMER)]


async def test_what_is_shown_of_one_person_has_nothing_of_another_once_they_are_parted(
    world: World, clock: ManualClock
) -> None:
    agent = await world.house.add_agent("An")
    await world.hears(world.message(*FB, "của tôi", name="Hoà"), world.message(*ZALO, f"bí mật {PHONE}", name="Nam"))
    await undo(world, await merge(world, FB, ZALO, agent), agent)
    conversation = await world.the_conversation(*FB)
    assert conversation.preview is not None
    assert (conversation.customer_name, conversation.customer_phone) == ("Hoà", None)
    assert (conversation.preview.text, conversation.channels) == ("của tôi", (Channel.FACEBOOK,))
    assert await texts_under(world, [FB]) == ["của tôi"]


async def test_unlinking_one_channel_loses_nothing_of_the_others(world: World) -> None:
    agent = await world.house.add_agent("An")
    await world.hears(world.message(*FB, "a"), world.message(*ZALO, "b"), world.message(*WEB, "c"))
    await merge(world, FB, ZALO, agent)
    await merge(world, FB, WEB, agent)
    before = await whole_state(world.units)
    async with world.units.begin() as work:
        await commands.split_identity(work, [(await world.identity(*WEB)).id], agent)
        await work.commit()
    after = await whole_state(world.units)
    assert after["touchpoints"].keys() == before["touchpoints"].keys()
    assert await world.same_person(FB, ZALO)
    assert not await world.same_person(FB, WEB)
    assert await texts_under(world, [FB, ZALO]) == ["a", "b"]
    assert await texts_under(world, [WEB]) == ["c"]


async def texts_under(world: World, people: Iterable[Person]) -> list[str]:
    """What the customer of the first of `people` has said, whom they are all part of."""
    async with world.units.database.reading() as connection:
        ids = [(await world.identity(*person)).id for person in people]
        shown = await touchpoint_store.page(connection, ids)
        owner = await connection.execute(
            sa.select(tables.channel_identities.c.customer_id).where(tables.channel_identities.c.id.in_(ids)).distinct()
        )
        assert len(owner.all()) == 1
    return sorted(entry.text or "" for entry in shown)
