"""What follows for open conversations when customers become one: they become one, too. Called by identity.register
after the fact; identity.parting is the other direction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationState,
    ConversationStatus,
    CustomerMerged,
    Explanation,
    MergeNote,
    OfferEnded,
)
from hub.ids import AgentId, CustomerId, LedgerEntryId
from identity import joining
from identity.board import Board
from storage import conversations as conversation_store
from storage.conversations import Conversation
from storage.customers import Line, show


@dataclass(frozen=True, slots=True)
class Note:
    """Of which entry this is the consequence."""

    entry_id: LedgerEntryId
    why: Explanation
    at: datetime
    by: AgentId | None
    undone: bool = False

    def between(self, customer_id: CustomerId, other: CustomerId) -> MergeNote:
        return MergeNote(
            entry_id=self.entry_id,
            customer_id=customer_id,
            other_customer_id=other,
            why=self.why,
            at=self.at,
            by=self.by,
            undone=self.undone,
        )


async def gather(
    board: Board, note: Note, customer_id: CustomerId, olds: Sequence[CustomerId], lines: Mapping[CustomerId, Line]
) -> None:
    """`olds` are `customer_id` from now on. They are locked, their open conversations loaded, `lines` fresh."""
    found = [conversation for old in olds if (conversation := board.open_of(old)) is not None]
    if not found:
        return
    kept, *others = joining.oldest_first(found)
    if others:
        await _close_into(board, note, kept, others)
    kept.customer_id = customer_id
    board.put(kept)
    show(kept, lines[customer_id])
    merge = note.between(customer_id, next(old for old in olds if old != customer_id))
    board.record(kept, lambda state: CustomerMerged(conversation=state, merge=merge))


def assign(board: Board, conversation: Conversation, agent_id: AgentId, why: Explanation) -> None:
    """The agent's room was seen to by the caller."""
    conversation.status = ConversationStatus.ASSIGNED
    conversation.owner_id = conversation.last_agent_id = agent_id
    conversation.offered_to = conversation.offer_expires_at = None
    conversation.why = why
    board.record(conversation, lambda state: ConversationAssigned(conversation=state, agent_id=agent_id, why=why))


async def _close_into(board: Board, note: Note, kept: Conversation, others: Sequence[Conversation]) -> None:
    """They keep their owners on their rows, to be given back to: only open conversations count as an agent's work."""
    holders = {other.id: other.owner_id or other.offered_to for other in others}
    before = await conversation_store.merged_into(board.work.connection, [kept.id]) if kept.own else []
    hands = joining.absorb(kept, others, [board.get(c.id) or c for c in before], note.at)

    def closed(state: ConversationState) -> ConversationClosed:
        return ConversationClosed(conversation=state, by=note.by, reason="merged", into=kept.id)

    for other in others:
        board.put(other)
        board.record(other, closed)
        board.left(other, holders[other.id])
    joining.put_off(kept, others, hands, note.at)
    if kept.snoozed_until is not None:
        board.left(kept, None)  # for the router to look at
    if hands.owner_id is not None and hands.owner_id != kept.owner_id:
        _hand_over(board, kept, hands.owner_id)


def _hand_over(board: Board, kept: Conversation, agent_id: AgentId) -> None:
    """To the agent of one that was joined. That agent's load does not grow by it."""
    before = kept.owner_id or kept.offered_to
    if kept.offered_to is not None:
        _withdraw(board, kept, kept.offered_to)
    assign(board, kept, agent_id, joining.KEPT_BY_MERGE)
    board.left(kept, before)


def _withdraw(board: Board, conversation: Conversation, agent_id: AgentId) -> None:
    conversation.status = ConversationStatus.WAITING
    conversation.offered_to = conversation.offer_expires_at = None
    board.record(conversation, lambda state: OfferEnded(conversation=state, agent_id=agent_id, reason="withdrawn"))
