"""Do plans name only what is there? Pure.

A plan may go on naming what it named before, although it went meanwhile (the last agent with a skill, an account that
was switched off): who mends another rule is not held up by it. See router.why for how such work is told of.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from router.plan.automation import AssignTo, AutomationRule, CallWebhook, Close, MoveToQueue, SetLifecycle
from router.plan.hours import Calendar
from router.plan.queues import QueueSettings
from router.plan.rules import AttributeIs, Conditions, RoutingRules, Rule, SkillWish, Step
from router.plan.sla import Escalation, SlaPolicy

Noun = Literal[
    "queue", "agent", "account", "skill", "attribute", "calendar", "sla_policy", "lifecycle", "disposition"
]  # fmt: skip

REFERENCES: Mapping[tuple[type[BaseModel], str], Noun] = {
    (Conditions, "accounts"): "account",
    (Conditions, "lifecycle"): "lifecycle",
    (Conditions, "open_calendar"): "calendar",
    (Conditions, "closed_calendar"): "calendar",
    (AttributeIs, "name"): "attribute",
    (SkillWish, "skill"): "skill",
    (Step, "queue_id"): "queue",
    (Rule, "queue_id"): "queue",
    (RoutingRules, "default_queue_id"): "queue",
    (SlaPolicy, "queues"): "queue",
    (SlaPolicy, "calendar"): "calendar",
    (Escalation, "queue_id"): "queue",
    (Escalation, "notify"): "agent",
    (MoveToQueue, "queue_id"): "queue",
    (AssignTo, "agent_id"): "agent",
    (SetLifecycle, "lifecycle"): "lifecycle",
    (Close, "disposition"): "disposition",
    (QueueSettings, "calendar"): "calendar",
    (QueueSettings, "overflow_queue_id"): "queue",
    (QueueSettings, "sla_policy"): "sla_policy",
}
TOLD: Mapping[Noun, str] = {"sla_policy": "service level", "lifecycle": "lifecycle state", "account": "channel account"}

Faults = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reference:
    """`owner`: the name of the rule, policy or calendar that it stands in, None outside of any."""

    noun: Noun
    value: Any
    where: str
    owner: str | None = None


def references(document: BaseModel, where: str = "", owner: str | None = None) -> Iterator[Reference]:
    """Everything that a plan, or a part of it, names by its id; in the order in which it stands there."""
    if isinstance(document, Rule | SlaPolicy | AutomationRule | Calendar):
        owner = document.name
    for name in type(document).model_fields:
        value, place = getattr(document, name), f"{where}.{name}" if where else name
        noun = REFERENCES.get((type(document), name))
        for one, at in _each(value, place):
            if noun is not None:
                yield Reference(noun, one, at, owner)
            elif isinstance(one, BaseModel):
                yield from references(one, at, owner)


def unknown(document: BaseModel, known: Mapping[Noun, Set[Any]], before: BaseModel | None, where: str) -> Faults:
    """`before`: what was in force, whose references pass."""
    old = {(reference.noun, reference.value) for reference in references(before)} if before is not None else set()
    return [
        (reference.where, f"There is no such {TOLD.get(reference.noun, reference.noun)}")
        for reference in references(document, where)
        if reference.value not in known[reference.noun] and (reference.noun, reference.value) not in old
    ]


def still_used(noun: Noun, gone: Set[Any], documents: Iterable[tuple[str, BaseModel]], where: str) -> Faults:
    """What of `gone` other plans name. `documents`: each with the name to tell of what stands in no rule of its own."""
    return [
        (where, f"Still used by {reference.owner or name}: {reference.value}")
        for name, document in documents
        for reference in references(document)
        if reference.noun == noun and reference.value in gone
    ]


def webhooks(document: BaseModel) -> set[str]:
    """Addresses to which a plan sends things."""
    found = {str(document.url)} if isinstance(document, CallWebhook) else set()
    for name in type(document).model_fields:
        for one, _ in _each(getattr(document, name), name):
            if isinstance(one, BaseModel):
                found |= webhooks(one)
    return found


def _each(value: Any, where: str) -> Iterator[tuple[Any, str]]:
    """The parts of a list, the value itself otherwise, nothing for None; each with its place."""
    if isinstance(value, tuple):
        for index, one in enumerate(value):
            yield from _each(one, f"{where}.{index}")
    elif value is not None:
        yield value, where
