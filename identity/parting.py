"""What follows for conversations when one customer turns out to be several: each gets back what is theirs.

1. The open conversation stays with the customer of the identity that opened it.
2. For each of the others, the oldest conversation that was closed into it and that one of their identities opened is
   open again: with its former owner if present and not full, else it waits at its old place.
3. Whose words nobody answered on their own channel, and who opened none of these conversations, counts as if they had
   opened one with those words. It is made where it is a customer's oldest.
4. If the open conversation was resolved meanwhile, that settled it for all of them: nothing opens again. The resolved
   one, and one opened after it, are treated as any other.

All this follows from the rows and links as they are and from what was said, not from how they came to be so: undos may
come in any order. Who waits, what is unread and what was said last: identity.said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.errors import NotFound
from hub.events import (
    ConversationClosed,
    ConversationReopened,
    ConversationRequeued,
    ConversationStatus,
    CustomerSplit,
    PresenceStatus,
)
from hub.ids import AgentId, ConversationId, CustomerId, QueueId, new_id
from identity import joining, said
from identity.board import Board
from identity.gathering import Note, assign
from identity.shares import Hands, heed_words, share_of, waited_since
from storage import conversations as conversation_store
from storage import routing
from storage import touchpoints as touchpoint_store
from storage.conversations import Conversation
from storage.customers import Line, show
from storage.identities import Identity
from storage.touchpoints import Place


@dataclass(slots=True)
class Part:
    """One of the customers that there are now. `root`: their conversation, still closed if it is not the kept one.
    `is_new`: it is made for them."""

    customer_id: CustomerId
    members: list[Identity]
    root: Conversation | None = None
    staying: list[Conversation] = field(default_factory=list)  # what remains closed into `root`
    is_new: bool = False

    def opened(self, conversation: Conversation) -> bool:
        return any(member.id == conversation.identity_id for member in self.members)


async def part(
    board: Board,
    note: Note,
    old: CustomerId,
    groups: Mapping[CustomerId, list[Identity]],
    lines: Mapping[CustomerId, Line],
) -> None:
    """`old` is `groups` from now on: locked, the open conversation loaded, `lines` fresh."""
    kept = board.open_of(old)
    if kept is None:
        return
    parts = [Part(customer_id, members) for customer_id, members in groups.items()]
    merged = await _merged_into(board, kept)
    home = next((p for p in parts if p.opened(kept)), parts[0])
    await _strip(board, kept, merged, [member for p in parts for member in p.members])
    await _find_roots(board, parts, home, kept, merged)
    others = [p for p in parts if p is not home]
    hands = _give_back(board, parts, kept, merged)
    for p in parts:
        if p.root is not None:
            await said.dress(board.work.connection, p.root, p.members)
    kept.customer_id = home.customer_id
    board.put(kept)
    if kept.snoozed_until is not None:
        board.left(kept, kept.owner_id)  # it may sleep again, and hold no room
    show(kept, lines[home.customer_id])
    leaves = kept.status is ConversationStatus.ASSIGNED and hands[kept.id].owner_id != kept.owner_id
    if leaves:  # it was given to the agent of one that parts now
        _requeue(board, kept, hands[kept.id])
    _tell(board, note, kept, others[0].customer_id)
    board.waits(kept)
    await board.changes.flush()  # the place of the kept one is free now, and agents have the room that they have
    await routing.lock_agents(board.work.connection, {h.owner_id for h in hands.values() if h.owner_id is not None})
    for p in others:
        await _open_again(board, note, p, kept, lines[p.customer_id], hands)
    if leaves:
        await _give(board, kept, hands[kept.id].owner_id)


async def _strip(board: Board, kept: Conversation, merged: Sequence[Conversation], members: Sequence[Identity]) -> None:
    expected = waited_since(kept, [share_of(c) for c in merged if c.merged_into == kept.id])
    await said.strip(board.work.connection, kept, expected, members)
    heed_words(kept, said.last_at(members), board.work.clock.now())


async def _find_roots(
    board: Board, parts: Sequence[Part], home: Part, kept: Conversation, merged: Sequence[Conversation]
) -> None:
    for p in parts:
        theirs = joining.oldest_first(c for c in merged if p.opened(c))
        if p is home:
            p.root = kept
        else:
            without = {c.identity_id for c in theirs}
            first = await _first_without(board, [member for member in p.members if member.id not in without])
            if first is not None and (not theirs or first[1].accepted_at < theirs[0].opened_at):
                p.root, p.is_new = await _new(board, p, *first, kept), True
            else:
                p.root = next(iter(theirs), None)
        p.staying = [c for c in theirs if c is not p.root]


async def _first_without(board: Board, members: Sequence[Identity]) -> tuple[Identity, Place] | None:
    """Whose words were the first that nobody answered on their own channel. They opened no conversation."""
    found = [(member, await said.unanswered(board.work.connection, member)) for member in members]
    return min(((m, place) for m, place in found if place is not None), key=lambda f: f[1].number, default=None)


def _give_back(
    board: Board, parts: Sequence[Part], kept: Conversation, merged: Sequence[Conversation]
) -> dict[ConversationId, Hands]:
    """Each root without those that leave it; what stays with it leads to it. Who should hold each."""
    into = {c.id: c.merged_into for c in merged if c.merged_into is not None}
    for p in parts:
        if p.root is None:
            continue
        into.pop(p.root.id, None)
        there = {p.root.id, *(c.id for c in p.staying)}
        into |= {c.id: p.root.id for c in p.staying if c.merged_into not in there}
    before = {c.id: (c.merged_into, c.own, share_of(c)) for c in merged}
    new = [p.root for p in parts if p.root is not None and p.is_new]
    hands = joining.regrow([kept, *merged, *new], into, board.work.clock.now())
    for conversation in merged:
        leads_to = into.get(conversation.id)
        if leads_to is not None and before[conversation.id] != (leads_to, conversation.own, share_of(conversation)):
            _lead_to(board, conversation, leads_to)
    for p in parts:
        if p.root is not None:
            _only_their_channels(p.root, p)
    return hands


def _only_their_channels(root: Conversation, p: Part) -> None:
    """Of who opened it, and of those who said something that is not settled."""
    among = {member.channel for member in p.members if member.is_engaged or member.id == root.identity_id}
    root.channels = tuple(channel for channel in root.channels if channel in among) or root.channels


def _lead_to(board: Board, conversation: Conversation, into: ConversationId) -> None:
    conversation.merged_into = into
    board.record(
        conversation, lambda state: ConversationClosed(conversation=state, by=None, reason="merged", into=into)
    )


def _requeue(board: Board, kept: Conversation, hands: Hands) -> None:
    agent_id = kept.owner_id
    kept.status, kept.owner_id, kept.why = ConversationStatus.WAITING, None, None
    kept.last_agent_id = hands.last_agent_id
    kept.queued_at = kept.queued_at or kept.opened_at
    board.record(kept, lambda state: ConversationRequeued(conversation=state, agent_id=agent_id, reason="split"))
    board.left(kept, agent_id)
    board.waits(kept)


async def _open_again(
    board: Board, note: Note, p: Part, kept: Conversation, line: Line, hands: Mapping[ConversationId, Hands]
) -> None:
    if p.root is None:
        return
    owner_id = hands[p.root.id].owner_id
    show(p.root, line)
    if p.is_new:
        board.opened(p.root)
    else:
        _wake_if_said(p.root, p)
        joining.reopen(p.root)
        p.root.owner_id, p.root.customer_id = None, p.customer_id
        board.put(p.root)
        board.record(p.root, lambda state: ConversationReopened(conversation=state, reason="split"))
        board.waits(p.root)
    _tell(board, note, p.root, kept.customer_id)
    await board.changes.flush()
    await _give(board, p.root, owner_id)


def _wake_if_said(root: Conversation, p: Part) -> None:
    """By them or to them since it was closed: nothing that sleeps."""
    last_at = said.last_at(p.members)
    if root.closed_at is not None and last_at is not None and last_at > root.closed_at:
        root.snoozed_until = None


async def _new(board: Board, p: Part, member: Identity, first: Place, kept: Conversation) -> Conversation:
    """As if they had been alone when they wrote. The messages stand in the timeline by their identity anyway."""
    answer = None
    if member.answered_seq > member.settled_seq:
        answer = await touchpoint_store.place_of(board.work.connection, member.id, member.answered_seq)
    return Conversation(
        id=ConversationId(new_id()),
        customer_id=p.customer_id,
        identity_id=member.id,
        queue_id=await _queue_of(board, first, kept),
        opened_at=first.accepted_at,
        last_touch_at=first.accepted_at,
        last_agent_id=answer.agent_id if answer is not None else None,
        channels=(member.channel,),
        queued_at=first.accepted_at,
    )


async def _queue_of(board: Board, first: Place, kept: Conversation) -> QueueId:
    """Of the conversation that they wrote into."""
    there = board.get(first.conversation_id)
    there = there or await conversation_store.find(board.work.connection, first.conversation_id)
    return there.queue_id if there is not None else kept.queue_id


async def _give(board: Board, conversation: Conversation, agent_id: AgentId | None) -> None:
    """To its former owner, if present and not full. Else it waits, and the router will think of them first."""
    if agent_id is None:
        return
    conversation.last_agent_id = agent_id
    try:
        agent = await routing.lock_agent(board.work.connection, agent_id, clock=board.work.clock)
    except NotFound:
        return
    if agent.status is PresenceStatus.OFFLINE or agent.load >= agent.capacity:
        return
    assign(board, conversation, agent_id, joining.BACK_AFTER_SPLIT)
    board.left(conversation, agent_id)  # the router looks at both anew
    await board.changes.flush()


def _tell(board: Board, note: Note, conversation: Conversation, other: CustomerId) -> None:
    merge = note.between(conversation.customer_id, other)
    board.record(conversation, lambda state: CustomerSplit(conversation=state, merge=merge))


async def _merged_into(board: Board, kept: Conversation) -> list[Conversation]:
    """Everything that was closed into it, directly or through others."""
    found: dict[ConversationId, Conversation] = {}
    roots = [kept.id]
    while roots:
        children = await conversation_store.merged_into(board.work.connection, roots)
        roots = [child.id for child in children if child.id not in found]
        for child in children:
            found.setdefault(child.id, board.get(child.id) or child)
    for conversation in found.values():
        board.put(conversation)
    return list(found.values())
