"""Laws of policy changes, over random shops: what people wrote, what agents decided, whatever rules come next.

1. An unchanged policy changes nothing.
2. The application does what its dry run counted, and a second dry run finds nothing left.
3. What agents joined stays joined and what they parted stays parted.
4. Taken back, everybody is whose they were.
"""

import random
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import ManualClock
from hub.events import CallState
from hub.ids import IdentityId
from identity import commands
from storage import tables
from storage.suggestions import pair
from storage.unit_of_work import Units
from tests.identity.test_policy_runs import Office
from tests.identity.world import World, build_world

NUMBERS = ["0912345601", "0912345602", "0912345603"]
PEOPLE = [(account, f"p{n}") for account in ("fb-main", "fb-second", "zalo-main", "web") for n in range(3)]
STEPS = 30
SEEDS = range(5)


@dataclass
class RandomShop:
    world: World
    office: Office
    clock: ManualClock
    dice: random.Random

    async def happens(self) -> None:
        self.clock.advance(self.dice.choice((1, 60, 86_400, 30 * 86_400)))
        step = self.dice.random()
        if step < 0.15:
            number = f"+84{self.dice.choice(NUMBERS)[1:]}"
            await self.world.hears(self.world.call(number, f"c{self.clock.monotonic()}", CallState.MISSED))
        elif step < 0.8:
            account, who = self.dice.choice(PEOPLE)
            name = self.dice.choice((None, "Hoà", "Nguyễn Thị Hoà", "Tuấn Lê"))
            await self.world.hears(self.world.message(account, who, self.dice.choice(NUMBERS), name=name))
        else:
            await self.agent_decides()

    async def agent_decides(self) -> None:
        owners = await self.office.owners()
        one, other = self.dice.sample(sorted(owners), 2) if len(owners) > 1 else (None, None)
        agent = self.office.agent
        entries = [row for row in await self.entries() if row.kind != "undo"]
        async with self.world.units.begin() as work:
            if self.dice.random() < 0.4 and entries:
                entry = self.dice.choice(entries)
                if not any(row.target_id == entry.id for row in await self.entries()):
                    await commands.undo_entry(work, entry.id, agent)
            elif one is not None and owners[one] != owners[other]:
                await commands.merge_customers(work, owners[one], owners[other], agent)
            elif one is not None:
                await commands.split_identity(work, [IdentityId(one)], agent)
            await work.commit()

    async def entries(self) -> list[Any]:
        columns = tables.ledger.c
        async with self.world.units.database.reading() as connection:
            rows = await connection.execute(sa.select(columns.id, columns.kind, columns.target_id))
            return list(rows.all())

    def rules(self) -> dict[str, Any]:
        dice = self.dice
        return {
            "strengths": dice.choice(({}, {"claimed": "suggest"}, {"claimed": "ignore"}, {"attested": "suggest"})),
            "shared_phone_max": dice.choice((1, 2, 5, 20)),
            "recycled_after_days": dice.choice((1, 90, 3000)),
            "claims_per_identity_max": dice.choice((1, 3)),
            "identities_per_value_max": dice.choice((2, 50)),
            "never_keys": dice.choice(([], NUMBERS[:1])),
            "lasting_channels": dice.choice((["facebook", "zalo"], ["facebook"], ["webchat", "zalo"])),
            "expires_after_days": dice.choice(({}, {"claimed": 20})),
        }

    async def decided(self) -> tuple[set[tuple[Any, Any]], set[tuple[Any, Any]]]:
        """Pairs that agents hold together by a link of their own, and pairs that they parted."""
        suggestions, ledger = tables.suggestions.c, tables.ledger.c
        async with self.world.units.database.reading() as connection:
            by = {row.id: row.agent_id for row in await connection.execute(sa.select(ledger.id, ledger.agent_id))}
            rows = (await connection.execute(sa.select(tables.links))).all()
            asked = sa.select(suggestions.identity_a, suggestions.identity_b).where(suggestions.status == "rejected")
            parted = {(row.identity_a, row.identity_b) for row in await connection.execute(asked)}
            together = {
                pair(row.identity_a, row.identity_b)
                for row in rows
                if by[row.entry_id] is not None and not row.revoked and not row.cut_by and not row.lapsed_by
            }
        return together, parted | {pair(row.identity_a, row.identity_b) for row in rows if row.revoked or row.cut_by}


def partition(owners: dict[Any, Any]) -> set[frozenset[Any]]:
    groups: dict[Any, set[Any]] = {}
    for identity_id, owner in owners.items():
        groups.setdefault(owner, set()).add(identity_id)
    return {frozenset(group) for group in groups.values()}


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_change_of_the_policy_breaks_the_laws(units: Units, clock: ManualClock, seed: int) -> None:
    world = await build_world(units)
    shop = RandomShop(
        world, Office(world, clock, await world.house.add_agent("An")), clock, random.Random(f"policy {seed}")
    )
    for _ in range(STEPS):
        await shop.happens()
    office = shop.office
    unchanged = await office.tries()
    assert (unchanged.status, unchanged.joins, unchanged.splits) == ("done", 0, 0)
    for _ in range(2):
        before = await office.owners()
        together, parted = await shop.decided()
        apart = {(a, b) for a, b in parted if before[a] != before[b]}
        rules = shop.rules()
        run = await office.applies(**rules)
        again = await office.tries(**rules)
        assert (again.joins, again.splits) == (0, 0), rules
        after = await office.owners()
        assert all(after[a] == after[b] for a, b in together)
        assert all(after[a] != after[b] for a, b in apart)
        if shop.dice.random() < 0.5:
            await office.takes_back(run)
            assert partition(await office.owners()) == partition(before)
        else:
            clock.advance(5)
            for _ in range(5):
                await shop.happens()
