"""The slow, obvious reference: who is one person, computed anew each time from a list of all that was ever said."""

from __future__ import annotations

from dataclasses import dataclass, field

PEOPLE = 6
Pair = tuple[int, int]


@dataclass
class Entry:
    """One line of the reference ledger. `adds` and `cuts` are edges, by entry and pair."""

    target: int | None = None
    adds: set[tuple[int, Pair]] = field(default_factory=set)
    cuts: set[tuple[int, Pair]] = field(default_factory=set)


class Reference:
    """People are 0..n-1, in order of age."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def in_force(self, number: int) -> bool:
        undos = (i for i, entry in enumerate(self.entries) if entry.target == number)
        return not any(self.in_force(i) for i in undos)

    def root(self, number: int) -> int:
        target = self.entries[number].target
        return number if target is None else self.root(target)

    def edges(self) -> set[tuple[int, Pair]]:
        holding = [entry for i, entry in enumerate(self.entries) if entry.target is None and self.in_force(i)]
        cut = {edge for entry in holding for edge in entry.cuts}
        return {edge for entry in holding for edge in entry.adds if edge not in cut}

    def groups(self, people: set[int] | None = None) -> list[list[int]]:
        """Of `people` and the edges among them; oldest first, in and between groups."""
        left = sorted(range(PEOPLE) if people is None else people)
        found = []
        while left:
            group, todo = {left[0]}, [left[0]]
            while todo:
                one = todo.pop()
                near = {b if a == one else a for _, (a, b) in self.edges() if one in (a, b)}
                new = (near & set(left)) - group
                group |= new
                todo += new
            found.append(sorted(group))
            left = [person for person in left if person not in group]
        return found

    def group_of(self, person: int) -> list[int]:
        return next(group for group in self.groups() if person in group)

    def merge(self, a: int, b: int) -> None:
        self.entries.append(Entry(adds={(len(self.entries), (self.group_of(a)[0], self.group_of(b)[0]))}))

    def split(self, leaving: set[int]) -> None:
        """What crosses is cut; each side is tied together where it would fall apart."""
        number, everyone = len(self.entries), set(self.group_of(min(leaving)))
        cuts = {edge for edge in self.edges() if len(set(edge[1]) & everyone) == 2 and len(set(edge[1]) & leaving) == 1}
        adds: set[tuple[int, Pair]] = set()
        for side in (leaving, everyone - leaving):
            first, *others = self.groups(side)
            adds |= {(number, (first[0], other[0])) for other in others}
        self.entries.append(Entry(adds=adds, cuts=cuts))

    def move(self, mine: int, to: int) -> None:
        """It leaves all that held it, is tied to the other customer, and the rest is tied together."""
        number, rest = len(self.entries), set(self.group_of(mine)) - {mine}
        cuts = {edge for edge in self.edges() if mine in edge[1]}
        adds = {(number, (mine, self.group_of(to)[0]))}
        if rest:
            first, *others = self.groups(rest)
            adds |= {(number, (first[0], other[0])) for other in others}
        self.entries.append(Entry(adds=adds, cuts=cuts))
