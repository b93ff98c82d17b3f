"""Which conversation an entry goes into: the open one, one that opens again, a new one, or one at rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.events import ConversationClosed, ConversationReopened, ConversationStatus
from hub.ids import ConversationId, CustomerId, QueueId, new_id
from identity.arrivals import Arrival
from identity.board import Board
from storage.conversations import Conversation, LatestConversation
from storage.customers import Line, show


@dataclass(slots=True)
class Places:
    """Where new conversations go, and what is known of their customers. Loaded for customers without an open one."""

    queue_id: QueueId | None
    lines: Mapping[CustomerId, Line]
    latest: Mapping[CustomerId, LatestConversation]
    reopen_window: timedelta


class Opening:
    """One per batch."""

    def __init__(self, board: Board, places: Places, now: datetime) -> None:
        self._board = board
        self._places = places
        self._now = now
        self._resting: dict[CustomerId, Conversation] = {}

    def for_work(self, arrival: Arrival) -> Conversation:
        """An open one: an agent must see this."""
        customer_id = arrival.identity.customer_id
        conversation = self._board.open_of(customer_id)
        if conversation is not None:
            return conversation
        closed = self._to_reopen(customer_id)
        if closed is not None:
            return self._reopen(closed, arrival)
        conversation = self._new(arrival)
        self._board.opened(conversation, caused_by=arrival.event_id)
        return conversation

    def at_rest(self, arrival: Arrival) -> Conversation:
        """The open one, else the latest, else one that is closed from its first moment: nobody need do anything."""
        customer_id = arrival.identity.customer_id
        latest = self._places.latest.get(customer_id)
        known = self._board.open_of(customer_id) or self._resting.get(customer_id)
        known = known or (self._board.get(latest.id) if latest is not None else None)
        if known is not None:
            return known
        conversation = self._resting[customer_id] = self._new(arrival)
        self._board.opened(conversation, caused_by=arrival.event_id)
        conversation.status = ConversationStatus.CLOSED
        conversation.closed_at, conversation.closed_reason = self._now, "resolved"
        conversation.queued_at = conversation.waiting_since = None
        self._board.put(conversation)
        self._board.record(
            conversation,
            lambda state: ConversationClosed(conversation=state, by=None, reason="resolved"),
            caused_by=arrival.event_id,
        )
        return conversation

    def _to_reopen(self, customer_id: CustomerId) -> Conversation | None:
        latest = self._places.latest.get(customer_id)
        if latest is None or latest.closed_reason != "resolved" or latest.closed_at is None:
            return None
        if self._now - latest.closed_at >= self._places.reopen_window:
            return None
        conversation = self._board.get(latest.id)
        return conversation if conversation is not None and not conversation.is_open else None

    def _reopen(self, conversation: Conversation, arrival: Arrival) -> Conversation:
        conversation.status = ConversationStatus.WAITING
        conversation.closed_at = conversation.closed_reason = conversation.disposition = None
        conversation.customer_id = arrival.identity.customer_id
        conversation.queued_at = self._now
        conversation.route = None  # the router places it anew
        self._board.put(conversation)
        self._board.record(
            conversation,
            lambda state: ConversationReopened(conversation=state, reason="by_customer"),
            caused_by=arrival.event_id,
        )
        self._board.waits(conversation)
        return conversation

    def _new(self, arrival: Arrival) -> Conversation:
        identity, latest = arrival.identity, self._places.latest.get(arrival.identity.customer_id)
        if self._places.queue_id is None:
            raise AssertionError("no queue was looked up for a batch that opens a conversation")
        conversation = Conversation(
            id=ConversationId(new_id()),
            customer_id=identity.customer_id,
            identity_id=identity.id,
            queue_id=self._places.queue_id,
            opened_at=self._now,
            last_touch_at=self._now,
            last_agent_id=latest.last_agent_id if latest is not None else None,
            channels=(identity.channel,),
            waiting_since=self._now,
            queued_at=self._now,
        )
        line = self._places.lines.get(identity.customer_id)
        if line is not None:
            show(conversation, line)
        return conversation
