"""Workers and agents at one customer in the same moment: a short run of what `python -m bench races` does for long,
with connections of their own instead of processes. And the check itself: it finds what it is there for.
"""

import asyncio
from contextlib import AsyncExitStack

import pytest
import sqlalchemy as sa

from bench.races.check import faults
from bench.races.hands import Hand
from bench.races.plans import KINDS, Plan, plan
from bench.town import opened, town
from hub.ids import new_id
from storage import tables

SEED = 4
WORKERS = 3


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.services)])
async def test_nothing_is_broken_when_all_come_at_once(kind: str) -> None:
    async with town(kind, agents=WORKERS) as here, AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(opened(here.url)) for _ in here.agents]
        hands = [Hand(units, agent, i) for i, (units, agent) in enumerate(zip(connections, here.agents, strict=True))]
        for number in range(len(KINDS)):
            this = plan(SEED, number, workers=WORKERS)
            await hands[0].does(this.before)
            await asyncio.gather(*(hand.does(steps) for hand, steps in zip(hands, this.actors, strict=False)))
            assert await faults(here.units, this) == [], f"seed {SEED}, scenario {number} ({this.kind})"


def test_a_seed_is_a_plan() -> None:
    assert plan(7, 6, workers=3) == plan(7, 6, workers=3)
    assert plan(7, 6, workers=3) != plan(8, 6, workers=3)
    assert Plan.model_validate_json(plan(7, 6, workers=3).model_dump_json()) == plan(7, 6, workers=3)


async def test_the_check_finds_each_kind_of_fault() -> None:
    this = next(p for p in (plan(SEED, n, workers=WORKERS) for n in range(len(KINDS))) if p.kind == "merges that meet")
    async with town("sqlite") as here:
        hand = Hand(here.units, here.agents[0])
        for steps in (this.before, *this.actors):
            await hand.does(steps)
        assert await faults(here.units, this) == []
        for harm, sentence in _HARMS:
            assert not any(sentence in found for found in await faults(here.units, this)), sentence
            async with here.units.begin() as work:
                await work.connection.execute(harm)
                await work.commit()
            assert any(sentence in found for found in await faults(here.units, this)), sentence


_ENTRIES, _PEOPLE, _CONVERSATIONS = tables.touchpoints, tables.channel_identities, tables.conversations
_NEWEST = sa.select(sa.func.max(_ENTRIES.c.number)).scalar_subquery()
_NOBODY = new_id()
_HARMS: tuple[tuple[sa.UpdateBase, str], ...] = (
    (sa.update(_ENTRIES).where(_ENTRIES.c.number == _NEWEST).values(identity_seq=77), "are numbered"),
    (sa.delete(tables.provider_messages), "is lost"),
    (sa.delete(_ENTRIES).where(_ENTRIES.c.number == _NEWEST), "entries are stored"),
    (sa.update(_CONVERSATIONS).values(status="closed"), "has 0 open conversations"),
    (sa.update(_CONVERSATIONS).values(merged_into=_CONVERSATIONS.c.id), "in a circle"),
    (sa.update(tables.links).values(revoked=True), "the links in force say 3"),
    (sa.update(tables.customers).values(current_id=_NOBODY), "name different customers"),
    (sa.update(_PEOPLE).values(customer_id=_PEOPLE.c.home_customer_id), "should be one person"),
)
