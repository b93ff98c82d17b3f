"""The slow, obvious reference of who is joined by evidence: a book of everything ever given, read anew for each
question. Written from what the policy promises, not from how it is programmed; names and mailboxes aside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

Person = tuple[str, str]  # channel account, who

SHARED_MAX = 5
CLAIMED_MAX = 3
RECYCLED_AFTER = timedelta(days=90)
DATED_AGAIN_AFTER = timedelta(hours=6)


@dataclass
class Given:
    """That one identity gave a number. `strong`: proved by the channel, else only typed."""

    who: Person
    phone: str
    strong: bool
    seen_at: datetime


@dataclass
class Joined:
    """`claim`: the number, if somebody only claimed it."""

    one: Person
    other: Person
    claim: str | None
    undone: bool = False


@dataclass
class Book:
    people: list[Person]
    given: list[Given] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)

    def groups(self) -> list[set[Person]]:
        groups = [{person} for person in self.people]
        for join in (j for j in self.joined if not j.undone):
            one, other = self._of(groups, join.one), self._of(groups, join.other)
            if one is not other:
                one |= other
                groups.remove(other)
        return groups

    def hears(self, events: list[tuple[Person, str, bool]], now: datetime) -> None:
        """A batch: what was given before gets its new date at once, the rest counts one by one."""
        known = [(who, phone, strong) for who, phone, strong in events if self._find(who, phone, strong)]
        for who, phone, strong in known:
            given = self._find(who, phone, strong)
            assert given is not None
            if now - given.seen_at >= DATED_AGAIN_AFTER:
                given.seen_at = now
        for who, phone, strong in events:
            if self._find(who, phone, strong) is None:
                self.given.append(Given(who, phone, strong, now))
                self._decide(who, phone, strong, now)

    def undo_last(self) -> Joined | None:
        for join in reversed(self.joined):
            if not join.undone:
                join.undone = True
                return join
        return None

    def _decide(self, who: Person, phone: str, strong: bool, now: datetime) -> None:
        if not strong and not _lasts(who):
            return  # an anonymous claim joins nobody
        groups = self.groups()
        mine = self._of(groups, who)
        rivals = [g for g in groups if g is not mine and any(self._counts(p, phone) for p in g)]
        proved = [g for g in rivals if any(self._proves(p, phone) for p in g)]
        for other in rivals:
            if self._may_join(who, mine, other, phone, strong, proved if strong and proved else rivals, now):
                holder = max(other, key=lambda p: (self._proves(p, phone), self._counts(p, phone)))
                weak = not (strong and self._proves(holder, phone))
                self.joined.append(Joined(who, holder, phone if weak else None))
                return

    def _may_join(
        self,
        who: Person,
        mine: set[Person],
        other: set[Person],
        phone: str,
        strong: bool,
        could_be: list[set[Person]],
        now: datetime,
    ) -> bool:
        holders = [p for p in other if any(g.who == p and g.phone == phone for g in self.given)]
        last = max(g.seen_at for g in self.given if g.phone == phone and g.who in other)
        if could_be != [other] or self._were_parted(mine, other):
            return False
        if sum(self._counts(p, phone) for p in self.people) > SHARED_MAX or now - last > RECYCLED_AFTER:
            return False
        other_proves = any(self._proves(p, phone) for p in other)
        if strong and other_proves:
            return True
        if not strong and len({g.phone for g in self.given if g.who == who and not g.strong}) > CLAIMED_MAX:
            return False
        mine_proved, other_proved = self._proved_by(mine), self._proved_by(other)
        if mine_proved and other_proved and not mine_proved & other_proved:
            return False
        claims = self._claims_within(mine) | self._claims_within(other)
        if claims - {phone}:
            return False
        if strong or other_proves:
            return True
        mine_hold = [p for p in mine if any(g.who == p and g.phone == phone for g in self.given)]
        return len(holders) == len(mine_hold) == 1 and not claims and holders[0][0] != who[0]

    def _find(self, who: Person, phone: str, strong: bool) -> Given | None:
        return next((g for g in self.given if (g.who, g.phone, g.strong) == (who, phone, strong)), None)

    def _proves(self, who: Person, phone: str) -> bool:
        return self._find(who, phone, True) is not None

    def _counts(self, who: Person, phone: str) -> bool:
        return self._proves(who, phone) or (_lasts(who) and self._find(who, phone, False) is not None)

    def _proved_by(self, group: set[Person]) -> set[str]:
        return {g.phone for g in self.given if g.strong and g.who in group}

    def _claims_within(self, group: set[Person]) -> set[str]:
        return {j.claim for j in self.joined if not j.undone and j.claim and j.one in group}

    def _were_parted(self, one: set[Person], other: set[Person]) -> bool:
        return any(
            j.undone and ((j.one in one and j.other in other) or (j.one in other and j.other in one))
            for j in self.joined
        )

    @staticmethod
    def _of(groups: list[set[Person]], person: Person) -> set[Person]:
        return next(group for group in groups if person in group)


def _lasts(who: Person) -> bool:
    """On an account that a person keeps for years."""
    return who[0].startswith(("fb", "zalo"))
