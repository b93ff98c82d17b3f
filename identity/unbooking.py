"""Takes back what a file wrote into the shop's books, record by record, as far as nobody wrote over it since.

The joins that the file's numbers made are undone in the ledger. A record that the file made and that nothing else hangs
on gives its key free, so that the file can be imported again.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from hub.events import EvidenceKind, EvidenceSource, Explanation, Strength
from hub.ids import IdentityId
from identity.commands import refresh_customer_line
from identity.records import Books
from storage import evidence as evidence_store
from storage import identities as identity_store
from storage import ledger, orders, records, suggestions
from storage.evidence import Proof
from storage.identities import Identity
from storage.imports import Done
from storage.ledger import Entry
from storage.records import Sheet
from storage.unit_of_work import UnitOfWork

SOURCE = EvidenceSource.CUSTOMER_FILE


class Unbooking:
    """One per unit of work."""

    def __init__(self, work: UnitOfWork, why: Explanation) -> None:
        self._work = work
        self._books = Books(work)
        self._why = why

    async def undo(self, done: Sequence[Done]) -> set[IdentityId]:
        """Those taken back; the others were changed since and stay. The caller commits."""
        ids = [one.identity_id for one in done]
        known = await identity_store.by_ids(self._work.connection, ids)
        await self._books.register.hold_owners(known)
        known = await identity_store.by_ids(self._work.connection, ids)
        proofs = await evidence_store.of_identities(self._work.connection, known)
        sheets = await records.sheets(self._work.connection, [i.home_customer_id for i in known.values()])
        ordered = {o.identity_id for o in await orders.of_identities(self._work.connection, known, limit=len(ids))}
        taken: list[Done] = []
        for one in done:
            identity = known.get(one.identity_id)
            if identity is None or (one.was_new and one.identity_id in ordered):
                continue
            if _untouched(sheets[identity.home_customer_id], proofs.get(identity.id, []), one):
                taken.append(one)
        for one in taken:
            await self._take(known[one.identity_id], sheets[known[one.identity_id].home_customer_id], one)
        await records.save(self._work, [sheets[known[one.identity_id].home_customer_id] for one in taken])
        await self._show(one.identity_id for one in taken)
        await self._clear([known[one.identity_id] for one in taken if one.was_new])
        return {one.identity_id for one in taken}

    async def _take(self, identity: Identity, sheet: Sheet, one: Done) -> None:
        await self._undo_joins(identity.id)
        if one.was_new:
            sheet.name, sheet.note, sheet.tags, sheet.attributes = None, None, {}, {}
        else:
            _restore(sheet, one)
        added = [(EvidenceKind(kind), value) for kind, value in one.after.get("evidence", ())]
        now = self._work.clock.now()
        gone = [Proof(identity.id, k, v, SOURCE, Strength.AGENT, now, now) for k, v in added]
        await evidence_store.remove(self._work.connection, gone)

    async def _undo_joins(self, identity_id: IdentityId) -> None:
        """Those in force that the file's numbers made."""
        entries = await ledger.of_identities(self._work.connection, [identity_id])
        for entry in entries:
            if entry.kind == "merge" and _made_by_file(entry, identity_id) and ledger.in_force(entry.id, entries):
                await self._books.register.undo(entry.id, self._why, None)

    async def _clear(self, made: Sequence[Identity]) -> None:
        """Of those that the file made nothing is left; but what stands in the ledger keeps its place there, under a key
        that no file has."""
        ids = [identity.id for identity in made]
        links = await ledger.links_of(self._work.connection, ids)
        named = {end for link in links for end in (link.identity_a, link.identity_b)}
        for suggestion in await suggestions.of_identities(self._work.connection, ids):
            named |= {suggestion.identity_a, suggestion.identity_b}
        remaining = [identity for identity in made if identity.id in named]
        await identity_store.rename(self._work.connection, {i.id: f"undone:{i.id}" for i in remaining})
        await records.hide(self._work, [identity.home_customer_id for identity in made])
        await identity_store.remove(self._work.connection, [i for i in made if i.id not in named])

    async def _show(self, ids: Iterable[IdentityId]) -> None:
        owners = await identity_store.customers_of(self._work.connection, ids)
        await self._books.register.hold(owners.values())
        looked_at = {owner for owner in owners.values() if self._books.board.open_of(owner) is not None}
        if looked_at:
            await refresh_customer_line(self._books.board, looked_at)
        await self._books.board.finish()


def _untouched(sheet: Sheet, proofs: Sequence[Proof], one: Done) -> bool:
    """What the file wrote is still what stands there; of a record that it made, nothing else stands there either."""
    now = _standing(sheet, one.after)
    wrote = {name: one.after[name] for name in now}
    if now != wrote:
        return False
    return not one.was_new or (_only(sheet, one.after) and all(proof.source is SOURCE for proof in proofs))


def _standing(sheet: Sheet, after: dict[str, Any]) -> dict[str, Any]:
    """What stands now of what was written then."""
    now: dict[str, Any] = {name: getattr(sheet, name) for name in ("name", "note") if name in after}
    if "attributes" in after:
        now["attributes"] = {key: sheet.attributes.get(key, (None, ""))[0] for key in after["attributes"]}
    if "tags" in after:
        now["tags"] = {tag: sheet.tags.get(tag, (False, ""))[0] for tag in after["tags"]}
    return now


def _only(sheet: Sheet, after: dict[str, Any]) -> bool:
    return (
        (sheet.name is None or "name" in after)
        and (sheet.note is None or "note" in after)
        and set(sheet.attributes) <= set(after.get("attributes", ()))
        and set(sheet.tags) <= set(after.get("tags", ()))
    )


def _restore(sheet: Sheet, one: Done) -> None:
    """As it was; what was not there before is not there again."""
    if "name" in one.before:
        sheet.name = one.before["name"]
    if "note" in one.before:
        sheet.note = one.before["note"]
    for key, value in one.before.get("attributes", {}).items():
        _, at = sheet.attributes.pop(key)
        if value is not None:
            sheet.attributes[key] = (value, at)
    for tag, on in one.before.get("tags", {}).items():
        _, at = sheet.tags.pop(tag)
        if on:
            sheet.tags[tag] = (on, at)


def _made_by_file(entry: Entry, identity_id: IdentityId) -> bool:
    mine = str(identity_id)
    return entry.agent_id is None and any(
        fact.get("identity_id") == mine and fact.get("source") == SOURCE.value for fact in entry.evidence
    )
