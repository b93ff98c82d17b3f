"""What follows for conversations when one customer turns out to be several: each gets back what is theirs.

1. The open conversation stays with the customer of the identity that opened it.
2. For each of the others, the oldest conversation that was closed into it and that one of their identities opened is
   open again: with its former owner if present and not full, else it waits at its old place.
3. Who had no conversation of their own, but wrote last and has no answer, gets a new one.
4. If the open conversation was resolved meanwhile, that settled it for all of them: nothing opens again. The resolved
   one, and one opened after it, are treated as any other.

All this follows from the rows and links as they are, not from how they came to be so: undos may come in any order.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hub.errors import NotFound
from hub.events import (
    Author,
    ConversationClosed,
    ConversationReopened,
    ConversationRequeued,
    ConversationStatus,
    CustomerSplit,
    PresenceStatus,
)
from hub.ids import AgentId, ConversationId, CustomerId, new_id
from identity import joining
from identity.board import Board
from identity.gathering import Note, assign
from identity.previews import preview_of
from identity.shares import Hands, remember_preview, share_of
from storage import conversations as conversation_store
from storage import routing
from storage import touchpoints as touchpoint_store
from storage.conversations import Conversation
from storage.customers import Line, show
from storage.identities import Identity
from storage.touchpoints import Touchpoint


@dataclass(slots=True)
class Part:
    """One of the customers that there are now. `root`: their conversation, still closed if it is not the kept one."""

    customer_id: CustomerId
    members: list[Identity]
    newest: Touchpoint | None = None  # the last entry of their timeline
    root: Conversation | None = None
    staying: list[Conversation] = field(default_factory=list)  # what remains closed into `root`

    def opened(self, conversation: Conversation) -> bool:
        return any(member.id == conversation.identity_id for member in self.members)

    def unanswered(self, kept: Conversation) -> bool:
        """They wrote last, into the one that was all of theirs."""
        newest = self.newest
        return newest is not None and newest.author is Author.CUSTOMER and newest.conversation_id == kept.id


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
    parts = [Part(customer_id, members, await _newest(board, members)) for customer_id, members in groups.items()]
    merged = await _merged_into(board, kept)
    home = next((p for p in parts if p.opened(kept)), parts[0])
    _find_roots(parts, home, kept, merged)
    others = [p for p in parts if p is not home]
    hands = _give_back(board, parts, kept, merged)
    kept.customer_id = home.customer_id
    board.put(kept)
    show(kept, lines[home.customer_id])
    leaves = kept.status is ConversationStatus.ASSIGNED and hands[kept.id].owner_id != kept.owner_id
    if leaves:  # it was given to the agent of one that parts now
        _requeue(board, kept, hands[kept.id])
    _tell(board, note, kept, others[0].customer_id)
    await board.changes.flush()  # the place of the kept one is free now, and agents have the room that they have
    for p in others:
        await _open_again(board, note, p, kept, lines[p.customer_id], hands)
    if leaves:
        await _give(board, kept, hands[kept.id].owner_id)


def _find_roots(parts: Sequence[Part], home: Part, kept: Conversation, merged: Sequence[Conversation]) -> None:
    for p in parts:
        theirs = joining.oldest_first(c for c in merged if p.opened(c))
        p.root = kept if p is home else next(iter(theirs), None)
        p.staying = [c for c in theirs if c is not p.root]


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
    hands, since = joining.regrow([kept, *merged], into)
    for conversation in merged:
        leads_to = into.get(conversation.id)
        if leads_to is not None and before[conversation.id] != (leads_to, conversation.own, share_of(conversation)):
            _lead_to(board, conversation, leads_to)
    tree = {kept.id, *(c.id for c in merged)}
    for p in parts:
        if p.root is not None:
            _show_own(p.root, p, tree)
            if p.root is kept and kept.id in since:
                _wait_for(kept, p)
    return hands


def _wait_for(kept: Conversation, home: Part) -> None:
    """Somebody wrote or answered since the join, maybe one of the others: whether they wait is what was said last."""
    if home.newest is None or home.newest.author is Author.BUSINESS:
        kept.waiting_since = None
    elif home.unanswered(kept):
        kept.waiting_since = kept.waiting_since or home.newest.accepted_at


def _show_own(root: Conversation, p: Part, tree: Collection[ConversationId]) -> None:
    """Nothing of those who part from it."""
    among = {member.channel for member in p.members}
    root.channels = tuple(channel for channel in root.channels if channel in among) or root.channels
    if p.newest is not None and p.newest.conversation_id in tree:
        root.preview = preview_of(p.newest)
        if p.newest.identity_id == root.identity_id:
            remember_preview(root, root.preview)


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
    unanswered = p.unanswered(kept)
    if p.root is None:
        if not unanswered or p.newest is None:
            return
        p.root = _new(p, p.newest, kept, note)
        owner_id = kept.owner_id
        show(p.root, line)
        board.opened(p.root)
    else:
        owner_id = hands[p.root.id].owner_id
        joining.reopen(p.root)
        p.root.owner_id, p.root.customer_id = None, p.customer_id
        show(p.root, line)
        board.put(p.root)
        board.record(p.root, lambda state: ConversationReopened(conversation=state, reason="split"))
        board.waits(p.root)
    if unanswered and p.newest is not None:
        p.root.waiting_since = p.root.waiting_since or p.newest.accepted_at
        p.root.unread = max(p.root.unread, 1)
        p.root.last_touch_at = max(p.root.last_touch_at, p.newest.accepted_at)
    _tell(board, note, p.root, kept.customer_id)
    await board.changes.flush()
    await _give(board, p.root, owner_id)


def _new(p: Part, newest: Touchpoint, kept: Conversation, note: Note) -> Conversation:
    """For messages that came while the two were one. They stand in the timeline by their identity anyway."""
    return Conversation(
        id=ConversationId(new_id()),
        customer_id=p.customer_id,
        identity_id=newest.identity_id,
        queue_id=kept.queue_id,
        opened_at=note.at,
        last_touch_at=newest.accepted_at,
        last_agent_id=kept.last_agent_id,
        channels=(newest.channel,),
        waiting_since=newest.accepted_at,
        queued_at=newest.accepted_at,
        preview=preview_of(newest),
    )


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


async def _newest(board: Board, members: Sequence[Identity]) -> Touchpoint | None:
    """One row of an index per identity, however long the history."""
    found = [await touchpoint_store.newest_of(board.work.connection, member.id) for member in members]
    return max((t for t in found if t is not None), key=lambda t: t.number, default=None)
