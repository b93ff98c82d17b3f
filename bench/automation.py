"""`bench automation`: what automation costs each message, on SQLite, in batches as the consumer makes them: 20 rules of
which none fits; 20 rules of which two fit every tenth message; and, for scale, what identity costs the same messages.
"""

import time
from collections.abc import Sequence
from typing import Any

from bench.report import CannotMeasure, Figure
from bench.town import Town, message, town
from hub.assembly import garbage
from hub.events import Envelope, EventData, wrap
from identity.service import Resolver
from router.automation.engine import carry_out, rules_of
from router.automation.triggers import occasion_of
from router.plan.automation import AddTags, Automation, AutomationRule, SetPriority
from router.plan.book import Plans
from router.plan.rules import Conditions

RULES = 20
BATCH = 500
PEOPLE = 1000
FIT_EVERY = 10  # messages

Events = Sequence[Envelope[EventData]]


async def measure(*, count: int) -> list[Figure]:
    garbage.settle()  # as every hub does
    async with town("sqlite") as here:
        began = time.perf_counter()
        events = await _write(here, count)
        identity_s = time.perf_counter() - began
        none_s, none = await _handle(here, _plans("không bao giờ"), events)
        some_s, some = await _handle(here, _plans("bảo hành"), events)
    if none or some != 2 * (count // FIT_EVERY):
        raise CannotMeasure(f"{none} and {some} runs, instead of 0 and {2 * (count // FIT_EVERY)}")
    return [
        Figure(name="identity, for scale", value=identity_s / count * 1e6, unit="µs per message"),
        Figure(name=f"{RULES} rules, none fits", value=none_s / count * 1e6, unit="µs per message"),
        Figure(name=f"{RULES} rules, two fit one in {FIT_EVERY}", value=some_s / count * 1e6, unit="µs per message"),
        Figure(name="each run", value=max(some_s - none_s, 0.0) / some * 1e6, unit="µs"),
    ]


async def _write(here: Town, count: int) -> Events:
    """The messages through identity; what it published."""
    resolver = Resolver()
    published: list[Envelope[EventData]] = []
    for first in range(0, count, BATCH):
        arriving: list[Envelope[Any]] = [
            wrap(message(("fb-main", f"p{n % PEOPLE}"), f"m{n}", _text(n), here.units.clock), here.units.clock)
            for n in range(first, min(first + BATCH, count))
        ]
        async with here.units.begin() as work:
            await resolver.handle(work, arriving)
            await work.commit()
            published += work.published
    return published


def _text(number: int) -> str:
    return "Máy lạnh của em còn bảo hành không ạ" if number % FIT_EVERY == 0 else "Shop ơi cho em hỏi giá với ạ"


def _plans(words: str) -> Plans:
    """Two rules that look for `words`, and others that never fit."""
    wanted = Conditions(words=(words,))
    two = (
        AutomationRule(id="tag", name="Tag", on="customer_message", when=wanted, then=(AddTags(tags=("bảo hành",)),)),
        AutomationRule(id="rank", name="Rank", on="customer_message", when=wanted, then=(SetPriority(priority=1),)),
    )
    others = tuple(
        AutomationRule(
            id=f"other-{n}", name="Other", on="customer_message", then=(SetPriority(priority=2),),
            when=Conditions(words=(f"từ số {n}", "khác"), tags=(f"thẻ {n}",)),
        )
        for n in range(RULES - len(two))
    )  # fmt: skip
    return Plans(automation=Automation(rules=(*others, *two)))


async def _handle(here: Town, plans: Plans, events: Events) -> tuple[float, int]:
    """Seconds, and how many runs there were."""
    rules, runs = rules_of(plans), 0
    began = time.perf_counter()
    for first in range(0, len(events), BATCH):
        batch = events[first : first + BATCH]
        occasions = [one for event in batch if (one := occasion_of(event)) is not None and one.trigger in rules]
        async with here.units.begin() as work:
            runs += await carry_out(work, plans, rules, occasions)
            await work.commit()
    return time.perf_counter() - began, runs
