"""Routes of reminders, call backs and labels: a part of agent_console.api.routes."""

from agent_console import task_views as views
from agent_console.api.route import Route, get, post
from agent_console.call_views import CallList
from agent_console.permissions import Access
from hub.events import ConversationState, TaskState

A = Access

FOLLOW_UP_ROUTES: tuple[Route, ...] = (
    Route(
        "label_conversation",
        "PATCH",
        "/conversations/{conversation_id}/labels",
        A.AGENT,
        "Set urgency, tags or lifecycle",
        takes=views.LabelsIn,
        answers=ConversationState,
        may=(409,),
    ),
    get("list_tags", "/tags", A.AGENT, views.TagList, "Tags to choose from", query=views.TagsQuery),
    get("list_calls", "/calls", A.AGENT, CallList, "Live calls: one's own, for supervisors all"),
    get(
        "list_tasks",
        "/tasks",
        A.AGENT,
        views.TaskPage,
        "Reminders and call backs",
        query=views.TasksQuery,
    ),
    get("count_tasks", "/task-count", A.AGENT, views.TaskCount, "How many are due"),
    post(
        "add_task",
        "/conversations/{conversation_id}/tasks",
        A.AGENT,
        TaskState,
        "Remind me, or a colleague, or whoever serves the queue",
        takes=views.TaskIn,
        status=201,
        repeated_status=200,
        may=(409,),
    ),
    Route(
        "change_task",
        "PATCH",
        "/tasks/{task_id}",
        A.AGENT,
        "Another time, note or agent",
        takes=views.TaskPatch,
        answers=TaskState,
        may=(409,),
    ),
    post(
        "end_task", "/tasks/{task_id}/end", A.AGENT, TaskState, "Done, or not needed", takes=views.EndTaskIn, may=(409,)
    ),
)
