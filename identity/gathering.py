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
from hub.ids import AgentId, ConversationId, CustomerId, LedgerEntryId
from identity import joining, said
from identity.board import Board
from identity.shares import heed_words, share_of, waited_since
from storage import conversations as conversation_store
from storage.conversations import Conversation
from storage.customers import Line, show
from storage.identities import Identity


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
    board: Board,
    note: Note,
    customer_id: CustomerId,
    olds: Mapping[CustomerId, Sequence[Identity]],
    lines: Mapping[CustomerId, Line],
) -> None:
    """`olds` are `customer_id` from now on. They are locked, their open conversations loaded, `lines` fresh."""
    found = [conversation for old in olds if (conversation := board.open_of(old)) is not None]
    if not found:
        return
    closed = await _closed_into(board, found)
    for conversation in found:
        expected = waited_since(conversation, [share_of(c) for c in closed if c.merged_into == conversation.id])
        await said.strip(board.work.connection, conversation, expected, olds[conversation.customer_id])
        heed_words(conversation, said.last_at(olds[conversation.customer_id]), note.at)
    kept, *others = joining.oldest_first(found)
    holders = {other.id: other.owner_id or other.offered_to for other in others}
    hands = None
    if others:
        hands = joining.absorb(kept, others, [c for c in closed if c.merged_into == kept.id], note.at)
    await said.dress(board.work.connection, kept, [member for members in olds.values() for member in members])
    if hands is not None:
        _close(board, note, kept, others, holders)
        joining.put_off(kept, others, hands, note.at)
        if kept.snoozed_until is not None:
            board.left(kept, None)  # for the router to look at
        if hands.owner_id is not None and hands.owner_id != kept.owner_id:
            _hand_over(board, kept, hands.owner_id)
    kept.customer_id = customer_id
    board.put(kept)
    show(kept, lines[customer_id])
    merge = note.between(customer_id, next(old for old in olds if old != customer_id))
    board.record(kept, lambda state: CustomerMerged(conversation=state, merge=merge))
    board.waits(kept)  # rules may ask what the others bring, and its place in the line may be another


def assign(board: Board, conversation: Conversation, agent_id: AgentId, why: Explanation) -> None:
    """The agent's room was seen to by the caller."""
    conversation.status = ConversationStatus.ASSIGNED
    conversation.owner_id = conversation.last_agent_id = agent_id
    conversation.offered_to = conversation.offer_expires_at = None
    conversation.why = why
    board.record(conversation, lambda state: ConversationAssigned(conversation=state, agent_id=agent_id, why=why))


async def _closed_into(board: Board, found: Sequence[Conversation]) -> list[Conversation]:
    roots = [conversation.id for conversation in found if conversation.own]
    before = await conversation_store.merged_into(board.work.connection, roots) if roots else []
    return [board.get(conversation.id) or conversation for conversation in before]


def _close(
    board: Board,
    note: Note,
    kept: Conversation,
    others: Sequence[Conversation],
    holders: Mapping[ConversationId, AgentId | None],
) -> None:
    """They keep their owners on their rows, to be given back to: only open conversations count as an agent's work."""

    def closed(state: ConversationState) -> ConversationClosed:
        return ConversationClosed(conversation=state, by=note.by, reason="merged", into=kept.id)

    for other in others:
        board.put(other)
        board.record(other, closed)
        board.left(other, holders[other.id])


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
