"""Reminders and call backs, as agents see and set them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from agent_console.api.endpoint import Answer, Call
from agent_console.guard import see_conversation
from agent_console.parts import Parts
from agent_console.permissions import Caller
from agent_console.task_views import EndTaskIn, TaskCount, TaskIn, TaskPage, TaskPatch, TasksQuery, TaskView
from hub.errors import BadInput, Conflict, Forbidden
from hub.events import TaskState
from hub.ids import AgentId, ConversationId, QueueId, TaskId
from hub.phones import normalize_phone
from router import tasks
from storage import conversations as conversation_store
from storage import identities as identity_store
from storage import routing
from storage import tasks as task_store
from storage.conversations import Conversation
from storage.cursors import cursor, read_cursor
from storage.engine import Connection
from storage.tasks import Asked
from storage.unit_of_work import UnitOfWork


class Tasks:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def list_tasks(self, call: Call) -> TaskPage:
        query = call.query(TasksQuery)
        async with self._parts.units.database.reading() as connection:
            asked = await self._asked(connection, call.caller, query)
            found = await task_store.page(connection, asked)
            items = await _views(connection, found[: query.limit])
        last = items[-1].task if len(found) > query.limit else None
        return TaskPage(items=items, next=cursor(_place(last), last.id) if last else None)

    async def count_tasks(self, call: Call) -> TaskCount:
        now = self._parts.clock.now()
        mine = Asked(agent_id=call.caller.agent_id, queue_ids=_sight(call.caller), due_before=now)
        async with self._parts.units.database.reading() as connection:
            everybody = replace(mine, view="all")
            return TaskCount(
                mine=await task_store.count_due(connection, mine),
                queue=await task_store.count_due(connection, replace(mine, view="queue")),
                everybody=await task_store.count_due(connection, everybody) if call.caller.sees_all else None,
            )

    async def add_task(self, call: Call) -> Answer:
        given = call.body(TaskIn)
        conversation_id = ConversationId(call.id("conversation_id"))
        async with self._parts.units.begin() as work:
            await conversation_store.lock(work.connection, [conversation_id])
            conversation = await see_conversation(work.connection, call.caller, conversation_id)
            known = await task_store.find(work.connection, TaskId(given.task_id))
            if known is not None:
                return Answer(_again(known, conversation_id, call.caller), status=200)
            task = await self._task(work, call.caller, conversation, given)
            await tasks.add(work, task)
            await work.commit()
        return Answer(task, status=201)

    async def change_task(self, call: Call) -> TaskState:
        given, task_id, me = call.body(TaskPatch), TaskId(call.id("task_id")), call.caller.agent_id
        async with self._parts.units.begin() as work:
            task = await _mine(work, call.caller, task_id)
            if given.state is not None:
                task = await tasks.take_back(work, task_id, me)
            if given.due_at is not None:
                task = await tasks.put_off(work, task_id, given.due_at, me)
            if "note" in given.model_fields_set:
                task = await tasks.rewrite(work, task_id, given.note or None, me)
            if "agent_id" in given.model_fields_set:
                await _check_agent(work, given.agent_id)
                task = await tasks.hand_over(work, task_id, given.agent_id, task.queue_id, me)
            await work.commit()
        return task

    async def end_task(self, call: Call) -> TaskState:
        task_id = TaskId(call.id("task_id"))
        async with self._parts.units.begin() as work:
            await _mine(work, call.caller, task_id)
            ended = await tasks.end(work, task_id, call.body(EndTaskIn).ending, call.caller.agent_id)
            await work.commit()
        return ended

    async def _task(self, work: UnitOfWork, caller: Caller, conversation: Conversation, given: TaskIn) -> TaskState:
        now = work.clock.now()
        tasks.check_time(given.due_at, now)
        await _check_agent(work, given.agent_id)
        return TaskState(
            id=TaskId(given.task_id),
            kind=given.kind,
            conversation_id=conversation.id,
            queue_id=conversation.queue_id,
            agent_id=given.agent_id,
            due_at=given.due_at,
            phone=_phone(given, conversation) if given.kind == "callback" else None,
            note=given.note or None,
            made_by=caller.agent_id,
            made_at=now,
        )

    async def _asked(self, connection: Connection, caller: Caller, query: TasksQuery) -> Asked:
        """Raises NotFound for a conversation that may not be seen, BadInput for a cursor that is none."""
        customer_id = None
        if query.conversation_id is not None:
            seen = await see_conversation(connection, caller, query.conversation_id)
            customer_id = (await identity_store.customers_of(connection, [seen.identity_id]))[seen.identity_id]
        after = read_cursor(query.after) if query.after else None
        return Asked(
            agent_id=caller.agent_id,
            queue_ids=_sight(caller),
            view=query.view,
            is_open=query.state == "open",
            customer_id=customer_id,
            due_before=self._parts.clock.now() if query.due else None,
            after=(after[0], TaskId(after[1])) if after else None,
            limit=query.limit,
        )


async def _views(connection: Connection, found: Sequence[TaskState]) -> tuple[TaskView, ...]:
    """A merged conversation leads to the one that goes on, however often that was merged in turn."""
    own = await routing.by_ids(connection, {task.conversation_id for task in found})
    heads = dict(own)
    for _ in range(10):  # nobody is merged more often in the life of a task
        further = {c.merged_into for c in heads.values() if c.merged_into is not None} - heads.keys()
        if not further:
            break
        heads |= await routing.by_ids(connection, further)
    return tuple(_view(task, own[task.conversation_id], heads) for task in found)


def _view(task: TaskState, own: Conversation, heads: dict[ConversationId, Conversation]) -> TaskView:
    head = own
    while head.merged_into in heads:
        head = heads[head.merged_into]
    return TaskView(
        task=task,
        customer_name=head.customer_name,
        customer_phone=head.customer_phone,
        channels=head.channels,
        status=head.status,
        open_id=head.id,
    )


async def _mine(work: UnitOfWork, caller: Caller, task_id: TaskId) -> TaskState:
    """One that the caller has, made, or may take from their queue. The guard has looked whether they see it at all."""
    task = await tasks.held(work, task_id)
    if not caller.sees_all and caller.agent_id not in {task.agent_id, task.made_by} and task.agent_id is not None:
        raise Forbidden("not_your_task", "This task is somebody else's.")
    return task


def _again(known: TaskState, conversation_id: ConversationId, caller: Caller) -> TaskState:
    if known.conversation_id != conversation_id or known.made_by != caller.agent_id:
        raise Conflict("client_id_taken", "Make a task_id of your own for each task.", where="body.task_id")
    return known


async def _check_agent(work: UnitOfWork, agent_id: AgentId | None) -> None:
    if agent_id is not None and not await routing.agent_rows(work.connection, [agent_id], clock=work.clock):
        raise BadInput("agent_unknown", "There is no such agent.", where="body.agent_id")


def _phone(given: TaskIn, conversation: Conversation) -> str:
    phone = normalize_phone(given.phone) if given.phone else conversation.customer_phone
    if phone is None:
        raise BadInput("phone_invalid", "Enter the number to call back.", where="body.phone")
    return phone


def _place(task: TaskState) -> datetime:
    return task.ended_at or task.due_at


def _sight(caller: Caller) -> frozenset[QueueId] | None:
    return None if caller.sees_all else caller.queue_ids
