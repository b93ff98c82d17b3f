"""Who is writing at this moment. Never stored, lost when the ephemeral store is away.

Visitors are told of by web chat on channel `typing` ({identity_id, on}); what agents do goes out on `typing-agent`
({identity_id, on} for the visitor's side, with conversation and agent for the colleagues who look on).
"""

import time
from collections import OrderedDict
from typing import Any
from uuid import UUID

import orjson

from agent_console.guard import see_conversation
from agent_console.live.listeners import Listeners
from agent_console.live.messages import TypingIn
from agent_console.permissions import Caller
from hub.ephemeral import Ephemeral
from hub.errors import StorageUnavailable
from hub.ids import ConversationId, IdentityId
from hub.log import get_logger
from hub.sockets import Outlet
from storage import console_reads
from storage import identities as identity_store
from storage.column_types import EPOCH
from storage.engine import Database

FROM_VISITORS = "typing"
FROM_AGENTS = "typing-agent"
KNOWN_S = 10.0
KNOWN_MAX = 10_000

log = get_logger(__name__)


class Typing:
    """One per process."""

    def __init__(self, database: Database, ephemeral: Ephemeral, listeners: Listeners, outlet: Outlet) -> None:
        self._database = database
        self._ephemeral = ephemeral
        self._listeners = listeners
        self._outlet = outlet
        self._open: OrderedDict[IdentityId, tuple[float, ConversationId | None]] = OrderedDict()

    async def by_agent(self, caller: Caller, given: TypingIn) -> None:
        """Raises NotFound for a conversation that may not be seen. Only the customer's own identities are told."""
        async with self._database.reading() as connection:
            conversation = await see_conversation(connection, caller, given.conversation_id)
            theirs = await identity_store.by_customers(connection, [conversation.customer_id])
        preferred = max(theirs, key=lambda identity: identity.last_inbound_at or EPOCH, default=None)
        chosen = given.identity_id or (preferred.id if preferred else None)
        message = {
            "conversation_id": str(given.conversation_id),
            "agent_id": str(caller.agent_id),
            "identity_id": str(chosen) if chosen in {identity.id for identity in theirs} else None,
            "on": given.on,
        }
        await self._ephemeral.publish(FROM_AGENTS, orjson.dumps(message))

    async def hear_agents(self) -> None:
        """Until cancelled: colleagues who have the same conversation open see who writes."""
        async for raw in self._ephemeral.listen(FROM_AGENTS):
            told = _read(raw, "conversation_id", "agent_id")
            if told is None:
                continue
            message = {**told, "identity_id": None}
            watching = self._listeners.watching(told["conversation_id"])
            others = [listener.sid for listener in watching if listener.sight.agent_id != told["agent_id"]]
            self._outlet.send(others, "typing", message)

    async def hear_visitors(self) -> None:
        """Until cancelled."""
        async for raw in self._ephemeral.listen(FROM_VISITORS):
            told = _read(raw, "identity_id")
            if told is None or not len(self._listeners):
                continue
            try:
                conversation_id = await self._open_conversation(IdentityId(UUID(told["identity_id"])))
            except StorageUnavailable:
                continue  # nobody is told of a key stroke; the next one comes in three seconds
            if conversation_id is not None:
                watching = self._listeners.watching(str(conversation_id))
                message = {**told, "conversation_id": str(conversation_id), "agent_id": None}
                self._outlet.send([listener.sid for listener in watching], "typing", message)

    async def _open_conversation(self, identity_id: IdentityId) -> ConversationId | None:
        """Remembered for a moment: a visitor types for longer than that."""
        now = time.monotonic()
        known = self._open.get(identity_id)
        if known is not None and known[0] > now:
            return known[1]
        async with self._database.reading() as connection:
            found = await console_reads.open_conversation_of(connection, identity_id)
        self._open[identity_id] = (now + KNOWN_S, found)
        self._open.move_to_end(identity_id)
        if len(self._open) > KNOWN_MAX:
            self._open.popitem(last=False)
        return found


def _read(raw: bytes, *ids: str) -> dict[str, Any] | None:
    """The ids, checked, and `on`. None for what is not of this shape."""
    try:
        told = orjson.loads(raw)
        return {name: str(UUID(told[name])) for name in ids} | {"on": bool(told["on"])}
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("typing_unreadable")
        return None
