"""What the API answers and takes of plans, queues and teams: for supervisors."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from agent_console.views import Role
from hub.events import Channel
from hub.events.common import AccountId, Frozen, When
from hub.ids import AgentId, QueueId
from router.holidays import FIRST_YEAR, LAST_YEAR, Holiday
from router.plan.automation import Automation
from router.plan.common import Level, Name, Skill, WorkClass
from router.plan.hours import Hours
from router.plan.queues import QueueSettings
from router.plan.rules import RoutingRules
from router.plan.sla import SlaPolicies
from router.plan.work import WorkWords
from storage.plans import Kind

Version = Annotated[int, Field(ge=0, lt=2**31)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class PlanVersion(Frozen):
    """`version` 0: the defaults, as long as nobody stored anything."""

    kind: Kind
    version: int
    made_by: AgentId | None = None
    made_at: When | None = None
    note: str | None = None


class RulesPlan(PlanVersion):
    document: RoutingRules


class HoursPlan(PlanVersion):
    document: Hours


class WorkPlan(PlanVersion):
    document: WorkWords


class SlaPlan(PlanVersion):
    document: SlaPolicies


class AutomationPlan(PlanVersion):
    document: Automation


class PlanQuery(Frozen):
    """`version` left out: the one in force."""

    version: int | None = Field(default=None, ge=0, lt=2**31)


class PlanIn(Frozen):
    """`seen`: the version that was changed; another one in force is a conflict. `note`: for readers of the history."""

    seen: Version
    note: Note | None = None


class RulesPlanIn(PlanIn):
    document: RoutingRules


class HoursPlanIn(PlanIn):
    document: Hours


class WorkPlanIn(PlanIn):
    document: WorkWords


class SlaPlanIn(PlanIn):
    document: SlaPolicies


class AutomationPlanIn(PlanIn):
    document: Automation


class PlanHistory(Frozen):
    """Newest first. `next` is `before` of the following page, None on the last."""

    items: tuple[PlanVersion, ...]
    next: int | None = None


class PlanHistoryQuery(Frozen):
    before: int | None = Field(default=None, ge=1, lt=2**31)
    limit: int = Field(default=20, ge=1, le=100)


class RestoreIn(Frozen):
    """`version` becomes the newest, as a new version. `seen`: as in PlanIn."""

    version: Version
    seen: Version
    note: Note | None = None


class HolidayView(Frozen):
    on: date
    holiday: Holiday


class HolidayList(Frozen):
    """In order."""

    items: tuple[HolidayView, ...]


class HolidaysQuery(Frozen):
    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)


class AccountName(Frozen):
    id: AccountId
    channel: Channel
    display_name: str
    active: bool


class Planning(Frozen):
    """What plans may name, besides queues, agents, attributes and other plans."""

    accounts: tuple[AccountName, ...]
    skills: tuple[str, ...]


class QueueDetail(Frozen):
    """`offer_s`: how long an offer rings. `version`: names this state, for whoever changes it."""

    id: QueueId
    name: str
    offer_s: int
    settings: QueueSettings
    member_ids: tuple[AgentId, ...]
    created_at: When
    version: int


class QueueDetailList(Frozen):
    """The one that was made first comes first: the default of routing rules that name none."""

    items: tuple[QueueDetail, ...]


OfferSeconds = Annotated[int, Field(ge=5, le=600)]
Members = Annotated[tuple[AgentId, ...], Field(max_length=10_000)]


class QueueIn(Frozen):
    name: Name
    offer_s: OfferSeconds = 20
    settings: QueueSettings = QueueSettings()
    member_ids: Members = ()


class QueuePatch(Frozen):
    """What is left out stays; `settings` and `member_ids` are replaced as a whole. `seen`: the version that was edited;
    409 `queue_outdated` when it is not the newest any more."""

    seen: Version
    name: Name | None = None
    offer_s: OfferSeconds | None = None
    settings: QueueSettings | None = None
    member_ids: Members | None = None


Skills = Annotated[dict[Skill, Level], Field(max_length=100)]
Limits = dict[WorkClass, Annotated[int, Field(ge=0, le=100)]]


class TeamMember(Frozen):
    """An agent at work. `limits`: most of a class at once, beside `capacity`."""

    id: AgentId
    display_name: str
    role: Role
    disabled: bool
    capacity: int
    limits: Limits
    skills: dict[str, int]
    auto_accept: bool
    queue_ids: tuple[QueueId, ...]


class TeamList(Frozen):
    items: tuple[TeamMember, ...]


class TeamPatch(Frozen):
    """What is left out stays; `limits`, `skills` and `queue_ids` are replaced as a whole."""

    capacity: int | None = Field(default=None, ge=0, le=100)
    limits: Limits | None = None
    skills: Skills | None = None
    auto_accept: bool | None = None
    queue_ids: tuple[QueueId, ...] | None = Field(default=None, max_length=200)


VIEWS: dict[Kind, Any] = {
    "rules": RulesPlan,
    "hours": HoursPlan,
    "work": WorkPlan,
    "sla": SlaPlan,
    "automation": AutomationPlan,
}
