"""The workers of one member of a group: started when a partition is dealt to it, cancelled and awaited when it goes."""

import asyncio
from collections.abc import Iterable
from typing import Any

from hub.bus.base import Partition, PartitionWorker
from hub.log import get_logger
from hub.tasks import stop

Where = tuple[str, int]  # topic, partition

REVOKE_WITHIN_S = 8.0  # below the rebalance timeout of a Kafka group; who is slower is fenced by the database

log = get_logger(__name__)


class Workers:
    """Belongs to one call of `Bus.run_group`, which awaits `failure` and in the end `stop`."""

    def __init__(self, worker: PartitionWorker) -> None:
        self._worker = worker
        self._tasks: dict[Where, asyncio.Task[Any]] = {}
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def partitions(self) -> set[Where]:
        return set(self._tasks)

    def start(self, partition: Partition) -> None:
        """The partition must not have a worker here already."""
        where = (partition.topic, partition.index)
        task = asyncio.ensure_future(self._worker(partition))
        self._tasks[where] = task
        task.add_done_callback(lambda task: self._ended(where, task))

    async def revoke(self, partitions: Iterable[Where]) -> None:
        """Returns when their workers have ended; one that refuses to is left behind after REVOKE_WITHIN_S."""
        tasks = [task for where in set(partitions) if (task := self._tasks.pop(where, None)) is not None]
        if running := await stop(tasks, within_s=REVOKE_WITHIN_S):
            log.error("workers_do_not_stop", count=len(running))

    async def failure(self) -> None:
        """Raises the error of the first worker that fails; never returns."""
        await self._failed

    async def stop(self) -> None:
        await self.revoke(self.partitions)
        self._failed.cancel()
        if not self._failed.cancelled():
            self._failed.exception()  # or asyncio complains that nobody looked

    def _ended(self, where: Where, task: "asyncio.Task[Any]") -> None:
        if self._tasks.get(where) is not task or self._failed.done():
            return  # revoked, or not the first
        if task.cancelled():
            self._failed.set_exception(RuntimeError(f"the worker of {where[0]}/{where[1]} cancelled itself"))
        elif (error := task.exception()) is not None:
            self._failed.set_exception(error)
