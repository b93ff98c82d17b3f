"""Who takes, gives, closes and leaves in the same moment: a short run of what `python -m bench handoffs` does for long.
And the check itself: it finds what it is there for."""

import pytest
import sqlalchemy as sa

from bench.handoffs import KINDS, Floor, faults, race
from bench.town import opened, town
from storage import tables

SEED = 29


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.services)])
async def test_nothing_is_assigned_twice_and_nobody_holds_too_much_when_all_come_at_once(kind: str) -> None:
    outcome = await race(kind, rounds=40, seed=SEED)
    assert outcome.broken == []
    assert set(outcome.kinds) == set(KINDS)
    assert outcome.done > 60, "the moves are made"
    assert outcome.looks > 60, "somebody watches"


async def test_the_check_finds_each_kind_of_fault() -> None:
    c, h = tables.conversations, tables.conversation_history
    nobody = sa.update(c).values(owner_id=None)
    harms = (
        (sa.update(tables.agents).values(capacity=0), "holds 1 of 0"),
        (sa.update(tables.presence).values(status="offline"), "who is gone still has it"),
        (sa.delete(h).where(h.c.type == "hub.conversation_opened.v1"), "has holes"),
        (sa.update(h).values(type="hub.conversation_offered.v1"), "offered while it was"),
        (nobody, "assigned with owner None"),
        (nobody, "its row says None"),
    )
    for harm, sentence in harms:
        async with town("sqlite", agents=4) as here, opened(here.url) as one, opened(here.url) as other:
            floor = await Floor.of(here, [one, other])
            case = await floor.new_case()
            await floor.take(case, here.agents[0])
            async with here.units.database.reading() as connection:
                assert await faults(connection, [case]) == []
            async with here.units.begin() as work:
                await work.connection.execute(harm)
                await work.commit()
            async with here.units.database.reading() as connection:
                found = await faults(connection, [case])
            assert any(sentence in fault for fault in found), (sentence, found)
