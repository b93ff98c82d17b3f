"""The shop's own books -> who is who: records made by hand, from a file, by another system.

A record is a channel identity of its own (channel `record`), known by its key: nobody writes through it, so it has no
touchpoints and no conversation, but it gives evidence, joins and parts as any other. What is written of the customer
stands on its home record (storage.records).

A number in the shop's books is agent evidence, whoever wrote it there. One batch is handled as the resolver handles one
of messages, with the same locks in the same order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hub.events import Channel, EvidenceKind, EvidenceSource, Strength
from hub.ids import AgentId, CustomerId, IdentityId
from identity.board import Board
from identity.claims import Given
from identity.commands import refresh_customer_line
from identity.people import People
from identity.policy_book import in_force
from identity.ranking import rank_anew
from identity.register import Register
from storage import accounts, records
from storage import evidence as evidence_store
from storage import identities as identity_store
from storage.evidence import Proof
from storage.identities import Address, Identity
from storage.records import Sheet, Value
from storage.unit_of_work import UnitOfWork

ID_PREFIX: Final = "id:"  # keys that are the shop's own customer ids, shared by files and other systems


@dataclass(frozen=True, slots=True)
class Said:
    """What a source says of one customer. None and missing keys: it says nothing of that. `phones` in E.164, `emails`
    folded, attributes checked; an attribute of None is taken away."""

    key: str
    name: str | None = None
    phones: tuple[str, ...] | None = None
    emails: tuple[str, ...] | None = None
    attributes: Mapping[str, Value | None] = field(default_factory=dict)
    tags: tuple[str, ...] | None = None
    note: str | None = None

    @property
    def points(self) -> tuple[tuple[EvidenceKind, str], ...]:
        phones = [(EvidenceKind.PHONE, value) for value in self.phones or ()]
        return (*phones, *((EvidenceKind.EMAIL, value) for value in self.emails or ()))


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one: `before` and `after` hold what changed, field by field, in JSON values."""

    identity_id: IdentityId
    customer_id: CustomerId
    was_new: bool
    joined: bool
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return self.was_new or bool(self.before)


class Books:
    """One per unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._now = work.clock.now()
        self.board = Board(work)
        self.register = Register(self.board)

    async def put(
        self, said: Sequence[Said], source: EvidenceSource, *, exactly: bool = False, agent_id: AgentId | None = None
    ) -> list[Kept]:
        """One for each of `said`, whose keys differ. `exactly`: what `source` gave of numbers, mailboxes and tags
        before and does not say now is taken back. The caller commits."""
        identities = await self._identities(said)
        proofs = {one.key: self._proofs(one, identities[one.key], source) for one in said}
        given = [Given(identities[one.key], proof) for one in said for proof in proofs[one.key]]
        people = People(self._work, given, await in_force(self._work.connection))
        await self._hold(identities.values(), await people.load())
        taken_back = await self._take_back(said, identities, source) if exactly else {}
        known = await evidence_store.of_identities(self._work.connection, [i.id for i in identities.values()])
        sheets = await records.sheets(self._work.connection, [i.home_customer_id for i in identities.values()])
        written: list[tuple[dict[str, Any], dict[str, Any]]] = []
        for one in said:
            identity = identities[one.key]
            had = {proof.key for proof in known.get(identity.id, ())}
            added = [[p.kind.value, p.value] for p in proofs[one.key] if p.key not in had]
            removed = [[p.kind.value, p.value] for p in taken_back.get(identity.id, ())]
            before, after = _write(sheets[identity.home_customer_id], one, agent_id, identity, self._now, exactly)
            if added or removed:
                before["evidence"], after["evidence"] = removed, added
            written.append((before, after))
        changed = [o for o, (before, _) in zip(said, written, strict=True) if before or identities[o.key].is_new]
        await records.save(self._work, [sheets[identities[one.key].home_customer_id] for one in changed])
        await people.settle(self.board, self.register)  # names count, so they are written first
        await rank_anew(self._work, [identities[o.key].id for o in changed if not identities[o.key].is_new])
        kept = self._kept(identities[one.key] for one in said)
        found = [replace(k, before=b, after=a) for k, (b, a) in zip(kept, written, strict=True)]
        await self._show(found)
        return found

    async def _identities(self, said: Sequence[Said]) -> dict[str, Identity]:
        await accounts.ensure_records(self._work)
        wanted: list[Address] = [(accounts.RECORDS, one.key) for one in said]
        found = await identity_store.find(self._work.connection, wanted)
        new = [identity_store.new(a, Channel.RECORD, self._now) for a in wanted if a not in found]
        if new:
            found |= await identity_store.insert(self._work, new)
        return {external_id: identity for (_, external_id), identity in found.items()}

    def _proofs(self, one: Said, identity: Identity, source: EvidenceSource) -> list[Proof]:
        return [
            Proof(identity.id, kind, value, source, Strength.AGENT, self._now, self._now) for kind, value in one.points
        ]

    async def _hold(self, identities: Any, holders: set[CustomerId]) -> None:
        """The customers concerned, as they are once they are held."""
        copies = {identity.id: identity for identity in identities}
        await self.register.hold({identity.customer_id for identity in copies.values()} | holders)
        await self.register.hold_owners(copies)
        owners = await identity_store.customers_of(self._work.connection, copies)
        for identity_id, identity in copies.items():
            identity.customer_id = owners[identity_id]

    async def _take_back(
        self, said: Sequence[Said], identities: Mapping[str, Identity], source: EvidenceSource
    ) -> dict[IdentityId, list[Proof]]:
        """Joins that they made stay until somebody undoes them: that a number is not theirs any more does not mean
        that it never was."""
        known = await evidence_store.of_identities(self._work.connection, [i.id for i in identities.values()])
        gone: dict[IdentityId, list[Proof]] = {}
        for one in said:
            spoken = {EvidenceKind.PHONE} if one.phones is not None else set()
            spoken |= {EvidenceKind.EMAIL} if one.emails is not None else set()
            mine = known.get(identities[one.key].id, ())
            lost = [p for p in mine if p.source is source and p.kind in spoken and (p.kind, p.value) not in one.points]
            if lost:
                gone[identities[one.key].id] = lost
        await evidence_store.remove(self._work.connection, [p for lost in gone.values() for p in lost])
        return gone

    def _kept(self, identities: Iterable[Identity]) -> list[Kept]:
        moved = self.register.customer_of
        grown = set(moved.values())  # customers that somebody joined
        owners = [(identity, moved.get(identity.id, identity.customer_id)) for identity in identities]
        return [Kept(identity.id, owner, identity.is_new, owner in grown) for identity, owner in owners]

    async def _show(self, kept: Sequence[Kept]) -> None:
        """Consoles that look at an open conversation of these customers read the panel anew."""
        looked_at = {o.customer_id for o in kept if o.changed and self.board.open_of(o.customer_id) is not None}
        if looked_at:
            await refresh_customer_line(self.board, looked_at)
        await self.board.finish()


def _write(
    sheet: Sheet, one: Said, agent_id: AgentId | None, identity: Identity, now: Any, exactly: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Onto the sheet, what differs; before and after of just that."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    if identity.is_new:
        sheet.made_by = agent_id
    if one.name is not None and one.name != sheet.name:
        before["name"], after["name"] = sheet.name, one.name
        sheet.name = one.name
    if one.note is not None and (one.note or None) != sheet.note:
        before["note"], after["note"] = sheet.note, one.note or None
        sheet.note = one.note or None
    changed = {k: v for k, v in one.attributes.items() if sheet.attributes.get(k, (None, ""))[0] != v}
    if changed:
        before["attributes"] = {key: sheet.attributes.get(key, (None, ""))[0] for key in changed}
        after["attributes"] = changed
        for key, value in changed.items():
            sheet.set(key, value, now)
    turned = _turned(sheet, one, exactly)
    if turned:
        before["tags"], after["tags"] = {name: not on for name, on in turned.items()}, turned
        for name, on in turned.items():
            sheet.tag(name, on, now)
    return before, after


def _turned(sheet: Sheet, one: Said, exactly: bool) -> dict[str, bool]:
    if one.tags is None:
        return {}
    on_now = {name for name, (on, _) in sheet.tags.items() if on}
    turned = {name: True for name in one.tags if name not in on_now}
    if exactly:
        turned |= dict.fromkeys(sorted(on_now - set(one.tags)), False)
    return turned
