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
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import rule

from hub.events import ConversationStatus
from hub.ids import LedgerEntryId
from identity import commands
from storage import tables
from tests import databases
from tests.identity.machine import Machine, MachineWithResolving, run_machine
from tests.identity.state import Row, State, differences, whole_state

UNDONE_MAX = 6
_PEOPLE = ("channel_identities", "customers", "touchpoints", "suggestions")


class Orders(Machine):
    """At any moment: what is undone in one order, in a copy of the shop, and in another one, in another copy."""

    same: ClassVar[tuple[str, ...]] = (*_PEOPLE, "conversations")

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
        unlike = differences({table: one[table] for table in self.same}, other)
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
    """What is resolved is settled for those who were one customer then, so who was that depends on the order. People
    and their timelines do not."""

    same = _PEOPLE


def _as_seen(state: State) -> State:
    """Who is who, and the open conversation of each. What was opened and closed on the way depends on the way; and
    since when somebody waits after an answer that was for all of them depends on who they were when it was given."""
    standing = [row for row in state["conversations"].values() if row["status"] != ConversationStatus.CLOSED.value]
    return {
        "channel_identities": state["channel_identities"],
        "customers": state["customers"],
        "touchpoints": {key: _without(row, "conversation_id") for key, row in state["touchpoints"].items()},
        "conversations": {row["customer_id"]: _without(row, "id", "merged_into", "waiting_since") for row in standing},
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
