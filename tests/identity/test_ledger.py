"""Merge, undo, split, suggestions: by agents, in any order, with everything that hangs on them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.clock import ManualClock
from hub.errors import BadInput, Conflict, NotFound
from hub.events import (
    CallState,
    Channel,
    ConversationAssigned,
    ConversationClosed,
    ConversationReopened,
    ConversationStatus,
    CustomerChanged,
    CustomerMerged,
    CustomerSplit,
    PresenceStatus,
    SuggestionSettled,
    WorkArrived,
    WorkGone,
)
from hub.ids import AgentId, CustomerId, IdentityId, LedgerEntryId, SuggestionId, new_id
from identity import commands, editing
from router import commands as router_commands
from storage import customers as customer_store
from storage import ledger
from storage import suggestions as suggestion_store
from tests.identity.world import E164, PHONE, World

FB, ZALO, CALL, WEB = ("fb-main", "p1"), ("zalo-main", "z1"), ("hotline", E164), ("web", "v1")
Person = tuple[str, str]


async def merge(world: World, one: Person, other: Person, agent: AgentId, reason: str | None = None) -> LedgerEntryId:
    a, b = await world.customer(*one), await world.customer(*other)
    async with world.units.begin() as work:
        entry_id = await commands.merge_customers(work, a, b, agent, reason=reason)
        await work.commit()
    world.last = list(work.published)
    return entry_id


async def undo(world: World, entry_id: LedgerEntryId, agent: AgentId) -> LedgerEntryId:
    async with world.units.begin() as work:
        undo_id = await commands.undo_entry(work, entry_id, agent)
        await work.commit()
    world.last = list(work.published)
    return undo_id


async def split(world: World, people: list[Person], agent: AgentId) -> LedgerEntryId:
    ids = [(await world.identity(*person)).id for person in people]
    async with world.units.begin() as work:
        entry_id = await commands.split_identity(work, ids, agent)
        await work.commit()
    world.last = list(work.published)
    return entry_id


async def rename(world: World, customer_id: CustomerId, name: str) -> None:
    async with world.units.begin() as work:
        await editing.change(work, customer_id, editing.Change(name=editing.clean_name(name)))
        await work.commit()
    world.last = list(work.published)


async def take(world: World, person: Person, agent: AgentId) -> None:
    conversation = await world.the_conversation(*person)
    async with world.units.begin() as work:
        await router_commands.take(work, conversation.id, agent)
        await work.commit()


async def two(world: World, clock: ManualClock) -> AgentId:
    """A Facebook customer and, a minute later, a Zalo customer, each waiting; and an agent."""
    await world.hears(world.message("fb-main", "p1", "từ facebook", name="Hoà"))
    clock.advance(60)
    await world.hears(world.message("zalo-main", "z1", "từ zalo", name="Hoa N"))
    clock.advance(60)
    return await world.house.add_agent("An")


# --- merging -----------------------------------------------------------------------------------------------------


async def test_after_a_merge_there_is_one_conversation_with_everything(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)
    before = await world.conversations()
    entry_id = await merge(world, ZALO, FB, agent, "cùng một người")
    (kept,) = await world.open_conversations()
    assert kept.id == before[0].id
    assert (kept.unread, kept.waiting_since) == (2, before[0].waiting_since)
    assert set(kept.channels) == {Channel.FACEBOOK, Channel.ZALO}
    assert kept.preview is not None
    assert kept.preview.text == "từ zalo"
    closed = (await world.conversations())[1]
    assert (closed.status, closed.closed_reason, closed.merged_into) == (ConversationStatus.CLOSED, "merged", kept.id)
    assert [t.text for t in await world.timeline(*ZALO)] == ["từ facebook", "từ zalo"]
    (merged,) = world.said(CustomerMerged)
    assert (merged.merge.entry_id, merged.merge.by, merged.merge.undone) == (entry_id, agent, False)
    assert merged.merge.why.params == {"reason": "cùng một người"}
    assert [e.into for e in world.said(ConversationClosed)] == [kept.id]
    assert [e.conversation_id for e in world.said(WorkGone)] == [closed.id]


async def test_the_agent_most_recently_active_keeps_the_conversation(world: World, clock: ManualClock) -> None:
    binh = await two(world, clock)
    chi = await world.house.add_agent("Chi")
    await take(world, FB, binh)
    await take(world, ZALO, chi)
    await world.reply(*FB, agent_id=binh)
    clock.advance(10)
    await world.reply(*ZALO, agent_id=chi)
    await merge(world, FB, ZALO, binh)
    (kept,) = await world.open_conversations()
    assert (kept.status, kept.owner_id) == (ConversationStatus.ASSIGNED, chi)
    assert {(e.conversation_id, e.agent_id) for e in world.said(WorkGone)} == {
        (kept.id, binh),
        ((await world.conversations())[1].id, chi),
    }
    (assigned,) = world.said(ConversationAssigned)
    assert assigned.why.code == "route.kept_after_merge"


async def test_an_assigned_conversation_brings_its_agent_to_one_that_waits(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)
    await take(world, ZALO, agent)
    await merge(world, FB, ZALO, agent)
    (kept,) = await world.open_conversations()
    assert (kept.status, kept.owner_id) == (ConversationStatus.ASSIGNED, agent)
    assert kept.opened_at < (await world.conversations())[1].opened_at


async def test_merging_one_customer_with_itself_is_a_conflict(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)
    await merge(world, FB, ZALO, agent)
    with pytest.raises(Conflict):
        await merge(world, FB, ZALO, agent)
    with pytest.raises(NotFound):
        async with world.units.begin() as work:
            await commands.merge_customers(work, CustomerId(new_id()), await world.customer(*FB), agent)


async def test_an_old_record_still_leads_to_the_customer(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)
    old = await world.customer(*ZALO)
    await merge(world, FB, ZALO, agent)
    async with world.units.database.reading() as connection:
        assert await customer_store.current(connection, old) == await world.customer(*FB)


async def test_an_old_conversation_of_either_reopens_for_the_one_they_are_now(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)
    old = (await world.the_conversation(*ZALO)).id
    async with world.units.begin() as work:
        await router_commands.resolve(work, old, agent)
        await work.commit()
    await merge(world, FB, ZALO, agent)
    async with world.units.begin() as work:
        with pytest.raises(Conflict):
            await router_commands.reopen(work, old, agent)
    async with world.units.begin() as work:
        await router_commands.resolve(work, (await world.the_conversation(*FB)).id, agent)
        await router_commands.reopen(work, old, agent)
        await work.commit()
    (again,) = await world.open_conversations()
    assert (again.id, again.customer_id) == (old, await world.customer(*FB))
    assert again.customer_name == "Hoà"


# --- undoing -----------------------------------------------------------------------------------------------------


async def test_undo_gives_each_their_conversation_back(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)
    before = await world.conversations()
    entry_id = await merge(world, FB, ZALO, agent)
    await undo(world, entry_id, agent)
    after = await world.conversations()
    for was, now in zip(before, after, strict=True):
        for name in ("customer_id", "status", "owner_id", "waiting_since", "queued_at", "unread", "channels"):
            assert getattr(now, name) == getattr(was, name), name
        assert (now.preview, now.customer_name, now.merged_into) == (was.preview, was.customer_name, None)
    assert [t.text for t in await world.timeline(*ZALO)] == ["từ zalo"]
    assert len(world.said(CustomerSplit)) == 2
    assert all(e.merge.undone and e.merge.entry_id == entry_id for e in world.said(CustomerSplit))
    assert [e.reason for e in world.said(ConversationReopened)] == ["split"]
    # The one that was let go is work again; the other's customer is somebody else for rules now, so it is placed anew.
    assert {e.conversation_id for e in world.said(WorkArrived)} == {conversation.id for conversation in after}


async def test_undo_gives_agents_their_own_back(world: World, clock: ManualClock) -> None:
    binh = await two(world, clock)
    chi = await world.house.add_agent("Chi")
    await take(world, FB, binh)
    await take(world, ZALO, chi)
    await world.reply(*ZALO, agent_id=chi)
    entry_id = await merge(world, FB, ZALO, binh)
    assert (await world.the_conversation(*FB)).owner_id == chi
    await undo(world, entry_id, binh)
    assert (await world.the_conversation(*FB)).owner_id == binh
    assert (await world.the_conversation(*ZALO)).owner_id == chi


async def test_who_is_gone_or_full_gets_nothing_back(world: World, clock: ManualClock) -> None:
    binh = await two(world, clock)
    full = await world.house.add_agent("Chi", capacity=1)
    await take(world, FB, binh)
    await take(world, ZALO, full)
    await world.reply(*FB, agent_id=binh)
    entry_id = await merge(world, FB, ZALO, binh)
    await world.hears(world.message("fb-main", "p7"))
    await take(world, ("fb-main", "p7"), full)
    await undo(world, entry_id, binh)
    restored = await world.the_conversation(*ZALO)
    assert restored.status is ConversationStatus.WAITING
    assert restored.last_agent_id == full
    assert (await world.the_conversation(*FB)).owner_id == binh
    assert restored.id in {e.conversation_id for e in world.said(WorkArrived)}


async def test_who_went_offline_gets_nothing_back(world: World, clock: ManualClock) -> None:
    binh = await two(world, clock)
    chi = await world.house.add_agent("Chi", status=PresenceStatus.AVAILABLE)
    await take(world, FB, binh)
    clock.advance(5)
    await take(world, ZALO, chi)
    await world.reply(*FB, agent_id=binh)
    entry_id = await merge(world, FB, ZALO, binh)
    async with world.units.begin() as work:
        await router_commands.set_presence(work, chi, PresenceStatus.OFFLINE)
        await work.commit()
    await undo(world, entry_id, binh)
    assert (await world.the_conversation(*FB)).owner_id == binh
    assert (await world.the_conversation(*ZALO)).status is ConversationStatus.WAITING


async def test_a_message_after_the_merge_is_found_with_its_own_person_after_undo(
    world: World, clock: ManualClock
) -> None:
    agent = await two(world, clock)
    entry_id = await merge(world, FB, ZALO, agent)
    await world.hears(world.message("zalo-main", "z1", "còn đó không?"))
    await undo(world, entry_id, agent)
    assert [t.text for t in await world.timeline(*ZALO)] == ["từ zalo", "còn đó không?"]
    assert [t.text for t in await world.timeline(*FB)] == ["từ facebook"]
    zalo = await world.the_conversation(*ZALO)
    assert zalo.preview is not None
    assert zalo.preview.text == "còn đó không?"
    assert zalo.waiting_since is not None


async def test_who_had_no_conversation_but_wrote_meanwhile_gets_one(world: World, clock: ManualClock) -> None:
    await world.hears(world.profile("zalo-main", "z1", "Nam"), world.message("fb-main", "p1", "a"))
    agent = await world.house.add_agent("An")
    entry_id = await merge(world, FB, ZALO, agent)
    await world.hears(world.message("zalo-main", "z1", "chưa ai trả lời"))
    assert len(await world.open_conversations()) == 1
    await undo(world, entry_id, agent)
    zalo = await world.the_conversation(*ZALO)
    assert (zalo.status, zalo.customer_name) == (ConversationStatus.WAITING, "Nam")
    assert zalo.id in {e.conversation_id for e in world.said(WorkArrived)}
    await world.hears(world.message("zalo-main", "z1", "alo"))
    assert len(await world.timeline(*ZALO)) == 2


async def test_what_was_resolved_together_stays_resolved_after_undo(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)
    entry_id = await merge(world, FB, ZALO, agent)
    await take(world, FB, agent)
    kept = await world.the_conversation(*FB)
    async with world.units.begin() as work:
        await router_commands.resolve(work, kept.id, agent)
        await work.commit()
    await undo(world, entry_id, agent)
    assert await world.open_conversations() == []
    assert not await world.same_person(FB, ZALO)
    await world.hears(world.message("zalo-main", "z1", "mới"), world.message("fb-main", "p1", "mới"))
    assert len(await world.open_conversations()) == 2


async def test_what_an_agent_did_since_the_merge_is_not_undone(world: World, clock: ManualClock) -> None:
    binh = await two(world, clock)
    chi = await world.house.add_agent("Chi")
    entry_id = await merge(world, FB, ZALO, binh)
    await take(world, FB, chi)
    await world.reply(*FB, agent_id=chi)
    await undo(world, entry_id, binh)
    facebook = await world.the_conversation(*FB)
    assert (facebook.owner_id, facebook.waiting_since) == (chi, None)
    assert (await world.the_conversation(*ZALO)).waiting_since is not None


async def test_an_undo_can_be_undone_again_and_again(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)
    entry_id = await merge(world, FB, ZALO, agent)
    for together in (False, True, False, True):
        entry_id = await undo(world, entry_id, agent)
        assert await world.same_person(FB, ZALO) is together
        assert len(await world.open_conversations()) == (1 if together else 2)


async def test_an_entry_is_undone_once(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)
    entry_id = await merge(world, FB, ZALO, agent)
    await undo(world, entry_id, agent)
    with pytest.raises(Conflict):
        await undo(world, entry_id, agent)
    with pytest.raises(NotFound):
        await undo(world, LedgerEntryId(new_id()), agent)


@pytest.mark.parametrize("first", [0, 1])
async def test_two_merges_are_undone_in_either_order(world: World, clock: ManualClock, first: int) -> None:
    agent = await two(world, clock)
    await world.hears(world.message("web", "v1", "từ web"))
    before = await world.conversations()
    entries = [await merge(world, FB, ZALO, agent), await merge(world, ZALO, WEB, agent)]
    assert len(await world.open_conversations()) == 1
    await undo(world, entries[first], agent)
    assert len(await world.open_conversations()) == 2
    await undo(world, entries[1 - first], agent)
    after = await world.conversations()
    assert [(c.id, c.status, c.customer_id, c.waiting_since, c.unread) for c in after] == [
        (c.id, c.status, c.customer_id, c.waiting_since, c.unread) for c in before
    ]


async def test_after_an_undo_evidence_does_not_join_them_again(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message("fb-main", "p1", PHONE))
    agent = await world.house.add_agent("An")
    async with world.units.database.reading() as connection:
        (entry,) = await ledger.of_identities(connection, [(await world.identity(*FB)).id])
    await undo(world, entry.id, agent)
    await world.hears(world.edit("fb-main", "p1", "unknown", "x"), world.message("fb-main", "p1", f"số {PHONE}"))
    await world.hears(world.call(E164, "c2", CallState.MISSED))
    await world.hears(world.message("zalo-main", "z1", PHONE))
    assert not await world.same_person(FB, CALL)


async def test_the_cost_of_merge_and_undo_does_not_grow_with_history(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)

    async def statements() -> int:
        count = 0

        def counted(*_args: object) -> None:
            nonlocal count
            count += 1

        engine = world.units.database.engine.sync_engine
        sa.event.listen(engine, "before_cursor_execute", counted)
        entry_id = await merge(world, FB, ZALO, agent)
        await undo(world, entry_id, agent)
        sa.event.remove(engine, "before_cursor_execute", counted)
        return count

    few = await statements()
    await world.hears(*(world.message("fb-main", "p1", str(i)) for i in range(300)))
    assert await statements() <= few + 2  # one more entry of the pair was read


# --- splitting ---------------------------------------------------------------------------------------------------


async def test_a_split_leaves_two_people_whom_no_evidence_joins_again(world: World, clock: ManualClock) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message("fb-main", "p1", PHONE), world.message("zalo-main", "z1", PHONE))
    assert await world.same_person(FB, ZALO, CALL)
    agent = await world.house.add_agent("An")
    entry_id = await split(world, [ZALO], agent)
    assert await world.same_person(FB, CALL)
    assert not await world.same_person(FB, ZALO)
    await world.hears(world.message("zalo-main", "z1", f"em nè {PHONE}"))
    assert not await world.same_person(FB, ZALO)
    await undo(world, entry_id, agent)
    assert await world.same_person(FB, ZALO, CALL)


async def test_each_side_of_a_split_stays_together(world: World, clock: ManualClock) -> None:
    """A - B - C, and B is somebody else: A and C stay one person though only B linked them."""
    agent = await two(world, clock)
    await world.hears(world.message("web", "v1"))
    await merge(world, FB, ZALO, agent)
    identity = {person: (await world.identity(*person)).id for person in (FB, ZALO, WEB)}
    async with world.units.begin() as work:
        from hub.events import Explanation
        from identity.board import Board
        from identity.register import Register

        board = Board(work)
        await Register(board).join(identity[ZALO], identity[WEB], Explanation(code="merge.by_agent"))
        await board.finish()
        await work.commit()
    entry_id = await split(world, [ZALO], agent)
    assert await world.same_person(FB, WEB)
    assert not await world.same_person(FB, ZALO)
    await undo(world, entry_id, agent)
    assert await world.same_person(FB, WEB, ZALO)


async def test_a_split_needs_two_sides_of_one_customer(world: World, clock: ManualClock) -> None:
    agent = await two(world, clock)
    with pytest.raises(BadInput):
        await split(world, [FB], agent)
    with pytest.raises(Conflict):
        await split(world, [FB, ZALO], agent)
    with pytest.raises(NotFound):
        async with world.units.begin() as work:
            await commands.split_identity(work, [IdentityId(new_id())], agent)


# --- suggestions -------------------------------------------------------------------------------------------------


async def suggested(world: World) -> tuple[SuggestionId, AgentId]:
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message("web", "v1", f"sđt {PHONE}"))
    async with world.units.database.reading() as connection:
        ((suggestion, other),) = await suggestion_store.shown_to(connection, await world.customer(*WEB))
    assert other == await world.customer(*CALL)
    return suggestion.id, await world.house.add_agent("An")


async def test_an_accepted_suggestion_is_a_merge(world: World) -> None:
    suggestion_id, agent = await suggested(world)
    async with world.units.begin() as work:
        entry_id = await commands.accept_suggestion(work, suggestion_id, agent, reason="đã gọi lại")
        await work.commit()
    world.last = list(work.published)
    assert entry_id is not None
    assert await world.same_person(CALL, WEB)
    (conversation,) = await world.open_conversations()
    assert conversation.suggestions == 0
    (settled,) = world.said(SuggestionSettled)
    assert (settled.outcome, settled.entry_id) == ("accepted", entry_id)
    async with world.units.database.reading() as connection:
        entry = await ledger.find(connection, entry_id)
    assert entry is not None
    assert entry.why.code == "merge.suggestion_accepted"
    assert entry.why.params["suggestion"] == "suggest.anonymous_claim"
    with pytest.raises(Conflict):
        async with world.units.begin() as work:
            await commands.accept_suggestion(work, suggestion_id, agent)


async def test_undoing_an_accepted_suggestion_asks_again_and_redoing_it_does_not(world: World) -> None:
    suggestion_id, agent = await suggested(world)
    async with world.units.begin() as work:
        entry_id = await commands.accept_suggestion(work, suggestion_id, agent)
        await work.commit()
    assert entry_id is not None
    undo_id = await undo(world, entry_id, agent)
    assert (await world.the_conversation(*WEB)).suggestions == 1
    await undo(world, undo_id, agent)
    assert await world.same_person(CALL, WEB)
    async with world.units.database.reading() as connection:
        suggestion = await suggestion_store.find(connection, suggestion_id)
    assert suggestion is not None
    assert (suggestion.status, suggestion.entry_id) == ("accepted", entry_id)


async def test_a_rejected_suggestion_never_comes_again(world: World) -> None:
    suggestion_id, agent = await suggested(world)
    async with world.units.begin() as work:
        await commands.reject_suggestion(work, suggestion_id, agent)
        await work.commit()
    assert (await world.the_conversation(*WEB)).suggestions == 0
    await world.hears(world.message("web", "v1", f"nhắc lại {PHONE}"), world.call(E164, "c2", CallState.MISSED))
    await world.hears(world.message("web", "v1", "hoa@example.com"))
    assert (await world.the_conversation(*WEB)).suggestions == 0
    with pytest.raises(Conflict):
        async with world.units.begin() as work:
            await commands.reject_suggestion(work, suggestion_id, agent)
    with pytest.raises(NotFound):
        async with world.units.begin() as work:
            await commands.reject_suggestion(work, SuggestionId(new_id()), agent)


async def test_a_suggestion_between_customers_who_become_one_disappears_and_returns(world: World) -> None:
    _, agent = await suggested(world)
    entry_id = await merge(world, CALL, WEB, agent)
    assert (await world.the_conversation(*WEB)).suggestions == 0
    await undo(world, entry_id, agent)
    assert (await world.the_conversation(*WEB)).suggestions == 1


# --- names -------------------------------------------------------------------------------------------------------


async def test_a_given_name_goes_before_every_other_and_stays_with_whom_it_was_given(
    world: World, clock: ManualClock
) -> None:
    agent = await two(world, clock)
    await rename(world, await world.customer(*ZALO), "  Chị   Hoà VIP ")
    assert len(world.said(CustomerChanged)) == 1
    entry_id = await merge(world, FB, ZALO, agent)
    assert (await world.the_conversation(*FB)).customer_name == "Chị Hoà VIP"
    await undo(world, entry_id, agent)
    assert (await world.the_conversation(*FB)).customer_name == "Hoà"
    assert (await world.the_conversation(*ZALO)).customer_name == "Chị Hoà VIP"


async def test_an_empty_name_shows_the_channels_own_again(world: World, clock: ManualClock) -> None:
    await two(world, clock)
    for name, shown in (("Bà chủ", "Bà chủ"), ("  ", "Hoà")):
        await rename(world, await world.customer(*FB), name)
        assert (await world.the_conversation(*FB)).customer_name == shown
    with pytest.raises(BadInput):
        await rename(world, await world.customer(*FB), "x" * 201)
    with pytest.raises(NotFound):
        await rename(world, CustomerId(new_id()), "x")


async def test_a_shared_name_is_not_overwritten_by_a_profile(world: World, clock: ManualClock) -> None:
    from tests.identity.test_joining_by_evidence import SHARED

    await world.hears(world.profile("zalo-main", "z1", "Nguyễn Thị Hoà", evidence=[SHARED]))
    clock.advance(timedelta(days=1).total_seconds())
    await world.hears(world.message("zalo-main", "z1", name="Mẹ Bắp"))
    assert (await world.the_conversation(*ZALO)).customer_name == "Nguyễn Thị Hoà"
