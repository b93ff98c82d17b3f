"""What the policy must know about one piece of evidence: who else holds the value, and what those customers are. Pure,
but for `read`, whose cost depends on the size of the customers concerned and on nothing else.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.events import EvidenceKind, Strength
from hub.ids import CustomerId, IdentityId
from identity.policy import Held, News, Party
from identity.settings import Mode, PolicySettings
from storage import customers as customer_store
from storage import evidence as evidence_store
from storage import identities as identity_store
from storage import ledger, suggestions
from storage.customers import Record
from storage.evidence import Proof, ProofKey
from storage.identities import Identity
from storage.ledger import Link
from storage.suggestions import Suggestion
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about some customers, as it is now."""

    members: Sequence[Identity]
    proofs: dict[IdentityId, list[Proof]]
    links: Sequence[Link]
    suggestions: Sequence[Suggestion]
    records: dict[CustomerId, Record]


async def read(work: UnitOfWork, customers: Iterable[CustomerId], *, without: Collection[ProofKey] = ()) -> Facts:
    """The customers must be locked. `without`: proofs that are written but do not count yet."""
    members = await identity_store.by_customers(work.connection, customers)
    ids = [member.id for member in members]
    return Facts(
        members=members,
        proofs={
            identity_id: [proof for proof in proofs if proof.key not in without]
            for identity_id, proofs in (await evidence_store.of_identities(work.connection, ids)).items()
        },
        links=await ledger.links_of(work.connection, ids),
        suggestions=await suggestions.of_identities(work.connection, ids),
        records=await customer_store.records(work.connection, [member.home_customer_id for member in members]),
    )


def counts(proof: Proof, account_id: str, settings: PolicySettings, at: datetime) -> bool:
    """Whether it says anything at that moment: not masked, not ignored, nobody's key in particular, not too old."""
    if proof.strength is Strength.MASKED or proof.value in settings.never_keys:
        return False
    expiry = settings.expires_after.get(proof.strength)
    if expiry is not None and at - proof.last_seen_at > expiry:
        return False
    return settings.mode(proof.strength, proof.source, account_id) != "ignore"


def case_of(
    facts: Facts, proof: Proof, settings: PolicySettings, at: datetime
) -> tuple[News, Party, list[Party]] | None:
    """The news, the customer it is about, and the other customers that hold the value, oldest proof first. None when
    the news itself does not count."""
    held: dict[IdentityId, Held] = {}
    for member in facts.members:
        given = facts.proofs.get(member.id, [])
        same = [p for p in given if p.point == proof.point and counts(p, member.account_id, settings, at)]
        if same:
            held[member.id] = _held(member, given, same, settings)
    if proof.identity_id not in held:
        return None
    groups: dict[CustomerId, list[Identity]] = {}
    for member in sorted(facts.members, key=lambda m: (m.id not in held, m.created_at, m.id)):
        groups.setdefault(member.customer_id, []).append(member)
    mine = next(c for c, members in groups.items() if any(m.id == proof.identity_id for m in members))
    own_ids = {member.id for member in groups[mine]}
    parties = {c: _party(c, members, own_ids, held, facts) for c, members in groups.items()}
    claimed = {
        p.value
        for p in facts.proofs.get(proof.identity_id, [])
        if p.kind is proof.kind and p.strength is Strength.CLAIMED
    }
    news = News(
        kind=proof.kind,
        value=proof.value,
        held=_as_given(held[proof.identity_id], proof, settings),
        claimed=len(claimed),
        solid_identities=sum(1 for one in held.values() if one.solid),
        identities=len(held),
    )
    return news, parties.pop(mine), [party for party in parties.values() if party.holders]


def _held(member: Identity, given: Sequence[Proof], same: Sequence[Proof], settings: PolicySettings) -> Held:
    """`same`: the member's proofs of the value, of all it ever gave. A visitor whom the shop's server signed for is as
    good as an account that lasts."""

    def mode(p: Proof) -> Mode:
        return settings.mode(p.strength, p.source, member.account_id)

    best = max(same, key=lambda p: (mode(p) == "merge", p.rank, p.last_seen_at))
    signed = any(p.kind is EvidenceKind.SIGNED_USER and p.strength is Strength.ATTESTED for p in given)
    return Held(
        identity_id=member.id,
        account_id=member.account_id,
        lasting=signed or settings.lasts(member.channel, member.account_id),
        strength=best.strength,
        source=best.source,
        last_seen_at=max(p.last_seen_at for p in same),
        mode=mode(best),
    )


def _as_given(held: Held, proof: Proof, settings: PolicySettings) -> Held:
    """The newcomer by what it gave now, which may prove less than what it had: then nothing new follows from it."""
    mode = settings.mode(proof.strength, proof.source, held.account_id)
    return replace(held, strength=proof.strength, source=proof.source, mode=mode)


def _party(
    customer_id: CustomerId,
    members: Sequence[Identity],
    mine: set[IdentityId],
    held: dict[IdentityId, Held],
    facts: Facts,
) -> Party:
    ids = {member.id for member in members}
    holders = sorted((held[i] for i in ids if i in held), key=lambda h: (-_rank(h), h.identity_id))
    inside = [link for link in facts.links if link.in_force and {link.identity_a, link.identity_b} <= ids]
    return Party(
        customer_id=customer_id,
        holders=tuple(holders),
        names=names_of(members, facts.records),
        attested_phones=frozenset(
            p.value
            for i in ids
            for p in facts.proofs.get(i, [])
            if p.kind is EvidenceKind.PHONE and p.strength is Strength.ATTESTED
        ),
        weak_values=frozenset(link.weak_value for link in inside if link.weak_value is not None),
        apart=_kept_apart(ids, mine, facts),
    )


def _rank(held: Held) -> int:
    return (held.mode == "merge") * 3 + (2 if held.strong else 1 if held.solid else 0)


def names_of(members: Iterable[Identity], records: dict[CustomerId, Record]) -> tuple[str, ...]:
    """Those that agents gave, then those that channels show."""
    given = [record.name for m in members if (record := records.get(m.home_customer_id)) and record.name]
    return tuple(dict.fromkeys([*given, *(m.display_name for m in members if m.display_name)]))


def _kept_apart(ids: set[IdentityId], mine: set[IdentityId], facts: Facts) -> bool:
    """Somebody said that these two are different people: a link between them is revoked or cut, or a suggestion was
    rejected. What only a change of the policy put out of force nobody said."""
    said = [(link.identity_a, link.identity_b) for link in facts.links if link.denied]
    said += [(s.identity_a, s.identity_b) for s in facts.suggestions if s.status == "rejected"]
    return any((a in ids and b in mine) or (b in ids and a in mine) for a, b in said)
