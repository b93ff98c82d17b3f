"""What the log on Kafka does when brokers, members or the network fail."""

import asyncio
import gc
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from hub.bus import Record, kafka_append, partition_of
from hub.bus.kafka import KafkaBus
from hub.clock import SystemClock
from hub.errors import BusUnavailable
from hub.events import TOUCHPOINTS, touchpoint_key
from hub.metrics import REGISTRY
from tests.contract.scene import PARTITIONS, TIMING, Notebook, Scene, kafka_scene, message, running
from tests.contract.test_bus import Readers
from tests.services import KafkaBroker

pytestmark = [pytest.mark.services, pytest.mark.faults, pytest.mark.timeout(180)]

AN = partition_of(touchpoint_key("fb-main", "an"), PARTITIONS)


@asynccontextmanager
async def on(broker: KafkaBroker, folder: Path) -> AsyncIterator[Scene]:
    async with kafka_scene(folder, broker.bootstrap, "t.") as scene:
        yield scene


async def test_a_broker_killed_under_load_loses_nothing_that_was_acknowledged(
    own_kafka: KafkaBroker, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    refused = 0
    longest_s = 0.0
    stop = asyncio.Event()

    async def write(scene: Scene, writer: int) -> None:
        nonlocal refused, longest_s
        number = 0
        while not stop.is_set():
            text, number = f"{writer}:{number}", number + 1
            began = time.monotonic()
            try:
                await scene.bus.publish([message(text, by=f"c{writer}")], deadline_s=2)
            except BusUnavailable:
                refused += 1
                await asyncio.sleep(0.1)
            else:
                acknowledged.append(text)
                await asyncio.sleep(0.01)
            longest_s = max(longest_s, time.monotonic() - began)

    async with on(own_kafka, tmp_path) as scene:
        notebook = Notebook()
        async with running(scene.consumer(notebook).run):
            writers = [asyncio.create_task(write(scene, writer)) for writer in range(10)]
            for _ in range(2):
                await asyncio.sleep(1.5)
                own_kafka.kill9()
                await asyncio.sleep(3)
                await own_kafka.start()
            await asyncio.sleep(3)
            stop.set()
            await asyncio.gather(*writers)
            back_at = time.monotonic()
            async with asyncio.timeout(60):
                while not set(acknowledged) <= set(notebook.texts):
                    await asyncio.sleep(0.05)
            assert time.monotonic() - back_at < 30
        assert refused > 0
        assert longest_s < 10
        for writer in range(10):
            first_seen = list(dict.fromkeys(text for text in notebook.texts if text.startswith(f"{writer}:")))
            kept = [text for text in first_seen if text in acknowledged]
            assert kept == [text for text in acknowledged if text.startswith(f"{writer}:")]


async def test_while_the_broker_hangs_callers_get_their_answer_in_time_and_memory_stays_bounded(
    own_kafka: KafkaBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_append, "EVENTS_MAX", 200)
    async with on(own_kafka, tmp_path) as scene:
        await scene.publish("before")
        own_kafka.pause()
        began = time.monotonic()
        outcomes = await asyncio.gather(
            *(scene.bus.publish([message(str(number))], deadline_s=1) for number in range(500)), return_exceptions=True
        )
        assert time.monotonic() - began < 10
        assert all(isinstance(outcome, BusUnavailable) for outcome in outcomes)
        assert sum("too many" in str(outcome) for outcome in outcomes) == 300
        with pytest.raises(BusUnavailable):
            await scene.bus.ping()
        with pytest.raises(BusUnavailable):
            await scene.bus.ends(TOUCHPOINTS)
        own_kafka.resume()
        async with asyncio.timeout(30):
            while True:
                try:
                    await scene.publish("after")
                    await scene.bus.ping()
                    break
                except BusUnavailable:
                    await asyncio.sleep(0.2)


async def test_a_read_says_so_when_the_broker_is_away(own_kafka: KafkaBroker, tmp_path: Path) -> None:
    async with on(own_kafka, tmp_path) as scene:
        tail = await scene.bus.tail(TOUCHPOINTS)
        notebook = Notebook()
        consumer = scene.consumer(notebook)
        async with running(consumer.run):
            await scene.publish("one")
            await notebook.has(1)
            own_kafka.kill9()
            async with asyncio.timeout(30):
                while True:
                    try:
                        await tail.read(10, timeout_s=0.5)
                    except BusUnavailable:
                        break
            await own_kafka.start()
            async with asyncio.timeout(30):
                while True:
                    try:
                        await scene.publish("two")
                        break
                    except BusUnavailable:
                        await asyncio.sleep(0.2)
            assert (await notebook.has(2, within_s=30))[:2] == ["one", "two"]
        texts: list[str] = []
        async with asyncio.timeout(30):
            while "two" not in texts:
                try:
                    texts += [
                        str(record.decode().data.model_dump()["text"]) for record in await tail.read(10, timeout_s=1)
                    ]
                except BusUnavailable:
                    await asyncio.sleep(0.1)
        await tail.close()


async def test_without_a_broker_the_start_says_so(tmp_path: Path) -> None:
    bus = KafkaBus("127.0.0.1:1", SystemClock())
    with pytest.raises(BusUnavailable, match="Kafka cannot be reached"):
        await bus.start()
    await bus.stop()


MEMBER = textwrap.dedent("""
    import asyncio, sys
    from hub.bus.kafka import KafkaBus
    from hub.clock import SystemClock
    from hub.events import TOUCHPOINTS

    async def main():
        bus = KafkaBus(sys.argv[1], SystemClock(), topic_prefix=sys.argv[2])
        await bus.start()
        async def worker(partition):
            print(partition.index, flush=True)
            await asyncio.Event().wait()
        await bus.run_group("group", [TOUCHPOINTS], worker)

    asyncio.run(main())
""")


@asynccontextmanager
async def member_process(bootstrap: str, prefix: str) -> AsyncIterator["subprocess.Popen[str]"]:
    """Another process that is a member of the group, and has partitions."""
    process = subprocess.Popen([sys.executable, "-c", MEMBER, bootstrap, prefix], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) != ""
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)
        if process.stdout is not None:
            process.stdout.close()


async def test_a_killed_member_is_replaced_within_ten_seconds(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    every = set(range(PARTITIONS))
    async with kafka_scene(tmp_path, kafka_bootstrap, topic_prefix) as scene:
        readers = Readers()
        async with running(lambda: scene.bus.run_group("group", [TOUCHPOINTS], readers)):
            await readers.are_at(every)
            async with member_process(kafka_bootstrap, topic_prefix) as other:
                async with asyncio.timeout(30):
                    while len(readers.here) != PARTITIONS // 2:
                        await asyncio.sleep(0.01)
                other.kill()
                killed_at = time.monotonic()
                await readers.are_at(every)
                assert time.monotonic() - killed_at < 10


async def test_a_member_that_stood_still_too_long_loses_its_partitions_and_comes_back(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    every = set(range(PARTITIONS))
    async with kafka_scene(tmp_path, kafka_bootstrap, topic_prefix) as scene:
        readers = Readers()
        async with running(lambda: scene.bus.run_group("group", [TOUCHPOINTS], readers)):
            await readers.are_at(every)
            async with member_process(kafka_bootstrap, topic_prefix) as other:
                async with asyncio.timeout(30):
                    while len(readers.here) != PARTITIONS // 2:
                        await asyncio.sleep(0.01)
                other.send_signal(signal.SIGSTOP)
                await readers.are_at(every)
                other.send_signal(signal.SIGCONT)
                async with asyncio.timeout(30):
                    while len(readers.here) != PARTITIONS // 2:
                        await asyncio.sleep(0.01)


async def test_a_loop_that_was_blocked_longer_than_the_session_works_on(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    async with kafka_scene(tmp_path, kafka_bootstrap, topic_prefix) as scene:
        notebook = Notebook()
        async with running(scene.consumer(notebook).run):
            await scene.publish("one")
            await notebook.has(1)
            time.sleep(8)  # noqa: ASYNC251 - that is the fault
            await scene.publish("two")
            assert await notebook.has(2, within_s=30) == ["one", "two"]


async def test_a_spare_member_that_was_idle_for_long_still_takes_over(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """aiokafka expels members that do not ask for records; one without partitions could then never come back."""
    timing = {**TIMING, "max_poll_interval_ms": 2500}
    buses = [
        KafkaBus(kafka_bootstrap, SystemClock(), topic_prefix=topic_prefix, partitions=1, timing=timing) for _ in "12"
    ]
    for bus in buses:
        await bus.start()
    first, spare = Readers(), Readers()
    async with running(lambda: buses[1].run_group("group", [TOUCHPOINTS], spare)):
        await spare.are_at({0})
        async with running(lambda: buses[0].run_group("group", [TOUCHPOINTS], first)):
            await asyncio.sleep(9)  # one of the two has nothing to do for longer than the interval
            assert len(first.here) + len(spare.here) == 1
        await spare.are_at({0})
        await buses[0].publish([message("after")])
        assert await spare.have(1) == ["after"]
    for bus in buses:
        await bus.stop()


async def test_records_of_a_stranger_are_records_too(kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> None:
    async with kafka_scene(tmp_path, kafka_bootstrap, topic_prefix) as scene:
        producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
        await producer.start()
        name = f"{topic_prefix}{TOUCHPOINTS}"
        await producer.send_and_wait(name, key=None, value=b"no key, no header", partition=AN)
        await producer.send_and_wait(
            name, key=b"\xff\xfe", value=b"bytes", partition=AN, headers=[("ce_type", b"\xff")]
        )
        await producer.send_and_wait(name, key=b"k", value=None, partition=AN, headers=[("ce_type", None), ("x", b"")])
        await producer.stop()
        notebook = Notebook()
        await scene.publish("good")
        async with running(scene.consumer(notebook).run):
            assert await notebook.has(1) == ["good"]
        tail = await scene.bus.tail(TOUCHPOINTS, since={AN: 0})
        records: list[Record] = []
        async with asyncio.timeout(10):
            while len(records) < 4:
                records += await tail.read(10, timeout_s=1)
        await tail.close()
        assert [(record.key, record.type, record.value) for record in records[:3]] == [
            ("", "", b"no key, no header"),
            ("\ufffd\ufffd", "\ufffd", b"bytes"),
            ("k", "", b""),
        ]


async def test_a_position_that_the_log_has_forgotten_is_told_and_reading_goes_on_at_the_oldest(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    async with kafka_scene(tmp_path, kafka_bootstrap, topic_prefix) as scene:
        before = REGISTRY.get_sample_value("hub_log_gap_total", {"topic": TOUCHPOINTS}) or 0
        notebook = Notebook()
        async with running(scene.consumer(notebook).run):
            await scene.publish("read")
            await notebook.has(1)
        await scene.publish("lost", "kept")
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
        await admin.start()
        end = (await scene.bus.ends(TOUCHPOINTS))[AN]
        await admin.delete_records({TopicPartition(f"{topic_prefix}{TOUCHPOINTS}", AN): RecordsToDelete(end - 1)})
        await admin.close()
        async with running(scene.consumer(notebook).run):
            assert await notebook.has(2) == ["read", "kept"]
        assert (REGISTRY.get_sample_value("hub_log_gap_total", {"topic": TOUCHPOINTS}) or 0) > before


async def test_a_slow_worker_makes_nobodys_memory_grow(kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> None:
    async with kafka_scene(tmp_path, kafka_bootstrap, topic_prefix) as scene:
        notebook = Notebook()

        async def slow(_: object) -> None:
            await asyncio.sleep(3600)

        notebook.before = slow
        async with running(scene.consumer(notebook).run):
            for _ in range(15):
                await scene.bus.publish([message(f"{'x' * 300}") for _ in range(1000)], deadline_s=20)
            await asyncio.sleep(1)
            records = sum(isinstance(thing, Record) for thing in gc.get_objects())
            assert 100 <= records < 8000
