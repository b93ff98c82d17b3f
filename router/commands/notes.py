"""Staff to staff: notes on a conversation, and a colleague's opinion. No customer is ever told."""

from hub.errors import BadInput, Conflict
from hub.events import ConsultEnded, NoteAdded
from hub.ids import AgentId, ConversationId, NoteId, new_id
from router.commands.moving import locked, locked_open
from storage import consults, history, routing
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork

ASKED_MAX = 10


async def add_note(
    work: UnitOfWork,
    conversation_id: ConversationId,
    agent_id: AgentId | None,
    text: str,
    *,
    note_id: NoteId | None = None,
    ask: tuple[AgentId, ...] = (),
) -> None:
    """`note_id`, made by whoever writes, makes repeating it harmless. `ask`: they see the conversation from now on, and
    write notes; it stays with its owner. Raises Conflict when too many are asked, or to ask about a closed one."""
    conversation = await (locked_open if ask else locked)(work, conversation_id)
    note_id = note_id or NoteId(new_id())
    if not text.strip():
        raise BadInput("note_empty", "Write something.", where="body.text")
    if await history.has_note(work.connection, conversation_id, note_id):
        return
    known = await routing.agent_rows(work.connection, ask, clock=work.clock) if ask else {}
    if any(one not in known for one in ask):
        raise BadInput("agent_unknown", "There is no such agent.", where="body.ask")
    asked = tuple(dict.fromkeys((*conversation.consulted, *(one for one in ask if one != agent_id))))
    if len(asked) > ASKED_MAX:
        raise Conflict("too_many_asked", f"At most {ASKED_MAX} colleagues are asked about one conversation.")
    conversation.consulted = asked
    changes = ChangeSet(work)
    record_note(changes, conversation, agent_id, text, note_id=note_id, ask=ask)
    await changes.flush()
    await consults.add(work, conversation_id, asked)


async def end_consult(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId, by: AgentId) -> None:
    """`agent_id` is asked no more. Harmless when they are not."""
    conversation = await locked(work, conversation_id)
    if agent_id not in conversation.consulted:
        return
    conversation.consulted = tuple(one for one in conversation.consulted if one != agent_id)
    changes = ChangeSet(work)
    changes.record(conversation, lambda state: ConsultEnded(conversation=state, agent_id=agent_id, by=by))
    await changes.flush()
    await consults.drop(work, conversation_id, agent_id)


def record_note(
    changes: ChangeSet,
    conversation: Conversation,
    agent_id: AgentId | None,
    text: str,
    *,
    note_id: NoteId | None = None,
    ask: tuple[AgentId, ...] = (),
) -> None:
    """One more event of a command that has others, too."""
    written, note_id = text.strip(), note_id or NoteId(new_id())
    changes.record(
        conversation,
        lambda state: NoteAdded(conversation=state, note_id=note_id, agent_id=agent_id, text=written, asked=ask),
    )
