"""What is done with a conversation besides answering: resolve, decline, transfer, assign, put off, ask a colleague."""

from collections.abc import Awaitable, Callable

from agent_console.api.endpoint import Call
from agent_console.guard import see_conversation
from agent_console.parts import Parts
from agent_console.permissions import Caller
from agent_console.work_views import (
    AssignIn,
    DeclineIn,
    EndConsultIn,
    NoteIn,
    ResolveIn,
    SnoozeIn,
    TransferIn,
    WordsView,
)
from hub.errors import Forbidden
from hub.events import ConversationState
from hub.ids import ConversationId, NoteId
from router import commands
from router.plan.book import work_words
from storage import conversations as conversation_store
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork

Do = Callable[[UnitOfWork, ConversationId], Awaitable[None]]
Check = Callable[[Caller, Conversation], None]


class Handling:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def resolve_conversation(self, call: Call) -> ConversationState:
        given, me = call.body(ResolveIn), call.caller.agent_id
        return await self._run(
            call,
            lambda work, one: commands.resolve(work, one, me, disposition=given.disposition, note=given.note),
            check=holds,
        )

    async def decline_conversation(self, call: Call) -> ConversationState:
        because, me = call.body(DeclineIn).because, call.caller.agent_id
        return await self._run(call, lambda work, one: commands.decline(work, one, me, because=because))

    async def transfer_conversation(self, call: Call) -> ConversationState:
        given, me = call.body(TransferIn), call.caller.agent_id
        agent_id, queue_id = given.agent_id, given.queue_id

        async def transfer(work: UnitOfWork, one: ConversationId) -> None:
            if agent_id is not None:
                await commands.transfer_to_agent(work, one, me, agent_id, note=given.note)
            elif queue_id is not None:
                await commands.transfer_to_queue(work, one, me, queue_id, note=given.note)

        return await self._run(call, transfer, check=holds)

    async def assign_conversation(self, call: Call) -> ConversationState:
        given, me = call.body(AssignIn), call.caller.agent_id
        return await self._run(
            call, lambda work, one: commands.assign(work, one, me, given.agent_id or me, note=given.note)
        )

    async def snooze_conversation(self, call: Call) -> ConversationState:
        until, me = call.body(SnoozeIn).until, call.caller.agent_id
        return await self._run(call, lambda work, one: commands.snooze(work, one, me, until), check=holds)

    async def wake_conversation(self, call: Call) -> ConversationState:
        me = call.caller.agent_id
        return await self._run(call, lambda work, one: commands.wake(work, one, me), check=holds)

    async def add_note(self, call: Call) -> ConversationState:
        given, me = call.body(NoteIn), call.caller.agent_id
        note_id, ask = NoteId(given.note_id), given.ask
        return await self._run(
            call,
            lambda work, one: commands.add_note(work, one, me, given.text, note_id=note_id, ask=ask),
            check=holds if ask else None,  # who is asked may see it: that is for its owner to say
        )

    async def end_consult(self, call: Call) -> ConversationState:
        me = call.caller.agent_id
        agent_id = call.body(EndConsultIn).agent_id or me
        return await self._run(
            call,
            lambda work, one: commands.end_consult(work, one, agent_id, me),
            check=None if agent_id == me else holds,
        )

    async def get_work_words(self, call: Call) -> WordsView:
        async with self._parts.units.database.reading() as connection:
            return WordsView(words=await work_words(connection))

    async def _run(self, call: Call, do: Do, *, check: Check | None = None) -> ConversationState:
        """The command and a fresh look, in one transaction. The caller's sight is checked again under the lock."""
        conversation_id = ConversationId(call.id("conversation_id"))
        async with self._parts.units.begin() as work:
            await conversation_store.lock(work.connection, [conversation_id])
            conversation = await see_conversation(work.connection, call.caller, conversation_id)
            if check is not None:
                check(call.caller, conversation)
            await do(work, conversation_id)
            moved = await conversation_store.find(work.connection, conversation_id)
            await work.commit()
        return (moved or conversation).state()


def holds(caller: Caller, conversation: Conversation) -> None:
    """Only its owner moves an open one on, or somebody who sees all. Raises Forbidden."""
    if conversation.is_open and not caller.sees_all and conversation.owner_id != caller.agent_id:
        raise Forbidden("not_owner", "This conversation is not yours.")
