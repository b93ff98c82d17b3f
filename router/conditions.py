"""Whether the conditions of a rule hold. Pure; shared by routing rules, service levels and automation."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from router.facts import Facts, fold_words, plain
from router.hours import is_open
from router.plan.hours import Hours
from router.plan.rules import AttributeIs, Conditions

Asked = tuple[str, bool]  # a field of Conditions that asks something, and whether it is so


def holds(conditions: Conditions, facts: Facts, now: datetime, hours: Hours) -> bool:
    """All that is asked. `now` and `hours` matter to calendars only."""
    return all(is_so for _, is_so in answers(conditions, facts, now, hours))


def answers(conditions: Conditions, facts: Facts, now: datetime, hours: Hours) -> Iterable[Asked]:
    """Each thing asked in turn, the cheap ones first. A fact that is not known fits nothing."""
    yield from _of_the_work(conditions, facts)
    yield from _of_the_customer(conditions, facts)
    if conditions.open_calendar is not None:
        yield "open_calendar", _is_open(conditions.open_calendar, now, hours) is True
    if conditions.closed_calendar is not None:
        yield "closed_calendar", _is_open(conditions.closed_calendar, now, hours) is False


def _of_the_work(conditions: Conditions, facts: Facts) -> Iterable[Asked]:
    if conditions.channels:
        yield "channels", facts.channel in conditions.channels
    if conditions.accounts:
        yield "accounts", facts.account in conditions.accounts
    if conditions.kinds:
        yield "kinds", facts.kind in conditions.kinds
    if conditions.lifecycle:
        yield "lifecycle", facts.lifecycle in conditions.lifecycle
    if conditions.words:
        yield "words", _stands_in(conditions.words, facts.words)


def _of_the_customer(conditions: Conditions, facts: Facts) -> Iterable[Asked]:
    if conditions.languages:
        yield "languages", facts.language in conditions.languages
    if conditions.known_customer is not None:
        yield "known_customer", facts.known_customer is conditions.known_customer
    if conditions.tags:
        yield "tags", any(plain(tag) in facts.tags for tag in conditions.tags)
    if conditions.tags_all:
        yield "tags_all", all(plain(tag) in facts.tags for tag in conditions.tags_all)
    for attribute in conditions.attributes:
        yield "attributes", _is_among(attribute, facts)


def _is_among(attribute: AttributeIs, facts: Facts) -> bool:
    value = facts.attributes.get(attribute.name)
    return value is not None and value in {plain(one) for one in attribute.among}


def _stands_in(words: Iterable[str], text: str) -> bool:
    """Whole words: "in" is not found in "tin"."""
    padded = f" {text} "
    return any(f" {spoken} " in padded for word in words if (spoken := _spoken(word)))


@lru_cache(maxsize=10_000)
def _spoken(word: str) -> str:
    """Those of rules are few, and asked of every message."""
    return fold_words(word)


def _is_open(calendar_id: str, now: datetime, hours: Hours) -> bool | None:
    """None: there is no such calendar (any more)."""
    found = next((calendar for calendar in hours.calendars if calendar.id == calendar_id), None)
    return None if found is None else is_open(found, now)
