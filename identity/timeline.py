"""What arrived -> entries of the timeline. Synchronous: everything it needs was loaded for the whole batch before.

A message or call of the customer opens a conversation when none is open. What the business did elsewhere (an echo of
staff in the provider's app, an outgoing call) never makes work: it joins the open conversation, else the latest one.
"""

from datetime import datetime
from typing import Any

from hub.events import (
    Attachment,
    Author,
    CallCard,
    CallDirection,
    CallProgressed,
    CallState,
    Delivery,
    DeliveryState,
    MessageEdited,
    MessageReceived,
    RecordingReady,
    TouchpointEvent,
    UnsupportedReceived,
)
from hub.ids import ConversationId, TouchpointId, new_id
from identity import calls
from identity.arrivals import Arrival
from identity.board import Board
from identity.known import Known
from identity.opening import Opening
from identity.previews import preview_of
from storage import early, replies
from storage.conversations import Conversation
from storage.early import Early, Kind
from storage.identities import Identity
from storage.touchpoints import Touchpoint


def makes_entry(data: TouchpointEvent) -> bool:
    """Whether it may become an entry of the timeline, which then stands in some conversation."""
    return isinstance(data, MessageReceived | CallProgressed | UnsupportedReceived)


def touches(data: TouchpointEvent) -> bool:
    """Whether it may change the numbering of its identity, or what is due to it."""
    return makes_entry(data) or isinstance(data, MessageEdited)


def makes_work(data: TouchpointEvent) -> bool:
    """Whether an agent must see it, so that a conversation opens for it."""
    match data:
        case MessageReceived(author=author):
            return author is Author.CUSTOMER
        case CallProgressed(direction=direction):
            return direction is CallDirection.INBOUND
        case UnsupportedReceived():
            return True
    return False


class Timeline:
    """One per batch; `take` its arrivals in order. What concerns our own replies is for identity.receipts."""

    def __init__(self, board: Board, known: Known, opening: Opening, now: datetime) -> None:
        self._board = board
        self._known = known
        self._opening = opening
        self._now = now

    def take(self, arrival: Arrival) -> None:
        match arrival.data:
            case MessageReceived() as message:
                self._message(arrival, message)
            case MessageEdited() as edit:
                self._edit(arrival, edit)
            case CallProgressed() as step:
                self._step(arrival, step)
            case RecordingReady() as ready:
                self._recording(arrival, ready)
            case UnsupportedReceived() as unsupported:
                touchpoint = self._new(arrival, Author.CUSTOMER)
                touchpoint.unsupported_kind, touchpoint.text = unsupported.kind, unsupported.raw or None
                self._add(arrival, touchpoint, None)

    # --- messages ----------------------------------------------------------------------------------------------------

    def _message(self, arrival: Arrival, message: MessageReceived) -> None:
        known = self._known.touchpoints.get((message.account_id, message.provider_message_id))
        if known is not None and known.identity_id == arrival.identity.id:
            self._told_twice(arrival, message, known)
            return
        touchpoint = self._new(arrival, message.author)
        touchpoint.text, touchpoint.attachments = message.text, message.attachments
        touchpoint.author_name, touchpoint.client_id = message.staff_name, message.client_id
        touchpoint.reply_to = self._quoted(arrival, message)
        if message.author is Author.BUSINESS:
            touchpoint.delivery = Delivery(state=DeliveryState.SENT, changed_at=self._now)
        # An id names one touchpoint. Should a provider use one for two people, the second goes without.
        self._add(arrival, touchpoint, message.provider_message_id if known is None else None)

    def _told_twice(self, arrival: Arrival, message: MessageReceived, known: Touchpoint) -> None:
        """One message under two event ids is one entry; if its words changed, they were edited."""
        by_customer = known.author is Author.CUSTOMER and message.author is Author.CUSTOMER
        if by_customer and message.text is not None and message.text != known.text:
            self._rewrite(arrival, known, message.text, message.occurred_at)

    def _quoted(self, arrival: Arrival, message: MessageReceived) -> TouchpointId | None:
        if message.reply_to is None:
            return None
        quoted = self._known.touchpoints.get((message.account_id, message.reply_to))
        return quoted.id if quoted is not None and quoted.identity_id == arrival.identity.id else None

    def _edit(self, arrival: Arrival, edit: MessageEdited) -> None:
        known = self._known.touchpoints.get((edit.account_id, edit.provider_message_id))
        if known is None:
            self._keep(arrival, edit.provider_message_id, "edit", text=edit.text, at=edit.occurred_at.isoformat())
        elif known.identity_id == arrival.identity.id and known.author is Author.CUSTOMER:
            self._rewrite(arrival, known, edit.text, edit.occurred_at)

    def _rewrite(self, arrival: Arrival, touchpoint: Touchpoint, text: str, at: datetime) -> None:
        if touchpoint.edited_at is not None and at < touchpoint.edited_at:
            return  # an older edit that was overtaken
        conversation = self._board.home_of(touchpoint, arrival.identity.customer_id)
        was_last = _is_last(conversation, touchpoint)
        touchpoint.text, touchpoint.edited_at = text, at
        self._changed(conversation, touchpoint, arrival, was_last=was_last)

    # --- calls -------------------------------------------------------------------------------------------------------

    def _step(self, arrival: Arrival, step: CallProgressed) -> None:
        name = calls.call_key(step.call_id)
        known = self._known.touchpoints.get((step.account_id, name))
        if known is None or known.call is None:
            author = Author.CUSTOMER if step.direction is CallDirection.INBOUND else Author.BUSINESS
            touchpoint = self._new(arrival, author)
            touchpoint.call = calls.after(calls.first_card(step), step)
            self._add(arrival, touchpoint, name if known is None else None)
        elif known.identity_id == arrival.identity.id:
            card = calls.after(known.call, step)
            if card != known.call:
                self._advance(arrival, known, known.call, card)

    def _advance(self, arrival: Arrival, touchpoint: Touchpoint, before: CallCard, card: CallCard) -> None:
        """A call that turns out to be missed is work, even if its conversation was closed meanwhile."""
        missed = card.state is CallState.MISSED and before.state is not CallState.MISSED
        inbound, identity = touchpoint.author is Author.CUSTOMER, arrival.identity
        conversation = self._board.home_of(touchpoint, arrival.identity.customer_id)
        was_last = _is_last(conversation, touchpoint)
        if missed and inbound and not conversation.is_open:
            conversation = self._opening.for_work(arrival)
            touchpoint.conversation_id = conversation.id
            conversation.unread += 1
            identity.unread += 1
            identity.settled_seq = min(identity.settled_seq, touchpoint.identity_seq - 1)
            was_last = True
        touchpoint.call = card
        self._wait_for(conversation, touchpoint, identity)
        self._changed(conversation, touchpoint, arrival, was_last=was_last)

    def _recording(self, arrival: Arrival, ready: RecordingReady) -> None:
        name = calls.call_key(ready.call_id)
        known = self._known.touchpoints.get((ready.account_id, name))
        if known is None or known.call is None:
            self._keep(arrival, name, "recording", recording=ready.recording.model_dump(mode="json"))
        elif known.identity_id == arrival.identity.id and known.call.recording is None:
            known.call = calls.with_recording(known.call, ready.recording)
            conversation = self._board.home_of(known, arrival.identity.customer_id)
            self._board.changes.change(conversation, known, caused_by=arrival.event_id)

    # --- entries -----------------------------------------------------------------------------------------------------

    def _new(self, arrival: Arrival, author: Author) -> Touchpoint:
        return Touchpoint(
            id=TouchpointId(new_id()),
            conversation_id=ConversationId(new_id()),  # set when it is added
            identity_id=arrival.identity.id,
            channel=arrival.data.channel,
            account_id=arrival.data.account_id,
            author=author,
            occurred_at=arrival.data.occurred_at,
            accepted_at=self._now,
        )

    def _add(self, arrival: Arrival, touchpoint: Touchpoint, name: str | None) -> None:
        identity = arrival.identity
        conversation = self._opening.for_work(arrival) if makes_work(arrival.data) else self._opening.at_rest(arrival)
        identity.last_seq += 1
        touchpoint.identity_seq = identity.last_seq
        touchpoint.conversation_id = conversation.id
        if name is not None:
            self._known.touchpoints[(touchpoint.account_id, name)] = touchpoint
            self._take_early(touchpoint, name)
        if touchpoint.author is Author.CUSTOMER:
            if conversation.snoozed_until is not None:
                self._wake(conversation)
            conversation.unread += 1
            identity.unread += 1
            told_at = min(touchpoint.occurred_at, self._now)
            identity.last_inbound_at = max(identity.last_inbound_at or told_at, told_at)
        self._wait_for(conversation, touchpoint, identity)
        _show_last(conversation, touchpoint, self._now)
        identity.touched_at = self._now
        if not conversation.is_open:
            identity.settled_seq = identity.last_seq
        names = (name,) if name is not None else ()
        self._board.changes.add(conversation, touchpoint, provider_ids=names, caused_by=arrival.event_id)

    def _wait_for(self, conversation: Conversation, touchpoint: Touchpoint, identity: Identity) -> None:
        """Whether the customer waits for a person after this entry. Ringing in vain on our part changes nothing."""
        card = touchpoint.call
        if touchpoint.author is Author.CUSTOMER and (card is None or calls.needs_somebody(card)):
            conversation.waiting_since = conversation.waiting_since or self._now
        elif card is None or not calls.needs_somebody(card):
            conversation.waiting_since = None
            identity.answered_seq = identity.last_seq

    def _wake(self, conversation: Conversation) -> None:
        """What was put off is due now; the router knows who has room for it."""
        if conversation.is_open and conversation.snoozed_until is not None:
            conversation.snoozed_until = min(conversation.snoozed_until, self._now)
            self._board.left(conversation, None)

    def _take_early(self, touchpoint: Touchpoint, name: str) -> None:
        """What overtook this entry."""
        account_id, identity_id = touchpoint.account_id, touchpoint.identity_id
        if touchpoint.author is Author.CUSTOMER:
            edits = self._known.take(account_id, name, "edit", identity_id)
            for edit in sorted(edits, key=lambda e: datetime.fromisoformat(e.data["at"])):
                touchpoint.text, touchpoint.edited_at = edit.data["text"], datetime.fromisoformat(edit.data["at"])
        for recording in self._known.take(account_id, name, "recording", identity_id):
            if touchpoint.call is not None:
                fetched_from = Attachment.model_validate(recording.data["recording"])
                touchpoint.call = calls.with_recording(touchpoint.call, fetched_from)
        for found in self._known.take(account_id, name, "receipt", identity_id):
            receipt = early.receipt_of(found)
            replies.advance(touchpoint, receipt.state, self._now, failure=receipt.failure)

    def _changed(self, conversation: Conversation, touchpoint: Touchpoint, arrival: Arrival, *, was_last: bool) -> None:
        if was_last:
            _show_last(conversation, touchpoint, self._now)
            arrival.identity.touched_at = self._now
        self._board.changes.change(conversation, touchpoint, caused_by=arrival.event_id)

    def _keep(self, arrival: Arrival, name: str, kind: Kind, **data: Any) -> None:
        self._known.keep(Early(arrival.data.account_id, name, kind, arrival.identity.id, data))


def _is_last(conversation: Conversation, touchpoint: Touchpoint) -> bool:
    return conversation.preview is not None and conversation.preview == preview_of(touchpoint)


def _show_last(conversation: Conversation, touchpoint: Touchpoint, now: datetime) -> None:
    if touchpoint.channel not in conversation.channels:
        conversation.channels = (*conversation.channels, touchpoint.channel)
    conversation.last_touch_at = now
    conversation.preview = preview_of(touchpoint)
