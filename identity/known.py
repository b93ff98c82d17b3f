"""Touchpoints that a batch speaks of, and what was told of some before they came."""

from collections.abc import Iterable

from hub.ids import IdentityId
from identity.arrivals import ProviderName
from storage.early import Early, Kind
from storage.touchpoints import Touchpoint

EarlyKey = tuple[str, str, Kind]  # account_id, name, kind


class Known:
    """One per batch. `touchpoints` gets the new ones as they come; what still waits in the end is `too_early`."""

    def __init__(self, touchpoints: dict[ProviderName, Touchpoint], waiting: Iterable[Early]) -> None:
        self.touchpoints = touchpoints
        self._waiting: dict[EarlyKey, list[Early]] = {}
        for early in waiting:
            self.keep(early)

    def keep(self, early: Early) -> None:
        """Until somebody takes it, in this batch or, from the database, in a later one."""
        self._waiting.setdefault((early.account_id, early.name, early.kind), []).append(early)

    def take(self, account_id: str, name: str, kind: Kind, identity_id: IdentityId) -> list[Early]:
        """In order of arrival. What was told of somebody else's message under this name is dropped: it was forged, or
        the provider erred."""
        return [e for e in self._waiting.pop((account_id, name, kind), []) if e.identity_id == identity_id]

    @property
    def too_early(self) -> list[Early]:
        return [early for several in self._waiting.values() for early in several]
