"""Consumer group `identity` on topic `touchpoints`: who wrote, and where in which timeline it stands.

    Consumer(bus, units, GROUP, [TOUCHPOINTS], Resolver(settings).handle)

A batch is handled as a whole: what it needs is read, locked and written with a fixed number of statements. In between,
everything is decided on working copies: first who is who (new evidence may join customers), then what is told of our
replies, then the entries of the timeline, in order of arrival.

Order of locks: contact points, customers, conversations, identities, touchpoints.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from hub.events import Consent, ConversationState, CustomerChanged, Envelope, EventData, ProfileReceived
from hub.ids import CustomerId, IdentityId
from identity.arrivals import Arrival, Fresh, address_of, fresh_of
from identity.board import Board
from identity.claims import apply_profile, evidence_of, own_numbers
from identity.known import Known
from identity.opening import Opening, Places
from identity.parts import claims_of_parts
from identity.people import People
from identity.policy_book import PolicyBook
from identity.ranking import rank_anew
from identity.reading import Reader
from identity.receipts import Receipts, Sending
from identity.register import Register
from identity.settings import IdentitySettings
from identity.timeline import Timeline, makes_entry, makes_work, touches
from storage import accounts, consents, early, records, replies
from storage import conversations as conversation_store
from storage import customers as customer_store
from storage import evidence as evidence_store
from storage import identities as identity_store
from storage.conversations import LatestConversation
from storage.customers import Line, show
from storage.identities import Address, Identity
from storage.unit_of_work import UnitOfWork

GROUP: Final = "identity"


class Resolver:
    """One per process; keeps nothing between batches but the policy and which of our own numbers it has noted. What the
    shop stored as its policy (identity.policy_book) goes before `settings.policy`."""

    def __init__(self, settings: IdentitySettings | None = None) -> None:
        self._settings = settings or IdentitySettings()
        self._book = PolicyBook(self._settings.policy)
        self._own_numbers: set[str] = set()

    async def handle(self, work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        """Within the caller's unit of work; the caller commits. The same events may come again: nothing happens."""
        fresh = await fresh_of(work, events)
        for alarm in fresh.alarms:
            await accounts.set_alarm(work, alarm.account_id, f"{alarm.action}: {alarm.detail}")
        if fresh.touchpoints:
            await self._note_own_numbers(work, fresh)
            policy = await self._book.current(work.connection, work.clock)
            await Batch(work, replace(self._settings, policy=policy)).handle(fresh)

    async def _note_own_numbers(self, work: UnitOfWork, fresh: Fresh) -> None:
        new = own_numbers(data for _, data in fresh.touchpoints) - self._own_numbers
        if new:
            await evidence_store.mark_shared(work, {("phone", number) for number in new})
            work.after_commit(lambda: self._own_numbers.update(new))


class Batch:
    """One batch in one unit of work."""

    def __init__(self, work: UnitOfWork, settings: IdentitySettings) -> None:
        self._work = work
        self._connection = work.connection
        self._settings = settings
        self._now = work.clock.now()
        self._board = Board(work)
        self._register = Register(self._board)
        self._with_new_names: set[IdentityId] = set()

    async def handle(self, fresh: Fresh) -> None:
        arrivals, renamed = await self._who(fresh)
        parts = await claims_of_parts(self._connection, arrivals, self._settings.number_parts_within)
        given = evidence_of(arrivals, self._now, self._settings.policy, parts)
        people = People(self._work, given, self._settings.policy)
        holders = await people.load()
        known, sending = await self._lock(arrivals, holders)
        changed = renamed | await people.settle(self._board, self._register)
        if self._with_new_names:
            await rank_anew(self._work, self._with_new_names)
        self._follow_moves(arrivals)
        places = await self._places(arrivals, changed)
        timeline = Timeline(self._board, known, Opening(self._board, places, self._now), self._now)
        receipts = Receipts(self._board, known, sending, self._now)
        for arrival in arrivals:
            if not receipts.take(arrival):
                timeline.take(arrival)
        await self._write(arrivals, known, receipts)

    # --- reading -----------------------------------------------------------------------------------------------------

    async def _who(self, fresh: Fresh) -> tuple[list[Arrival], set[IdentityId]]:
        """The arrivals, each with its identity, and whose profile is new."""
        by_address = await identity_store.find(self._connection, {address_of(data) for _, data in fresh.touchpoints})
        new: dict[Address, Identity] = {}
        for _, data in fresh.touchpoints:
            address = address_of(data)
            if address not in by_address and address not in new:
                new[address] = identity_store.new(address, data.channel, self._now)
        names = {identity.id: identity.display_name for identity in by_address.values()}
        renamed = _apply_profiles(by_address | new, fresh)
        self._with_new_names = {i.id for i in by_address.values() if i.display_name != names[i.id]}
        if new:
            by_address |= await identity_store.insert(self._work, new.values())
        old = [i for i in by_address.values() if i.id in renamed and not i.is_new]
        await identity_store.save_profiles(self._connection, old)
        await records.touch(self._work, {i.home_customer_id for i in old})
        arrivals = [Arrival(event_id, data, by_address[address_of(data)]) for event_id, data in fresh.touchpoints]
        return arrivals, {i.id for i in old}

    async def _lock(self, arrivals: Sequence[Arrival], holders: set[CustomerId]) -> tuple[Known, Sending]:
        """Customers, conversations, identities, touchpoints, in this order; then nothing changes behind our back."""
        reader = Reader(self._work, arrivals)
        seen = await reader.read()
        await self._register.hold({arrival.identity.customer_id for arrival in arrivals} | holders)
        await self._board.load((), seen.conversations)
        if not self._work.is_sqlite:
            await self._lock_identities(arrivals)
            seen = await reader.read_again(seen)
            await self._board.load((), seen.conversations)
        return Known(seen.touchpoints, await reader.take_early(seen)), seen.sending

    async def _lock_identities(self, arrivals: Sequence[Arrival]) -> None:
        """As they are now. Whose they are may have changed before we held that customer."""
        copies = {arrival.identity.id: arrival.identity for arrival in arrivals}
        await self._register.hold_owners(copies)
        locked = await identity_store.lock(self._connection, copies)
        for identity_id, now in locked.items():
            copies[identity_id].take_counters(now)

    # --- deciding ----------------------------------------------------------------------------------------------------

    def _follow_moves(self, arrivals: Iterable[Arrival]) -> None:
        for arrival in arrivals:
            identity = arrival.identity
            identity.customer_id = self._register.customer_of.get(identity.id, identity.customer_id)

    async def _places(self, arrivals: Sequence[Arrival], changed: set[IdentityId]) -> Places:
        """For customers who get an entry and have no open conversation. Tells open ones what changed on the way."""
        entering = {a.identity.customer_id for a in arrivals if makes_entry(a.data)}
        opening = {customer_id for customer_id in entering if self._board.open_of(customer_id) is None}
        owners = await identity_store.customers_of(self._connection, changed) if changed else {}
        news = {customer_id for customer_id in owners.values() if self._board.open_of(customer_id) is not None}
        lines = await customer_store.lines(self._connection, opening | news)
        self._tell_changes(news, lines)
        latest = await self._latest(arrivals, opening) if opening else {}
        queue_id = await self._board.default_queue(self._settings.default_queue) if opening else None
        return Places(queue_id, lines, latest, self._settings.reopen_window)

    def _tell_changes(self, customers: Iterable[CustomerId], lines: Mapping[CustomerId, Line]) -> None:
        for customer_id in customers:
            conversation = self._board.open_of(customer_id)
            if conversation is not None:
                show(conversation, lines[customer_id])
                self._board.record(conversation, partial(_changed, customer_id))

    async def _latest(
        self, arrivals: Sequence[Arrival], opening: set[CustomerId]
    ) -> dict[CustomerId, LatestConversation]:
        """The conversation each of them had last, loaded if an entry may go there. None is open: what was said before
        does not belong to the one that opens now."""
        before = [a.identity for a in arrivals if a.identity.customer_id in opening]
        for identity in before:
            identity.settled_seq = identity.last_seq
        known_before = {identity.customer_id for identity in before if not identity.is_new}
        if known_before:
            await identity_store.mark_settled(self._connection, known_before)
        latest = await conversation_store.latest_of(self._connection, known_before) if known_before else {}
        resting = {a.identity.customer_id for a in arrivals if makes_entry(a.data) and not makes_work(a.data)}
        may_reopen = set(latest) if self._settings.reopen_window else set()
        await self._board.load((), [latest[c].id for c in sorted(latest) if c in resting | may_reopen])
        return latest

    # --- writing -----------------------------------------------------------------------------------------------------

    async def _write(self, arrivals: Sequence[Arrival], known: Known, receipts: Receipts) -> None:
        await self._name_replies(receipts)
        await consents.record(self._work, _consents_in(arrivals))
        await early.keep(self._work, known.too_early)
        identities = {arrival.identity.id: arrival.identity for arrival in arrivals if touches(arrival.data)}
        await identity_store.save_counters(self._connection, identities.values())
        await self._board.finish()
        await replies.leave_queue(self._connection, receipts.settled)

    async def _name_replies(self, receipts: Receipts) -> None:
        """Replies that an echo made known get their provider's ids, and the watermarks that overtook them."""
        for arrival, reply, name in receipts.named:
            await replies.add_provider_ids(self._work, reply, [name])
            pending = await early.take_pending_receipts(
                self._connection, reply.account_id, [], identity_id=reply.identity_id, touchpoint_id=reply.id
            )
            receipts.apply(arrival, reply, pending)


def _apply_profiles(identities: Mapping[Address, Identity], fresh: Fresh) -> set[IdentityId]:
    """The identities whose profile the events change."""
    return {
        identity.id
        for _, data in fresh.touchpoints
        if data.profile is not None and apply_profile(identity := identities[address_of(data)], data)
    }


def _consents_in(arrivals: Iterable[Arrival]) -> list[tuple[IdentityId, Consent]]:
    profiles = ((a.identity.id, a.data) for a in arrivals if isinstance(a.data, ProfileReceived))
    return [(identity_id, profile.consent) for identity_id, profile in profiles if profile.consent is not None]


def _changed(customer_id: CustomerId, state: ConversationState) -> CustomerChanged:
    return CustomerChanged(conversation=state, customer_id=customer_id)
