"""How aiokafka's clients are set up here, started and stopped within a time, and which of their errors may pass.

aiokafka's own defaults commit by themselves, start at the end, take a record for durable on one broker, and wait
without a limit; every one of them would break a promise of hub.bus.base.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError

from hub.batch import describe
from hub.errors import BusUnavailable
from hub.log import get_logger

# What a client may raise while brokers are away or change roles: aiokafka lets some OSError and TimeoutError through.
TROUBLE = (KafkaError, OSError, TimeoutError)

START_S = 10.0
STOP_S = 5.0
REQUEST_TIMEOUT_MS = 10_000
BATCH_BYTES_MAX = 256 * 1024
FETCH_BYTES_MAX = 4 * 1024 * 1024  # of one answer of one broker
PARTITION_FETCH_BYTES_MAX = 1024 * 1024  # not below the broker's message.max.bytes, or a batch could never be read
FETCH_MAX_WAIT_MS = 250  # a partition that was not in a waiting fetch joins after it
SESSION_TIMEOUT_MS = 6_000  # the least brokers allow by default: a killed worker is replaced within 10 s
HEARTBEAT_MS = 1_500
REBALANCE_TIMEOUT_MS = 15_000  # above Workers.revoke's own limit
MAX_POLL_INTERVAL_MS = 300_000

C = TypeVar("C", AIOKafkaProducer, AIOKafkaConsumer, AIOKafkaAdminClient)
log = get_logger(__name__)


class Clients:
    """Makes clients. `options` go to each of them: TLS and SASL, as aiokafka names them."""

    def __init__(self, bootstrap: str, options: Mapping[str, Any] | None = None) -> None:
        self.bootstrap = bootstrap
        self._common = {
            "bootstrap_servers": bootstrap.split(","),
            "request_timeout_ms": REQUEST_TIMEOUT_MS,
            "metadata_max_age_ms": 30_000,
            **(options or {}),
        }
        self._stopping: set[asyncio.Task[None]] = set()

    async def producer(self) -> AIOKafkaProducer:
        """Idempotent: its own retries neither double nor reorder."""
        return await self._started(
            AIOKafkaProducer(
                **self._common,
                enable_idempotence=True,
                acks="all",
                linger_ms=0,
                max_batch_size=BATCH_BYTES_MAX,
                max_request_size=1024 * 1024,
            )
        )

    async def member(self, group: str, **timing: int) -> AIOKafkaConsumer:
        """Of a group, subscribed to nothing yet. Positions are ours: it commits nothing and resets nothing."""
        return await self._started(
            AIOKafkaConsumer(
                **self._common,
                **self._fetching(),
                group_id=group,
                partition_assignment_strategy=(StickyPartitionAssignor,),
                **{
                    "session_timeout_ms": SESSION_TIMEOUT_MS,
                    "heartbeat_interval_ms": HEARTBEAT_MS,
                    "rebalance_timeout_ms": REBALANCE_TIMEOUT_MS,
                    "max_poll_interval_ms": MAX_POLL_INTERVAL_MS,
                    **timing,
                },
            )
        )

    async def reader(self) -> AIOKafkaConsumer:
        """Of no group: for tails, and for questions about offsets."""
        return await self._started(AIOKafkaConsumer(**self._common, **self._fetching()))

    async def admin(self) -> AIOKafkaAdminClient:
        common = {name: value for name, value in self._common.items() if name != "metadata_max_age_ms"}
        return await self._started(AIOKafkaAdminClient(**common))

    def _fetching(self) -> dict[str, Any]:
        return {
            "enable_auto_commit": False,
            "auto_offset_reset": "none",
            "fetch_max_bytes": FETCH_BYTES_MAX,
            "max_partition_fetch_bytes": PARTITION_FETCH_BYTES_MAX,
            "fetch_max_wait_ms": FETCH_MAX_WAIT_MS,
        }

    async def _started(self, client: C) -> C:
        """Raises BusUnavailable when it does not come up in START_S; nothing of it is left then."""
        try:
            async with asyncio.timeout(START_S):
                await cast(Any, client).start()
        except TROUBLE as error:
            await self.stop(client)
            raise BusUnavailable(f"Kafka cannot be reached: {describe(error)}") from error
        except BaseException:
            await self.stop(client)
            raise
        return client

    async def stop(self, client: Any) -> None:
        """Never raises, returns after STOP_S at most. A broker that is away cannot be told good-bye; the client ends
        by itself when its requests time out."""
        task = asyncio.create_task(_stop(client))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)
        await asyncio.wait([task], timeout=STOP_S)


async def _stop(client: Any) -> None:
    try:
        if isinstance(client, AIOKafkaAdminClient):
            await client.close()
            return
        if isinstance(client, AIOKafkaProducer):
            await _flush_or_drop(client)
        await client.stop()
    except (*TROUBLE, AssertionError) as error:  # AssertionError: aiokafka about a client that never started
        log.info("kafka_client_stopped_hard", client=type(client).__name__, reason=describe(error))


async def _flush_or_drop(producer: AIOKafkaProducer) -> None:
    """An idempotent producer's own `stop` would retry what it holds until a broker is back."""
    try:
        async with asyncio.timeout(STOP_S / 2):
            await producer.flush()
    except TROUBLE:
        producer._message_accumulator.fail_all(KafkaError("given up"))
