"""What follows for conversations when one customer turns out to be several: each gets back what is theirs.

1. The open conversation stays with the customer of the identity that opened it.
2. For each of the others, the oldest conversation that was closed into it and that one of their identities opened is
   open again: with its former owner if present and not full, else it waits at its old place.
3. Who had no conversation of their own, but wrote last and has no answer, gets a new one.
4. If the open conversation was resolved meanwhile, that settled it for all of them: nothing opens again. The resolved
   one, and one opened after it, are treated as any other.

All this follows from the rows and links as they are, not from how they came to be so: undos may come in any order.
"""

from collections.abc import Mapping, Sequence
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
    wanted = {p.customer_id: p.root.owner_id for p in parts if p.root is not None}
    first_owner = joining.former_owner(kept.own)
    _give_back(board, parts, merged)
    kept.customer_id = home.customer_id
    board.put(kept)
    show(kept, lines[home.customer_id])
    leaves = _leaves_with_another(kept, first_owner, [p for p in parts if p is not home])
    if leaves:
        _requeue(board, kept)
        wanted[home.customer_id] = first_owner
    _tell(board, note, kept, next(p.customer_id for p in parts if p is not home))
    await board.changes.flush()  # the place of the kept one is free now, and agents have the room that they have
    for p in parts:
        if p is not home:
            await _open_again(board, note, p, kept, lines[p.customer_id], wanted.get(p.customer_id))
    if leaves:
        await _give(board, kept, first_owner)


def _find_roots(parts: Sequence[Part], home: Part, kept: Conversation, merged: Sequence[Conversation]) -> None:
    for p in parts:
        theirs = joining.oldest_first(c for c in merged if p.opened(c))
        p.root = kept if p is home else next(iter(theirs), None)
        p.staying = [c for c in theirs if c is not p.root]


def _give_back(board: Board, parts: Sequence[Part], merged: Sequence[Conversation]) -> None:
    """Each root without those that leave it; what stays with it leads to it."""
    absorbed = {p.customer_id: [c for c in merged if p.root and c.merged_into == p.root.id] for p in parts}
    for p in parts:
        if p.root is None:
            continue
        joining.give_back(p.root, absorbed[p.customer_id], p.staying, {member.channel for member in p.members})
        if p.newest is not None:
            p.root.preview = preview_of(p.newest)
        together = {p.root.id, *(c.id for c in p.staying)}
        for conversation in p.staying:
            if conversation.merged_into not in together:
                _lead_to(board, conversation, p.root.id)


def _lead_to(board: Board, conversation: Conversation, into: ConversationId) -> None:
    conversation.merged_into = into
    board.record(
        conversation, lambda state: ConversationClosed(conversation=state, by=None, reason="merged", into=into)
    )


def _leaves_with_another(kept: Conversation, first_owner: AgentId | None, others: Sequence[Part]) -> bool:
    """Whether the join gave the kept one to the agent of one that leaves now: then it goes back to its own."""
    if kept.status is not ConversationStatus.ASSIGNED or kept.owner_id == first_owner:
        return False
    return any(p.root is not None and p.root.owner_id == kept.owner_id for p in others)


def _requeue(board: Board, kept: Conversation) -> None:
    agent_id = kept.owner_id
    kept.status, kept.owner_id = ConversationStatus.WAITING, None
    kept.queued_at = kept.queued_at or kept.opened_at
    board.record(kept, lambda state: ConversationRequeued(conversation=state, agent_id=agent_id, reason="split"))
    board.left(kept, agent_id)
    board.waits(kept)


async def _open_again(
    board: Board, note: Note, p: Part, kept: Conversation, line: Line, owner_id: AgentId | None
) -> None:
    unanswered = p.newest is not None and p.newest.author is Author.CUSTOMER and p.newest.conversation_id == kept.id
    if p.root is None:
        if not unanswered or p.newest is None:
            return
        p.root = _new(p, p.newest, kept, note)
        show(p.root, line)
        board.opened(p.root)
        owner_id = kept.owner_id
    else:
        joining.reopen(p.root)
        p.root.owner_id, p.root.customer_id = None, p.customer_id
        show(p.root, line)
        board.put(p.root)
        board.record(p.root, lambda state: ConversationReopened(conversation=state, reason="split"))
        board.waits(p.root)
    if unanswered and p.newest is not None:
        p.root.waiting_since = p.root.waiting_since or p.newest.accepted_at
        p.root.unread = max(p.root.unread, 1)
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
