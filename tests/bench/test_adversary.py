"""Attackers against the identity policy: a seeded part of what `python -m bench adversary` tries, and who checks it."""

from datetime import datetime
from pathlib import Path

import pytest

from bench.adversary.attacks import ATTACKS, Scenario, scenarios
from bench.adversary.crowd import BEGAN, Crowd, Who
from bench.adversary.judge import wrong_joins
from bench.adversary.rig import POLICIES, played, try_out
from bench.town import town
from hub.clock import ManualClock
from hub.events import Channel, TouchpointEvent, wrap
from identity.service import Resolver
from identity.settings import PolicySettings
from storage import identities
from storage.unit_of_work import Units

SEED = 20


@pytest.mark.parametrize("policy", POLICIES)
def test_attackers_are_joined_with_nobody_but_by_the_risk_that_the_policy_accepts(policy: str) -> None:
    tally = try_out(policy, SEED, range(1_000))
    assert tally.wrong == []
    assert tally.joins > 100, "nobody at all is joined: then this proves nothing"


def test_every_attack_is_tried() -> None:
    kinds = {scenario.kind for _, scenario in scenarios(SEED, range(300))}
    assert len(kinds) == len(ATTACKS)


@pytest.mark.parametrize(
    "careless",
    [
        PolicySettings(lasting_channels=frozenset(Channel)),
        PolicySettings(recycled_after=PolicySettings().recycled_after * 20),
        PolicySettings(shared_phone_max=50),
    ],
    ids=["anonymous claims count", "numbers are never recycled", "a number may be very many people's"],
)
def test_the_judge_finds_what_a_careless_policy_does(careless: PolicySettings) -> None:
    found = 0
    for _, scenario in scenarios(SEED, range(400)):
        crowd = played(scenario, careless)
        found += len(list(wrong_joins(scenario, crowd.groups(), crowd.joins)))
    assert found > 0


class Listener(Crowd):
    """Plays the scenario for a shop with a database, too, once it is told of one."""

    def __init__(self) -> None:
        super().__init__(PolicySettings())
        self.told: list[tuple[datetime, TouchpointEvent]] = []

    def hears(self, event: TouchpointEvent) -> None:
        self.told.append((self.at, event))
        super().hears(event)


async def test_the_shop_in_memory_decides_as_the_one_with_a_database(tmp_path: Path) -> None:
    clock = ManualClock(BEGAN)
    wanted = [s for _, s in scenarios(SEED, range(40)) if s.kind != "kept apart by an agent"][:12]
    async with town("sqlite", clock=clock) as here:
        for number, scenario in enumerate(wanted):
            listener = Listener()
            for act in scenario.acts:
                act(listener)
            await _hears(here.units, clock, listener, f"{number}-")
            assert await _groups(here.units, scenario, f"{number}-") == sorted(map(sorted, listener.groups()))


async def _hears(units: Units, clock: ManualClock, listener: Listener, prefix: str) -> None:
    """The same people under ids of their own, so that many scenarios share a database. Callers are their numbers."""
    for at, event in listener.told:
        clock.advance((at - clock.now()).total_seconds())
        own = {"identity": _own((event.account_id, event.identity), prefix)[1]}
        own["dedupe_key"] = prefix + event.dedupe_key
        own |= {
            name: prefix + str(getattr(event, name))
            for name in ("provider_message_id", "call_id")
            if hasattr(event, name)
        }
        async with units.begin() as work:
            await Resolver().handle(work, [wrap(event.model_copy(update=own), clock)])
            await work.commit()


async def _groups(units: Units, scenario: Scenario, prefix: str) -> list[list[Who]]:
    by_address = {_own(who, prefix): who for who in scenario.people}
    groups: dict[object, list[Who]] = {}
    async with units.database.reading() as connection:
        for address, identity in (await identities.find(connection, by_address)).items():
            groups.setdefault(identity.customer_id, []).append(by_address[address])
    return sorted(map(sorted, groups.values()))


def _own(who: Who, prefix: str) -> Who:
    return who if who[0] == "hotline" else (who[0], prefix + who[1])
