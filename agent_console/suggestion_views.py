"""What the API shows of the queue of suggestions."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from agent_console.views import EvidenceView
from hub.events import Channel, EvidenceKind, Explanation
from hub.events.common import Frozen, When
from hub.ids import CustomerId, IdentityId, SuggestionId


class SuggestionsQuery(Frozen):
    """`after` is `next` of the last page."""

    after: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=30, ge=1, le=100)


class SuggestionSide(Frozen):
    """One of the two customers. Of one who may not be `seen` only as much as a suggestion tells: numbers and mailboxes
    are masked."""

    customer_id: CustomerId
    name: str | None
    phone: str | None
    channels: tuple[Channel, ...]
    seen: bool


class SuggestionRow(Frozen):
    """`similarity` of the names, 0 to 100; None when they say nothing."""

    id: SuggestionId
    why: Explanation
    created_at: When
    similarity: int | None
    a: SuggestionSide
    b: SuggestionSide


class SuggestionPage(Frozen):
    """The likeliest first. `next` is the cursor of the following page, None on the last."""

    items: tuple[SuggestionRow, ...]
    next: str | None = None


class ClaimAlarmView(Frozen):
    """crowded: so many identities gave `value` that it joins nobody any more. many_numbers: one identity claims so many
    numbers that they say nothing of it."""

    id: UUID
    kind: Literal["crowded", "many_numbers"]
    value: str | None
    customer_id: CustomerId | None
    name: str | None
    count: int
    raised_at: When


class ClaimAlarms(Frozen):
    """The newest first, at most a hundred."""

    items: tuple[ClaimAlarmView, ...]


class SuggestionCount(Frozen):
    """`more`: there are more than `open`."""

    open: int
    more: bool


class ComparedIdentity(Frozen):
    id: IdentityId
    channel: Channel
    account_name: str
    display_name: str | None
    created_at: When
    last_inbound_at: When | None


class Compared(Frozen):
    """A value that at least one of the two gave, with its best proof on each side. `decides`: the suggestion is about
    it. `agrees`: both gave it."""

    kind: EvidenceKind
    value: str
    a: EvidenceView | None
    b: EvidenceView | None
    agrees: bool
    decides: bool


class ComparedSide(SuggestionSide):
    names: tuple[str, ...]
    known_since: When
    identities: tuple[ComparedIdentity, ...]


class SuggestionDetail(Frozen):
    """Two customers side by side. `compared`: what decides first, then what both gave, then the rest."""

    id: SuggestionId
    why: Explanation
    created_at: When
    similarity: int | None
    a: ComparedSide
    b: ComparedSide
    compared: tuple[Compared, ...]
