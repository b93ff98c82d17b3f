"""May this caller see what the path names? Whatever the reason, the refusal is the same: there is no such thing.

Everything is seen through a conversation: a touchpoint through its own, a customer through any of theirs, an identity,
a ledger entry and a suggestion through the customer.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from agent_console.permissions import Caller, may_see
from hub.errors import NotFound
from hub.ids import ConversationId, CustomerId, IdentityId, LedgerEntryId, SuggestionId, TaskId, TouchpointId
from storage import console_reads
from storage import conversations as conversation_store
from storage import customers as customer_store
from storage import identities as identity_store
from storage import ledger as ledger_store
from storage import suggestions as suggestion_store
from storage import tasks as task_store
from storage.console_reads import Sight
from storage.conversations import Conversation
from storage.engine import Connection, Database


def sight_of(caller: Caller) -> Sight:
    return Sight(caller.agent_id, None if caller.sees_all else caller.queue_ids)


class Guard:
    """Looks at every id of a path. Ids of administration (account_id, agent_id) are for those who see all anyway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, caller: Caller, path: Mapping[str, Any]) -> None:
        """Raises NotFound."""
        checks = [(name, _CHECKS[name]) for name in path if name in _CHECKS]
        if not checks:
            return
        async with self._database.reading() as connection:
            for name, check in checks:
                await check(connection, caller, path[name])


async def see_conversation(connection: Connection, caller: Caller, conversation_id: ConversationId) -> Conversation:
    """Raises NotFound."""
    conversation = await conversation_store.find(connection, conversation_id)
    if conversation is None or not may_see(caller, conversation.state()):
        raise _unknown("conversation_unknown", "There is no such conversation.")
    return conversation


async def see_customer(connection: Connection, caller: Caller, customer_id: CustomerId) -> CustomerId:
    """Who stands for this record now. Raises NotFound."""
    now = await customer_store.current(connection, customer_id)
    if now is None or not await console_reads.sees_customer(connection, sight_of(caller), [now]):
        raise _unknown("customer_unknown", "There is no such customer.")
    return now


async def _conversation(connection: Connection, caller: Caller, conversation_id: UUID) -> None:
    await see_conversation(connection, caller, ConversationId(conversation_id))


async def _customer(connection: Connection, caller: Caller, customer_id: UUID) -> None:
    await see_customer(connection, caller, CustomerId(customer_id))


async def _touchpoint(connection: Connection, caller: Caller, touchpoint_id: UUID) -> None:
    found = await console_reads.conversation_of_touchpoint(connection, TouchpointId(touchpoint_id))
    if found is None:
        raise _unknown("touchpoint_unknown", "There is no such entry.")
    await see_conversation(connection, caller, found)


async def _identity(connection: Connection, caller: Caller, identity_id: UUID) -> None:
    await _through(connection, caller, [IdentityId(identity_id)], "identity_unknown")


async def _suggestion(connection: Connection, caller: Caller, suggestion_id: UUID) -> None:
    """Through a side that may be told of it: of an anonymous claim only the claimant's."""
    found = await suggestion_store.find(connection, SuggestionId(suggestion_id))
    sides = [] if found is None else [found.only_for] if found.only_for else [found.identity_a, found.identity_b]
    await _through(connection, caller, sides, "suggestion_unknown")


async def _entry(connection: Connection, caller: Caller, entry_id: UUID) -> None:
    found = await ledger_store.find(connection, LedgerEntryId(entry_id))
    sides = [] if found is None else [found.identity_a, found.identity_b]
    await _through(connection, caller, sides, "entry_unknown")


async def _task(connection: Connection, caller: Caller, task_id: UUID) -> None:
    found = await task_store.find(connection, TaskId(task_id))
    if found is None:
        raise _unknown("task_unknown", "There is no such task.")
    await see_conversation(connection, caller, found.conversation_id)


async def _through(connection: Connection, caller: Caller, identities: Iterable[IdentityId], code: str) -> None:
    owners = set((await identity_store.customers_of(connection, identities)).values())
    if not owners or not await console_reads.sees_customer(connection, sight_of(caller), owners):
        raise _unknown(code, "There is no such thing.")


def _unknown(code: str, problem: str) -> NotFound:
    return NotFound(code, problem, where="path")


_CHECKS: dict[str, Callable[[Connection, Caller, UUID], Awaitable[None]]] = {
    "conversation_id": _conversation,
    "customer_id": _customer,
    "touchpoint_id": _touchpoint,
    "identity_id": _identity,
    "suggestion_id": _suggestion,
    "entry_id": _entry,
    "task_id": _task,
}
