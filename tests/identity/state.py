"""Everything the hub knows of people and their conversations, to compare before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import tables
from storage.unit_of_work import Units

Row = dict[str, Any]
State = dict[str, dict[Any, Row]]  # table -> key -> row

# A change is told with a new number, and dated. Why an agent has it is told anew when it is given back. `own` and
# `covered_…` are how parting remembers; what they remember shows when everybody has parted.
NEVER_AS_BEFORE = {
    "customers": {"changed_at"},
    "channel_identities": {"covered_by", "covered_seq"},
    "conversations": {"seq", "why", "own"},
    "touchpoints": {"seq"},
}


async def whole_state(units: Units) -> State:
    """All tables that merging might touch, but for the ledger itself and its links, which only grow."""
    keys: dict[sa.Table, Callable[[Any], Any]] = {
        tables.customers: lambda row: row.id,
        tables.channel_identities: lambda row: row.id,
        tables.conversations: lambda row: row.id,
        tables.touchpoints: lambda row: row.id,
        tables.evidence: lambda row: (row.identity_id, row.kind, row.value, row.source),
        tables.contact_points: lambda row: (row.kind, row.value),
        tables.suggestions: lambda row: (row.identity_a, row.identity_b),
    }
    async with units.database.reading() as connection:
        return {
            table.name: {
                key(row): _without(_awake(row._asdict(), units.clock.now()), NEVER_AS_BEFORE.get(table.name, ()))
                for row in await connection.execute(sa.select(table))
            }
            for table, key in keys.items()
        }


def _awake(row: Row, now: datetime) -> Row:
    """What is due wakes by the router, which is not here."""
    until = row.get("snoozed_until")
    return row | {"snoozed_until": None} if until is not None and until <= now else row


def _without(row: Row, names: Iterable[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def differences(before: State, after: State) -> list[str]:
    """One line per value that is not the same; empty when nothing is different."""
    found = []
    for table, rows in before.items():
        for key in {**rows, **after[table]}:
            one, other = rows.get(key), after[table].get(key)
            if one is None or other is None:
                found.append(f"{table} {key}: {'new' if one is None else 'gone'}")
                continue
            found += [f"{table} {key}: {n} was {one[n]!r}, is {other[n]!r}" for n in one if one[n] != other[n]]
    return found
