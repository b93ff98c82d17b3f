"""Laws of the ledger, over the real code: what must be so whatever was done before, and in whatever order.

That merging and undoing changes nothing, and that customers are what the entries say, is in tests.identity.machine.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import rule

from hub.clock import ManualClock
from hub.events import ConversationStatus
from hub.ids import AgentId, LedgerEntryId
from identity import commands
from storage import tables
from tests import databases
from tests.identity.machine import Machine, MachineWithResolving, run_machine
from tests.identity.state import Row, State, differences, whole_state
from tests.identity.world import World

UNDONE_MAX = 6


class Orders(Machine):
    """At any moment: what is undone in one order, in a copy of the shop, and in another one, in another copy."""

    @rule(seed=st.integers(0, 2**32 - 1))
    def the_order_of_undos_does_not_matter(self, seed: int) -> None:
        rng = random.Random(seed)
        standing = [i for i in range(len(self.entry_ids)) if self._revocable(i)]
        some = rng.sample(standing, min(len(standing), rng.randint(2, UNDONE_MAX)))
        if len(some) < 2:
            return
        entries = [self.entry_ids[i] for i in some]
        one = self.run(self._undone(entries))
        other = self.run(self._undone(rng.sample(entries, len(entries))))
        unlike = differences(one, other)
        assert not unlike, "\n".join(unlike)

    async def _undone(self, entries: Sequence[LedgerEntryId]) -> State:
        """In a copy where agents have room for everybody: who is full depends on the order, and may."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(Path(str(self.world.units.database.url.database)).parent, folder, dirs_exist_ok=True)
            async with databases.opened(databases.sqlite_url(Path(folder)), self.clock) as units:
                async with units.begin() as work:
                    await work.connection.execute(sa.update(tables.agents).values(capacity=100))
                    await work.commit()
                for entry_id in entries:
                    async with units.begin() as work:
                        await commands.undo_entry(work, entry_id, self.agents[0])
                        await work.commit()
                return _as_seen(await whole_state(units))


class OrdersWithResolving(Orders, MachineWithResolving):
    """What is resolved is settled for those who were one customer then, whatever is undone later."""


def _as_seen(state: State) -> State:
    """Who is who, and the open conversation of each. What was opened and closed on the way depends on the way."""
    standing = [row for row in state["conversations"].values() if row["status"] != ConversationStatus.CLOSED.value]
    return {
        "channel_identities": state["channel_identities"],
        "customers": state["customers"],
        "touchpoints": {key: _without(row, "conversation_id") for key, row in state["touchpoints"].items()},
        "conversations": {row["customer_id"]: _without(row, "id", "merged_into") for row in standing},
        "suggestions": state["suggestions"],
    }


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


@pytest.mark.timeout(120)
def test_whatever_was_done_the_order_of_undos_does_not_matter(tmp_path: Path) -> None:
    template = tmp_path / "template"
    asyncio.run(databases.create_schema(databases.sqlite_url(template)))
    numbers = itertools.count()

    def open_database() -> str:
        folder = tmp_path / str(next(numbers))
        shutil.copytree(template, folder)
        return databases.sqlite_url(folder)

    for machine in (Orders, OrdersWithResolving):
        run_machine(machine, open_database, examples=3)


@pytest.mark.parametrize("first", [0, 1])
async def test_who_was_not_answered_has_a_conversation_whichever_merge_is_undone_first(
    world: World, clock: ManualClock, first: int
) -> None:
    """Three are one, two of them wrote into what the third opened: both wait, and neither opened anything."""
    await world.hears(world.profile("zalo-main", "z1", "Nam"), world.profile("web", "v1", "Mai"))
    await world.hears(world.message("fb-main", "p1", "của người thứ nhất"))
    agent = await world.house.add_agent("An")
    entries = [
        await _merged(world, ("fb-main", "p1"), ("zalo-main", "z1"), agent),
        await _merged(world, ("fb-main", "p1"), ("web", "v1"), agent),
    ]
    for account, who in (("web", "v1"), ("zalo-main", "z1")):
        clock.advance(10)
        await world.hears(world.message(account, who, "có ai không?"))
    for entry_id in (entries[first], entries[1 - first]):
        clock.advance(10)
        await _undo(world, entry_id, agent)
    for account, who, opened in (("web", "v1", 10), ("zalo-main", "z1", 20)):
        conversation = await world.the_conversation(account, who)
        wrote_at = clock.now() - timedelta(seconds=40 - opened)
        assert (conversation.opened_at, conversation.waiting_since, conversation.unread) == (wrote_at, wrote_at, 1)
    assert (await world.the_conversation("fb-main", "p1")).unread == 1


async def test_an_answer_to_several_is_for_those_who_are_still_one_with_whom_it_was_written_to(
    world: World, clock: ManualClock
) -> None:
    fb, zalo, web = ("fb-main", "p1"), ("zalo-main", "z1"), ("web", "v1")
    for person in (fb, zalo, web):
        clock.advance(1)
        await world.hears(world.message(*person, "chào"))
    agent = await world.house.add_agent("An")
    asked = {person: (await world.the_conversation(*person)).waiting_since for person in (fb, zalo, web)}
    entries = [await _merged(world, fb, zalo, agent), await _merged(world, fb, web, agent)]
    clock.advance(60)
    await world.reply(*zalo, agent_id=agent)
    await _undo(world, entries[1], agent)
    assert (await world.the_conversation(*fb)).waiting_since is None
    assert (await world.the_conversation(*web)).waiting_since == asked[web]
    undone = await _undo(world, entries[0], agent)
    assert (await world.the_conversation(*fb)).waiting_since == asked[fb]
    assert (await world.the_conversation(*zalo)).waiting_since is None
    await _undo(world, undone, agent)
    assert (await world.the_conversation(*fb)).waiting_since is None


@pytest.mark.parametrize("kind", ["split", "move"])
async def test_messages_between_a_parting_and_its_undo_are_unread_once(
    world: World, clock: ManualClock, kind: str
) -> None:
    fb, zalo, web = ("fb-main", "p1"), ("zalo-main", "z1"), ("web", "v1")
    await world.hears(world.message(*fb, "một"), world.message(*zalo, "hai"), world.message(*web, "ba"))
    agent = await world.house.add_agent("An")
    await _merged(world, fb, zalo, agent)
    await world.hears(world.message(*zalo, "bốn"))
    identity, to = (await world.identity(*zalo)).id, await world.customer(*web)
    async with world.units.begin() as work:
        if kind == "split":
            entry_id = await commands.split_identity(work, [identity], agent)
        else:
            entry_id = await commands.move_identity(work, identity, to, agent)
        await work.commit()
    await world.hears(world.message(*zalo, "năm"), world.message(*fb, "sáu"))
    await _undo(world, entry_id, agent)
    assert (await world.the_conversation(*fb)).unread == 5
    assert (await world.the_conversation(*web)).unread == 1


async def _merged(world: World, one: tuple[str, str], other: tuple[str, str], agent: AgentId) -> LedgerEntryId:
    a, b = await world.customer(*one), await world.customer(*other)
    async with world.units.begin() as work:
        entry_id = await commands.merge_customers(work, a, b, agent)
        await work.commit()
    return entry_id


async def _undo(world: World, entry_id: LedgerEntryId, agent: AgentId) -> LedgerEntryId:
    async with world.units.begin() as work:
        undo_id = await commands.undo_entry(work, entry_id, agent)
        await work.commit()
    return undo_id
