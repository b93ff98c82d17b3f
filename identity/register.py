"""Who is who, kept: every join, split and undo is an entry in the ledger, a change of links, and its consequences.

    register = Register(board)
    await register.join(a, b, why)            # these two identities are one person
    await register.split(ids, why, agent)     # these identities are somebody else than the rest
    await register.move(id, to, why, agent)   # this identity is not the rest's but that one's
    await register.undo(entry_id, why, agent) # as if that entry had never been made
    await register.lapse(link, why, run)      # a changed policy no longer lets its evidence join

1. A customer is a component of the links in force, and what is in force follows from the entries alone. So undos may
   come in any order, and an undo of an undo restores.
2. Everything else (whose identity, which record stands for whom, whose open conversation) is computed from that for the
   customers touched, never for more, and never from messages.
3. The customers concerned are locked first; what is decided is read after that.
4. What agents say is remembered: no evidence and no policy joins again what they parted, or parts what they restored.
   What a change of the policy made or took back (`run_id`) says nothing about the two: the next policy may differ.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

from hub.errors import BadInput, Conflict, NotFound
from hub.events import ConversationState, CustomerChanged, CustomerRegrouped, Explanation
from hub.ids import AgentId, CustomerId, IdentityId, LedgerEntryId, RunId, SuggestionId, new_id
from identity.board import Board
from identity.gathering import Note, gather
from identity.grouping import bridges, components, representative
from identity.joining import snapshot
from identity.parting import part
from storage import customers as customer_store
from storage import identities as identity_store
from storage import ledger, suggestions
from storage.customers import Line, show
from storage.identities import Identity
from storage.ledger import Entry, Link, in_force
from storage.suggestions import Suggestion

SUGGESTS = "suggest."  # how the codes of suggestions begin; others stand for pairs that were only kept apart
TOLD_AT_ONCE = 1000  # identities in one event
PAIRS_MAX = 400  # remembered as different people by one split; customers of more identities are remembered in part


class Register:
    """One per unit of work, on its board. `customer_of` collects what moved, for working copies elsewhere."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._connection = board.work.connection
        self.held: set[CustomerId] = set()
        self.customer_of: dict[IdentityId, CustomerId] = {}

    async def hold(self, customers: Iterable[CustomerId]) -> None:
        """Locks these customers and loads their open conversations."""
        missing = set(customers) - self.held
        if missing and not self._board.work.is_sqlite:
            await customer_store.lock(self._connection, missing)
        self.held |= missing
        await self._board.load(missing)

    async def join(
        self,
        a: IdentityId,
        b: IdentityId,
        why: Explanation,
        *,
        evidence: Sequence[dict[str, Any]] = (),
        weak_value: str | None = None,
        agent_id: AgentId | None = None,
        run_id: RunId | None = None,
    ) -> LedgerEntryId | None:
        """None: they are one customer already, nothing is written."""
        members = await self._members_of([a, b])
        if _customer(members, a) == _customer(members, b):
            return None
        entry = self._entry("merge", a, b, why, agent_id, members, evidence=tuple(evidence), run_id=run_id)
        await ledger.append(self._connection, entry)
        await ledger.add_links(self._connection, [Link(entry.id, a, b, weak_value=weak_value)])
        await self._regroup(members, Note(entry.id, why, entry.at, agent_id))
        return entry.id

    async def split(self, ids: Collection[IdentityId], why: Explanation, agent_id: AgentId | None) -> LedgerEntryId:
        """`ids` stay one person among themselves, and so does the rest. Raises BadInput when there is no rest."""
        members = await self._members_of(ids)
        leaving = [m.id for m in members if m.id in set(ids)]
        staying = [m.id for m in members if m.id not in set(ids)]
        if len({m.customer_id for m in members}) != 1:
            raise Conflict("not_one_customer", "These channel identities are not one customer any more.")
        if not leaving or not staying:
            raise BadInput("nothing_to_split", "At least one channel identity must leave and one must stay.")
        links = [link for link in await ledger.links_of(self._connection, [m.id for m in members]) if link.in_force]
        crossing = [link for link in links if (link.identity_a in set(leaving)) != (link.identity_b in set(leaving))]
        cuts = tuple(link.key for link in crossing)
        entry = self._entry("split", leaving[0], staying[0], why, agent_id, members, cuts=cuts)
        await ledger.append(self._connection, entry)
        for link in crossing:
            link.cut_by.append(entry.id)
        await ledger.update_links(self._connection, crossing)
        kept_together = [*bridges(leaving, _edges(links)), *bridges(staying, _edges(links))]
        await ledger.add_links(self._connection, [Link(entry.id, one, other) for one, other in kept_together])
        await self._keep_apart(entry, leaving, staying)
        await self._regroup(members, Note(entry.id, why, entry.at, agent_id))
        return entry.id

    async def move(self, mine: IdentityId, to: IdentityId, why: Explanation, agent_id: AgentId | None) -> LedgerEntryId:
        """`mine` leaves its customer for that of `to`; the rest of either stays together. Raises Conflict when they are
        one customer already."""
        members = await self._members_of([mine, to])
        old = _customer(members, mine)
        if old == _customer(members, to):
            raise Conflict("already_one", "These two are one customer already.")
        staying = [m.id for m in members if m.customer_id == old and m.id != mine]
        links = [link for link in await ledger.links_of(self._connection, [mine, *staying]) if link.in_force]
        crossing = [link for link in links if mine in (link.identity_a, link.identity_b)]
        cuts = tuple(link.key for link in crossing)
        entry = self._entry("move", mine, to, why, agent_id, members, cuts=cuts)
        await ledger.append(self._connection, entry)
        for link in crossing:
            link.cut_by.append(entry.id)
        await ledger.update_links(self._connection, crossing)
        kept_together = [*bridges(staying, _edges(links)), (mine, to)]
        await ledger.add_links(self._connection, [Link(entry.id, one, other) for one, other in kept_together])
        await self._keep_apart(entry, [mine], staying)
        await self._regroup(members, Note(entry.id, why, entry.at, agent_id))
        return entry.id

    async def lapse(self, link: Link, why: Explanation, run_id: RunId) -> LedgerEntryId:
        """`link` is in force, its customer held. Its two sides may still be one customer, by other links."""
        members = await self._members_of([link.identity_a, link.identity_b])
        entry = self._entry(
            "split", link.identity_a, link.identity_b, why, None, members, cuts=(link.key,), run_id=run_id
        )
        await ledger.append(self._connection, entry)
        link.lapsed_by.append(entry.id)
        await ledger.update_links(self._connection, [link])
        await self._regroup(members, Note(entry.id, why, entry.at, None))
        return entry.id

    async def undo(
        self, entry_id: LedgerEntryId, why: Explanation, agent_id: AgentId | None, *, run_id: RunId | None = None
    ) -> LedgerEntryId:
        """Raises NotFound, and Conflict when it is undone already. `run_id`: a whole application is taken back."""
        target = await ledger.find(self._connection, entry_id)
        if target is None:
            raise NotFound("entry_unknown", "There is no such entry in the ledger.", where="entry_id")
        links, cut = await self._links_of_chain(target)
        ends = {end for link in (*links, *cut) for end in (link.identity_a, link.identity_b)}
        members = await self._members_of({target.identity_a, target.identity_b} | ends)
        chain = await ledger.of_pair(self._connection, target.identity_a, target.identity_b)
        if not in_force(entry_id, chain):
            raise Conflict("entry_undone", "This entry was undone already.", where="entry_id")
        a, b = target.identity_a, target.identity_b
        entry = self._entry("undo", a, b, why, agent_id, members, target_id=entry_id, run_id=run_id)
        await ledger.append(self._connection, entry)
        root = _root(target, chain)
        holds = in_force(root.id, [*chain, entry])
        await self._set_force(root, [*chain, entry], holds)
        await self._regroup(members, Note(root.id, why, entry.at, agent_id, undone=not holds))
        await self._show_anew({member.customer_id for member in members})
        return entry.id

    async def _links_of_chain(self, target: Entry) -> tuple[list[Link], list[Link]]:
        """Links that the root of the chain owns, and links that it cut."""
        chain = await ledger.of_pair(self._connection, target.identity_a, target.identity_b)
        root = _root(target, chain)
        cut = await ledger.links_by_entry(self._connection, {key[0] for key in root.cuts}) if root.cuts else []
        own = await ledger.links_by_entry(self._connection, [root.id])
        return own, [link for link in cut if link.key in set(root.cuts)]

    async def _set_force(self, root: Entry, chain: Sequence[Entry], holds: bool) -> None:
        """The links follow: a root in force has its links and its cuts. `chain` ends with the undo that says so."""
        own, cut = await self._links_of_chain(root)
        undo = chain[-1]
        by_agent = undo.run_id is None
        for link in own:
            link.revoked = by_agent and not holds
            others = [e for e in link.lapsed_by if e not in {entry.id for entry in chain}]
            link.lapsed_by = others if holds or by_agent else [*others, undo.id]
            link.kept |= by_agent and holds
        for link in cut:
            if root.run_id is None:
                link.cut_by = [e for e in link.cut_by if e != root.id] + ([root.id] if holds else [])
            else:
                link.lapsed_by = [e for e in link.lapsed_by if e != root.id] + ([root.id] if holds else [])
                link.kept = by_agent and not holds
        await ledger.update_links(self._connection, [*own, *cut])
        if root.kind == "merge":
            await self._settle_accepted(root, holds)
        elif root.run_id is None:
            await self._settle_apart(root, holds)

    # --- people who are not the same ---------------------------------------------------------------------------------

    async def _keep_apart(self, entry: Entry, leaving: Sequence[IdentityId], staying: Sequence[IdentityId]) -> None:
        """No evidence shall join or suggest these pairs again."""
        pairs = [suggestions.pair(one, other) for one in leaving for other in staying][:PAIRS_MAX]
        known = {(s.identity_a, s.identity_b): s for s in await suggestions.of_identities(self._connection, leaving)}
        again = [known[pair].id for pair in pairs if pair in known and known[pair].status in ("open", "obsolete")]
        await suggestions.settle(self._connection, again, "rejected", at=entry.at, by=entry.agent_id, entry_id=entry.id)
        new = [_rejected(pair, entry) for pair in pairs if pair not in known]
        await suggestions.put_new(self._board.work, new)

    async def _settle_apart(self, split: Entry, holds: bool) -> None:
        settled = await suggestions.by_entry(self._connection, split.id)
        suggested = [s.id for s in settled if s.why.code.startswith(SUGGESTS)]
        made_by_split = [s.id for s in settled if not s.why.code.startswith(SUGGESTS)]  # by this one or an older one
        for ids, otherwise in ((made_by_split, "obsolete"), (suggested, "open")):
            await suggestions.settle(
                self._connection,
                ids,
                "rejected" if holds else otherwise,  # type: ignore[arg-type]  # both are of Status
                at=split.at if holds else None,
                by=split.agent_id,
                entry_id=split.id,
            )

    async def _settle_accepted(self, merge: Entry, holds: bool) -> None:
        """The suggestion that an agent accepted by it is open again when that is undone."""
        ids = [suggestion.id for suggestion in await suggestions.by_entry(self._connection, merge.id)]
        if ids:
            await suggestions.settle(
                self._connection,
                ids,
                "accepted" if holds else "open",
                at=merge.at if holds else None,
                by=merge.agent_id,
                entry_id=merge.id,
            )

    # --- customers ---------------------------------------------------------------------------------------------------

    async def hold_owners(self, ids: Iterable[IdentityId]) -> set[CustomerId]:
        """The customers these identities are part of, held: nobody moves them any more. Raises NotFound for unknown
        identities."""
        wanted = set(ids)
        while True:
            owners = await identity_store.customers_of(self._connection, wanted)
            if owners.keys() != wanted:
                raise NotFound("identity_unknown", "There is no such channel identity.", where="identity_id")
            if set(owners.values()) <= self.held:
                return set(owners.values())
            await self.hold(owners.values())

    async def _members_of(self, ids: Iterable[IdentityId]) -> list[Identity]:
        """All identities of all customers concerned, those customers held. Raises NotFound for unknown identities."""
        return await identity_store.by_customers(self._connection, await self.hold_owners(ids))

    async def _regroup(self, members: Sequence[Identity], note: Note) -> None:
        """The customers of `members` anew, from the links as they are now: first what parts, then what comes together.
        An undo of a split may do both, when links under it were undone meanwhile."""
        ids = [member.id for member in members]
        links = [link for link in await ledger.links_of(self._connection, ids) if link.in_force]
        by_id = {member.id: member for member in members}
        groups = [[by_id[i] for i in ids if i in group] for group in components(ids, _edges(links))]
        cells = [cell for group in groups for cell in _by_customer(group).values()]
        before = {member.id: member.customer_id for member in members}
        known = {frozenset(member.id for member in group) for group in _by_customer(members).values()}
        await self._move(cells)
        for old in dict.fromkeys(before.values()):
            parts = {cell[0].customer_id: cell for cell in cells if before[cell[0].id] == old}
            if len(parts) > 1:
                await part(self._board, note, old, parts, await self._lines(parts))
        before = {member.id: member.customer_id for member in members}
        await self._move(groups)
        for group in groups:
            olds: dict[CustomerId, list[Identity]] = {}
            for member in group:
                olds.setdefault(before[member.id], []).append(member)
            if len(olds) > 1 and any(self._board.open_of(old) is not None for old in olds):
                customer_id = group[0].customer_id
                await gather(self._board, note, customer_id, olds, await self._lines([customer_id]))
        for group in groups:
            if frozenset(member.id for member in group) not in known:
                self._tell_who_is(group)

    def _tell_who_is(self, group: Sequence[Identity]) -> None:
        for first in range(0, len(group), TOLD_AT_ONCE):
            some = tuple(member.id for member in group[first : first + TOLD_AT_ONCE])
            self._board.work.publish(CustomerRegrouped(customer_id=group[0].customer_id, identities=some))

    async def _move(self, groups: Iterable[Sequence[Identity]]) -> None:
        """Each of `groups` is one customer from now on."""
        moved: dict[IdentityId, CustomerId] = {}
        homes: dict[IdentityId, CustomerId] = {}
        for group in groups:
            customer_id = representative(group)
            for member in group:
                if member.customer_id != customer_id:
                    member.customer_id = moved[member.id] = customer_id
                    homes[member.id] = member.home_customer_id
        await ledger.project(self._connection, moved, homes, self._board.work.clock.now())
        self.customer_of |= moved
        self.held |= set(moved.values())

    async def _show_anew(self, customers: Collection[CustomerId]) -> None:
        """What is suggested to them may be different although they are who they were."""
        lines = await self._lines(customers)
        for customer_id in sorted(customers):
            conversation = self._board.open_of(customer_id)
            if conversation is not None and show(conversation, lines[customer_id]):
                self._board.record(conversation, partial(_changed, customer_id))

    async def _lines(self, customers: Iterable[CustomerId]) -> dict[CustomerId, Line]:
        return await customer_store.lines(self._connection, customers)

    def _entry(
        self,
        kind: ledger.EntryKind,
        a: IdentityId,
        b: IdentityId,
        why: Explanation,
        agent_id: AgentId | None,
        members: Sequence[Identity],
        *,
        target_id: LedgerEntryId | None = None,
        cuts: tuple[ledger.LinkKey, ...] = (),
        evidence: tuple[dict[str, Any], ...] = (),
        run_id: RunId | None = None,
    ) -> Entry:
        owners = sorted({member.customer_id for member in members})
        standing = [c for owner in owners if (c := self._board.open_of(owner)) is not None]
        return Entry(
            id=LedgerEntryId(new_id()),
            kind=kind,
            identity_a=a,
            identity_b=b,
            why=why,
            at=self._board.work.clock.now(),
            target_id=target_id,
            cuts=cuts,
            customers=tuple(owners),
            evidence=evidence,
            before=tuple(snapshot(conversation) for conversation in standing),
            agent_id=agent_id,
            run_id=run_id,
        )


def _changed(customer_id: CustomerId, state: ConversationState) -> CustomerChanged:
    return CustomerChanged(conversation=state, customer_id=customer_id)


def _edges(links: Iterable[Link]) -> list[tuple[IdentityId, IdentityId]]:
    return [(link.identity_a, link.identity_b) for link in links]


def _by_customer(members: Iterable[Identity]) -> dict[CustomerId, list[Identity]]:
    groups: dict[CustomerId, list[Identity]] = {}
    for member in members:
        groups.setdefault(member.customer_id, []).append(member)
    return groups


def _customer(members: Iterable[Identity], identity_id: IdentityId) -> CustomerId:
    return next(member.customer_id for member in members if member.id == identity_id)


def _root(entry: Entry, chain: Iterable[Entry]) -> Entry:
    by_id = {e.id: e for e in chain}
    while entry.target_id is not None:
        entry = by_id[entry.target_id]
    return entry


def _rejected(pair: tuple[IdentityId, IdentityId], entry: Entry) -> Suggestion:
    return Suggestion(
        id=SuggestionId(new_id()),
        identity_a=pair[0],
        identity_b=pair[1],
        why=entry.why,
        status="rejected",
        created_at=entry.at,
        entry_id=entry.id,
        settled_at=entry.at,
        settled_by=entry.agent_id,
    )
