"""Whether replies of one channel account may leave now: how many at once, how fast, and not at all while it is down.

A gate closes for a while when the provider says "too fast", when sends fail one after another (they would only become
UNKNOWN or use up their attempts), and until somebody reconnects it when the credentials are refused. After a pause one
reply goes first; the others follow when it got through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hub.clock import Clock
from hub.ids import IdentityId


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """Seconds, and numbers of replies."""

    at_once: int = 8
    failures_max: int = 5  # in a row; then the gate closes
    closed_s: float = 5.0  # the first time; doubles
    closed_max_s: float = 60.0
    throttled_max_s: float = 3600.0  # whatever a provider asks for
    recheck_s: float = 600.0  # with refused credentials, in case the provider changed its mind


class AccountGate:
    """Of one account in one process. Times are monotonic."""

    WAITING_MAX = 1000

    def __init__(self, clock: Clock, rules: GateRules) -> None:
        self._clock = clock
        self._rules = rules
        self._in_flight = 0
        self._failures = 0
        self._closed_until = 0.0
        self._refused_version: int | None = None  # of the settings whose credentials were refused
        self._waiting: dict[IdentityId, None] = {}

    def is_closed(self, version: int) -> bool:
        """`version` of the account's settings: new ones open a gate that was closed for refused credentials."""
        if self._refused_version is not None and self._refused_version != version:
            self._refused_version, self._failures, self._closed_until = None, 0, 0.0
        return self._clock.monotonic() < self._closed_until

    @property
    def is_refused(self) -> bool:
        """The credentials are not accepted, as far as is known."""
        return self._refused_version is not None

    def has_room(self) -> bool:
        """One at a time while nobody knows whether the provider is back."""
        tentative = self._failures >= self._rules.failures_max or self.is_refused
        return self._in_flight < (1 if tentative else self._rules.at_once)

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Counts one reply on its way."""
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    def wait_for_room(self, identity_id: IdentityId) -> None:
        """Until `next_waiting` names it. Those beyond WAITING_MAX are found again by the sweep."""
        if len(self._waiting) < self.WAITING_MAX:
            self._waiting[identity_id] = None

    def next_waiting(self) -> IdentityId | None:
        """The one that has waited longest and waits no more."""
        identity_id = next(iter(self._waiting), None)
        if identity_id is not None:
            del self._waiting[identity_id]
        return identity_id

    def succeeded(self) -> None:
        self._failures = 0
        self._refused_version = None

    def failed(self) -> None:
        """The provider did not answer, or was in trouble."""
        self._failures += 1
        excess = self._failures - self._rules.failures_max
        if excess >= 0:
            self._close(min(self._rules.closed_s * 2 ** min(excess, 10), self._rules.closed_max_s))

    def throttled(self, retry_after_s: float) -> None:
        self._close(min(retry_after_s, self._rules.throttled_max_s))

    def refused(self, version: int) -> None:
        """The credentials in this version of the settings are not accepted."""
        self._refused_version = version
        self._close(self._rules.recheck_s)

    def _close(self, for_s: float) -> None:
        self._closed_until = max(self._closed_until, self._clock.monotonic() + for_s)
