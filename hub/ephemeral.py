"""What may be forgotten: who is typing, which sockets are alive, how fast somebody knocks.

In process when embedded, Redis in a cluster. Nothing that must survive a restart stands here, and the loss of all of
it costs speed and comfort only (DESIGN, section 1).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then one per `per_s / burst` seconds (GCRA)."""

    burst: int
    per_s: float


class Ephemeral(Protocol):
    """One per process. When its server is away: `allow` admits (and counts it), `publish` drops, `alive` says {}."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def publish(self, channel: str, message: bytes) -> None:
        """To every process that listens now; at most once; no history."""
        ...

    def listen(self, channel: str) -> AsyncIterator[bytes]:
        """Messages published from now on, this process's own included. A slow reader loses the oldest."""
        ...

    async def touch(self, key: str, member: str, ttl_s: float) -> None:
        """`member` of `key` is alive for `ttl_s` more seconds."""
        ...

    async def drop(self, key: str, member: str) -> None: ...

    async def alive(self, key: str) -> set[str]:
        """Members of `key` whose time has not run out."""
        ...

    async def allow(self, key: str, rate: Rate) -> float:
        """0.0: go ahead, counted. Otherwise the seconds to wait; nothing was counted."""
        ...
