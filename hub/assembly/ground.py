"""What every role stands on: database, log, the ephemeral, files, secrets, channel accounts."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from obstore.store import ObjectStore

from connectors.accounts import ConnectorDirectory
from connectors.fetching import Fetcher, FetchRules
from connectors.http import ProviderHttp
from hub.bus import Bus
from hub.clock import Clock, SystemClock
from hub.ephemeral import Ephemeral
from hub.errors import SchemaOutdated
from hub.settings import Settings, secret_keys
from storage import migrate, routing
from storage.blobs import BlobStore, open_files, open_folder
from storage.engine import Database
from storage.log import partitions_of
from storage.secrets import SecretBox
from storage.unit_of_work import Units

FIRST_QUEUE = "Chăm sóc khách hàng"
OFFER_S = 30


@dataclass(frozen=True, slots=True)
class Ground:
    settings: Settings
    clock: Clock
    database: Database
    units: Units
    bus: Bus
    ephemeral: Ephemeral
    box: SecretBox
    blobs: BlobStore
    http: ProviderHttp
    fetcher: Fetcher
    directory: ConnectorDirectory


@asynccontextmanager
async def open_database(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Units]:
    """The database alone, at the schema of this release, for commands that need nothing else."""
    database = Database(settings.database)
    try:
        await _bring_up_to_date(database, settings)
        partitions = settings.log_partitions
        if database.is_sqlite:
            partitions = await partitions_of(database, partitions)
        units = Units(database, clock or SystemClock(), partitions=partitions)
        await _ensure_queue(units)
        yield units
    finally:
        await database.dispose()


@asynccontextmanager
async def open_ground(settings: Settings) -> AsyncIterator[Ground]:
    """Everything started; stopped in reverse order at the end."""
    async with AsyncExitStack() as stack:
        clock = SystemClock()
        units = await stack.enter_async_context(open_database(settings, clock))
        bus = _bus(settings, units, clock)
        stack.push_async_callback(bus.stop)
        await bus.start()
        ephemeral = _ephemeral(settings, clock)
        await ephemeral.start()
        stack.push_async_callback(ephemeral.stop)
        http = ProviderHttp()
        await http.start()
        stack.push_async_callback(http.stop)
        fetcher = Fetcher(FetchRules(loopback_allowed=settings.demo or settings.local_providers))
        await fetcher.start()
        stack.push_async_callback(fetcher.stop)
        box = SecretBox(secret_keys(settings))
        files = _files(settings)
        yield Ground(
            settings=settings,
            clock=clock,
            database=units.database,
            units=units,
            bus=bus,
            ephemeral=ephemeral,
            box=box,
            blobs=BlobStore(files, units),
            http=http,
            fetcher=fetcher,
            directory=ConnectorDirectory(units, box, http, clock),
        )


async def _bring_up_to_date(database: Database, settings: Settings) -> None:
    """Embedded: by itself. In a cluster `hub migrate` does it once, so that no process migrates under another."""
    wanted = settings.migrate_at_start if settings.migrate_at_start is not None else not settings.is_cluster
    if wanted:
        await migrate.upgrade(database)
        return
    current, head = await migrate.current(database), migrate.head()
    if current != head:
        raise SchemaOutdated(f"the database is at {current or 'nothing'}, this release needs {head}: run `hub migrate`")


async def _ensure_queue(units: Units) -> None:
    """A hub without any queue could take no conversation: the first start makes one. Rename it as you like."""
    async with units.begin() as work:
        await routing.ensure_queue(work, name=FIRST_QUEUE, offer_s=OFFER_S)
        await work.commit()


def _bus(settings: Settings, units: Units, clock: Clock) -> Bus:
    if not settings.is_cluster:
        from storage.log import SqliteLog

        return SqliteLog(units.database, units, clock, units.partitions)
    from hub.bus.kafka import KafkaBus

    return KafkaBus(
        settings.kafka_bootstrap,
        clock,
        topic_prefix=settings.topic_prefix,
        partitions=settings.log_partitions,
        replication=settings.kafka_replication,
        keep=timedelta(days=settings.log_keep_days),
        keep_dead_letters=timedelta(days=settings.dead_letters_keep_days),
    )


def _ephemeral(settings: Settings, clock: Clock) -> Ephemeral:
    if settings.redis_url is None:
        from hub.ephemeral_memory import MemoryEphemeral

        return MemoryEphemeral(clock)
    from hub.ephemeral_redis import RedisEphemeral

    return RedisEphemeral(settings.redis_url.get_secret_value(), prefix=settings.topic_prefix)


def _files(settings: Settings) -> ObjectStore:
    if settings.blobs_url is None:
        return open_folder(settings.data / "blobs")
    return open_files(settings.blobs_url.get_secret_value())
