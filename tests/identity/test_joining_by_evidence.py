"""Which evidence joins customers by itself, which only suggests, and what it must never do."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.clock import ManualClock
from hub.events import (
    Author,
    CallState,
    Channel,
    CustomerMerged,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    Strength,
    SuggestionRaised,
)
from identity.people import NUMBERS_ALARM
from identity.settings import IdentitySettings, PolicySettings
from storage import claim_alarms, tables
from storage.unit_of_work import Units
from tests.identity.world import E164, PHONE, World, build_world

FB, FB2, ZALO, CALL, WEB = ("fb-main", "p1"), ("fb-main", "p2"), ("zalo-main", "z1"), ("hotline", E164), ("web", "v1")


def phone(strength: Strength, source: EvidenceSource, value: str = PHONE) -> Evidence:
    return Evidence(kind=EvidenceKind.PHONE, value=value, strength=strength, source=source)


SHARED = phone(Strength.ATTESTED, EvidenceSource.ZALO_SHARED_INFO)
FORM = phone(Strength.CLAIMED, EvidenceSource.PRECHAT_FORM)


async def suggestions(world: World) -> list[str]:
    """Codes of the open suggestions."""
    query = sa.select(tables.suggestions.c.why).where(tables.suggestions.c.status == "open")
    async with world.units.database.reading() as connection:
        return sorted(row.why["code"] for row in await connection.execute(query))


async def ledger(world: World) -> list[str]:
    async with world.units.database.reading() as connection:
        rows = await connection.execute(sa.select(tables.ledger.c.why).order_by(tables.ledger.c.number))
        return [row.why["code"] for row in rows]


async def test_two_attested_owners_of_one_number_are_one_person(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message("zalo-main", "z1", "Chào shop"))
    await world.hears(world.profile("zalo-main", "z1", "Hoà", evidence=[SHARED]))
    assert await world.same_person(CALL, ZALO)
    assert await ledger(world) == ["merge.same_phone.attested"]
    (conversation,) = await world.open_conversations()
    assert (conversation.customer_name, conversation.customer_phone) == ("Hoà", E164)
    assert conversation.phone_verified
    assert set(conversation.channels) == {Channel.HOTLINE, Channel.ZALO}
    (event,) = world.said(CustomerMerged)
    assert event.merge.why.params["phone"] == E164
    assert len(await world.timeline("zalo-main", "z1")) == 2


@pytest.mark.parametrize(
    "written", ["0912.345.678", "sđt em +84 912 345 678", "O912345678 ạ", "số ０９１２３４５６７８"]
)
async def test_a_claim_on_a_lasting_account_joins_the_one_who_proved_the_number(world: World, written: str) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message("fb-main", "p1", written))
    assert await world.same_person(CALL, FB)
    assert await ledger(world) == ["merge.same_phone.claimed"]
    assert len(await world.open_conversations()) == 1


async def test_it_joins_just_so_when_the_claim_came_first(world: World) -> None:
    await world.hears(world.message("fb-main", "p1", f"sđt {PHONE}"))
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    assert await world.same_person(CALL, FB)
    assert await ledger(world) == ["merge.same_phone.claimed"]


async def test_both_in_one_batch_are_one_person_with_one_conversation(world: World) -> None:
    await world.hears(world.message("fb-main", "p1", f"sđt {PHONE}"), world.call(E164, "c1", CallState.MISSED))
    assert await world.same_person(CALL, FB)
    assert len(await world.conversations()) == 1


async def test_a_batch_decides_as_if_its_events_came_one_by_one(world: World) -> None:
    await world.hears(
        world.message("fb-main", "p1", PHONE), world.call(E164, "c1", CallState.MISSED), world.message(*ZALO, PHONE)
    )
    assert await world.same_person(CALL, FB, ZALO)


async def test_two_single_claims_on_different_accounts_join(world: World) -> None:
    await world.hears(world.message("fb-main", "p1", PHONE))
    await world.hears(world.message("zalo-main", "z1", PHONE))
    assert await world.same_person(FB, ZALO)


async def test_two_profiles_of_one_account_that_claim_one_number_are_only_suggested(world: World) -> None:
    await world.hears(world.message("fb-main", "p1", PHONE))
    await world.hears(world.message("fb-main", "p2", PHONE))
    assert not await world.same_person(FB, FB2)
    assert await suggestions(world) == ["suggest.same_account"]


async def test_a_third_claim_after_two_is_a_chain_and_only_suggests(world: World) -> None:
    await world.hears(world.message("fb-main", "p1", PHONE))
    await world.hears(world.message("zalo-main", "z1", PHONE))
    await world.hears(world.message("fb-second", "p9", PHONE))
    assert not await world.same_person(FB, ("fb-second", "p9"))
    assert await suggestions(world) == ["suggest.claim_chain"]


async def test_claims_of_different_numbers_never_chain(world: World) -> None:
    """A proved P; B claims P and Q; C proved Q: only claims of B lead from A to C."""
    other = "0987654320"
    await world.hears(world.call(E164, "c1", CallState.MISSED), world.call("+84987654320", "c2", CallState.MISSED))
    await world.hears(world.message("fb-main", "p1", PHONE))
    await world.hears(world.message("fb-main", "p1", f"hoặc gọi {other}"))
    assert await world.same_person(CALL, FB)
    assert not await world.same_person(CALL, ("hotline", "+84987654320"))
    assert await suggestions(world) == ["suggest.different_numbers"]


async def test_an_anonymous_claim_joins_nobody_and_tells_only_its_own_side(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    (victim,) = await world.open_conversations()
    await world.hears(world.message("web", "v1", "Xin chào", evidence=[FORM], name="Hoà"))
    assert not await world.same_person(CALL, WEB)
    assert await suggestions(world) == ["suggest.anonymous_claim"]
    assert len(await world.open_conversations()) == 2
    assert (await world.the_conversation(*CALL)).suggestions == victim.suggestions == 0
    assert (await world.the_conversation(*WEB)).suggestions == 1
    assert [e for e in world.last if e.key == str(victim.id)] == []
    await world.hears(world.message("web", "v1", "gọi em nhé 0912345678"))
    assert not await world.same_person(CALL, WEB)
    assert len(await world.timeline("web", "v1")) == 2


async def test_an_anonymous_claim_that_was_first_is_suggested_to_its_own_side_too(world: World) -> None:
    await world.hears(world.message("web", "v1", PHONE))
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    assert not await world.same_person(CALL, WEB)
    assert await suggestions(world) == ["suggest.anonymous_claim"]
    assert (await world.the_conversation(*WEB)).suggestions == 1
    assert (await world.the_conversation(*CALL)).suggestions == 0
    assert {e.conversation.id for e in world.said(SuggestionRaised)} == {(await world.the_conversation(*WEB)).id}


async def test_a_visitor_the_shop_signed_for_is_the_same_in_every_browser(world: World) -> None:
    signed = Evidence(
        kind=EvidenceKind.SIGNED_USER, value="kh-77", strength=Strength.ATTESTED, source=EvidenceSource.SIGNED_VISITOR
    )
    for visitor in ("v1", "v2", "v3", "v4", "v5", "v6", "v7"):
        await world.hears(world.message("web", visitor, evidence=[signed]))
    assert await world.same_person(*(("web", f"v{i}") for i in range(1, 8)))
    assert set(await ledger(world)) == {"merge.same_user.attested"}


async def test_very_different_names_on_one_number_stay_two_people(world: World) -> None:
    await world.hears(world.profile("zalo-main", "z1", "Nguyễn Thị Hoa", evidence=[SHARED]))
    await world.hears(world.profile("zalo-main", "z2", "Trần Văn Nam", evidence=[SHARED]))
    assert not await world.same_person(ZALO, ("zalo-main", "z2"))
    assert await suggestions(world) == ["suggest.different_names"]


async def test_with_two_proved_owners_a_claim_could_be_either(world: World) -> None:
    await world.hears(world.profile("zalo-main", "z1", "Nguyễn Thị Hoa", evidence=[SHARED]))
    await world.hears(world.profile("zalo-main", "z2", "Trần Văn Nam", evidence=[SHARED]))
    await world.hears(world.message("fb-main", "p1", PHONE))
    assert not await world.same_person(FB, ZALO)
    assert not await world.same_person(FB, ("zalo-main", "z2"))
    assert (await suggestions(world)).count("suggest.several_owners") == 2


async def test_a_number_silent_for_long_may_have_a_new_owner(world: World, clock: ManualClock) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    clock.advance(timedelta(days=91).total_seconds())
    await world.hears(world.message("fb-main", "p1", PHONE))
    assert not await world.same_person(CALL, FB)
    assert await suggestions(world) == ["suggest.recycled"]


async def test_a_number_in_use_is_not_silent(world: World, clock: ManualClock) -> None:
    for day in range(4):
        await world.hears(world.call(E164, f"c{day}", CallState.MISSED))
        clock.advance(timedelta(days=60).total_seconds())
    await world.hears(world.message("fb-main", "p1", PHONE))
    assert await world.same_person(CALL, FB)


async def test_above_so_many_owners_a_number_only_suggests(world: World) -> None:
    for i in range(8):
        await world.hears(world.profile("zalo-main", f"z{i}", evidence=[SHARED]))
    customers = {await world.customer("zalo-main", f"z{i}") for i in range(8)}
    assert len(customers) == 4
    assert set(await suggestions(world)) <= {"suggest.shared", "suggest.several_owners"}


async def test_a_thousand_claims_of_one_number_join_at_most_a_few_and_then_mean_nothing(world: World) -> None:
    await world.hears(world.call(E164, "c0", CallState.MISSED))
    for start in range(0, 200, 50):
        await world.hears(*(world.message("fb-main", f"p{i}", PHONE) for i in range(start, start + 50)))
    joined = [i for i in range(200) if await world.same_person(CALL, ("fb-main", f"p{i}"))]
    assert len(joined) <= PolicySettings().shared_phone_max
    async with world.units.database.reading() as connection:
        query = sa.select(tables.contact_points.c.shared).where(tables.contact_points.c.value == E164)
        assert (await connection.execute(query)).scalar_one() is True
    assert await world.count(tables.suggestions) < 60


async def test_anonymous_visitors_cannot_make_a_number_useless_for_its_owner(world: World) -> None:
    await world.hears(*(world.message("web", f"v{i}", PHONE) for i in range(20)))
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message("fb-main", "p1", PHONE))
    assert await world.same_person(CALL, FB)


async def test_one_who_posts_many_numbers_joins_few_of_them(world: World) -> None:
    numbers = [f"+8491234{i:04d}" for i in range(40)]
    await world.hears(*(world.call(n, f"c{i}", CallState.MISSED) for i, n in enumerate(numbers)))
    for n in numbers:
        await world.hears(world.message("fb-main", "p1", f"giao cho {n}"))
    joined = [n for n in numbers if await world.same_person(FB, ("hotline", n))]
    assert joined == numbers[:1]


@pytest.mark.parametrize(
    "value", ["09123456**", "1900 1234", "18001234", "0900000000", "12345", "+84 28 0000", "0912\u202e345678"]
)
async def test_what_is_no_number_of_a_person_is_no_key(world: World, value: str) -> None:
    for who in ("z1", "z2"):
        shared = phone(Strength.ATTESTED, EvidenceSource.ZALO_SHARED_INFO, value)
        await world.hears(world.profile("zalo-main", who, evidence=[shared]))
    assert not await world.same_person(ZALO, ("zalo-main", "z2"))
    assert await world.count(tables.suggestions) == 0


async def test_masked_evidence_is_no_key_even_if_it_looks_whole(world: World) -> None:
    masked = phone(Strength.MASKED, EvidenceSource.ORDER_RECIPIENT)
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.profile("fb-main", "p1", evidence=[masked]))
    assert not await world.same_person(CALL, FB)
    assert await world.count(tables.suggestions) == 0


async def test_our_own_hotline_is_nobodys_number(world: World) -> None:
    await world.hears(world.call("+84987654320", "c1", CallState.MISSED, hotline="0912345678"))
    await world.hears(world.message("fb-main", "p1", f"em gọi {PHONE} không được"))
    await world.hears(world.message("zalo-main", "z1", f"số shop là {PHONE} ạ?"))
    assert not await world.same_person(FB, ZALO)
    assert await world.count(tables.suggestions) == 0


async def test_a_number_on_the_list_of_never_keys_is_none(units: Units) -> None:
    world = await build_world(units, IdentitySettings(policy=PolicySettings(never_keys=frozenset({E164}))))
    await world.hears(world.message("fb-main", "p1", PHONE), world.message("zalo-main", "z1", PHONE))
    assert not await world.same_person(FB, ZALO)
    assert await world.count(tables.evidence) == 0


async def test_an_account_whose_claims_are_switched_off_only_suggests_or_says_nothing(units: Units) -> None:
    policy = PolicySettings(claims={"fb-main": "suggest", "fb-second": "ignore"})
    world = await build_world(units, IdentitySettings(policy=policy))
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message("fb-main", "p1", PHONE), world.message("fb-second", "p9", PHONE))
    assert not await world.same_person(CALL, FB)
    assert await suggestions(world) == ["suggest.claims_off"]


async def test_the_same_mailbox_joins_as_a_number_does(world: World) -> None:
    await world.hears(world.message("fb-main", "p1", "mail em là Hoa.Nguyen@Example.com"))
    await world.hears(world.message("zalo-main", "z1", "hoa.nguyen@example.com"))
    assert await world.same_person(FB, ZALO)
    assert await ledger(world) == ["merge.same_email.claimed"]


async def test_a_number_the_business_writes_is_not_the_customers(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED), world.message("fb-main", "p1"))
    await world.hears(world.message("fb-main", "p1", f"Chị gọi {PHONE}", author=Author.BUSINESS, staff="Lan"))
    assert not await world.same_person(CALL, FB)


async def test_an_edited_message_gives_its_number_too(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED), world.message("fb-main", "p1", "sđt em", mid="m1"))
    await world.hears(world.edit("fb-main", "p1", "m1", f"sđt em {PHONE}"))
    assert await world.same_person(CALL, FB)


async def test_the_oldest_record_stands_for_all(world: World, clock: ManualClock) -> None:
    await world.hears(world.message("fb-main", "p1"))
    oldest = await world.customer(*FB)
    clock.advance(5)
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    clock.advance(5)
    await world.hears(world.message("fb-main", "p1", PHONE))
    assert await world.customer(*CALL) == oldest
    async with world.units.database.reading() as connection:
        rows = await connection.execute(sa.select(tables.customers.c.current_id))
        assert {row.current_id for row in rows} == {oldest}


async def test_supervisors_hear_once_of_a_number_that_is_nobodys_any_more(world: World) -> None:
    for start in range(0, 120, 30):
        await world.hears(*(world.message("fb-main", f"p{i}", PHONE) for i in range(start, start + 30)))
    (alarm,) = await alarms(world)
    assert (alarm.kind, alarm.value, alarm.identity_id) == ("crowded", E164, None)
    assert alarm.count > PolicySettings().identities_per_value_max
    agent = await world.house.add_agent("An")
    async with world.units.begin() as work:
        assert await claim_alarms.mark_seen(work, alarm.id, agent)
        await work.commit()
    await world.hears(world.message("fb-main", "p999", PHONE))
    assert await alarms(world) == []


async def test_supervisors_hear_once_of_one_who_posts_many_numbers(world: World) -> None:
    """Also of an anonymous visitor, and of numbers that nobody else gave."""
    for i in range(NUMBERS_ALARM):
        await world.hears(world.message("web", "v1", f"giao cho 09123400{i:02d}"))
    assert await alarms(world) == []
    for i in range(NUMBERS_ALARM, NUMBERS_ALARM + 5):
        await world.hears(world.message("web", "v1", f"giao cho 09123400{i:02d}"))
    (alarm,) = await alarms(world)
    who = await world.identity("web", "v1")
    assert (alarm.kind, alarm.identity_id, alarm.customer_id) == ("many_numbers", who.id, who.customer_id)
    assert (alarm.count, alarm.value) == (NUMBERS_ALARM + 1, None)


async def alarms(world: World) -> list[claim_alarms.ClaimAlarm]:
    async with world.units.database.reading() as connection:
        return await claim_alarms.listed(connection)
