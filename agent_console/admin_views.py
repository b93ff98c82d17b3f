"""What the administrators' part of the API answers and takes: channel accounts, agents, dead letters."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from agent_console.views import AgentView, QueueView, Role
from hub.events import AttachmentKind, Channel
from hub.events.common import AccountId, Frozen, When
from hub.ids import QueueId

PASSWORD_MIN_CHARS = 8  # NIST SP 800-63B; length is the only rule

Login = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._@+-]{0,99}$")]
Password = Annotated[str, StringConstraints(min_length=PASSWORD_MIN_CHARS, max_length=1024)]
AgentName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Settings = dict[str, Any]


class ChannelView(Frozen):
    """What a channel can do, and the JSON Schema of its accounts' settings. Secrets carry `format: password`."""

    channel: Channel
    can_send: bool
    text_chars_max: int
    attachments: dict[AttachmentKind, int]
    reply_window_s: float | None
    settings_schema: dict[str, Any]


class ChannelList(Frozen):
    items: tuple[ChannelView, ...]


class ChannelAccountView(Frozen):
    """`settings` without its secrets; `secrets` names those that are set. `webhook_url` is for the provider."""

    id: AccountId
    channel: Channel
    display_name: str
    active: bool
    alarm: str | None
    settings: Settings
    secrets: tuple[str, ...]
    webhook_url: str
    version: int
    created_at: When


class ChannelAccountList(Frozen):
    items: tuple[ChannelAccountView, ...]


class ChannelAccountIn(Frozen):
    id: AccountId
    channel: Channel
    display_name: AgentName
    settings: Settings
    active: bool = True


class ChannelAccountPatch(Frozen):
    """What is left out stays. `settings` replaces all but the secrets: a secret that is left out stays as it is."""

    display_name: AgentName | None = None
    settings: Settings | None = None
    active: bool | None = None


class AgentDetail(AgentView):
    disabled_at: When | None
    created_at: When


class AgentList(Frozen):
    items: tuple[AgentDetail, ...]


class AgentIn(Frozen):
    login: Login
    display_name: AgentName
    password: Password
    role: Role = "agent"
    capacity: int = Field(default=5, ge=0, le=100)
    locale: Literal["vi", "en"] = "vi"
    queue_ids: tuple[QueueId, ...] = Field(default=(), max_length=200)


class AgentPatch(Frozen):
    """What is left out stays. A new password and `disabled` end every sign-in of the agent."""

    display_name: AgentName | None = None
    password: Password | None = None
    role: Role | None = None
    capacity: int | None = Field(default=None, ge=0, le=100)
    locale: Literal["vi", "en"] | None = None
    queue_ids: tuple[QueueId, ...] | None = Field(default=None, max_length=200)
    disabled: bool | None = None


class QueueList(Frozen):
    items: tuple[QueueView, ...]


class DeadLetterView(Frozen):
    """An event that a consumer could not handle. `body` is the record as text, shortened."""

    id: str
    at: When
    group: str
    topic: str
    type: str
    key: str
    reason: str
    body: str


class DeadLetterPage(Frozen):
    """Newest first. `next` is the cursor of the following page, None on the last."""

    items: tuple[DeadLetterView, ...]
    next: str | None = None


class DeadLettersQuery(Frozen):
    after: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=100)


class ReplayIn(Frozen):
    """`ids` as in DeadLetterView."""

    ids: tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...] = Field(
        min_length=1, max_length=100
    )


class ReplayOut(Frozen):
    """`missing` are ids that are not there (any more); `unreadable` are events that this release cannot read either."""

    replayed: int
    missing: tuple[str, ...]
    unreadable: tuple[str, ...]
