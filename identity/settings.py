"""What a shop may decide about identity. Defaults are the policy of DESIGN, section 4."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from hub.events import Channel, EvidenceSource, Strength
from hub.ids import QueueId

# What evidence may do at most: join by itself, only suggest, or nothing.
Mode = Literal["merge", "suggest", "ignore"]
CLAIMS_EXPIRE = timedelta(days=730)  # a number typed in a chat two years ago: who knows whose it is today
_CAUTIOUS_LAST: tuple[Mode, ...] = ("merge", "suggest", "ignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """When evidence joins customers by itself, when it only suggests, when it counts for nothing."""

    # Channels whose accounts a person keeps for years: a claim made there is worth something.
    lasting_channels: frozenset[Channel] = frozenset({Channel.FACEBOOK, Channel.ZALO, Channel.EMAIL})
    # Identities that gave one number, anonymous visitors aside. Above it (a family, an office phone): only suggest.
    shared_phone_max: int = 5
    # Identities of any kind: above it the number or mailbox is nobody's in particular and says nothing at all.
    identities_per_value_max: int = 50
    # Numbers are given to new owners. Silent for longer: maybe somebody else's by now.
    recycled_after: timedelta = timedelta(days=90)
    # Different numbers that one identity may claim before its claims are somebody passing on other people's numbers.
    claims_per_identity_max: int = 3
    suggestions_per_value_max: int = 3
    # What evidence may do by its strength and by its source; "merge" where nothing is said. The most cautious counts.
    strengths: Mapping[Strength, Mode] = field(default_factory=dict)
    sources: Mapping[EvidenceSource, Mode] = field(default_factory=dict)
    # What claims may do, per channel account: "merge" where nothing is said; "ignore" does not even keep them.
    claims: Mapping[str, Mode] = field(default_factory=dict)
    # Channel accounts that differ from `lasting_channels`: True, a person keeps it for years; False, they do not.
    lasting_accounts: Mapping[str, bool] = field(default_factory=dict)
    # Evidence last seen longer ago says nothing any more; for ever where nothing is said. Joins that it made stand.
    expires_after: Mapping[Strength, timedelta] = field(default_factory=lambda: {Strength.CLAIMED: CLAIMS_EXPIRE})
    # Our own hotlines and whatever else customers often mention, in E.164, and mailboxes of ours, lower case.
    never_keys: frozenset[str] = frozenset()

    def mode(self, strength: Strength, source: EvidenceSource, account_id: str) -> Mode:
        """The most cautious of what its strength, its source and, for a claim, its account allow."""
        said = {self.strengths.get(strength, "merge"), self.sources.get(source, "merge")}
        if strength is Strength.CLAIMED:
            said.add(self.claims.get(account_id, "merge"))
        return max(said, key=_CAUTIOUS_LAST.index)

    def lasts(self, channel: Channel, account_id: str) -> bool:
        """Whether people keep their identities there for years."""
        return self.lasting_accounts.get(account_id, channel in self.lasting_channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """`default_queue` None: the queue that was made first. `reopen_window` zero: what is closed stays closed, and a
    new message opens a new conversation. `number_parts_within`: a number may be spread over messages that follow one
    another so closely; zero: numbers are looked for in single messages only."""

    policy: PolicySettings = PolicySettings()
    default_queue: QueueId | None = None
    reopen_window: timedelta = timedelta(0)
    number_parts_within: timedelta = timedelta(minutes=2)
