"""One identity moved to another customer; links that a changed policy withdraws. Both are undone exactly."""

from uuid import UUID

import pytest

from hub.errors import Conflict
from hub.events import CallState, Explanation
from hub.ids import AgentId, IdentityId, LedgerEntryId, RunId, new_id
from identity import commands, explanations
from identity.board import Board
from identity.register import Register
from storage import ledger
from storage import suggestions as suggestion_store
from tests.identity.world import E164, PHONE, World

FB, ZALO, WEB = ("fb-main", "p1"), ("zalo-main", "z1"), ("web", "v1")
BECAUSE = Explanation(code="suggest.shared", params={"kind": "phone", "value": E164, "identities": 3})


async def joined(world: World) -> AgentId:
    """Facebook and Zalo are one by a number; web chat is somebody else."""
    await world.hears(world.message(*FB, "Chào shop"), world.message(*ZALO, "Alo"), world.message(*WEB))
    await world.hears(world.message(*FB, f"số em {PHONE}"))
    await world.hears(world.message(*ZALO, PHONE))
    assert await world.same_person(FB, ZALO)
    return await world.house.add_agent("An")


async def move(world: World, who: tuple[str, str], to: tuple[str, str], agent: AgentId) -> LedgerEntryId:
    mine, customer_id = (await world.identity(*who)).id, await world.customer(*to)
    async with world.units.begin() as work:
        entry_id = await commands.move_identity(work, mine, customer_id, agent, reason="máy của chồng")
        await work.commit()
    return entry_id


async def undo(world: World, entry_id: LedgerEntryId, agent: AgentId, *, run_id: RunId | None = None) -> None:
    async with world.units.begin() as work:
        board = Board(work)
        why = explanations.by_agent("undo", None)
        await Register(board).undo(entry_id, why, agent, run_id=run_id)
        await board.finish()
        await work.commit()


async def lapse(world: World, who: tuple[str, str]) -> LedgerEntryId:
    identity_id = (await world.identity(*who)).id
    async with world.units.begin() as work:
        (link,) = await ledger.links_of(work.connection, [identity_id])
        board = Board(work)
        why = explanations.split_by_policy(BECAUSE)
        entry_id = await Register(board).lapse(link, why, RunId(new_id()))
        await board.finish()
        await work.commit()
    return entry_id


async def state(world: World) -> list[tuple[UUID, UUID, str, UUID | None, int]]:
    return [(c.id, c.customer_id, c.status.value, c.owner_id, c.unread) for c in await world.conversations()]


async def test_a_moved_identity_is_that_customers_and_its_undo_gives_everything_back(world: World) -> None:
    await world.hears(world.message(*FB, "Chào shop"), world.message(*ZALO, "Alo"), world.message(*WEB))
    agent = await world.house.add_agent("An")
    async with world.units.begin() as work:
        one, other = await world.customer(*FB), await world.customer(*ZALO)
        await commands.merge_customers(work, one, other, agent, reason="chị gọi xác nhận")
        await work.commit()
    before = await state(world)
    entry_id = await move(world, ZALO, WEB, agent)
    assert await world.same_person(ZALO, WEB)
    assert not await world.same_person(ZALO, FB)
    async with world.units.database.reading() as connection:
        entry = await ledger.find(connection, entry_id)
    assert entry is not None
    assert (entry.kind, entry.why.params["reason"]) == ("move", "máy của chồng")
    await undo(world, entry_id, agent)
    assert await world.same_person(FB, ZALO)
    assert not await world.same_person(FB, WEB)
    assert await state(world) == before


async def test_no_evidence_brings_a_moved_identity_back(world: World) -> None:
    agent = await joined(world)
    await move(world, ZALO, WEB, agent)
    await world.hears(world.message(*ZALO, f"nhắc lại {PHONE}"), world.call(E164, "c1", CallState.MISSED))
    assert not await world.same_person(ZALO, FB)


async def test_what_is_left_behind_stays_together(world: World) -> None:
    """A - B - C, B goes to D: A and C were linked only through B, and stay one person."""
    agent = await joined(world)
    await world.hears(world.message("fb-second", "q1"), world.message("fb-second", "q2"))
    async with world.units.begin() as work:
        board = Board(work)
        ids = [(await world.identity("fb-second", "q1")).id, (await world.identity(*ZALO)).id]
        await Register(board).join(ids[0], ids[1], explanations.by_agent("merge", None), agent_id=agent)
        await board.finish()
        await work.commit()
    await move(world, ZALO, ("fb-second", "q2"), agent)
    assert await world.same_person(FB, ("fb-second", "q1"))
    assert await world.same_person(ZALO, ("fb-second", "q2"))


async def test_moving_within_one_customer_is_a_conflict(world: World) -> None:
    agent = await joined(world)
    with pytest.raises(Conflict):
        await move(world, ZALO, FB, agent)


async def test_a_lapsed_link_parts_without_saying_that_they_are_two_people(world: World) -> None:
    await joined(world)
    await lapse(world, ZALO)
    assert not await world.same_person(FB, ZALO)
    (link,) = await links(world, (await world.identity(*ZALO)).id)
    assert (link.in_force, link.denied) == (False, False)


async def test_who_undoes_a_lapse_keeps_the_link_for_good(world: World) -> None:
    agent = await joined(world)
    entry_id = await lapse(world, ZALO)
    await undo(world, entry_id, agent)
    assert await world.same_person(FB, ZALO)
    (link,) = await links(world, (await world.identity(*ZALO)).id)
    assert link.kept
    assert link.in_force


async def test_taking_a_whole_application_back_says_nothing_about_the_two(world: World) -> None:
    agent = await joined(world)
    entry_id = await lapse(world, ZALO)
    await undo(world, entry_id, agent, run_id=RunId(new_id()))
    (link,) = await links(world, (await world.identity(*ZALO)).id)
    assert (link.in_force, link.kept, link.denied) == (True, False, False)
    await undo(world, link.entry_id, agent, run_id=RunId(new_id()))
    (link,) = await links(world, (await world.identity(*ZALO)).id)
    assert (link.in_force, link.denied) == (False, False)
    async with world.units.database.reading() as connection:
        assert await suggestion_store.of_identities(connection, [link.identity_a]) == []


async def links(world: World, identity_id: IdentityId) -> list[ledger.Link]:
    async with world.units.database.reading() as connection:
        return await ledger.links_of(connection, [identity_id])


async def test_the_only_identity_of_a_customer_moves_and_comes_back(world: World) -> None:
    agent = await joined(world)
    before = await state(world)
    entry_id = await move(world, WEB, FB, agent)
    assert await world.same_person(WEB, FB)
    await undo(world, entry_id, agent)
    assert not await world.same_person(WEB, FB)
    assert await state(world) == before


async def test_whom_a_split_and_then_a_move_kept_apart_nobody_is_asked_about_when_both_are_undone(world: World) -> None:
    """They were parted by agents, never suggested."""
    agent = await joined(world)
    async with world.units.begin() as work:
        split_id = await commands.split_identity(work, [(await world.identity(*ZALO)).id], agent)
        await work.commit()
    await undo(world, split_id, agent)
    await undo(world, await move(world, ZALO, WEB, agent), agent)
    assert await world.same_person(FB, ZALO)
    async with world.units.database.reading() as connection:
        known = await suggestion_store.of_identities(connection, [(await world.identity(*ZALO)).id])
    assert {s.status for s in known} == {"obsolete"}
