"""New evidence -> joins and suggestions: reads what the policy must know, asks it, and carries out what it says.

A batch without evidence costs nothing here; one with evidence a few statements, and some more for each piece that
another customer holds, too.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from hub.events import ConversationState, Strength, SuggestionRaised
from hub.ids import CustomerId, IdentityId, SuggestionId, new_id
from identity import facts
from identity.board import Board
from identity.claims import Given
from identity.facts import Facts
from identity.policy import Join, Suggest, decide
from identity.ranking import rank
from identity.register import Register
from identity.settings import PolicySettings
from storage import claim_alarms, records
from storage import customers as customer_store
from storage import evidence as evidence_store
from storage import identities as identity_store
from storage import suggestions as suggestion_store
from storage.customers import show
from storage.evidence import ContactPoint, Holder, Point, Proof, ProofKey
from storage.suggestions import Suggestion
from storage.unit_of_work import UnitOfWork

NUMBERS_ALARM = 10  # different values that one identity claims, more than which a supervisor is told
SEEN_AGAIN_AFTER = timedelta(hours=6)  # a proof's date is read in days; not every message need write it


class People:
    """One per batch: `load`, then, with the customers locked, `settle`."""

    def __init__(self, work: UnitOfWork, given: Sequence[Given], settings: PolicySettings) -> None:
        self._work = work
        self._given = given
        self._settings = settings
        self._points: dict[Point, ContactPoint] = {}
        self._were_shared: dict[Point, bool] = {}
        self._holders: dict[Point, list[Holder]] = {}
        self._known: dict[ProofKey, Proof] = {}

    async def load(self) -> set[CustomerId]:
        """Locks the contact points concerned, then reads who gave them: the customers to be locked."""
        if not self._given:
            return set()
        self._points = await evidence_store.lock_points(self._work, {g.proof.point for g in self._given})
        self._were_shared = {point: row.shared for point, row in self._points.items()}
        usable = [point for point, row in self._points.items() if not row.shared]
        for holder in await evidence_store.holders(self._work.connection, usable):
            self._holders.setdefault(holder.proof.point, []).append(holder)
            self._known[holder.proof.key] = holder.proof
        return {holder.customer_id for holders in self._holders.values() for holder in holders}

    async def settle(self, board: Board, register: Register) -> set[IdentityId]:
        """Writes the evidence and does what follows. The identities of whom something new is known."""
        new = [given for given in self._given if self._is_news(given.proof)]
        await self._write(new)
        yet_to_come = {given.proof.key for given in new}
        for given in new:  # one by one, so that a batch decides as its events would have alone
            yet_to_come.discard(given.proof.key)
            self._add_holder(given)
            others = {h.proof.identity_id for h in self._holders[given.proof.point]} - {given.identity.id}
            if others and not self._points[given.proof.point].shared:
                await self._act(board, register, given.proof, others, yet_to_come)
        return {given.identity.id for given in new}

    def _is_news(self, proof: Proof) -> bool:
        known = self._known.get(proof.key)
        return known is None or proof.rank > known.rank

    async def _write(self, new: Sequence[Given]) -> None:
        """New and better proofs, and dates of known ones that grew old; how many gave each value."""
        proofs = [g.proof for g in new]
        for given in self._given:
            known = self._known.get(given.proof.key)
            if known is not None and given.proof.last_seen_at - known.last_seen_at >= SEEN_AGAIN_AFTER:
                best = max(known, given.proof, key=lambda p: p.rank)
                proofs.append(replace(best, last_seen_at=given.proof.last_seen_at))
        unique = {proof.key: proof for proof in reversed(proofs)}
        await evidence_store.put(self._work, list(unique.values()))
        recounted = self._recounted(new)
        await evidence_store.update_points(self._work.connection, recounted)
        await self._alarm(new, recounted)
        await records.touch(self._work, {g.identity.home_customer_id for g in new})

    async def _alarm(self, new: Sequence[Given], recounted: Sequence[ContactPoint]) -> None:
        """Supervisors hear of a value that has just become nobody's, and of whoever gives very many."""
        limit = self._settings.identities_per_value_max
        fresh = [p for p in recounted if p.shared and not self._were_shared.get((p.kind, p.value))]
        await claim_alarms.raise_crowded(self._work, [p for p in fresh if p.identities > limit])
        claims = Counter(g.identity.id for g in new if g.proof.strength is Strength.CLAIMED)
        only_new = {g.identity.id for g in new if g.identity.is_new}
        suspects = [i for i, count in claims.items() if i not in only_new or count > NUMBERS_ALARM]
        many: dict[IdentityId, int] = {}
        for identity_id in suspects:
            count = await claim_alarms.claims_of(self._work.connection, identity_id, at_most=NUMBERS_ALARM + 1)
            if count > NUMBERS_ALARM:
                many[identity_id] = count
        await claim_alarms.raise_many(self._work, many)

    def _recounted(self, new: Sequence[Given]) -> list[ContactPoint]:
        gave: dict[Point, set[IdentityId]] = {}
        for given in new:
            gave.setdefault(given.proof.point, set()).add(given.identity.id)
        changed = []
        for point, identities in gave.items():
            before = {holder.proof.identity_id for holder in self._holders.get(point, ())}
            row = self._points[point]
            count = row.identities + len(identities - before)
            crowded = count > self._settings.identities_per_value_max
            row = replace(row, identities=count, shared=row.shared or crowded)
            if row != self._points[point]:
                self._points[point] = row
                changed.append(row)
        return changed

    def _add_holder(self, given: Given) -> None:
        identity = given.identity
        holder = Holder(given.proof, identity.customer_id, identity.channel, identity.account_id)
        self._holders.setdefault(given.proof.point, []).append(holder)

    # --- one piece of evidence that others gave, too -----------------------------------------------------------------

    async def _act(
        self,
        board: Board,
        register: Register,
        proof: Proof,
        others: set[IdentityId],
        yet_to_come: Collection[ProofKey],
    ) -> None:
        owners = await identity_store.customers_of(self._work.connection, {proof.identity_id, *others})
        if len(set(owners.values())) == 1:
            return
        await register.hold(owners.values())
        known = await facts.read(self._work, owners.values(), without=yet_to_come)
        case = facts.case_of(known, proof, self._settings, proof.last_seen_at)
        if case is None:
            return
        news, mine, parties = case
        for verdict in decide(news, mine, parties, self._settings, proof.last_seen_at):
            compared = [
                p for i in (proof.identity_id, verdict.other) for p in known.proofs[i] if p.point == proof.point
            ]
            if isinstance(verdict, Join):
                await register.join(
                    proof.identity_id,
                    verdict.other,
                    verdict.why,
                    evidence=[fact_of(p) for p in compared],
                    weak_value=proof.value if verdict.weak else None,
                )
            else:
                await self._suggest(board, proof.identity_id, verdict, compared, known)

    async def _suggest(
        self, board: Board, mine: IdentityId, verdict: Suggest, compared: Sequence[Proof], known: Facts
    ) -> None:
        """Once per two customers: another pair of their identities would ask the same question again."""
        owner = {member.id: member.customer_id for member in known.members}
        between = {owner[mine], owner[verdict.other]}
        for open_one in known.suggestions:
            pair = {owner.get(open_one.identity_a), owner.get(open_one.identity_b)}
            if open_one.status == "open" and pair == between:
                return
        a, b = suggestion_store.pair(mine, verdict.other)
        suggestion = Suggestion(
            id=SuggestionId(new_id()),
            identity_a=a,
            identity_b=b,
            why=verdict.why,
            status="open",
            created_at=self._work.clock.now(),
            evidence=tuple(fact_of(p) for p in compared),
            only_for=verdict.only_for,
            rank=rank(verdict.why, *(_names(known, owner[i]) for i in (mine, verdict.other))),
        )
        if suggestion.id in await suggestion_store.put_new(self._work, [suggestion]):
            await self._tell(board, suggestion, owner)

    async def _tell(self, board: Board, suggestion: Suggestion, owner: Mapping[IdentityId, CustomerId]) -> None:
        """Those who look at an open conversation of either side, if their side may know."""
        lines = await customer_store.lines(
            self._work.connection, {owner[suggestion.identity_a], owner[suggestion.identity_b]}
        )
        for mine in (suggestion.identity_a, suggestion.identity_b):
            conversation = board.open_of(owner[mine])
            if conversation is None or suggestion.only_for not in (None, mine):
                continue
            show(conversation, lines[owner[mine]])
            other = owner[suggestion.other(mine)]
            board.record(conversation, partial(_raised, suggestion, other))


def _raised(suggestion: Suggestion, other: CustomerId, state: ConversationState) -> SuggestionRaised:
    return SuggestionRaised(
        conversation=state, suggestion_id=suggestion.id, other_customer_id=other, why=suggestion.why
    )


def _names(known: Facts, customer_id: CustomerId) -> tuple[str, ...]:
    return facts.names_of([m for m in known.members if m.customer_id == customer_id], known.records)


def fact_of(proof: Proof) -> dict[str, str]:
    """For the ledger: what was compared."""
    return {
        "identity_id": str(proof.identity_id),
        "kind": proof.kind.value,
        "value": proof.value,
        "source": proof.source.value,
        "strength": proof.strength.value,
    }
