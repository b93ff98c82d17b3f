"""Who is one person by evidence, after any sequence, is what the slow, obvious book says, in whatever batches."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import strategies as st

from hub.clock import ManualClock
from hub.events import CallState, Evidence, EvidenceKind, EvidenceSource, Strength, TouchpointEvent
from hub.ids import LedgerEntryId
from identity import commands
from storage import tables
from tests import databases
from tests.identity.evidence_book import Book, Person
from tests.identity.world import World, build_world

PHONES = [f"+8491234560{i}" for i in range(5)]
WRITERS: list[Person] = [
    ("fb-main", "a"), ("fb-main", "b"), ("fb-second", "c"), ("zalo-main", "d"), ("zalo-main", "e"), ("web", "f"),
    ("web", "g"),
]  # fmt: skip
CALLERS: list[Person] = [("hotline", phone) for phone in PHONES]

claims = st.tuples(st.just("claim"), st.sampled_from(WRITERS), st.sampled_from(PHONES))
proofs = st.tuples(
    st.just("proof"), st.sampled_from([w for w in WRITERS if w[0] == "zalo-main"]), st.sampled_from(PHONES)
)
calls = st.sampled_from(CALLERS).map(lambda caller: ("call", caller, caller[1]))
batches = st.lists(st.one_of(claims, claims, proofs, calls), min_size=1, max_size=5)
waits = st.sampled_from([1, 95])
Step = Any  # a batch, days to wait, or "undo"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(databases.create_schema(databases.sqlite_url(folder)))
    return folder


@hypothesis.settings(max_examples=25, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate])
@hypothesis.given(st.lists(st.one_of(batches, batches, batches, waits, st.just("undo")), min_size=3, max_size=12))
def test_people_are_who_the_evidence_says(template: Path, steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(template, folder, dirs_exist_ok=True)
        asyncio.run(_compare(Path(folder), steps))


async def _compare(folder: Path, steps: list[Step]) -> None:
    clock = ManualClock()
    async with databases.opened(databases.sqlite_url(folder), clock) as units:
        world = await build_world(units)
        agent = await world.house.add_agent("An")
        book = Book([*WRITERS, *CALLERS])
        for step in steps:
            clock.advance(60)
            if isinstance(step, int):
                clock.advance(timedelta(days=step).total_seconds())
            elif step == "undo":
                join = book.undo_last()
                if join is not None:
                    await _undo(world, agent)
            else:
                await world.hears(*(_event(world, *told) for told in step))
                book.hears([(who, phone, kind != "claim") for kind, who, phone in step], clock.now())
            assert await _groups(world) == _known(book, await _ids(world))


def _event(world: World, kind: str, who: Person, phone: str) -> TouchpointEvent:
    if kind == "call":
        return world.call(phone, f"c{world.units.clock.monotonic()}{phone}", CallState.MISSED)
    if kind == "claim":
        return world.message(*who, f"số em {phone}")
    shared = Evidence(
        kind=EvidenceKind.PHONE, value=phone, strength=Strength.ATTESTED, source=EvidenceSource.ZALO_SHARED_INFO
    )
    return world.profile(*who, evidence=[shared])


async def _undo(world: World, agent: Any) -> None:
    """The merge made last, of those that count."""
    async with world.units.database.reading() as connection:
        query = sa.select(tables.links.c.entry_id).where(~tables.links.c.revoked)
        standing = set((await connection.execute(query)).scalars())
        query = sa.select(tables.ledger.c.id).order_by(tables.ledger.c.number.desc())
        entry_id = next(i for i in (await connection.execute(query)).scalars() if i in standing)
    async with world.units.begin() as work:
        await commands.undo_entry(work, LedgerEntryId(entry_id), agent)
        await work.commit()


async def _ids(world: World) -> dict[Any, Person]:
    ci = tables.channel_identities.c
    async with world.units.database.reading() as connection:
        rows = await connection.execute(sa.select(ci.id, ci.account_id, ci.external_id))
        return {row.id: (row.account_id, row.external_id) for row in rows}


async def _groups(world: World) -> list[list[Person]]:
    ci = tables.channel_identities.c
    groups: dict[Any, list[Person]] = {}
    async with world.units.database.reading() as connection:
        for row in await connection.execute(sa.select(ci.customer_id, ci.account_id, ci.external_id)):
            groups.setdefault(row.customer_id, []).append((row.account_id, row.external_id))
    return sorted(sorted(group) for group in groups.values())


def _known(book: Book, seen: dict[Any, Person]) -> list[list[Person]]:
    """Of those who were heard of at all."""
    there = set(seen.values())
    return sorted(sorted(group & there) for group in book.groups() if group & there)
