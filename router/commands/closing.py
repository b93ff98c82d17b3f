"""Done, with what came of it; and not done after all."""

from hub.errors import BadInput, Conflict, NotFound
from hub.events import ConversationClosed, ConversationReopened, ConversationStatus, Explanation, WorkGone
from hub.ids import AgentId, ConversationId, CustomerId
from router.commands.moving import assign_to, locked, with_room
from router.commands.notes import record_note
from router.commands.presence import end_wrap_up, wrap_up
from router.commands.telling import tell_routers
from router.plan.book import work_words
from storage import consults, routing
from storage import conversations as conversation_store
from storage import customers as customer_store
from storage import identities as identity_store
from storage import touchpoints as touchpoint_store
from storage.changes import AlreadyThere, ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork


async def resolve(
    work: UnitOfWork,
    conversation_id: ConversationId,
    agent_id: AgentId | None,
    *,
    disposition: str | None = None,
    note: str | None = None,
) -> None:
    """Closes it; nobody is asked about it any more. Resolving what is closed is harmless. `agent_id` None: a rule does,
    which needs no disposition.

    Raises BadInput for an unknown disposition, one that is missing, or one that wants a note and has none.
    """
    conversation = await locked(work, conversation_id)
    if not conversation.is_open:
        return
    await _check_disposition(work, disposition, note, is_required=agent_id is not None)
    owner, holder = conversation.owner_id, conversation.owner_id or conversation.offered_to
    changes = ChangeSet(work)
    if note:
        record_note(changes, conversation, agent_id, note)
    if conversation.consulted:
        await consults.drop_all(work, conversation_id)
    _close(work, changes, conversation, agent_id, disposition)
    await changes.flush()
    await identity_store.mark_settled(work.connection, [conversation.customer_id])
    if holder is not None:
        await routing.touch_idle(work.connection, [holder], work.clock.now())
    if owner is not None and owner == agent_id:
        await wrap_up(work, owner, conversation.queue_id)
    await tell_routers(work, WorkGone(conversation_id=conversation_id, agent_id=holder))


async def reopen(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    """Opens a resolved conversation again for this agent. Raises Conflict when the customer has a newer open one."""
    customer_id = await _hold_customer(work, conversation_id)
    conversation = await locked(work, conversation_id)
    if conversation.is_open:
        return
    if conversation.closed_reason != "resolved":
        raise Conflict("merged_away", "This conversation was merged into another one: undo the merge instead.")
    if await conversation_store.lock_open_of(work.connection, [customer_id]):
        raise Conflict("newer_open", "The customer already has an open conversation.")
    agent = await with_room(work, agent_id, conversation)
    await identity_store.mark_settled(work.connection, [customer_id])
    conversation.status = ConversationStatus.WAITING
    conversation.closed_at = conversation.closed_reason = conversation.disposition = None
    conversation.queued_at = work.clock.now()
    conversation.customer_id = customer_id
    customer_store.show(conversation, (await customer_store.lines(work.connection, [customer_id]))[customer_id])
    changes = ChangeSet(work)
    changes.record(conversation, lambda state: ConversationReopened(conversation=state, reason="by_agent"))
    try:
        await changes.flush()
    except AlreadyThere as error:  # the customer wrote at this very moment, and a new one opened
        raise Conflict("newer_open", "The customer already has an open conversation.") from error
    await assign_to(work, conversation, agent_id, Explanation(code="route.reopened", params={"agent": agent.name}))
    await end_wrap_up(work, agent_id)  # mostly of this very conversation: it goes on
    await tell_routers(work, WorkGone(conversation_id=conversation_id, agent_id=agent_id))


def _close(
    work: UnitOfWork,
    changes: ChangeSet,
    conversation: Conversation,
    agent_id: AgentId | None,
    disposition: str | None,
) -> None:
    conversation.status = ConversationStatus.CLOSED
    conversation.last_agent_id = agent_id or conversation.owner_id or conversation.last_agent_id
    conversation.owner_id = conversation.offered_to = conversation.offer_expires_at = None
    conversation.waiting_since = conversation.queued_at = conversation.snoozed_until = None
    conversation.unread, conversation.consulted = 0, ()
    conversation.closed_at, conversation.closed_reason = work.clock.now(), "resolved"
    conversation.disposition = disposition
    changes.record(
        conversation,
        lambda state: ConversationClosed(conversation=state, by=agent_id, reason="resolved", disposition=disposition),
    )


async def _check_disposition(work: UnitOfWork, chosen: str | None, note: str | None, *, is_required: bool) -> None:
    words = await work_words(work.connection)
    if chosen is None:
        if is_required and words.disposition_required and any(word.active for word in words.dispositions):
            raise BadInput("disposition_required", "Say how it ended.", where="body.disposition")
        return
    found = next((word for word in words.dispositions if word.id == chosen and word.active), None)
    if found is None:
        raise BadInput("disposition_unknown", "There is no such disposition.", where="body.disposition")
    if found.needs_note and is_required and not (note and note.strip()):
        raise BadInput("note_required", "This disposition needs a note.", where="body.note")


async def _hold_customer(work: UnitOfWork, conversation_id: ConversationId) -> CustomerId:
    """Whose the conversation is now: a closed one belongs to whoever its first identity belongs to, merges since then
    included. Locked before the conversation, as whoever opens one does."""
    found = await conversation_store.find(work.connection, conversation_id)
    owner = await touchpoint_store.customer_of(work.connection, found.identity_id) if found else None
    if found is None or owner is None:
        raise NotFound("conversation_unknown", "There is no such conversation.", where="conversation_id")
    await customer_store.lock(work.connection, [owner])
    if await touchpoint_store.customer_of(work.connection, found.identity_id) != owner:
        raise Conflict("customer_moved", "The customer was merged or split at this very moment. Try again.")
    return owner
