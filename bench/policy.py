"""`bench policy`: what a dry run of a changed identity policy costs over a whole customer base, and its application
for those whom it concerns.

Every customer called the hotline and claimed the number on Facebook, every third shared it through Zalo, too: so every
customer must be judged, which is more than a real shop has.
"""

import asyncio
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bench.report import CannotMeasure, Figure, tell
from bench.town import Town, town
from hub.assembly import garbage
from hub.ids import new_id
from identity import policy_commands
from identity.policy_runs import BEGIN_AFTER, PolicyRuns
from identity.rules import Rules
from identity.settings import PolicySettings
from storage import policies, tables
from storage.policies import Run

AT_ONCE = 1000
DENIED = 500  # customers whom the application concerns
GROWTH_MIB_OWED = 64  # "bounded memory", whatever the number of customers
GIVES = (("hotline", "hotline", "caller_id", "attested"), ("fb-main", "facebook", "message_text", "claimed"))
SHARED = ("zalo-main", "zalo", "zalo_shared_info", "attested")


async def measure(*, count: int, kind: str) -> list[Figure]:
    garbage.settle()  # as every hub does
    async with town(kind) as here:
        await _settle(here, count)
        runs = PolicyRuns(here.units, "bench")
        before_mib = _memory_mib()
        tried_s, tried = await _try(here, runs, strengths={"claimed": "suggest"})
        growth_mib = _memory_mib() - before_mib
        if tried.splits != count:
            raise CannotMeasure(f"the dry run found {tried.splits} splits of {count}: {tried.problem or tried.status}")
        _, denied = await _try(here, runs, never_keys=[_number(i) for i in range(min(DENIED, count))])
        scanned_s, applied_s = await _apply(here, runs, denied)
    changes = denied.joins + denied.splits
    return [
        Figure(name=f"{kind}: dry run over {count:,} customers", value=tried_s, unit="s"),
        Figure(name=f"{kind}: customers judged", value=count / tried_s, unit="/s"),
        Figure(name=f"{kind}: memory it took", value=growth_mib, unit="MiB", owed=GROWTH_MIB_OWED, at_most=True),
        Figure(
            name=f"{kind}: applied, each change",
            value=max(applied_s - scanned_s, 0.0) * 1000 / max(changes, 1),
            unit="ms",
            note=f"{changes} changes; the walk along everybody else aside",
        ),
    ]


async def _try(here: Town, runs: PolicyRuns, **changes: Any) -> tuple[float, Run]:
    rules = Rules.model_validate(Rules.of(PolicySettings()).model_dump() | changes).tidy()
    async with here.units.begin() as work:
        run = await policy_commands.try_policy(work, rules, here.agents[0], PolicySettings())
        await work.commit()
    began = time.perf_counter()
    await runs.work_off()
    took_s = time.perf_counter() - began
    tell(f"dry run in {took_s:.1f} s")
    return took_s, await _look(here, run)


async def _apply(here: Town, runs: PolicyRuns, tried: Run) -> tuple[float, float]:
    """Seconds of a dry run that finds nothing any more, and of the application before it."""
    async with here.units.begin() as work:
        run = await policy_commands.apply_policy(work, tried.id, here.agents[0], PolicySettings())
        await work.commit()
    await asyncio.sleep(BEGIN_AFTER.total_seconds())
    began = time.perf_counter()
    await runs.work_off()
    applied_s = time.perf_counter() - began
    done = await _look(here, run)
    if (done.status, done.splits) != ("done", tried.splits):
        raise CannotMeasure(f"the application is {done.status} with {done.splits} splits")
    async with here.units.database.reading() as connection:
        rules = Rules.model_validate((await policies.versions(connection, before=None, limit=1))[0].rules)
    scanned_s, again = await _try(here, runs, **rules.model_dump())
    if again.joins + again.splits:
        raise CannotMeasure("an application left something to do")
    return scanned_s, applied_s


async def _look(here: Town, run: Run) -> Run:
    async with here.units.database.reading() as connection:
        found = await policies.find_run(connection, run.id)
    if found is None:
        raise CannotMeasure("the run is gone")
    return found


def _memory_mib() -> float:
    """The most this process ever took."""
    per_unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * per_unit / 2**20


# --- the customers, as the resolver would have made them --------------------------------------------------------------


async def _settle(here: Town, count: int) -> None:
    began = time.monotonic()
    since = here.units.clock.now() - timedelta(days=30)
    for start in range(0, count, AT_ONCE):
        rows: dict[sa.Table, list[dict[str, Any]]] = {}
        for number in range(start, min(start + AT_ONCE, count)):
            for table, row in _customer(number, since):
                rows.setdefault(table, []).append(row)
        async with here.units.begin() as work:
            for table in (t for t in tables.metadata.sorted_tables if t in rows):
                await work.connection.execute(sa.insert(table), rows[table])
            await work.commit()
    tell(f"{count:,} customers written in {time.monotonic() - began:.0f} s")


def _customer(number: int, since: datetime) -> Iterator[tuple[sa.Table, dict[str, Any]]]:
    value, first = _number(number), None
    gives = (*GIVES, SHARED) if number % 3 == 0 else GIVES
    point = {"kind": "phone", "value": value, "shared": False, "identities": len(gives), "created_at": since}
    yield tables.contact_points, point
    for place, (account, channel, source, strength) in enumerate(gives):
        at = since + timedelta(seconds=number + place)
        home, identity_id = new_id(), new_id()
        first = first or (home, identity_id)
        yield tables.customers, {"id": home, "current_id": first[0], "tags": [], "created_at": at}
        row = {"id": identity_id, "account_id": account, "external_id": f"x{number}", "channel": channel}
        row |= {"home_customer_id": home, "customer_id": first[0], "last_seq": 0, "created_at": at}
        yield tables.channel_identities, row | {"display_name": f"Khách {number}"}
        proof = {"identity_id": identity_id, "kind": "phone", "value": value, "source": source, "strength": strength}
        yield tables.evidence, proof | {"first_seen_at": at, "last_seen_at": at}
        if place:
            yield from _join(identity_id, first[1], value, source, strength, at)


def _join(
    one: Any, other: Any, value: str, source: str, strength: str, at: datetime
) -> Sequence[tuple[sa.Table, dict[str, Any]]]:
    claimed = strength == "claimed"
    why = {
        "code": f"merge.same_phone.{'claimed' if claimed else 'attested'}",
        "params": {"phone": value, "source_a": source, "source_b": "caller_id"},
    }
    entry = {"id": new_id(), "kind": "merge", "identity_a": one, "identity_b": other, "why": why, "at": at}
    link = {"entry_id": entry["id"], "identity_a": one, "identity_b": other, "revoked": False, "cut_by": []}
    return [
        (tables.ledger, entry | {"customers": [], "evidence": [], "before": []}),
        (tables.links, link | {"weak_value": value if claimed else None}),
    ]


def _number(place: int) -> str:
    return f"+849{10_000_000 + place:08d}"
