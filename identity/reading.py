"""What the database has of the touchpoints that a batch speaks of, with a fixed number of statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.events import Author, DeliveryState, MessageReceived, ReceiptReceived
from hub.ids import ConversationId, IdentityId
from identity.arrivals import Arrival, ProviderName, names_in, new_names_in
from identity.receipts import Sending
from storage import early, replies
from storage import touchpoints as touchpoint_store
from storage.early import Early, touchpoint_key
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Seen:
    """One working copy per touchpoint, however many ways led to it."""

    touchpoints: dict[ProviderName, Touchpoint]
    sending: Sending

    @property
    def conversations(self) -> set[ConversationId]:
        found = {touchpoint.conversation_id for touchpoint in self.touchpoints.values()}
        for group in (self.sending.in_flight, self.sending.on_their_way):
            found |= {touchpoint.conversation_id for several in group.values() for touchpoint in several}
        return found


class Reader:
    """`read` once; on a database with several writers `read_again` when the conversations are locked."""

    def __init__(self, work: UnitOfWork, arrivals: Sequence[Arrival]) -> None:
        self._work = work
        self._connection = work.connection
        self._names = names_in(arrivals)
        self._new_names = new_names_in(arrivals)
        self._receipt_names = _receipt_names(arrivals)
        self._echoed = {a.identity.id for a in arrivals if _could_be_ours(a) and not a.identity.is_new}
        self._watermarked = {a.identity.id for a in arrivals if _has_watermark(a) and not a.identity.is_new}

    async def read(self, *, lock: bool = False) -> Seen:
        found: dict[ProviderName, Touchpoint] = {}
        for account_id, names in self._names.items():
            rows = await touchpoint_store.by_provider_ids(self._connection, account_id, names, lock=lock)
            found |= {(account_id, name): touchpoint for name, touchpoint in rows.items()}
        copies: dict[int, Touchpoint] = {}
        for name, touchpoint in found.items():
            found[name] = copies.setdefault(touchpoint.number, touchpoint)
        return Seen(found, await self._sending(copies, lock=lock))

    async def read_again(self, before: Seen) -> Seen:
        """Locked. Names of replies that nobody knows are held, too: whoever stores one now must wait for us."""
        for account_id, names in self._receipt_names.items():
            unknown = {name for name in names if (account_id, name) not in before.touchpoints}
            await early.lock_names(self._connection, account_id, unknown)
        for several in before.sending.on_their_way.values():
            for touchpoint in several:
                if touchpoint.delivery is not None and touchpoint.delivery.state is DeliveryState.SENDING:
                    await early.lock_names(self._connection, touchpoint.account_id, [touchpoint_key(touchpoint.id)])
        return await self.read(lock=True)

    async def take_early(self, seen: Seen) -> list[Early]:
        """What waits for entries that this batch brings."""
        waiting: list[Early] = []
        for account_id, names in self._new_names.items():
            unknown = [name for name in names if (account_id, name) not in seen.touchpoints]
            waiting += await early.take(self._connection, account_id, unknown)
        return waiting

    async def _sending(self, copies: dict[int, Touchpoint], *, lock: bool) -> Sending:
        sending = Sending()
        if self._watermarked:
            for touchpoint in await touchpoint_store.on_their_way(self._connection, self._watermarked, lock=lock):
                _put(sending.on_their_way, copies.setdefault(touchpoint.number, touchpoint))
        if self._echoed:
            waiting = await replies.in_flight(self._connection, self._echoed)
            ids = [reply.touchpoint_id for reply in waiting]
            found = await touchpoint_store.by_ids(self._connection, ids, lock=lock) if ids else {}
            for touchpoint in sorted(found.values(), key=lambda t: t.number):
                _put(sending.in_flight, copies.setdefault(touchpoint.number, touchpoint))
        return sending


def _put(group: dict[IdentityId, list[Touchpoint]], touchpoint: Touchpoint) -> None:
    group.setdefault(touchpoint.identity_id, []).append(touchpoint)


def _could_be_ours(arrival: Arrival) -> bool:
    """An echo that carries no word of ours."""
    data = arrival.data
    if not isinstance(data, MessageReceived) or data.author is not Author.BUSINESS:
        return False
    return data.attempt_id is None and data.staff_name is None


def _has_watermark(arrival: Arrival) -> bool:
    return isinstance(arrival.data, ReceiptReceived) and arrival.data.watermark is not None


def _receipt_names(arrivals: Iterable[Arrival]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for arrival in arrivals:
        if isinstance(arrival.data, ReceiptReceived):
            names.setdefault(arrival.data.account_id, set()).update(arrival.data.provider_message_ids)
    return names
