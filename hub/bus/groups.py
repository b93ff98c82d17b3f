"""Groups whose members all live in this process: who joins or leaves makes the partitions be dealt anew."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.bus.base import Partition, PartitionWorker
from hub.bus.workers import Where, Workers


@dataclass(eq=False)
class _Member:
    topics: tuple[str, ...]
    workers: Workers


@dataclass(eq=False)
class _Group:
    members: list[_Member] = field(default_factory=list)
    dealing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Groups:
    """Gives every partition of a group's topics to exactly one of its members; a partition changes hands only after
    its worker has ended."""

    def __init__(self, partitions: int, open_: Callable[[str, int], Partition]) -> None:
        """`open_(topic, index)` makes the partition that a worker gets."""
        self._partitions = partitions
        self._open = open_
        self._groups: dict[str, _Group] = {}
        self._leaving: set[asyncio.Task[Any]] = set()

    async def run(self, name: str, topics: Sequence[str], worker: PartitionWorker) -> None:
        """As Bus.run_group."""
        group = self._groups.setdefault(name, _Group())
        member = _Member(tuple(topics), Workers(worker))
        try:
            async with group.dealing:
                group.members.append(member)
                await self._deal(group)
            await member.workers.failure()
        finally:
            leave = asyncio.ensure_future(self._leave(group, member))
            self._leaving.add(leave)  # it must go on when we are cancelled again: others wait for our partitions
            leave.add_done_callback(self._leaving.discard)
            await asyncio.shield(leave)

    async def _leave(self, group: _Group, member: _Member) -> None:
        async with group.dealing:
            if member in group.members:
                group.members.remove(member)
            await member.workers.stop()
            await self._deal(group)

    async def _deal(self, group: _Group) -> None:
        hands = self._hands(group.members)
        await asyncio.gather(*(m.workers.revoke(m.workers.partitions - hands[m]) for m in group.members))
        for member in group.members:
            for topic, index in sorted(hands[member] - member.workers.partitions):
                member.workers.start(self._open(topic, index))

    def _hands(self, members: Sequence[_Member]) -> dict[_Member, set[Where]]:
        hands: dict[_Member, set[Where]] = {member: set() for member in members}
        for topic in {topic for member in members for topic in member.topics}:
            takers = [member for member in members if topic in member.topics]
            for index in range(self._partitions):
                hands[takers[index % len(takers)]].add((topic, index))
        return hands
