"""What no race may break, read from the database afterwards: one sentence for each fault."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from bench.races.plans import Plan, Who
from identity.grouping import components
from storage import ledger, tables
from storage.engine import Connection
from storage.unit_of_work import Units

CLOSED = "closed"


async def faults(units: Units, plan: Plan) -> list[str]:
    """Of the people of one plan, after everybody has come to an end."""
    async with units.database.reading() as connection:
        people = await _people(connection, {told.who for told in plan.told})
        ids = [row["id"] for row in people.values()]
        links = [link for link in await ledger.links_of(connection, ids) if link.in_force]
        records = await _rows(
            connection, tables.customers, tables.customers.c.id, [r["home_customer_id"] for r in people.values()]
        )
        conversations = await _rows(connection, tables.conversations, tables.conversations.c.identity_id, ids)
        entries = await _rows(connection, tables.touchpoints, tables.touchpoints.c.identity_id, ids)
        names = await _names(connection, [row["number"] for row in entries])
    edges = [(link.identity_a, link.identity_b) for link in links]
    return [
        *_who_is_who(people, records, components(ids, edges)),
        *_as_planned(plan, people),
        *_kept(plan, entries, names),
        *_worked_on(people, conversations, entries),
    ]


def _who_is_who(people: Mapping[Who, Any], records: Sequence[Any], wanted: Sequence[frozenset[Any]]) -> Iterator[str]:
    groups: dict[Any, set[Any]] = {}
    for row in people.values():
        groups.setdefault(row["customer_id"], set()).add(row["id"])
    if sorted(map(sorted, groups.values())) != sorted(map(sorted, wanted)):
        yield f"customers are {len(groups)}, the links in force say {len(wanted)}"
    current = {row["id"]: row["current_id"] for row in records}
    for who, row in people.items():
        if current.get(row["home_customer_id"]) != row["customer_id"]:
            yield f"{who}: the record and the identity name different customers"


def _as_planned(plan: Plan, people: Mapping[Who, Any]) -> Iterator[str]:
    for told in plan.told:
        if told.who not in people:
            yield f"{told.who} was heard and is not known"
    for group in plan.together:
        if len({people[who]["customer_id"] for who in group if who in people}) > 1:
            yield f"{group} should be one person"
    apart = [people[who]["customer_id"] for who in plan.apart if who in people]
    if len(set(apart)) < len(apart):
        yield f"{plan.apart} should be different people"


def _kept(plan: Plan, entries: Sequence[Any], names: Sequence[str]) -> Iterator[str]:
    told = {one.mid if not one.call else f"call:{one.mid}" for one in plan.told}
    stored = Counter(names)
    for mid in sorted(told - set(stored)):
        yield f"{mid} is lost"
    for mid in sorted(mid for mid, times in stored.items() if times > 1):
        yield f"{mid} stands there {stored[mid]} times"
    if len(entries) != len(told):
        yield f"{len(told)} were told, {len(entries)} entries are stored"
    by_identity: dict[Any, list[Any]] = {}
    for row in sorted(entries, key=lambda row: row["number"]):
        by_identity.setdefault(row["identity_id"], []).append(row["identity_seq"])
    for seqs in by_identity.values():
        if seqs != list(range(1, len(seqs) + 1)):
            yield f"an identity's entries are numbered {seqs}"


def _worked_on(people: Mapping[Who, Any], conversations: Sequence[Any], entries: Sequence[Any]) -> Iterator[str]:
    """Nobody resolves anything in these plans: whoever wrote has one open conversation, and all others lead to it."""
    owner = {row["id"]: row["customer_id"] for row in people.values()}
    by_id = {row["id"]: row for row in conversations}
    standing = Counter(row["customer_id"] for row in conversations if row["status"] != CLOSED)
    for customer_id in {owner[row["identity_id"]] for row in entries}:
        if standing[customer_id] != 1:
            yield f"a customer has {standing[customer_id]} open conversations"
    for row in conversations:
        if row["status"] != CLOSED and owner[row["identity_id"]] != row["customer_id"]:
            yield "an open conversation is not its opener's"
        seen: set[Any] = set()
        root = row
        while root["merged_into"] is not None and root["id"] not in seen:
            seen.add(root["id"])
            if root["merged_into"] not in by_id:
                break
            root = by_id[root["merged_into"]]
        if root["id"] in seen:
            yield "conversations were merged in a circle, or into one of somebody else"
        elif root["status"] == CLOSED or root["customer_id"] != owner[row["identity_id"]]:
            yield "a conversation leads to none that is open and its customer's"


async def _people(connection: Connection, addresses: set[Who]) -> dict[Who, Any]:
    ci = tables.channel_identities
    rows = await _rows(connection, ci, ci.c.external_id, sorted({external_id for _, external_id in addresses}))
    return {
        (row["account_id"], row["external_id"]): row
        for row in rows
        if (row["account_id"], row["external_id"]) in addresses
    }


async def _names(connection: Connection, numbers: Sequence[int]) -> list[str]:
    names = tables.provider_messages
    return [row["provider_message_id"] for row in await _rows(connection, names, names.c.touchpoint_number, numbers)]


async def _rows(connection: Connection, table: sa.Table, column: sa.Column[Any], among: Sequence[Any]) -> Sequence[Any]:
    return (await connection.execute(sa.select(table).where(column.in_(among)))).mappings().all()
