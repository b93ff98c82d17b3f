"""Who was joined wrongly, by what is really so; the policy is not asked. Pure.

1. Two persons who claimed nothing are never one customer. (Nobody in these scenarios proves another's number.)
2. Who claims what is not theirs is never one customer with anybody, unless the scenario is of the tolerated kind.
3. In those, an anonymous visitor still is not; a claimant reaches one honest person at most (that is rule 1), by a join
   that is marked as claimed; and a number cannot gather more than CROWD_MAX of them.
"""

from collections.abc import Iterator, Sequence

from bench.adversary.attacks import Scenario
from bench.adversary.crowd import Made, Who

CROWD_MAX = 5  # identities that one number may join at most


def wrong_joins(scenario: Scenario, groups: Sequence[Sequence[Who]], joins: Sequence[Made]) -> Iterator[str]:
    """A sentence for each; none when nobody was joined wrongly."""
    marked = {frozenset((join.one, join.other)) for join in joins if join.weak}
    for group in groups:
        persons = {scenario.people[who] for who in group}
        if len(persons) < 2:
            continue
        honest, liars = persons - scenario.liars, persons & scenario.liars
        if len(honest) > 1:
            yield f"{sorted(honest)} are one customer"
        if not scenario.tolerated:
            yield f"{sorted(persons)} are one customer"
            continue
        if any(who[0] == "web" and scenario.people[who] in liars for who in group):
            yield f"an anonymous visitor is one customer with {sorted(honest or liars)}"
        if len(liars) > CROWD_MAX:
            yield f"{len(liars)} claimants are one customer"
        for join in joins:
            mixed = scenario.people[join.one] != scenario.people[join.other]
            if {join.one, join.other} <= set(group) and mixed and frozenset((join.one, join.other)) not in marked:
                yield f"{join.one} and {join.other} are joined by a claim that is not marked as one"


def reached(scenario: Scenario, groups: Sequence[Sequence[Who]]) -> int:
    """Claimants who are one customer with an honest person: the risk that the policy accepts."""
    persons = [{scenario.people[who] for who in group} for group in groups]
    return sum(len(those & scenario.liars) for those in persons if those - scenario.liars)
