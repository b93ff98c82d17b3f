"""What the API says and takes of reminders, call backs and labels."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.events import Channel, ConversationStatus, TaskState
from hub.events.common import Frozen, When
from hub.ids import AgentId, ConversationId
from router.plan.common import Priority, Slug, Tags

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class TaskView(Frozen):
    """`open_id`: the conversation to open for it; another one than its own when that was merged away."""

    task: TaskState
    customer_name: str | None
    customer_phone: str | None
    channels: tuple[Channel, ...]
    status: ConversationStatus
    open_id: ConversationId


class TaskPage(Frozen):
    """`next` is the cursor of the following page, None on the last."""

    items: tuple[TaskView, ...]
    next: str | None = None


class TaskCount(Frozen):
    """Tasks whose time has come, at most 1000 of each: mine, my queues' that are nobody's, and, for supervisors,
    everybody's."""

    mine: int
    queue: int
    everybody: int | None = None


class TasksQuery(Frozen):
    """`mine`, those of my queues that are nobody's (`queue`), or all I may see. Open ones by their time, ended ones
    newest first. `conversation_id`: of that conversation's customer, whatever conversation they came from."""

    view: Literal["mine", "queue", "all"] = "mine"
    state: Literal["open", "ended"] = "open"
    due: bool = False  # only those whose time has come
    conversation_id: ConversationId | None = None
    after: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=100)


class TaskIn(Frozen):
    """`task_id` is made by the console, once per click: sending the same again changes nothing. `agent_id` None:
    whoever serves the conversation's queue. `phone`: whom to call back, the customer's own number when left out."""

    task_id: UUID
    kind: Literal["reminder", "callback"] = "reminder"
    due_at: When
    note: Note | None = None
    agent_id: AgentId | None = None
    phone: str | None = Field(default=None, min_length=3, max_length=64)


class TaskPatch(Frozen):
    """What is left out stays. `agent_id` null: whoever serves the queue. `state`: what was ended is open again; said
    first, so that it can be changed, too."""

    state: Literal["open"] | None = None
    due_at: When | None = None
    note: Note | None = None
    agent_id: AgentId | None = None


class EndTaskIn(Frozen):
    ending: Literal["done", "cancelled"] = "done"


class LabelsIn(Frozen):
    """What is left out stays. `lifecycle` null: none from now on."""

    priority: Priority | None = None
    add_tags: Tags = ()
    remove_tags: Tags = ()
    lifecycle: Slug | None = None


class TagList(Frozen):
    """Tags that are in use, the most used first."""

    items: tuple[str, ...]


class TagsQuery(Frozen):
    """`q`: tags that hold this, without regard to marks and case."""

    q: str = Field(default="", max_length=50)
