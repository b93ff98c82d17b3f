"""What the commands take that move a conversation, beside the plain ones."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from hub.events import NOTE_MAX_CHARS, DeclineReason, PresenceStatus
from hub.events.common import Frozen, When
from hub.ids import AgentId, QueueId
from router.plan.work import WorkWords

Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NOTE_MAX_CHARS)]
WordId = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class ResolveIn(Frozen):
    """`disposition`: of the words for work. `note`: for colleagues, never for the customer."""

    disposition: WordId | None = None
    note: Note | None = None


class DeclineIn(Frozen):
    because: DeclineReason | None = None


class TransferIn(Frozen):
    """To one of both. `note`: what the next one must know."""

    agent_id: AgentId | None = None
    queue_id: QueueId | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _to_one(self) -> Self:
        if (self.agent_id is None) == (self.queue_id is None):
            raise ValueError("name an agent or a queue, not both")
        return self


class AssignIn(Frozen):
    """`agent_id` None: to me."""

    agent_id: AgentId | None = None
    note: Note | None = None


class SnoozeIn(Frozen):
    """`until` None: until the customer writes, at most 30 days."""

    until: When | None = None


class NoteIn(Frozen):
    """`note_id` is made by the console, once per click. `ask`: colleagues whose opinion is wanted; they see the
    conversation from now on."""

    note_id: UUID
    text: Note
    ask: tuple[AgentId, ...] = Field(default=(), max_length=10)


class EndConsultIn(Frozen):
    """`agent_id` None: me."""

    agent_id: AgentId | None = None


class PresenceIn(Frozen):
    """`reason`: of the words for work, of this status."""

    status: PresenceStatus
    reason: WordId | None = None


class WordsView(Frozen):
    """The words for work that are in force."""

    words: WorkWords
