"""The policy in force, as every resolver process sees it: looked up at most every LOOK_EVERY_S, so that a change is
everywhere within that time and the batch that is being handled.
"""

from hub.clock import Clock
from identity.rules import Rules
from identity.settings import PolicySettings
from storage import policies
from storage.engine import Connection

LOOK_EVERY_S = 2.0


class PolicyBook:
    """One per process. `base` holds as long as nobody stored another."""

    def __init__(self, base: PolicySettings) -> None:
        self._base = base
        self._version = 0
        self._current = base
        self._looked_at: float | None = None

    async def current(self, connection: Connection, clock: Clock) -> PolicySettings:
        now = clock.monotonic()
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY_S:
            version = await policies.newest_version(connection)
            if version != self._version:
                self._current = await rules_of(connection, version, self._base)
                self._version = version
            self._looked_at = now
        return self._current


async def in_force(connection: Connection) -> PolicySettings:
    """At this very moment, for what happens seldom."""
    return await rules_of(connection, await policies.newest_version(connection), PolicySettings())


async def rules_of(connection: Connection, version: int, base: PolicySettings) -> PolicySettings:
    """0 is `base`."""
    stored = await policies.find_version(connection, version) if version else None
    return Rules.model_validate(stored.rules).settings() if stored else base
