"""The ledger of who is who, the links it amounts to, and the projection of both: whose identity is whose.

Append-only: an entry is never changed. `links` says what the entries amount to now; `channel_identities.customer_id`
and `customers.current_id` are the connected components of the links in force. Nothing here reads a touchpoint, so the
cost of a merge or its undoing is that of the identities concerned.

Lock the customers concerned (storage.customers.lock) before reading links: who holds a customer's lock is the only one
who changes the links of its identities.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Explanation
from hub.ids import AgentId, CustomerId, IdentityId, LedgerEntryId, RunId
from storage.tables import channel_identities, customers, ledger, links

EntryKind = Literal["merge", "split", "move", "undo"]
LinkKey = tuple[LedgerEntryId, IdentityId, IdentityId]


@dataclass(frozen=True, slots=True)
class Entry:
    """`identity_a` and `identity_b` of an undo are those of the merge or split at the root of its chain."""

    id: LedgerEntryId
    kind: EntryKind
    identity_a: IdentityId
    identity_b: IdentityId
    why: Explanation
    at: datetime
    target_id: LedgerEntryId | None = None
    cuts: tuple[LinkKey, ...] = ()
    customers: tuple[CustomerId, ...] = ()
    evidence: tuple[dict[str, Any], ...] = ()
    before: tuple[dict[str, Any], ...] = ()
    agent_id: AgentId | None = None
    number: int = 0
    run_id: RunId | None = None


@dataclass(slots=True)
class Link:
    """ "These two are one person", as one entry says. `weak_value`: only a claim of this number or mailbox says so.
    `lapsed_by`: entries by which a changed policy withdrew it. `kept`: an agent restored it, no policy withdraws it."""

    entry_id: LedgerEntryId
    identity_a: IdentityId
    identity_b: IdentityId
    revoked: bool = False
    cut_by: list[LedgerEntryId] = field(default_factory=list)
    weak_value: str | None = None
    lapsed_by: list[LedgerEntryId] = field(default_factory=list)
    kept: bool = False

    @property
    def key(self) -> LinkKey:
        return (self.entry_id, self.identity_a, self.identity_b)

    @property
    def in_force(self) -> bool:
        return not self.denied and not self.lapsed_by

    @property
    def denied(self) -> bool:
        """Somebody said that these two are different people."""
        return self.revoked or bool(self.cut_by)


@dataclass(frozen=True, slots=True)
class Maker:
    """Of which entry a link is: who made it, and why."""

    agent_id: AgentId | None
    run_id: RunId | None
    why: Explanation
    at: datetime


def in_force(entry_id: LedgerEntryId, chain: Sequence[Entry]) -> bool:
    """Whether no undo in force revokes the entry. `chain`: at least all undos that lead to it, in order of number."""
    revoked: set[LedgerEntryId] = set()
    for entry in reversed(chain):  # an undo is younger than what it revokes, so the youngest are certain
        if entry.target_id is not None and entry.id not in revoked:
            revoked.add(entry.target_id)
    return entry_id not in revoked


async def append(connection: AsyncConnection, entry: Entry) -> int:
    """Its number."""
    row = {
        "id": entry.id,
        "kind": entry.kind,
        "identity_a": entry.identity_a,
        "identity_b": entry.identity_b,
        "target_id": entry.target_id,
        "cuts": [[str(part) for part in key] for key in entry.cuts] if entry.cuts else None,
        "customers": [str(customer_id) for customer_id in entry.customers],
        "why": entry.why.model_dump(mode="json"),
        "evidence": list(entry.evidence),
        "before": list(entry.before),
        "agent_id": entry.agent_id,
        "at": entry.at,
        "run_id": entry.run_id,
    }
    number: int = (await connection.execute(sa.insert(ledger).values(row).returning(ledger.c.number))).scalar_one()
    return number


async def find(connection: AsyncConnection, entry_id: LedgerEntryId) -> Entry | None:
    row = (await connection.execute(sa.select(ledger).where(ledger.c.id == entry_id))).first()
    return _entry(row) if row else None


async def of_pair(connection: AsyncConnection, a: IdentityId, b: IdentityId) -> list[Entry]:
    """Merges and splits of exactly these two, with all their undos, in order."""
    query = sa.select(ledger).where(ledger.c.identity_a == a, ledger.c.identity_b == b).order_by(ledger.c.number)
    return [_entry(row) for row in await connection.execute(query)]


async def of_identities(connection: AsyncConnection, ids: Iterable[IdentityId]) -> list[Entry]:
    """Every entry that names one of them, in order: the identity history of a customer."""
    among = sorted(set(ids))
    condition = ledger.c.identity_a.in_(among) | ledger.c.identity_b.in_(among)
    return [
        _entry(row) for row in await connection.execute(sa.select(ledger).where(condition).order_by(ledger.c.number))
    ]


async def that_parted(connection: AsyncConnection, links: Iterable[Link]) -> list[Entry]:
    """Entries that cut one of these links, with their undos: they may name other identities. In order."""
    cutters = {entry_id for link in links for entry_id in (*link.cut_by, *link.lapsed_by)}
    if not cutters:
        return []
    pairs = sa.select(ledger.c.identity_a, ledger.c.identity_b).where(ledger.c.id.in_(sorted(cutters))).subquery()
    query = (
        sa.select(ledger)
        .where(
            ledger.c.identity_a == pairs.c.identity_a,
            ledger.c.identity_b == pairs.c.identity_b,
            sa.or_(ledger.c.id.in_(sorted(cutters)), ledger.c.target_id.is_not(None)),
        )
        .distinct()
        .order_by(ledger.c.number)
    )
    return [_entry(row) for row in await connection.execute(query)]


async def links_of(connection: AsyncConnection, ids: Iterable[IdentityId]) -> list[Link]:
    """Links with at least one end among `ids`, in force or not, in order of their making."""
    among = sorted(set(ids))
    condition = links.c.identity_a.in_(among) | links.c.identity_b.in_(among)
    return [
        _link(row) for row in await connection.execute(sa.select(links).where(condition).order_by(links.c.entry_id))
    ]


async def links_by_entry(connection: AsyncConnection, entries: Iterable[LedgerEntryId]) -> list[Link]:
    query = sa.select(links).where(links.c.entry_id.in_(sorted(set(entries))))
    return [_link(row) for row in await connection.execute(query)]


async def makers(connection: AsyncConnection, entries: Iterable[LedgerEntryId]) -> dict[LedgerEntryId, Maker]:
    query = sa.select(ledger.c.id, ledger.c.agent_id, ledger.c.run_id, ledger.c.why, ledger.c.at).where(
        ledger.c.id.in_(sorted(set(entries)))
    )
    return {
        row.id: Maker(row.agent_id, row.run_id, Explanation.model_validate(row.why), row.at)
        for row in await connection.execute(query)
    }


async def of_run(connection: AsyncConnection, run_id: RunId, *, before: int | None, limit: int) -> list[Entry]:
    """What an application of a policy made, newest first, older than number `before`."""
    query = sa.select(ledger).where(ledger.c.run_id == run_id).order_by(ledger.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(ledger.c.number < before)
    return [_entry(row) for row in await connection.execute(query)]


async def count_of_run(connection: AsyncConnection, run_id: RunId) -> int:
    query = sa.select(sa.func.count()).select_from(ledger).where(ledger.c.run_id == run_id)
    return int((await connection.execute(query)).scalar_one())


async def add_links(connection: AsyncConnection, new: Sequence[Link]) -> None:
    if new:
        await connection.execute(sa.insert(links), [_link_row(link) for link in new])


async def update_links(connection: AsyncConnection, changed: Iterable[Link]) -> None:
    rows = [{f"v_{name}": value for name, value in _link_row(link).items()} for link in changed]
    if rows:
        await connection.execute(_UPDATE_LINK, rows)


async def project(
    connection: AsyncConnection,
    moved: Mapping[IdentityId, CustomerId],
    homes: Mapping[IdentityId, CustomerId],
    at: datetime,
) -> None:
    """Each of `moved` is part of that customer from now on, and so is its home record (`homes`). Both customers, the
    one it leaves and the one it joins, changed `at` that moment."""
    if not moved:
        return
    left = sa.select(channel_identities.c.customer_id).where(channel_identities.c.id.in_(sorted(moved)))
    touched = {*(await connection.execute(left)).scalars(), *moved.values()}
    rows = [{"v_id": customer_id, "v_at": at} for customer_id in sorted(touched)]
    await connection.execute(_TOUCH_RECORD, rows)
    rows = [{"v_id": identity_id, "v_customer_id": moved[identity_id]} for identity_id in sorted(moved)]
    await connection.execute(_MOVE_IDENTITY, rows)
    rows = [{"v_id": homes[identity_id], "v_customer_id": moved[identity_id]} for identity_id in sorted(moved)]
    await connection.execute(_MOVE_RECORD, rows)


def _entry(row: sa.Row[Any]) -> Entry:
    values = row._asdict()
    values["why"] = Explanation.model_validate(values["why"])
    values["cuts"] = tuple(_link_key(parts) for parts in values["cuts"] or ())
    values["customers"] = tuple(CustomerId(UUID(text)) for text in values["customers"])
    values["evidence"], values["before"] = tuple(values["evidence"]), tuple(values["before"])
    return Entry(**values)


def _link_key(parts: Sequence[str]) -> LinkKey:
    entry_id, a, b = map(UUID, parts)
    return (LedgerEntryId(entry_id), IdentityId(a), IdentityId(b))


def _link(row: sa.Row[Any]) -> Link:
    values = row._asdict()
    for name in ("cut_by", "lapsed_by"):
        values[name] = [LedgerEntryId(UUID(text)) for text in values[name]]
    return Link(**values)


def _link_row(link: Link) -> dict[str, Any]:
    return {
        "entry_id": link.entry_id,
        "identity_a": link.identity_a,
        "identity_b": link.identity_b,
        "revoked": link.revoked,
        "cut_by": [str(entry_id) for entry_id in link.cut_by],
        "weak_value": link.weak_value,
        "lapsed_by": [str(entry_id) for entry_id in link.lapsed_by],
        "kept": link.kept,
    }


_UPDATE_LINK = (
    sa.update(links)
    .where(
        links.c.entry_id == sa.bindparam("v_entry_id"),
        links.c.identity_a == sa.bindparam("v_identity_a"),
        links.c.identity_b == sa.bindparam("v_identity_b"),
    )
    .values({name: sa.bindparam(f"v_{name}") for name in ("revoked", "cut_by", "weak_value", "lapsed_by", "kept")})
)
_MOVE_IDENTITY = (
    sa.update(channel_identities)
    .where(channel_identities.c.id == sa.bindparam("v_id"))
    .values(customer_id=sa.bindparam("v_customer_id"))
)
_TOUCH_RECORD = (
    sa.update(customers).where(customers.c.id == sa.bindparam("v_id")).values(changed_at=sa.bindparam("v_at"))
)
_MOVE_RECORD = (
    sa.update(customers).where(customers.c.id == sa.bindparam("v_id")).values(current_id=sa.bindparam("v_customer_id"))
)
