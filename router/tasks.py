"""What agents and the hub do to reminders and call backs. Each runs inside the caller's unit of work.

Who may see the conversation at all is checked by the caller. Raises NotFound when there is no such task or
conversation, Conflict when the task is over.
"""

from datetime import datetime
from typing import Literal

from hub.errors import BadInput, Conflict, NotFound
from hub.events import TaskState
from hub.ids import AgentId, ConversationId, QueueId, TaskId
from storage import conversations as conversation_store
from storage import tasks as task_store
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork

Ending = Literal["done", "cancelled"]


async def add(work: UnitOfWork, task: TaskState) -> bool:
    """For whoever has not locked the conversation yet. False: it is there already (by its id)."""
    conversation = await _locked(work, task.conversation_id)
    changes = ChangeSet(work)
    made = await task_store.add(work, changes, conversation, task)
    await changes.flush()
    return made


async def end(work: UnitOfWork, task_id: TaskId, ending: Ending, by: AgentId | None) -> TaskState:
    """Ending it the same way again is harmless."""
    task, conversation = await _held(work, task_id)
    if task.state == ending:
        return task
    _check_open(task)
    ended = task.model_copy(update={"state": ending, "ended_at": work.clock.now()})
    return await _change(work, conversation, ended, ending, by)


async def take_back(work: UnitOfWork, task_id: TaskId, by: AgentId | None) -> TaskState:
    """It was ended by mistake: it is open again, with its time. Harmless for one that is."""
    task, conversation = await _held(work, task_id)
    if task.state == "open":
        return task
    return await _change(work, conversation, task.model_copy(update={"state": "open", "ended_at": None}), "changed", by)


async def put_off(work: UnitOfWork, task_id: TaskId, due_at: datetime, by: AgentId | None) -> TaskState:
    """It is told anew when the new time comes. Raises BadInput for a time that is over."""
    check_time(due_at, work.clock.now())
    task, conversation = await _held(work, task_id)
    _check_open(task)
    if task.due_at == due_at:
        return task
    return await _change(work, conversation, task.model_copy(update={"due_at": due_at, "told_at": None}), "changed", by)


async def hand_over(
    work: UnitOfWork, task_id: TaskId, agent_id: AgentId | None, queue_id: QueueId | None, by: AgentId | None
) -> TaskState:
    """To one agent, or to whoever serves the queue. Who gets it is told of it when it is due, or at once if it was."""
    task, conversation = await _held(work, task_id)
    _check_open(task)
    if (task.agent_id, task.queue_id) == (agent_id, queue_id):
        return task
    given = task.model_copy(update={"agent_id": agent_id, "queue_id": queue_id, "told_at": None})
    return await _change(work, conversation, given, "changed", by)


async def rewrite(work: UnitOfWork, task_id: TaskId, note: str | None, by: AgentId | None) -> TaskState:
    """Another note."""
    task, conversation = await _held(work, task_id)
    _check_open(task)
    if task.note == note:
        return task
    return await _change(work, conversation, task.model_copy(update={"note": note}), "changed", by)


async def held(work: UnitOfWork, task_id: TaskId) -> TaskState:
    """As it is now; nobody changes it before the unit of work ends."""
    return (await _held(work, task_id))[0]


def check_time(due_at: datetime, now: datetime) -> None:
    """Raises BadInput for a time that is over."""
    if due_at <= now:
        raise BadInput("task_time_over", "This time is over: choose a later one.", where="body.due_at")


async def _held(work: UnitOfWork, task_id: TaskId) -> tuple[TaskState, Conversation]:
    """The task as it is now, with its conversation locked: whoever changes one holds the other."""
    seen = await task_store.find(work.connection, task_id)
    if seen is None:
        raise NotFound("task_unknown", "There is no such task.", where="task_id")
    conversation = await _locked(work, seen.conversation_id)
    now = await task_store.find(work.connection, task_id)
    return now or seen, conversation


async def _change(
    work: UnitOfWork, conversation: Conversation, task: TaskState, what: task_store.Change, by: AgentId | None
) -> TaskState:
    changes = ChangeSet(work)
    await task_store.change(work, changes, conversation, task, what, by)
    await changes.flush()
    return task


async def _locked(work: UnitOfWork, conversation_id: ConversationId) -> Conversation:
    found = await conversation_store.lock(work.connection, [conversation_id])
    if conversation_id not in found:
        raise NotFound("conversation_unknown", "There is no such conversation.", where="conversation_id")
    return found[conversation_id]


def _check_open(task: TaskState) -> None:
    if task.state != "open":
        raise Conflict("task_over", "This task is done or was cancelled.")
