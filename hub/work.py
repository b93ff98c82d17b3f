"""What the consume loop asks of a database, so that `hub` need not know one. `storage.unit_of_work` fulfils it."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from hub.events.envelope import EventData
from hub.ids import EventId


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one partition for one group. A higher `fence` elsewhere ends it.

    `next_offset` is where the group goes on; -1 when it has never settled a record here.
    """

    group: str
    topic: str
    partition: int
    fence: int
    next_offset: int


class Work(Protocol):
    """One transaction: a batch's effect, the events it gives rise to, and the position. Rolled back without commit."""

    @property
    def committed(self) -> bool:
        """True once the commit is certain, also when the task was cancelled while it waited for it."""
        ...

    def publish(self, data: EventData, *, caused_by: EventId | None = None) -> EventId: ...

    async def advance(self, lease: Lease, next_offset: int) -> None:
        """Raises LeaseLost when another owner took the partition over."""
        ...

    async def commit(self) -> None: ...


W = TypeVar("W", bound=Work)
W_co = TypeVar("W_co", bound=Work, covariant=True)


class WorkUnits(Protocol[W_co]):
    """Makes units of work, and knows who owns which partition."""

    def begin(self) -> AbstractAsyncContextManager[W_co]: ...

    async def acquire(self, group: str, topic: str, partition: int, owner: str) -> Lease:
        """Takes the partition over from whoever had it: from now on their `advance` raises LeaseLost."""
        ...
