"""What a new piece of evidence does: join, suggest, or nothing. Pure; one function decides, `decide`.

How DESIGN, section 4 is read here:

1. Attested, order and agent evidence is *strong*. Two customers who both hold a value strongly are joined, also on
   different accounts: a number that the PBX presents and that Zalo vouches for is one person's.
2. "Two attested owners" contradict when there are two *besides* the newcomer: they were kept apart on purpose, so the
   newcomer could be either.
3. A claim counts on an account that lasts; between a claim and a strong proof the join is weak ("claimed"). The same
   rules hold whichever of the two came first.
4. Claim meets claim: joined only when each side has exactly this one claim, on different channel accounts, and no weak
   join yet. Anything longer only suggests.
5. A weak join is refused where one side is already held together by a claim of *another* value: that would be a chain.
   Several claims of one value around one strong holder are no chain: each was judged against that holder.
6. Very different names contradict whatever the strength: a family's phone is proved by each of the family.
7. `shared_phone_max` counts the identities that a value could join, so a crowd of anonymous visitors cannot make
   somebody's number useless. Of any kind more than `identities_per_value_max`: the value says nothing at all.
8. Strengths, sources and accounts of which the shop says that they only suggest never join, whatever else holds.
   Evidence that is too old (`expires_after`), ignored or of a value that is nobody's key (`never_keys`) is not there.
9. What an agent kept apart (a rejected suggestion, an undone merge, a split) no evidence joins or suggests again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.events import EvidenceKind, EvidenceSource, Explanation, Strength
from hub.ids import CustomerId, IdentityId
from identity import explanations
from identity.names import very_different
from identity.settings import Mode, PolicySettings

STRONG = frozenset({Strength.ATTESTED, Strength.ORDER, Strength.AGENT})


@dataclass(frozen=True, slots=True)
class Held:
    """That one identity holds the value, by its best proof. `lasting`: on an account that a person keeps. `mode`:
    what the shop lets such a proof do."""

    identity_id: IdentityId
    account_id: str
    lasting: bool
    strength: Strength
    source: EvidenceSource
    last_seen_at: datetime
    mode: Mode = "merge"

    @property
    def strong(self) -> bool:
        return self.strength in STRONG

    @property
    def solid(self) -> bool:
        """Could join: strong, or a claim on an account that lasts."""
        return self.strong or (self.strength is Strength.CLAIMED and self.lasting)


@dataclass(frozen=True, slots=True)
class Party:
    """One customer, as far as the decision goes. `holders`: those of its identities that hold the value, best first.

    `weak_values`: values whose claims hold its links together. `apart`: an agent said that it is not the newcomer.
    """

    customer_id: CustomerId
    holders: tuple[Held, ...] = ()
    names: tuple[str, ...] = ()
    attested_phones: frozenset[str] = frozenset()
    weak_values: frozenset[str] = frozenset()
    apart: bool = False

    @property
    def strong(self) -> bool:
        return any(held.strong for held in self.holders)

    @property
    def solid(self) -> bool:
        return any(held.solid for held in self.holders)


@dataclass(frozen=True, slots=True)
class News:
    """The new evidence: `held` of `mine`. `claimed` counts the different values its identity ever claimed;
    `solid_identities` and `identities` those that gave this value, itself included."""

    kind: EvidenceKind
    value: str
    held: Held
    claimed: int
    solid_identities: int
    identities: int


@dataclass(frozen=True, slots=True)
class Join:
    """One person. `weak`: by a claim, to be proved."""

    other: IdentityId
    why: Explanation
    weak: bool


@dataclass(frozen=True, slots=True)
class Suggest:
    """`only_for`: whose side may be told; None for both."""

    other: IdentityId
    why: Explanation
    only_for: IdentityId | None = None


Verdict = Join | Suggest


def decide(news: News, mine: Party, others: Sequence[Party], settings: PolicySettings, now: datetime) -> list[Verdict]:
    """At most one join, and `suggestions_per_value_max` suggestions. `others` hold the value, oldest proof first."""
    if news.held.strength is Strength.MASKED or news.identities > settings.identities_per_value_max:
        return []
    free = [party for party in others if party.holders and not party.apart]
    if not news.held.solid:
        verdicts: list[Verdict] = [_anonymous(news, party, news.held.identity_id) for party in free]
    else:
        rivals = [party for party in others if party.solid]
        verdicts = [_solid(news, mine, party, rivals, settings, now) for party in free if party.solid]
        verdicts += [_anonymous(news, party, party.holders[0].identity_id) for party in free if not party.solid]
    return _limited(verdicts, settings)


def _limited(verdicts: Sequence[Verdict], settings: PolicySettings) -> list[Verdict]:
    joins = [verdict for verdict in verdicts if isinstance(verdict, Join)]
    suggests = [verdict for verdict in verdicts if isinstance(verdict, Suggest)]
    return [*joins[:1], *suggests[: settings.suggestions_per_value_max]]


def _anonymous(news: News, party: Party, claimant: IdentityId) -> Suggest:
    why = explanations.suggest("anonymous_claim", news.kind, news.value)
    return Suggest(party.holders[0].identity_id, why, only_for=claimant)


def _solid(
    news: News, mine: Party, party: Party, rivals: Sequence[Party], settings: PolicySettings, now: datetime
) -> Verdict:
    """`party` is one of `rivals`: all other customers that hold the value by more than an anonymous claim."""
    best = party.holders[0]
    weak = not (news.held.strong and best.strong)
    doubt = _doubt(news, party, rivals, settings, now) or _different_names(news, mine, party)
    doubt = doubt or _held_back(news, best, settings)
    if doubt is None and weak:
        doubt = _weak_doubt(news, mine, party, settings)
    if doubt is not None:
        return Suggest(best.identity_id, doubt)
    why = explanations.same(news.kind, news.value, news.held.source, best.source, weak=weak)
    return Join(best.identity_id, why, weak)


def _doubt(
    news: News, party: Party, rivals: Sequence[Party], settings: PolicySettings, now: datetime
) -> Explanation | None:
    """Doubts about the value itself. What the shop's own server signed leaves none but a second owner."""
    strong_rivals = [rival for rival in rivals if rival.strong]
    clear = [party] == (strong_rivals if news.held.strong and strong_rivals else list(rivals))
    if not clear:
        return explanations.suggest("several_owners", news.kind, news.value, owners=len(rivals))
    if news.kind is EvidenceKind.SIGNED_USER:
        return None
    if news.solid_identities > settings.shared_phone_max:
        return explanations.suggest("shared", news.kind, news.value, identities=news.solid_identities)
    silent = now - max(held.last_seen_at for held in party.holders)
    if silent > settings.recycled_after:
        return explanations.suggest("recycled", news.kind, news.value, silent_days=silent.days)
    return None


def _different_names(news: News, mine: Party, party: Party) -> Explanation | None:
    """Only when every name of one side is very different from every name of the other."""
    if news.kind is EvidenceKind.SIGNED_USER or not mine.names or not party.names:
        return None
    if not all(very_different(one, other) for one in mine.names for other in party.names):
        return None
    return explanations.suggest("different_names", news.kind, news.value, name_a=mine.names[0], name_b=party.names[0])


def _held_back(news: News, best: Held, settings: PolicySettings) -> Explanation | None:
    """The shop lets one of the two proofs only suggest."""
    for held in (news.held, best):
        if held.mode == "merge":
            continue
        if held.strength is Strength.CLAIMED and settings.claims.get(held.account_id) == "suggest":
            return explanations.suggest("claims_off", news.kind, news.value)
        strength, source = held.strength.value, held.source.value
        return explanations.suggest("held_back", news.kind, news.value, strength=strength, source=source)
    return None


def _weak_doubt(news: News, mine: Party, party: Party, settings: PolicySettings) -> Explanation | None:
    """What stands against a join that at least one claim makes."""
    best = party.holders[0]

    def why(code: str, **params: str | int) -> Explanation:
        return explanations.suggest(code, news.kind, news.value, **params)

    if not news.held.strong and news.claimed > settings.claims_per_identity_max:
        return why("many_numbers", claimed=news.claimed)
    if mine.attested_phones and party.attested_phones and not mine.attested_phones & party.attested_phones:
        return why("different_numbers")
    if (mine.weak_values | party.weak_values) - {news.value}:
        return why("claim_chain")
    if news.held.strong or best.strong:
        return None
    if len(party.holders) > 1 or len(mine.holders) > 1 or mine.weak_values or party.weak_values:
        return why("claim_chain")
    return why("same_account") if news.held.account_id == best.account_id else None
