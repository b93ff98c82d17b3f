"""The servers that other tests rely on, killed and brought back."""

from __future__ import annotations

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from redis.asyncio import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from tests.services import KafkaBroker, PostgresDatabases, PostgresServer, RedisServer

pytestmark = pytest.mark.services


async def test_a_killed_broker_comes_back_with_what_it_acknowledged(own_kafka: KafkaBroker) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=own_kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("kept", 1, 1)])
    await admin.close()
    await _produce(own_kafka, b"before")
    own_kafka.kill9()
    assert not own_kafka.alive

    await own_kafka.start()
    await _produce(own_kafka, b"after")

    consumer = AIOKafkaConsumer(bootstrap_servers=own_kafka.bootstrap)
    await consumer.start()
    try:
        partition = TopicPartition("kept", 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        assert [(await consumer.getone()).value for _ in range(2)] == [b"before", b"after"]
    finally:
        await consumer.stop()


async def test_a_killed_postgres_comes_back_with_what_it_committed(own_postgres: PostgresServer) -> None:
    connection = await asyncpg.connect(own_postgres.url.replace("+asyncpg", ""))
    await connection.execute("CREATE TABLE kept (word text)")
    await connection.execute("CHECKPOINT")
    own_postgres.kill9()
    connection.terminate()

    await own_postgres.start()

    connection = await asyncpg.connect(own_postgres.url.replace("+asyncpg", ""))
    assert await connection.fetchval("SELECT count(*) FROM kept") == 0
    await connection.close()


async def test_a_restarted_redis_is_empty(own_redis: RedisServer) -> None:
    async with Redis.from_url(own_redis.url) as client:
        await client.set("word", "kept?")
    await own_redis.restart()
    async with Redis.from_url(own_redis.url) as client:
        assert await client.get("word") is None


async def test_a_paused_server_is_alive_but_deaf(own_redis: RedisServer) -> None:
    own_redis.pause()
    assert own_redis.alive
    async with Redis.from_url(own_redis.url, socket_timeout=0.1, retry=None) as client:
        with pytest.raises(RedisTimeoutError):
            await client.ping()
    own_redis.resume()
    async with Redis.from_url(own_redis.url) as client:
        assert await client.ping()


async def test_a_database_can_be_copied_from_another(fresh_postgres_database: PostgresDatabases) -> None:
    original = fresh_postgres_database()
    connection = await asyncpg.connect(original.replace("+asyncpg", ""))
    await connection.execute("CREATE TABLE migrated (word text)")
    await connection.close()
    connection = await asyncpg.connect(fresh_postgres_database(template=original).replace("+asyncpg", ""))
    assert await connection.fetch("SELECT word FROM migrated") == []
    await connection.close()


async def test_topics_get_a_prefix_of_their_own(kafka_bootstrap: str, topic_prefix: str, redis_url: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(f"{topic_prefix}touchpoints", 1, 1)])
    assert f"{topic_prefix}touchpoints" in await admin.list_topics()
    await admin.close()
    assert not redis_url.endswith("/0")


async def _produce(broker: KafkaBroker, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait("kept", value, partition=0)
    await producer.stop()
