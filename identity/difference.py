"""What a change of the policy changes for a group of neighbours: one function, for the dry run and for the application.

It is the difference between two replays of the evidence (identity.replay), not between a replay and today: what a
replay cannot know (names that changed since, a number that came back) is the same in both and cancels out, so an
unchanged policy changes nothing. Only what earlier applications made themselves (`run_id`) is measured against the new
policy alone: so an application that was cancelled halfway leaves nothing behind that the next one would not see.

What agents said is never touched: not what they joined, kept or restored, nor what they parted, undid or rejected.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hub.events import EvidenceKind, Explanation
from hub.ids import IdentityId
from identity import explanations
from identity.grouping import components
from identity.policy import Suggest
from identity.replay import History, Joined, Outcome, denied_pairs, replay
from identity.settings import PolicySettings
from storage.evidence import Proof
from storage.ledger import Link, LinkKey
from storage.suggestions import pair

_KIND_OF = {"phone": EvidenceKind.PHONE, "email": EvidenceKind.EMAIL, "user": EvidenceKind.SIGNED_USER}


@dataclass(frozen=True, slots=True)
class Change:
    """`link` of a split: what lapses; `suggest`: what an agent shall be asked instead. `weak_value` and `evidence` are
    those of a join."""

    kind: Literal["join", "split"]
    a: IdentityId
    b: IdentityId
    why: Explanation
    link: Link | None = None
    suggest: Suggest | None = None
    weak_value: str | None = None
    evidence: tuple[Proof, ...] = ()


def difference(history: History, before: PolicySettings, after: PolicySettings) -> list[Change]:
    """Splits first: a join may need what they free."""
    was, will = replay(history, before), replay(history, after)
    splits = _splits(history, was, will)
    lapsed = {change.link.key for change in splits if change.link is not None}
    return [*splits, *_joins(history, was, will, lapsed)]


def _splits(history: History, was: Outcome, will: Outcome) -> list[Change]:
    found = []
    for link in history.facts.links:
        a, b = link.identity_a, link.identity_b
        if not _by_itself(history, link) or will.together(a, b):
            continue
        if was.together(a, b) or history.makers[link.entry_id].run_id is not None:
            suggest = _instead(will, a, b)
            because = suggest.why if suggest else _not_counted(history, link)
            why = explanations.split_by_policy(because)
            found.append(Change("split", a, b, why, link=link, suggest=suggest))
    return found


def _by_itself(history: History, link: Link) -> bool:
    """A join that evidence made, and that nobody has confirmed since."""
    maker = history.makers[link.entry_id]
    return link.in_force and not history.said(link) and maker.why.code.startswith("merge.")


def _instead(will: Outcome, a: IdentityId, b: IdentityId) -> Suggest | None:
    """What the policy says of the two now, if it says anything."""
    sides = {will.owner[a], will.owner[b]}
    for mine, suggest in will.suggests:
        if {will.owner[mine], will.owner[suggest.other]} == sides:
            return suggest
    return None


def _not_counted(history: History, link: Link) -> Explanation:
    params = history.makers[link.entry_id].why.params
    name = next((name for name in _KIND_OF if name in params), None)
    if name is None:
        return Explanation(code="suggest.not_counted", params={"kind": "phone", "value": link.weak_value or "?"})
    return explanations.suggest("not_counted", _KIND_OF[name], str(params[name]))


def _joins(history: History, was: Outcome, will: Outcome, lapsed: set[LinkKey]) -> list[Change]:
    known = history.facts
    ids = [member.id for member in known.members]
    held = [link for link in known.links if link.in_force and link.key not in lapsed]
    groups = _Groups(ids, [(link.identity_a, link.identity_b) for link in held], denied_pairs(known))
    now = {member.id: member.customer_id for member in known.members}
    withdrawn = {pair(link.identity_a, link.identity_b) for link in known.links if link.lapsed_by}
    found = []
    for joined in will.joins:
        a, b = joined.mine, joined.verdict.other
        meant = not was.together(a, b) or now[a] == now[b] or pair(a, b) in withdrawn
        if meant and groups.unite(a, b):
            found.append(_join(history, joined))
    return found


def _join(history: History, joined: Joined) -> Change:
    a, b = joined.mine, joined.verdict.other
    compared = [p for i in (a, b) for p in history.facts.proofs.get(i, ()) if p.point == joined.proof.point]
    why = explanations.joined_by_policy(joined.verdict.why)
    weak_value = joined.proof.value if joined.verdict.weak else None
    return Change("join", a, b, why, weak_value=weak_value, evidence=tuple(compared))


class _Groups:
    """The customers as they will be, join by join."""

    def __init__(
        self,
        ids: Sequence[IdentityId],
        edges: Iterable[tuple[IdentityId, IdentityId]],
        denied: Iterable[tuple[IdentityId, IdentityId]],
    ) -> None:
        self._of: dict[IdentityId, set[IdentityId]] = {}
        for group in map(set, components(ids, edges)):
            self._of |= dict.fromkeys(group, group)
        self._denied = [(a, b) for a, b in denied if a in self._of and b in self._of]

    def unite(self, a: IdentityId, b: IdentityId) -> bool:
        """False: they are one already, or somebody said that two of them are not."""
        one, other = self._of[a], self._of[b]
        if one is other or any((x in one and y in other) or (x in other and y in one) for x, y in self._denied):
            return False
        one |= other
        for i in other:
            self._of[i] = one
        return True
