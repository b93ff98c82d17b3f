"""What providers tell of our own replies: receipts, and echoes that come back. Synchronous, as identity.timeline is.

News counts only for replies of the account and channel identity it came through: an id of somebody else's reply, known
or guessed, moves nothing. What is said about a message that is not known yet waits for it (storage.early).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from hub.events import Author, DeliveryState, MessageReceived, ReceiptReceived
from hub.ids import IdentityId
from identity.arrivals import Arrival
from identity.board import Board
from identity.known import Known
from storage import replies
from storage.early import Early, PendingReceipt, receipt_of, touchpoint_key
from storage.replies import attempt_key
from storage.touchpoints import Touchpoint


@dataclass(slots=True)
class Sending:
    """Of the identities in the batch. `in_flight`: replies that a provider may have without our knowing its id."""

    in_flight: dict[IdentityId, list[Touchpoint]] = field(default_factory=dict)
    on_their_way: dict[IdentityId, list[Touchpoint]] = field(default_factory=dict)


class Receipts:
    """One per batch. `settled` and `named` are to be written when all arrivals were taken."""

    def __init__(self, board: Board, known: Known, sending: Sending, now: datetime) -> None:
        self._board = board
        self._known = known
        self._sending = sending
        self._now = now
        self.settled: dict[int, Touchpoint] = {}  # not to be sent any more
        self.named: list[tuple[Arrival, Touchpoint, str]] = []  # new ids of replies

    def take(self, arrival: Arrival) -> bool:
        """False: it is no news about a reply of ours, but an entry of its own."""
        match arrival.data:
            case ReceiptReceived() as receipt:
                self._receipt(arrival, receipt)
                return True
            case MessageReceived(author=Author.BUSINESS) as message:
                return self._echo(arrival, message)
        return False

    def _receipt(self, arrival: Arrival, receipt: ReceiptReceived) -> None:
        for name in receipt.provider_message_ids:
            known = self._known.touchpoints.get((receipt.account_id, name))
            if known is None:
                self._keep(arrival, receipt, name)
            elif known.identity_id == arrival.identity.id:
                self._advance(arrival, known, receipt)
        if receipt.watermark is not None:
            for touchpoint in self._sending.on_their_way.get(arrival.identity.id, ()):
                if touchpoint.accepted_at > receipt.watermark or touchpoint.delivery is None:
                    continue
                if touchpoint.delivery.state is DeliveryState.SENDING:
                    self._keep(arrival, receipt, touchpoint_key(touchpoint.id))
                else:
                    self._advance(arrival, touchpoint, receipt)

    def _advance(self, arrival: Arrival, touchpoint: Touchpoint, receipt: ReceiptReceived) -> None:
        moved = replies.advance(touchpoint, DeliveryState(receipt.state), self._now, failure=receipt.failure)
        if moved:
            self._settle(arrival, touchpoint)

    def _keep(self, arrival: Arrival, receipt: ReceiptReceived, name: str) -> None:
        data = {"state": receipt.state.value, "failure": receipt.failure.value if receipt.failure else None}
        self._known.keep(Early(receipt.account_id, name, "receipt", arrival.identity.id, data))

    def _echo(self, arrival: Arrival, message: MessageReceived) -> bool:
        """Our own reply come back is proof that the provider has it, however its sending ended for us."""
        name = (message.account_id, message.provider_message_id)
        known = self._known.touchpoints.get(name)
        reply = known or self._by_attempt(message) or self._by_content(arrival, message)
        if reply is None:
            return False
        if reply.identity_id != arrival.identity.id:
            return True
        if replies.advance(reply, DeliveryState.SENT, self._now):
            self._settle(arrival, reply)
        if known is None:
            self._known.touchpoints[name] = reply
            self.named.append((arrival, reply, message.provider_message_id))
            self._take_early(arrival, reply, message.provider_message_id)
        return True

    def _by_attempt(self, message: MessageReceived) -> Touchpoint | None:
        if message.attempt_id is None:
            return None
        return self._known.touchpoints.get((message.account_id, attempt_key(message.attempt_id)))

    def _by_content(self, arrival: Arrival, message: MessageReceived) -> Touchpoint | None:
        """For providers whose echo carries no word of ours: the oldest reply in flight that says the same."""
        if message.attempt_id is not None or message.staff_name is not None:
            return None
        waiting = self._sending.in_flight.get(arrival.identity.id, [])
        found = next((reply for reply in waiting if _says(reply, message)), None)
        if found is not None:
            waiting.remove(found)
        return found

    def _take_early(self, arrival: Arrival, reply: Touchpoint, name: str) -> None:
        found = self._known.take(reply.account_id, name, "receipt", reply.identity_id)
        self.apply(arrival, reply, [receipt_of(early) for early in found])

    def apply(self, arrival: Arrival, reply: Touchpoint, pending: Iterable[PendingReceipt]) -> None:
        """What was told of a reply before it was known which message it became."""
        for receipt in pending:
            if replies.advance(reply, receipt.state, self._now, failure=receipt.failure):
                self._settle(arrival, reply)

    def _settle(self, arrival: Arrival, touchpoint: Touchpoint) -> None:
        self.settled[touchpoint.number] = touchpoint
        conversation = self._board.home_of(touchpoint, arrival.identity.customer_id)
        self._board.changes.change(conversation, touchpoint, caused_by=arrival.event_id)


def _says(reply: Touchpoint, message: MessageReceived) -> bool:
    """A reply of text and files comes back in parts: each part is proof enough."""
    text = (message.text or "").strip()
    if text:
        return text == (reply.text or "").strip()
    return bool(message.attachments and reply.attachments)
