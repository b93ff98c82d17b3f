"""One batch of changes to conversations: numbers them, writes the rows, publishes the events, all in one unit of work.

    changes = ChangeSet(work)
    conversation.status = ConversationStatus.ASSIGNED
    changes.record(conversation, lambda state: ConversationAssigned(conversation=state, agent_id=..., why=...))
    changes.add(conversation, touchpoint)                 # TouchpointAdded
    changes.change(conversation, touchpoint)              # TouchpointChanged
    await changes.flush()                                 # once, before work.commit()

The conversations must have been locked by this unit of work (storage.conversations.lock…) or be new.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.errors import HubError
from hub.events import (
    ConversationEvent,
    ConversationState,
    SlaChanged,
    TouchpointAdded,
    TouchpointChanged,
)
from hub.ids import AgentId, ConversationId, EventId, IdentityId
from storage import conversation_labels
from storage import conversations as conversation_store
from storage import touchpoints as touchpoint_store
from storage.bulk import Bulk
from storage.conversations import Conversation
from storage.tables import channel_identities, conversation_history, conversations, provider_messages, touchpoints
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork

NOT_HISTORY = frozenset({TouchpointAdded.TYPE, TouchpointChanged.TYPE, SlaChanged.TYPE, "hub.conversation_read.v1"})


class AlreadyThere(HubError):
    """A constraint refused what somebody else has written at the same moment."""


@dataclass(frozen=True, slots=True)
class _Pending:
    conversation: Conversation
    build: Callable[[], ConversationEvent]
    caused_by: EventId | None


class ChangeSet:
    """Used once per unit of work. After `flush` it is empty again."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._pending: list[_Pending] = []
        self._conversations: dict[ConversationId, Conversation] = {}
        self._added: list[tuple[Touchpoint, tuple[str, ...]]] = []
        self._changed: dict[int, Touchpoint] = {}

    def record(
        self,
        conversation: Conversation,
        build: Callable[[ConversationState], ConversationEvent],
        *,
        caused_by: EventId | None = None,
    ) -> None:
        """`conversation` has just been changed; `build` makes the event from its state now."""
        state = self._next(conversation)
        self._pending.append(_Pending(conversation, lambda: build(state), caused_by))

    def add(
        self,
        conversation: Conversation,
        touchpoint: Touchpoint,
        *,
        provider_ids: tuple[str, ...] = (),
        caused_by: EventId | None = None,
    ) -> None:
        """A new entry of the timeline. `touchpoint.identity_seq` must be set (see next_identity_seqs)."""
        if touchpoint.agent_id is not None:
            conversation.agent_active_at = touchpoint.accepted_at
        state = self._next(conversation)
        touchpoint.seq = state.seq
        self._added.append((touchpoint, provider_ids))

        def build() -> TouchpointAdded:
            return TouchpointAdded(conversation=state, touchpoint=touchpoint.state(state.customer_id))

        self._pending.append(_Pending(conversation, build, caused_by))

    def change(self, conversation: Conversation, touchpoint: Touchpoint, *, caused_by: EventId | None = None) -> None:
        """An entry that was written before (or added in this very set) is different now."""
        state = self._next(conversation)
        touchpoint.seq = state.seq
        if touchpoint.number:
            self._changed[touchpoint.number] = touchpoint

        def build() -> TouchpointChanged:
            return TouchpointChanged(conversation=state, touchpoint=touchpoint.state(state.customer_id))

        self._pending.append(_Pending(conversation, build, caused_by))

    async def next_identity_seqs(self, counts: dict[IdentityId, int]) -> dict[IdentityId, int]:
        """Reserves `count` numbers per identity without holes and returns the first of each. Locks the identities."""
        firsts: dict[IdentityId, int] = {}
        for identity_id in sorted(counts):
            query = (
                sa.update(channel_identities)
                .where(channel_identities.c.id == identity_id)
                .values(last_seq=channel_identities.c.last_seq + counts[identity_id])
                .returning(channel_identities.c.last_seq)
            )
            last = (await self._work.connection.execute(query)).scalar_one()
            firsts[identity_id] = last - counts[identity_id] + 1
        return firsts

    async def flush(self) -> None:
        """Writes everything and publishes the events in the order they were recorded.

        Raises AlreadyThere for a second open conversation of one customer; the unit of work is over then.
        """
        try:
            await self._write_conversations()
        except IntegrityError as error:
            raise AlreadyThere("the customer has another open conversation") from error
        await self._write_touchpoints()
        history: list[dict[str, Any]] = []
        for pending in self._pending:
            event = pending.build()
            self._work.publish(event, caused_by=pending.caused_by)
            if event.TYPE not in NOT_HISTORY:
                history.append(self._history_row(event))
        await _INSERT_HISTORY.execute(self._work.connection, history)
        self._pending, self._conversations, self._added, self._changed = [], {}, [], {}

    def _next(self, conversation: Conversation) -> ConversationState:
        conversation.seq += 1
        self._conversations[conversation.id] = conversation
        return conversation.state()

    async def _write_conversations(self) -> None:
        # Those that close go first: the next open one of the same customer must find the place free.
        rows = sorted(self._conversations.values(), key=lambda c: c.is_open)
        inserts = [c for c in rows if c.is_new]
        touches = [c for c in rows if not c.is_new and c.only_touched]
        updates = [c for c in rows if not c.is_new and not c.only_touched]
        await _TOUCH_CONVERSATIONS.execute(self._work.connection, [conversation_store.touched_row(c) for c in touches])
        await _UPDATE_CONVERSATIONS.execute(self._work.connection, [conversation_store.to_row(c) for c in updates])
        await _INSERT_CONVERSATIONS.execute(self._work.connection, [conversation_store.to_row(c) for c in inserts])
        for conversation in (*updates, *inserts):
            conversation.is_new, conversation.stored = False, conversation_store.settled_of(conversation)
        await conversation_labels.write(self._work.connection, (*updates, *inserts))

    async def _write_touchpoints(self) -> None:
        if self._added:
            await touchpoint_store.insert(self._work, [touchpoint for touchpoint, _ in self._added])
            names = [
                {"account_id": t.account_id, "provider_message_id": provider_id, "touchpoint_number": t.number}
                for t, provider_ids in self._added
                for provider_id in provider_ids
            ]
            await _INSERT_NAMES.execute(self._work.connection, names)
        changed = [touchpoint_store.to_row(touchpoint) for touchpoint in self._changed.values()]
        await _UPDATE_TOUCHPOINTS.execute(self._work.connection, changed)

    def _history_row(self, event: ConversationEvent) -> dict[str, Any]:
        agent_id: AgentId | None = getattr(event, "agent_id", None) or getattr(event, "by", None)
        return {
            "conversation_id": event.conversation.id,
            "seq": event.conversation.seq,
            "type": event.TYPE,
            "at": self._work.clock.now(),
            "agent_id": agent_id,
            "data": event.model_dump(mode="json", exclude={"conversation"}),
        }


_INSERT_CONVERSATIONS = Bulk.insert(conversations)
_UPDATE_CONVERSATIONS = Bulk.update(conversations, "id", without=("opened_at", "identity_id"))
_TOUCH_CONVERSATIONS = Bulk.update(
    conversations, "id", without={c.name for c in conversations.columns} - set(conversation_store.TOUCHED)
)
_INSERT_NAMES = Bulk.insert(provider_messages)
_INSERT_HISTORY = Bulk.insert(conversation_history)
# Messages never move: what a touchpoint is and came through is not among what an update can write.
_UPDATE_TOUCHPOINTS = Bulk.update(
    touchpoints,
    "number",
    without=("id", "identity_id", "identity_seq", "channel", "account_id", "author", "accepted_at", "client_id"),
)
