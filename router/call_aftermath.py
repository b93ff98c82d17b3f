"""What follows from a call for others: consoles hear how it stands, and whoever was missed is to be called back."""

from datetime import datetime
from typing import Final

from hub.events import TaskState
from hub.ids import QueueId, TaskId
from router import hours
from router.calls import changed
from router.plan.book import Plans
from router.plan.queues import QueueSettings
from storage import call_queues, callers, routing
from storage import tasks as task_store
from storage.calls import Call
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork

MISSED_PRIORITY: Final = 1


async def tell(work: UnitOfWork, call: Call) -> None:
    """To consoles: how the call stands."""
    queue = (await call_queues.queues_of(work.connection))[call.queue_id]
    caller = await callers.caller_of(work.connection, call.account_id, call.caller)
    work.publish(changed(call, queue.pool, caller))


async def call_back(
    work: UnitOfWork,
    changes: ChangeSet,
    plans: Plans,
    conversation: Conversation,
    task_id: TaskId,
    queue_id: QueueId,
    phone: str,
) -> None:
    """Somebody is to call them back, once per conversation, and it is urgent. Who has no number cannot be called."""
    if not phone.startswith("+"):
        return
    if any(task.phone == phone for task in await task_store.open_callbacks(work.connection, conversation.id)):
        return
    now = work.clock.now()
    conversation.priority = max(conversation.priority, MISSED_PRIORITY)
    task = TaskState(
        id=task_id,
        kind="callback",
        conversation_id=conversation.id,
        queue_id=queue_id,
        agent_id=conversation.owner_id,
        due_at=await _opening(work, plans, queue_id),
        phone=phone,
        made_at=now,
    )
    await task_store.add(work, changes, conversation, task)


async def _opening(work: UnitOfWork, plans: Plans, queue_id: QueueId) -> datetime:
    """Now, or when the queue opens next."""
    now = work.clock.now()
    settings = QueueSettings.model_validate(await routing.queue_settings(work.connection, queue_id) or {})
    calendar = next((c for c in plans.hours.calendars if c.id == settings.calendar), None)
    return hours.next_opening(calendar, now) or now
