"""A shop in memory that hears what providers tell and decides by the real extraction, facts and policy; no database.

What identity.people does around a unit of work is done here around dictionaries, one event at a time.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hub.events import Channel, Explanation, TouchpointEvent
from hub.ids import CustomerId, EventId, IdentityId, LedgerEntryId, SuggestionId, new_id
from identity import facts
from identity.arrivals import Arrival
from identity.claims import apply_profile, evidence_of, own_numbers
from identity.facts import Facts
from identity.policy import Join, decide
from identity.settings import PolicySettings
from storage import identities, suggestions
from storage.evidence import Proof, ProofKey
from storage.identities import Identity
from storage.ledger import Link
from storage.suggestions import Suggestion

Who = tuple[str, str]  # channel account, the provider's id of the person
BEGAN = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DATED_AGAIN_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Made:
    """One join, as the ledger would have it."""

    one: Who
    other: Who
    weak: bool
    value: str


class Crowd:
    """One scenario's shop. `at` is what its clock says."""

    def __init__(self, settings: PolicySettings) -> None:
        self.at = BEGAN
        self.joins: list[Made] = []
        self.suggested = 0
        self._settings = settings
        self._people: dict[Who, Identity] = {}
        self._by_id: dict[IdentityId, Who] = {}
        self._proofs: dict[ProofKey, Proof] = {}
        self._links: list[Link] = []
        self._suggestions: list[Suggestion] = []
        self._own_numbers: set[str] = set()
        self._seen: set[str] = set()

    def hears(self, event: TouchpointEvent) -> None:
        if event.dedupe_key in self._seen:
            return
        self._seen.add(event.dedupe_key)
        self._own_numbers |= own_numbers([event])
        identity = self._identity((event.account_id, event.identity), event.channel)
        apply_profile(identity, event)
        arrival = Arrival(EventId(identity.id), event, identity)
        for given in evidence_of([arrival], self.at, self._settings):
            self._take(given.proof)

    def groups(self) -> list[list[Who]]:
        groups: dict[CustomerId, list[Who]] = {}
        for who, identity in self._people.items():
            groups.setdefault(identity.customer_id, []).append(who)
        return list(groups.values())

    def refuse(self, one: Who, other: Who) -> None:
        """An agent says: two people."""
        a, b = self._people.get(one), self._people.get(other)
        if a is not None and b is not None:
            pair = suggestions.pair(a.id, b.id)
            said = Suggestion(SuggestionId(new_id()), *pair, Explanation(code="split.by_agent"), "rejected", self.at)
            self._suggestions.append(said)

    # --- evidence ----------------------------------------------------------------------------------------------------

    def _take(self, proof: Proof) -> None:
        known = self._proofs.get(proof.key)
        if known is not None and proof.rank <= known.rank:
            if self.at - known.last_seen_at >= DATED_AGAIN_AFTER:
                self._proofs[proof.key] = replace(known, last_seen_at=self.at)
            return
        self._proofs[proof.key] = proof
        holding = {p.identity_id for p in self._proofs.values() if p.point == proof.point}
        if proof.value in self._own_numbers or len(holding) > self._settings.identities_per_value_max:
            return
        self._act(proof, holding)

    def _act(self, proof: Proof, holding: Collection[IdentityId]) -> None:
        customers = {self._people[self._by_id[i]].customer_id for i in holding}
        if len(customers) < 2:
            return
        case = facts.case_of(self._facts(customers), proof, self._settings, self.at)
        for verdict in decide(*case, self._settings, self.at) if case is not None else ():
            if isinstance(verdict, Join):
                self._join(proof, verdict)
            else:
                self.suggested += 1

    def _facts(self, customers: Collection[CustomerId]) -> Facts:
        members = sorted(
            (i for i in self._people.values() if i.customer_id in customers), key=lambda i: (i.created_at, i.id)
        )
        ids = {member.id for member in members}
        proofs: dict[IdentityId, list[Proof]] = {}
        for proof in self._proofs.values():
            if proof.identity_id in ids:
                proofs.setdefault(proof.identity_id, []).append(proof)
        return Facts(members, proofs, self._links, self._suggestions, {})

    def _join(self, proof: Proof, verdict: Join) -> None:
        weak_value = proof.value if verdict.weak else None
        self._links.append(Link(LedgerEntryId(new_id()), proof.identity_id, verdict.other, weak_value=weak_value))
        one, other = self._by_id[proof.identity_id], self._by_id[verdict.other]
        self.joins.append(Made(one, other, verdict.weak, proof.value))
        stays, goes = self._people[other].customer_id, self._people[one].customer_id
        for identity in self._people.values():
            if identity.customer_id == goes:
                identity.customer_id = stays

    def _identity(self, who: Who, channel: Channel) -> Identity:
        if who not in self._people:
            self._people[who] = identity = identities.new(who, channel, self.at)
            self._by_id[identity.id] = who
        return self._people[who]
