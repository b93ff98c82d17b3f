"""What a shop may decide about identity. Defaults are the policy of DESIGN, section 4."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from hub.events import Channel
from hub.ids import QueueId

ClaimMode = Literal["merge", "suggest", "ignore"]


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
    # What claims may do, per channel account: "merge" where nothing is said; "ignore" does not even keep them.
    claims: Mapping[str, ClaimMode] = field(default_factory=dict)
    # Our own hotlines and whatever else customers often mention, in E.164, and mailboxes of ours, lower case.
    never_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """`default_queue` None: the queue that was made first. `reopen_window` zero: what is closed stays closed, and a
    new message opens a new conversation."""

    policy: PolicySettings = PolicySettings()
    default_queue: QueueId | None = None
    reopen_window: timedelta = timedelta(0)
