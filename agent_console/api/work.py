"""The lists, the open conversation, and the commands that move one."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from agent_console import details
from agent_console.admin_views import QueueList
from agent_console.api.endpoint import Call
from agent_console.auth import SignedIn
from agent_console.guard import see_conversation, sight_of
from agent_console.parts import Parts
from agent_console.permissions import Caller
from agent_console.shapes import agent_card, me, queue_view
from agent_console.views import (
    Changes,
    ChangesQuery,
    ConversationDetail,
    ConversationPage,
    ConversationsQuery,
    QueueView,
    ReadIn,
    Snapshot,
    TimelinePage,
    TimelineQuery,
)
from hub.events import ConversationRead, ConversationState
from hub.ids import AgentId, ConversationId
from router import commands
from storage import console_reads, routing
from storage import conversations as conversation_store
from storage import identities as identity_store
from storage.changes import ChangeSet
from storage.console_reads import Asked
from storage.conversations import Conversation
from storage.engine import Connection
from storage.unit_of_work import UnitOfWork

Command = Callable[[UnitOfWork, ConversationId, AgentId], Awaitable[None]]


class Work:
    """`cursor_now` says where the live socket stands at this moment."""

    def __init__(self, parts: Parts, cursor_now: Callable[[], str]) -> None:
        self._parts = parts
        self._cursor_now = cursor_now

    async def get_snapshot(self, call: Call) -> Snapshot:
        """The cursor is taken first: what happens during the reads is sent again, and changes nothing."""
        cursor, now = self._cursor_now(), self._parts.clock.now()
        async with self._parts.units.database.reading() as connection:
            agents = await routing.agent_rows(connection, clock=self._parts.clock)
            found = await console_reads.first_screen(connection, sight_of(call.caller))
            queues = await queue_views(connection, call.caller)
        own = agents.get(call.caller.agent_id)
        return Snapshot(
            cursor=cursor,
            server_time=now,
            me=me(call.who, own),
            queues=queues,
            agents=tuple(agent_card(row) for row in sorted(agents.values(), key=lambda row: (row.name, row.id))),
            conversations=tuple(conversation.state() for conversation in found),
        )

    async def list_queues(self, call: Call) -> QueueList:
        async with self._parts.units.database.reading() as connection:
            return QueueList(items=await queue_views(connection, call.caller))

    async def list_conversations(self, call: Call) -> ConversationPage:
        query = call.query(ConversationsQuery)
        silent = timedelta(seconds=query.silent_s) if query.silent_s else None
        silent_before = self._parts.clock.now() - silent if silent else None
        asked = Asked(
            view=query.view,
            queue_id=query.queue_id,
            q=query.q,
            after=query.after,
            limit=query.limit,
            silent_before=silent_before,
            due_first=query.due_first,
            tag=query.tag,
            lifecycle=query.lifecycle,
            priority=query.priority,
        )
        async with self._parts.units.database.reading() as connection:
            found, following = await console_reads.page(connection, sight_of(call.caller), asked)
        return ConversationPage(items=tuple(conversation.state() for conversation in found), next=following)

    async def get_conversation(self, call: Call) -> ConversationDetail:
        async with self._parts.units.database.reading() as connection:
            return await details.conversation_detail(
                connection, call.caller, _id(call), self._parts.catalog, self._parts.clock
            )

    async def get_timeline(self, call: Call) -> TimelinePage:
        async with self._parts.units.database.reading() as connection:
            return await details.timeline(connection, call.caller, _id(call), call.query(TimelineQuery))

    async def get_changes(self, call: Call) -> Changes:
        async with self._parts.units.database.reading() as connection:
            return await details.changes(connection, call.caller, _id(call), call.query(ChangesQuery).after_seq)

    async def accept_conversation(self, call: Call) -> ConversationState:
        return await self._run(call, commands.accept)

    async def release_conversation(self, call: Call) -> ConversationState:
        return await self._run(call, commands.release)

    async def take_conversation(self, call: Call) -> ConversationState:
        return await self._run(call, commands.take)

    async def reopen_conversation(self, call: Call) -> ConversationState:
        return await self._run(call, commands.reopen)

    async def read_conversation(self, call: Call) -> ConversationState:
        async with self._parts.units.begin() as work:
            conversation = await _locked(work, call.caller, _id(call))
            await _mark_read(work, conversation, call.who, call.body(ReadIn).seq)
            await work.commit()
        return conversation.state()

    async def _run(self, call: Call, command: Command) -> ConversationState:
        """The command and a fresh look, in one transaction. The caller's sight is checked again under the lock."""
        async with self._parts.units.begin() as work:
            conversation = await _locked(work, call.caller, _id(call))
            await command(work, conversation.id, call.caller.agent_id)
            moved = await conversation_store.find(work.connection, conversation.id)
            await work.commit()
        return (moved or conversation).state()


async def queue_views(connection: Connection, caller: Caller) -> tuple[QueueView, ...]:
    """Those the caller serves; all for whoever sees all."""
    waiting = await console_reads.waiting_by_queue(connection)
    queues = await routing.queues_of(connection)
    served = [queue for queue in queues.values() if caller.sees_all or queue.id in caller.queue_ids]
    return tuple(queue_view(queue, waiting.get(queue.id)) for queue in served)


def _id(call: Call) -> ConversationId:
    return ConversationId(call.id("conversation_id"))


async def _locked(work: UnitOfWork, caller: Caller, conversation_id: ConversationId) -> Conversation:
    """Raises NotFound."""
    await conversation_store.lock(work.connection, [conversation_id])
    return await see_conversation(work.connection, caller, conversation_id)


async def _mark_read(work: UnitOfWork, conversation: Conversation, who: SignedIn, seq: int) -> None:
    """Only its owner reads it; others look. Nothing happens when something came that they have not seen yet."""
    if conversation.owner_id != who.agent.id or conversation.unread == 0 or seq < conversation.seq:
        return
    conversation.unread = 0
    changes = ChangeSet(work)
    changes.record(conversation, lambda state: ConversationRead(conversation=state, agent_id=who.agent.id))
    await changes.flush()
    await identity_store.mark_read(work.connection, conversation.customer_id)
