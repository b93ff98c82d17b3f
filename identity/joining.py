"""Open conversations when customers become one, and when they part again. Pure: it changes working copies only.

Joining: the one opened first stays, the others close into it. The agent most recently active keeps it, and it keeps the
earliest place in the queue, the due times that come first, all tags and the highest priority. Parting gives each back
its own share: see identity.shares. Who waits in them and what is unread follows from what was said: identity.said. An
offer is not given back: it has a deadline, and who parts waits at the old place instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.events import ConversationStatus, Explanation
from hub.ids import ConversationId
from identity.shares import Hands, credited, put, settle, share_of, together
from storage.conversations import Conversation

KEPT_BY_MERGE = Explanation(code="route.kept_after_merge")
BACK_AFTER_SPLIT = Explanation(code="route.back_after_split")


def oldest_first(conversations: Iterable[Conversation]) -> list[Conversation]:
    return sorted(conversations, key=lambda c: (c.opened_at, c.id))


def absorb(kept: Conversation, others: Sequence[Conversation], closed: Sequence[Conversation], now: datetime) -> Hands:
    """`others`, open like `kept`, close into it; `closed` were before. Who should hold it now, which is for the caller
    to see to."""
    before = [share_of(c) for c in closed]
    settle(kept, before, now)
    shares = [*before, *(share_of(c) for c in others)]
    joined = together(kept, shares)
    put(kept, joined, shares)
    for other in others:
        other.status = ConversationStatus.CLOSED
        other.closed_at, other.closed_reason, other.merged_into = now, "merged", kept.id
        other.offered_to = other.offer_expires_at = other.sla_wake_at = None
    return joined.hands


def put_off(kept: Conversation, others: Sequence[Conversation], hands: Hands, now: datetime) -> None:
    """Put off stays only what was put off everywhere. Where somebody waits, or who put theirs off now holds it, it is
    for the router to wake: it knows who has room."""
    times = [c.snoozed_until for c in (kept, *others)]
    if kept.snoozed_until is None and hands.owner_id in {None, kept.owner_id}:
        return
    sleeping = [at for at in times if at is not None]
    if sleeping:
        kept.snoozed_until = min(sleeping) if len(sleeping) == len(times) else now


def regrow(
    tree: Sequence[Conversation], into: Mapping[ConversationId, ConversationId], now: datetime
) -> dict[ConversationId, Hands]:
    """`tree`: conversations that were merged into one another, as their rows say. Each becomes what it is when they are
    merged `into` others as named there, and alone where they are not. Who should hold each then: closed ones have it
    on their rows already, the others are for the caller to see to."""
    by_id = {c.id: c for c in tree}
    before = {c.id: share_of(c) for c in tree}
    for conversation in tree:
        settle(conversation, [before[c.id] for c in tree if c.merged_into == conversation.id], now)
    hands: dict[ConversationId, Hands] = {}
    for conversation in reversed(oldest_first(tree)):  # what is merged into another is younger, and done before it
        closed = [share_of(c) for c in tree if into.get(c.id) == conversation.id]
        stayed = {c.id for c in tree if c.merged_into == conversation.id} == {share.id for share in closed}
        joined = together(conversation, closed)
        left = by_id.get(conversation.merged_into) if conversation.merged_into else None
        if left is not None and into.get(conversation.id) != left.id:
            joined = credited(left, joined)
        put(conversation, joined, closed)
        _sleep_on(conversation, joined.snoozed_until, now)
        if not stayed or conversation.id not in into:
            conversation.preview = joined.preview
        hands[conversation.id] = joined.hands
        if not conversation.is_open:
            conversation.owner_id, conversation.last_agent_id = joined.hands.owner_id, joined.hands.last_agent_id
    return hands


def _sleep_on(conversation: Conversation, until: datetime | None, now: datetime) -> None:
    """What is awake or due, and would be by now anyway, stays so: its owner has room for it, or the router will see."""
    if any(at is not None and at > now for at in (conversation.snoozed_until, until)):
        conversation.snoozed_until = until


def reopen(conversation: Conversation) -> None:
    """It waits again, as it did when it was closed into another one."""
    conversation.status = ConversationStatus.WAITING
    conversation.closed_at = conversation.closed_reason = conversation.merged_into = None
    conversation.queued_at = conversation.queued_at or conversation.opened_at


def snapshot(conversation: Conversation) -> dict[str, Any]:
    """For the ledger: how it stood before."""
    return {
        "id": str(conversation.id),
        "customer_id": str(conversation.customer_id),
        "status": conversation.status.value,
        "opened_at": conversation.opened_at.isoformat(),
        "owner_id": str(conversation.owner_id) if conversation.owner_id else None,
        "last_agent_id": str(conversation.last_agent_id) if conversation.last_agent_id else None,
        "waiting_since": conversation.waiting_since.isoformat() if conversation.waiting_since else None,
        "queued_at": conversation.queued_at.isoformat() if conversation.queued_at else None,
        "unread": conversation.unread,
    }
