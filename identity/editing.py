"""Customers by hand: made and changed by agents, and what would follow, shown before it happens.

An agent's number or mailbox is evidence of the identity whose home record stands for the customer, so that it stays
with whom it was meant for when customers part again; so do name, note, tags and attributes (storage.records).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from hub.errors import BadInput, Conflict, NotFound
from hub.events import EvidenceKind, EvidenceSource, Explanation, Strength
from hub.events.common import NAME_MAX_CHARS
from hub.ids import AgentId, CustomerId, IdentityId
from identity.board import Board
from identity.claims import Given
from identity.commands import refresh_customer_line
from identity.normalize import email_key, phone_key
from identity.people import People
from identity.policy_book import in_force
from identity.ranking import rank_anew
from identity.records import Books, Kept, Said
from identity.register import Register
from storage import customers as customer_store
from storage import evidence as evidence_store
from storage import identities as identity_store
from storage import ledger, records, suggestions
from storage.evidence import Proof
from storage.identities import Identity
from storage.records import Sheet, Value
from storage.unit_of_work import UnitOfWork

NOTE_MAX_CHARS: Final = 4000
TAG_MAX_CHARS: Final = 40
TAGS_MAX: Final = 50
CONTACTS_MAX: Final = 20

_HAND: Final = "hand:"  # keys of records made by hand: the click's own id, so that a repeat makes no second one


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """None: it stays. Attributes are checked; one of None is taken away. `tags`: all of them from now on. `notes`: by
    the record they stand on; "" takes a note away. `name`: "" shows the channel's own again."""

    name: str | None = None
    add: tuple[tuple[EvidenceKind, str], ...] = ()
    remove: tuple[tuple[EvidenceKind, str], ...] = ()
    attributes: Mapping[str, Value | None] = field(default_factory=dict)
    tags: tuple[str, ...] | None = None
    notes: Mapping[CustomerId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Consequence:
    """What evidence brings about: these two are joined, or it is suggested that they are one person. `customer_id` is
    a record of the other, who stands for themselves again once the unit of work is rolled back."""

    kind: Literal["join", "suggest"]
    customer_id: CustomerId
    why: Explanation


async def create(work: UnitOfWork, client_id: str, said: Said, agent_id: AgentId) -> Kept:
    """The customer may be one that was there before: the number decides. Not `was_new`: this click was carried out
    before. `said.key` is ignored."""
    one = replace(said, key=f"{_HAND}{client_id}")
    [kept] = await Books(work).put([one], EvidenceSource.AGENT_ENTRY, agent_id=agent_id)
    return kept


async def change(work: UnitOfWork, customer_id: CustomerId, wanted: Change) -> CustomerId:
    """Who the customer is afterwards: agent evidence may have joined them with somebody. Raises NotFound, BadInput."""
    board = Board(work)
    register = Register(board)
    identity = await standing_identity(work, customer_id)
    people = await _people(work, identity, wanted)
    await register.hold({identity.customer_id} | await people.load())  # contact points first, as everybody does
    if (await standing_identity(work, customer_id)).id != identity.id:
        raise Conflict("customer_moved", "The customer was joined or parted at this moment: look again.")
    await _write(work, identity, wanted)
    await _remove(work, identity, wanted)
    await people.settle(board, register)
    if wanted.name is not None:
        await rank_anew(work, [identity.id])
    now = register.customer_of.get(identity.id, identity.customer_id)
    await refresh_customer_line(board, [now])
    await board.finish()
    return now


async def consequences(work: UnitOfWork, identity_id: IdentityId, known: set[object]) -> list[Consequence]:
    """Of what was just written in this unit of work: entries and suggestions of the identity that are not `known`."""
    entries = [e for e in await ledger.of_identities(work.connection, [identity_id]) if e.id not in known]
    open_ones = [
        s
        for s in await suggestions.of_identities(work.connection, [identity_id])
        if s.id not in known and s.status == "open"
    ]
    others = {e.identity_b if e.identity_a == identity_id else e.identity_a for e in entries}
    others |= {s.other(identity_id) for s in open_ones}
    homes = {i: one.home_customer_id for i, one in (await identity_store.by_ids(work.connection, others)).items()}
    joins = [
        Consequence("join", homes[e.identity_b if e.identity_a == identity_id else e.identity_a], e.why)
        for e in entries
        if e.kind == "merge"
    ]
    return [*joins, *(Consequence("suggest", homes[s.other(identity_id)], s.why) for s in open_ones)]


async def known_of(work: UnitOfWork, identity_id: IdentityId) -> set[object]:
    """Entries and suggestions that are there already."""
    entries = await ledger.of_identities(work.connection, [identity_id])
    return {e.id for e in entries} | {s.id for s in await suggestions.of_identities(work.connection, [identity_id])}


async def standing_identity(work: UnitOfWork, customer_id: CustomerId) -> Identity:
    """The identity whose home record stands for the customer. Raises NotFound."""
    current = await customer_store.current(work.connection, customer_id)
    members = await identity_store.by_customers(work.connection, [current]) if current is not None else []
    found = next((member for member in members if member.home_customer_id == current), None)
    if found is None:
        raise NotFound("customer_unknown", "There is no such customer.", where="customer_id")
    return found


def point(kind: EvidenceKind, raw: str, where: str) -> tuple[EvidenceKind, str]:
    """Raises BadInput for what is no personal number or mailbox."""
    value = phone_key(raw) if kind is EvidenceKind.PHONE else email_key(raw)
    if value is None:
        raise BadInput(f"{kind.value}_invalid", _NO_KEY[kind], where=where)
    return kind, value


def clean_name(raw: str) -> str:
    """Raises BadInput."""
    name = " ".join(raw.split())
    if len(name) > NAME_MAX_CHARS:
        raise BadInput("name_too_long", f"A name has at most {NAME_MAX_CHARS} characters.", where="name")
    return name


def clean_tags(raw: tuple[str, ...]) -> tuple[str, ...]:
    """Each once, without blanks around. Raises BadInput."""
    tags = tuple(dict.fromkeys(" ".join(tag.split()) for tag in raw if tag.strip()))
    if len(tags) > TAGS_MAX or any(len(tag) > TAG_MAX_CHARS for tag in tags):
        problem = f"At most {TAGS_MAX} tags of {TAG_MAX_CHARS} characters each."
        raise BadInput("tags_too_many", problem, where="tags")
    return tags


_NO_KEY: Final = {
    EvidenceKind.PHONE: "Not the number of a person: a mobile or land line number with all its digits.",
    EvidenceKind.EMAIL: "Not the mailbox of a person.",
}


async def _people(work: UnitOfWork, identity: Identity, wanted: Change) -> People:
    now = work.clock.now()
    given = [
        Given(identity, Proof(identity.id, kind, value, EvidenceSource.AGENT_ENTRY, Strength.AGENT, now, now))
        for kind, value in wanted.add
    ]
    return People(work, given, await in_force(work.connection))


async def _write(work: UnitOfWork, identity: Identity, wanted: Change) -> None:
    members = await identity_store.by_customers(work.connection, [identity.customer_id])
    sheets = await records.sheets(work.connection, [member.home_customer_id for member in members])
    mine = sheets[identity.home_customer_id]
    changed = {mine.id: mine}
    if wanted.name is not None:
        mine.name = wanted.name or None
    _note(wanted.notes, sheets, changed)
    now, whole = work.clock.now(), records.union(sheets.values())
    for key, value in wanted.attributes.items():
        if whole.attributes.get(key) != value:
            mine.set(key, value, now)
    if wanted.tags is not None:
        for tag in sorted(set(wanted.tags) ^ set(whole.tags)):
            mine.tag(tag, tag in wanted.tags, now)
    await records.save(work, list(changed.values()))


def _note(
    notes: Mapping[CustomerId, str], sheets: Mapping[CustomerId, Sheet], changed: dict[CustomerId, Sheet]
) -> None:
    for record_id, text in notes.items():
        sheet = sheets.get(record_id)
        if sheet is None:
            raise NotFound("record_unknown", "This customer has no such record any more.", where="notes")
        if len(text) > NOTE_MAX_CHARS:
            raise BadInput("note_too_long", f"A note has at most {NOTE_MAX_CHARS} characters.", where="notes")
        sheet.note = text.strip() or None
        changed[record_id] = sheet


async def _remove(work: UnitOfWork, identity: Identity, wanted: Change) -> None:
    """What staff entered, on any record of the customer. What customers and providers gave stays: it is a fact that
    they gave it."""
    if not wanted.remove:
        return
    members = await identity_store.by_customers(work.connection, [identity.customer_id])
    proofs = await evidence_store.of_identities(work.connection, [member.id for member in members])
    entered = [p for given in proofs.values() for p in given if p.strength is Strength.AGENT]
    gone = [p for p in entered if (p.kind, p.value) in wanted.remove]
    if {(p.kind, p.value) for p in gone} != set(wanted.remove):
        problem = "Only what staff entered can be taken back."
        raise BadInput("evidence_not_ours", problem, where="remove")
    await evidence_store.remove(work.connection, gone)
