"""Urgency, tags and lifecycle of a conversation, and the tags to choose from."""

from agent_console.api.endpoint import Call
from agent_console.guard import see_conversation, sight_of
from agent_console.parts import Parts
from agent_console.permissions import Caller
from agent_console.task_views import LabelsIn, TagList, TagsQuery
from hub.errors import Forbidden
from hub.events import ConversationState
from hub.folding import fold
from hub.ids import ConversationId
from router import labelling
from storage import conversations as conversation_store
from storage import tags as tag_store
from storage.conversations import Conversation

TAGS_SHOWN = 50


class Labelling:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def label_conversation(self, call: Call) -> ConversationState:
        given, conversation_id = call.body(LabelsIn), ConversationId(call.id("conversation_id"))
        async with self._parts.units.begin() as work:
            await conversation_store.lock(work.connection, [conversation_id])
            _may(call.caller, await see_conversation(work.connection, call.caller, conversation_id))
            await labelling.label(work, conversation_id, wish_of(given), call.caller.agent_id)
            after = await see_conversation(work.connection, call.caller, conversation_id)
            await work.commit()
        return after.state()

    async def list_tags(self, call: Call) -> TagList:
        async with self._parts.units.database.reading() as connection:
            used = await tag_store.in_use(connection, sight_of(call.caller))
        wanted = fold(call.query(TagsQuery).q)
        return TagList(items=tuple([tag for tag in used if wanted in fold(tag)][:TAGS_SHOWN]))


def wish_of(given: LabelsIn) -> labelling.Wish:
    return labelling.Wish(
        priority=given.priority,
        add_tags=given.add_tags,
        remove_tags=given.remove_tags,
        lifecycle=given.lifecycle,
        no_lifecycle="lifecycle" in given.model_fields_set and given.lifecycle is None,
    )


def _may(caller: Caller, conversation: Conversation) -> None:
    """What a colleague works on is theirs to mark, and a supervisor's. Raises Forbidden."""
    if conversation.owner_id not in (None, caller.agent_id) and not caller.sees_all:
        raise Forbidden("not_owner", "Somebody else has this conversation.")
