"""Routing rules: which queue, with which skills, how urgent. The first rule whose conditions all hold places the
conversation; where none holds, the default queue does, with no wish at all."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hub.events import Channel
from hub.events.common import AccountId, Frozen, When
from hub.ids import QueueId
from router.plan.common import Level, Name, Priority, Seconds, Skill, Slug, Tags

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class AttributeIs(Frozen):
    """Of the customer. `among`: compared as text, without regard to case."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    among: tuple[Text, ...] = Field(min_length=1, max_length=100)


class Conditions(Frozen):
    """What is empty or None asks nothing; all that is asked must hold. Lists: one of them, but `tags_all` all.

    `tags` are those of the conversation and of its customer. `words`: one of them stands in the latest message, folded
    ("bao hanh" finds "Bảo hành"). `open_calendar`/`closed_calendar`: by plan "hours", at this moment.
    """

    channels: tuple[Channel, ...] = ()
    accounts: tuple[AccountId, ...] = Field(default=(), max_length=500)
    kinds: tuple[Literal["message", "comment", "call", "missed_call"], ...] = ()
    tags: Tags = ()
    tags_all: Tags = ()
    attributes: tuple[AttributeIs, ...] = Field(default=(), max_length=20)
    languages: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")], ...] = Field(default=(), max_length=20)
    lifecycle: tuple[Slug, ...] = Field(default=(), max_length=50)
    words: tuple[Text, ...] = Field(default=(), max_length=100)
    known_customer: bool | None = None
    open_calendar: Slug | None = None
    closed_calendar: Slug | None = None


class SkillWish(Frozen):
    skill: Skill
    level: Level = 1


class Step(Frozen):
    """Agents wanted, for `wait_s` from the beginning of the step; the last step waits for ever. `queue_id`: from this
    step on the work stands in another queue (overflow)."""

    skills: tuple[SkillWish, ...] = Field(default=(), max_length=10)
    wait_s: Seconds = 0
    queue_id: QueueId | None = None

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({wish.skill for wish in self.skills}) != len(self.skills):
            raise ValueError("a skill is asked for twice in one step")
        return self


class Rule(Frozen):
    """`id` never changes, its place in the list is its rank."""

    id: Slug
    name: Name
    active: bool = True
    when: Conditions = Conditions()
    queue_id: QueueId
    priority: Priority = 0
    steps: tuple[Step, ...] = Field(default=(Step(),), min_length=1, max_length=10)


class RoutingRules(Frozen):
    """Plan "rules", in order. `default_queue_id` None: the queue that was made first."""

    rules: tuple[Rule, ...] = Field(default=(), max_length=500)
    default_queue_id: QueueId | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({rule.id for rule in self.rules}) != len(self.rules):
            raise ValueError("a rule id is used twice")
        return self


class Placed(Frozen):
    """By which rule a conversation got its place, and since when its steps run; it stands in `conversations.route`.
    `rule_id` None: no rule, or placed by a person (`by_hand`), which no rule overrides while it is open. `priority`:
    that the rule gave. `been`: the queues that it overflowed from; it comes back to none of them."""

    rule_id: Slug | None = None
    rule_name: str | None = None
    since: When
    steps: tuple[Step, ...] = Field(default=(Step(),), min_length=1)
    by_hand: bool = False
    priority: Priority = 0
    been: tuple[QueueId, ...] = ()
