"""What the evidence of a group of neighbours would have made of them under a policy. Pure.

The evidence is told again in the order in which it came, and decided piece by piece by the code that decides about new
evidence. What agents said holds all along: whom they joined are one from that moment, whom they parted stay apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from hub.ids import CustomerId, IdentityId, LedgerEntryId
from identity import facts
from identity.facts import Facts
from identity.grouping import representative
from identity.policy import Join, Suggest, decide
from identity.settings import PolicySettings
from storage.evidence import Point, Proof
from storage.identities import Identity
from storage.ledger import Link, Maker
from storage.suggestions import Suggestion, pair

_REPLAYED = LedgerEntryId(UUID(int=0))
Pair = tuple[IdentityId, IdentityId]


@dataclass(frozen=True, slots=True)
class History:
    """All that is known about a group. `points`: the values that can be keys. `makers`: of every link."""

    facts: Facts
    points: frozenset[Point]
    makers: Mapping[LedgerEntryId, Maker]

    def said(self, link: Link) -> bool:
        """An agent said so, or said so again."""
        maker = self.makers[link.entry_id]
        return link.kept or maker.agent_id is not None


@dataclass(frozen=True, slots=True)
class Joined:
    """The news (`mine`) that joined the other, and the proof that did it."""

    mine: IdentityId
    verdict: Join
    proof: Proof


@dataclass(slots=True)
class Outcome:
    """`owner`: who is one with whom in the end."""

    owner: dict[IdentityId, CustomerId] = field(default_factory=dict)
    joins: list[Joined] = field(default_factory=list)
    suggests: list[tuple[IdentityId, Suggest]] = field(default_factory=list)

    def together(self, one: IdentityId, other: IdentityId) -> bool:
        return self.owner[one] == self.owner[other]


def replay(history: History, settings: PolicySettings) -> Outcome:
    return _Replay(history, settings).run()


class _Replay:
    def __init__(self, history: History, settings: PolicySettings) -> None:
        self._history = history
        self._settings = settings
        known = history.facts
        self._members = {member.id: replace(member, customer_id=member.home_customer_id) for member in known.members}
        self._group: dict[CustomerId, list[Identity]] = {m.customer_id: [m] for m in self._members.values()}
        self._seen: dict[IdentityId, list[Proof]] = {}
        self._givers: dict[Point, list[IdentityId]] = {}
        self._links: dict[IdentityId, list[Link]] = {}
        self._rejected = _by_end(s for s in known.suggestions if s.status == "rejected")
        for link in known.links:
            if link.denied:
                self._add_link(link)
        self._outcome = Outcome()

    def run(self) -> Outcome:
        for _, link, proof in self._in_order():
            if link is not None:
                self._unite(link.identity_a, link.identity_b)
            if proof is not None:
                self._tell(proof)
        self._outcome.owner = {member.id: member.customer_id for member in self._members.values()}
        return self._outcome

    def _in_order(self) -> list[tuple[tuple[datetime, int, str], Link | None, Proof | None]]:
        known, makers = self._history.facts, self._history.makers
        told: list[tuple[tuple[datetime, int, str], Link | None, Proof | None]] = [
            ((makers[link.entry_id].at, 0, str(link.entry_id)), link, None)
            for link in known.links
            if link.in_force and self._history.said(link)
        ]
        told += [
            ((proof.first_seen_at, 1, f"{proof.identity_id}{proof.kind}{proof.value}{proof.source}"), None, proof)
            for proofs in known.proofs.values()
            for proof in proofs
        ]
        return sorted(told, key=lambda one: one[0])

    def _tell(self, proof: Proof) -> None:
        self._seen.setdefault(proof.identity_id, []).append(proof)
        if proof.point not in self._history.points:
            return
        givers = self._givers.setdefault(proof.point, [])
        if proof.identity_id not in givers:
            givers.append(proof.identity_id)
        owners = {self._members[giver].customer_id for giver in givers}
        if len(owners) > 1:
            self._decide(proof, owners)

    def _decide(self, proof: Proof, owners: set[CustomerId]) -> None:
        at = proof.first_seen_at
        case = facts.case_of(self._facts_of(owners), proof, self._settings, at)
        if case is None:
            return
        news, mine, parties = case
        for verdict in decide(news, mine, parties, self._settings, at):
            if isinstance(verdict, Suggest):
                self._outcome.suggests.append((proof.identity_id, verdict))
                continue
            self._outcome.joins.append(Joined(proof.identity_id, verdict, proof))
            weak_value = proof.value if verdict.weak else None
            self._add_link(Link(_REPLAYED, proof.identity_id, verdict.other, weak_value=weak_value))
            self._unite(proof.identity_id, verdict.other)

    def _facts_of(self, owners: set[CustomerId]) -> Facts:
        """Of these customers only, as far as it was known by then."""
        members = [member for owner in owners for member in self._group[owner]]
        ids = [member.id for member in members]
        links = {id(link): link for i in ids for link in self._links.get(i, ())}
        rejected = {one.id: one for i in ids for one in self._rejected.get(i, ())}
        return Facts(
            members=members,
            proofs={i: self._seen.get(i, []) for i in ids},
            links=list(links.values()),
            suggestions=list(rejected.values()),
            records=self._history.facts.records,
        )

    def _unite(self, one: IdentityId, other: IdentityId) -> None:
        a, b = self._members[one].customer_id, self._members[other].customer_id
        if a == b:
            return
        together = [*self._group.pop(a), *self._group.pop(b)]
        owner = representative(together)
        self._group[owner] = together
        for member in together:
            member.customer_id = owner

    def _add_link(self, link: Link) -> None:
        self._links.setdefault(link.identity_a, []).append(link)
        self._links.setdefault(link.identity_b, []).append(link)


def _by_end(suggestions: Iterable[Suggestion]) -> dict[IdentityId, list[Suggestion]]:
    found: dict[IdentityId, list[Suggestion]] = {}
    for one in suggestions:
        found.setdefault(one.identity_a, []).append(one)
        found.setdefault(one.identity_b, []).append(one)
    return found


def denied_pairs(known: Facts) -> set[Pair]:
    """Of whom somebody said that they are two people."""
    said = {pair(link.identity_a, link.identity_b) for link in known.links if link.denied}
    return said | {(s.identity_a, s.identity_b) for s in known.suggestions if s.status == "rejected"}
