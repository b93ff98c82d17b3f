"""`bench ledger`: what a merge and its undoing cost for customers with 10 and with very many messages.

Both pairs of customers live in one database. Rounds alternate between the short and the long history, so that what
slows the machine slows both; the ratio is that of the medians.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from bench.report import Figure, tell
from bench.statistics import median, spread
from bench.town import Town, Who, message, town
from hub.assembly import garbage
from hub.events import wrap
from identity import commands
from identity.service import Resolver
from storage import identities, tables

FEW = 10
RATIO_OWED = 1.2
WARM_UP = 5
ROUNDS = 60


@dataclass(slots=True)
class Pair:
    """Two customers who are merged and parted again and again. Seconds of each merge and each undoing."""

    one: Who
    other: Who
    merged_s: list[float] = field(default_factory=list)
    undone_s: list[float] = field(default_factory=list)


async def measure(*, messages: int) -> list[Figure]:
    garbage.settle()  # as every hub does
    figures: list[Figure] = []
    for kind in ("sqlite", "postgres"):
        async with town(kind) as here:
            short, long = await _pairs(here, messages)
            for number in range(WARM_UP + ROUNDS):
                for pair in random.sample([short, long], 2):
                    await _round(here, pair, keep=number >= WARM_UP)
        figures += _figures(kind, short, long, messages)
    return figures


def _figures(kind: str, short: Pair, long: Pair, messages: int) -> list[Figure]:
    figures = []
    for what, few, many in (("merge", short.merged_s, long.merged_s), ("undo", short.undone_s, long.undone_s)):
        note = f"{median(few) * 1000:.2f} ms with {FEW}, {median(many) * 1000:.2f} ms with {messages:,}; "
        note += f"{len(few)} rounds, spread {spread(many):.1f}"
        name = f"{kind}: {what}, {messages:,} messages / {FEW}"
        figures.append(Figure(name=name, value=median(many) / median(few), owed=RATIO_OWED, at_most=True, note=note))
    return figures


async def _round(here: Town, pair: Pair, *, keep: bool) -> None:
    async with here.units.database.reading() as connection:
        known = await identities.find(connection, [pair.one, pair.other])
    one, other = known[pair.one].customer_id, known[pair.other].customer_id
    began = time.perf_counter()
    async with here.units.begin() as work:
        entry_id = await commands.merge_customers(work, one, other, here.agents[0])
        await work.commit()
    merged = time.perf_counter()
    async with here.units.begin() as work:
        await commands.undo_entry(work, entry_id, here.agents[0])
        await work.commit()
    undone = time.perf_counter()
    if keep:
        pair.merged_s.append(merged - began)
        pair.undone_s.append(undone - merged)
    await _forget(here, [known[who].id for who in (pair.one, pair.other)])


async def _forget(here: Town, ids: Sequence[object]) -> None:
    """The ledger of the pair: each round shall find what the first one found."""
    async with here.units.begin() as work:
        for table in (tables.links, tables.ledger):
            await work.connection.execute(sa.delete(table).where(table.c.identity_a.in_(ids)))
        await work.commit()


# --- histories -------------------------------------------------------------------------------------------------------


async def _pairs(here: Town, messages: int) -> tuple[Pair, Pair]:
    short = Pair(("fb-main", "short"), ("zalo-main", "short"))
    long = Pair(("fb-main", "long"), ("zalo-main", "long"))
    resolver = Resolver()
    for pair, many in ((short, FEW), (long, messages)):
        for who in (pair.one, pair.other):
            async with here.units.begin() as work:
                told = [message(who, f"{who}{i}", "Xin chào", work.clock) for i in range(FEW // 2)]
                await resolver.handle(work, [wrap(event, work.clock) for event in told])
                await work.commit()
            if many > FEW:
                began = time.monotonic()
                await _write_much(here, who, many // 2 - FEW // 2)
                tell(f"{many // 2:,} messages of {who[0]} written in {time.monotonic() - began:.0f} s")
    async with here.units.database.engine.connect() as connection:
        await connection.execute(sa.text("ANALYZE"))
        await connection.commit()
    return short, long


async def _write_much(here: Town, who: Who, count: int) -> None:
    """Copies of the identity's first message, in the database itself: a million through Python would take minutes."""
    t = tables.touchpoints.c
    async with here.units.begin() as work:
        identity = (await identities.find(work.connection, [who]))[who]
        first = sa.select(sa.func.min(t.number)).where(t.identity_id == identity.id).scalar_subquery()
        copied = [c for c in tables.touchpoints.columns if c.name not in ("number", "id", "identity_seq", "seq")]
        if work.is_sqlite:
            series = sa.text(
                "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < :count) "
                f"INSERT INTO touchpoints (number, id, identity_seq, seq, {', '.join(c.name for c in copied)}) "
                "SELECT :base + i, lower(hex(randomblob(16))), :seq + i, :seq + i, "
                f"{', '.join('t.' + c.name for c in copied)} FROM s, touchpoints t WHERE t.number = :first"
            )
        else:
            series = sa.text(
                f"INSERT INTO touchpoints (number, id, identity_seq, seq, {', '.join(c.name for c in copied)}) "
                "SELECT :base + i, gen_random_uuid(), :seq + i, :seq + i, "
                f"{', '.join('t.' + c.name for c in copied)} FROM generate_series(1, :count) AS s(i), touchpoints t "
                "WHERE t.number = :first"
            )
        number = (await work.connection.execute(sa.select(first))).scalar_one()
        base = (await work.connection.execute(sa.select(sa.func.max(t.number)))).scalar_one() + 1000
        given = {"count": count, "base": base, "seq": identity.last_seq, "first": number}
        await work.connection.execute(series, given)
        identity.last_seq += count
        await identities.save_counters(work.connection, [identity])
        await work.commit()
