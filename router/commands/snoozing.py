"""Put off until a time, or until the customer writes. What is put off keeps its owner and holds no room.

It becomes work again at its time, by the router (router.waking): with its owner if they are there and have room, else
in its queue at its old place, where they come first.
"""

from datetime import datetime, timedelta

from hub.errors import BadInput, Conflict
from hub.events import ConversationSnoozed, ConversationStatus, ConversationWoken, WorkGone
from hub.ids import AgentId, ConversationId
from router.commands.moving import arrived, locked_open, with_room
from router.commands.telling import tell_routers
from storage import routing
from storage.changes import ChangeSet
from storage.unit_of_work import UnitOfWork

SNOOZE_MAX = timedelta(days=90)
UNTIL_ANSWERED = timedelta(days=30)  # nothing is forgotten for ever: then it wakes without an answer


async def snooze(
    work: UnitOfWork, conversation_id: ConversationId, by: AgentId | None, until: datetime | None = None
) -> None:
    """`until` None: until the customer writes. Raises BadInput for a moment that is over or too far, Conflict while it
    is offered to somebody."""
    now = work.clock.now()
    until = until or now + UNTIL_ANSWERED
    if not now < until <= now + SNOOZE_MAX:
        raise BadInput("snooze_time", "Choose a moment within the next 90 days.", where="body.until")
    conversation = await locked_open(work, conversation_id)
    if conversation.status is ConversationStatus.OFFERED:
        raise Conflict("offer_pending", "It is offered to somebody at this very moment.")
    if conversation.snoozed_until == until:
        return
    conversation.snoozed_until = until
    changes = ChangeSet(work)
    changes.record(conversation, lambda state: ConversationSnoozed(conversation=state, by=by, until=until))
    await changes.flush()
    await tell_routers(work, WorkGone(conversation_id=conversation_id, agent_id=conversation.owner_id))


async def wake(work: UnitOfWork, conversation_id: ConversationId, by: AgentId) -> None:
    """Now, by hand. Raises Conflict when its owner has no room for it. Harmless when it is awake."""
    conversation = await locked_open(work, conversation_id)
    if conversation.snoozed_until is None:
        return
    owner = conversation.owner_id
    if owner is not None:
        await with_room(work, owner, conversation)
    conversation.snoozed_until = None
    changes = ChangeSet(work)
    changes.record(conversation, lambda state: ConversationWoken(conversation=state, agent_id=owner, reason="by_agent"))
    await changes.flush()
    if owner is None:
        await tell_routers(work, arrived(conversation))
    else:
        await routing.touch_idle(work.connection, [owner], work.clock.now())
        await tell_routers(work, WorkGone(conversation_id=conversation_id, agent_id=owner))
