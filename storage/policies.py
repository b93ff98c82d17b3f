"""Identity policies: every version there was, and the runs that try them or bring them to those who are known already.

What a policy says is JSON here; identity.rules knows its meaning. A run remembers how far it has come (`cursor`), so
that another process goes on where one was killed; who writes its progress compares what it saw (`status`, `cursor`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ids import AgentId, RunId
from storage.dialect import upsert
from storage.tables import policies, policy_runs
from storage.unit_of_work import UnitOfWork

RunKind = Literal["dry_run", "apply", "undo"]
RunStatus = Literal["queued", "running", "done", "cancelled", "failed"]
UNFINISHED: tuple[RunStatus, ...] = ("queued", "running")
Rules = dict[str, Any]
Cursor = list[Any]


@dataclass(frozen=True, slots=True)
class Version:
    version: int
    rules: Rules
    made_at: datetime
    made_by: AgentId
    note: str | None
    run_id: RunId


@dataclass(frozen=True, slots=True)
class Run:
    """`base_rules`: what those who are known already were brought into line with before. `done` of `total` values."""

    id: RunId
    kind: RunKind
    status: RunStatus
    base_version: int
    base_rules: Rules
    rules: Rules
    made_by: AgentId
    made_at: datetime
    target_id: RunId | None = None
    finished_at: datetime | None = None
    cursor: Cursor | None = None
    done: int = 0
    total: int = 0
    joins: int = 0
    splits: int = 0
    skipped: int = 0
    examples: tuple[dict[str, Any], ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What one page of a run adds."""

    cursor: Cursor
    done: int
    joins: int = 0
    splits: int = 0
    skipped: int = 0
    examples: Sequence[dict[str, Any]] = ()


_VERSION = tuple(policies.c[name] for name in Version.__dataclass_fields__)
_RUN = tuple(policy_runs.c[name] for name in Run.__dataclass_fields__)
_NEWEST_VERSION = sa.select(sa.func.max(policies.c.version))


async def newest_version(connection: AsyncConnection) -> int:
    """0: none was ever stored, the defaults hold."""
    return (await connection.execute(_NEWEST_VERSION)).scalar_one() or 0


async def find_version(connection: AsyncConnection, version: int) -> Version | None:
    row = (await connection.execute(sa.select(*_VERSION).where(policies.c.version == version))).first()
    return Version(*row) if row else None


async def versions(connection: AsyncConnection, *, before: int | None, limit: int) -> list[Version]:
    """Newest first."""
    query = sa.select(*_VERSION).order_by(policies.c.version.desc()).limit(limit)
    if before is not None:
        query = query.where(policies.c.version < before)
    return [Version(*row) for row in await connection.execute(query)]


async def add_version(work: UnitOfWork, new: Version) -> bool:
    """False: somebody else made this version meanwhile."""
    row = {name: getattr(new, name) for name in Version.__dataclass_fields__}
    insert = upsert(policies, is_sqlite=work.is_sqlite).values(row).on_conflict_do_nothing(index_elements=["version"])
    return (await work.connection.execute(insert)).rowcount == 1


async def add_run(work: UnitOfWork, run: Run) -> None:
    row = {name: getattr(run, name) for name in Run.__dataclass_fields__} | {"examples": list(run.examples)}
    await work.connection.execute(sa.insert(policy_runs).values(row))


async def find_run(connection: AsyncConnection, run_id: RunId) -> Run | None:
    row = (await connection.execute(sa.select(*_RUN).where(policy_runs.c.id == run_id))).first()
    return _run(row) if row else None


async def runs(connection: AsyncConnection, *, limit: int) -> list[Run]:
    """Newest first."""
    query = sa.select(*_RUN).order_by(policy_runs.c.made_at.desc(), policy_runs.c.id.desc()).limit(limit)
    return [_run(row) for row in await connection.execute(query)]


async def unfinished(connection: AsyncConnection) -> list[Run]:
    """Oldest first."""
    query = sa.select(*_RUN).where(policy_runs.c.status.in_(UNFINISHED))
    return [_run(row) for row in await connection.execute(query.order_by(policy_runs.c.made_at, policy_runs.c.id))]


async def last_carried_out(connection: AsyncConnection) -> Run | None:
    """The last that was brought to those who are known already, to its end."""
    query = (
        sa.select(*_RUN)
        .where(policy_runs.c.kind != "dry_run", policy_runs.c.status == "done")
        .order_by(policy_runs.c.finished_at.desc(), policy_runs.c.id.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return _run(row) if row else None


async def begin(connection: AsyncConnection, run: Run, total: int) -> bool:
    query = sa.update(policy_runs).where(policy_runs.c.id == run.id, policy_runs.c.status == "queued")
    return (await connection.execute(query.values(status="running", total=total))).rowcount == 1


async def advance(connection: AsyncConnection, run: Run, step: Step) -> bool:
    """False: it was cancelled, or somebody else went on with it. Then nothing is written."""
    values = {
        "cursor": step.cursor,
        "done": policy_runs.c.done + step.done,
        "joins": policy_runs.c.joins + step.joins,
        "splits": policy_runs.c.splits + step.splits,
        "skipped": policy_runs.c.skipped + step.skipped,
        "examples": [*run.examples, *step.examples],
    }
    held = await _hold(connection, run)
    if held is None or held.cursor != run.cursor:
        return False
    await connection.execute(sa.update(policy_runs).where(policy_runs.c.id == run.id).values(values))
    return True


async def count(connection: AsyncConnection, run: Run, *, joins: int, splits: int) -> bool:
    """Together with the entries that it counts. False: it was cancelled; then nothing may be written."""
    query = sa.update(policy_runs).where(policy_runs.c.id == run.id, policy_runs.c.status == "running")
    values = {"joins": policy_runs.c.joins + joins, "splits": policy_runs.c.splits + splits}
    return (await connection.execute(query.values(values))).rowcount == 1


async def finish(
    work: UnitOfWork, run_id: RunId, status: Literal["done", "cancelled", "failed"], *, problem: str | None = None
) -> bool:
    """False: it had ended already."""
    query = sa.update(policy_runs).where(policy_runs.c.id == run_id, policy_runs.c.status.in_(UNFINISHED))
    values = {"status": status, "finished_at": work.clock.now(), "problem": problem}
    return (await work.connection.execute(query.values(values))).rowcount == 1


async def _hold(connection: AsyncConnection, run: Run) -> Run | None:
    query = sa.select(*_RUN).where(policy_runs.c.id == run.id, policy_runs.c.status == "running").with_for_update()
    row = (await connection.execute(query)).first()
    return _run(row) if row else None


def _run(row: sa.Row[Any]) -> Run:
    values = row._asdict()
    values["examples"] = tuple(values["examples"])
    return Run(**values)
