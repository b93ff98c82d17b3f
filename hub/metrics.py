"""What every process counts, on one registry, shown at /metrics.

Labels name kinds of things (topic, group, channel, reason): a few dozen values in all. Never an id, a phone number,
a customer or a conversation: each value is a time series kept for ever. Other packages make theirs with `counter`,
`gauge` and `histogram` of this file.
"""

import platform
from collections.abc import Sequence

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)

REGISTRY = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
if platform.python_implementation() == "CPython":
    PlatformCollector(registry=REGISTRY)


def exposition() -> bytes:
    """Everything counted so far, in Prometheus' text format. Serve it as CONTENT_TYPE."""
    return generate_latest(REGISTRY)


def counter(name: str, help_: str, labels: Sequence[str] = ()) -> Counter:
    return Counter(name, help_, labels, namespace="hub", registry=REGISTRY)


def gauge(name: str, help_: str, labels: Sequence[str] = ()) -> Gauge:
    return Gauge(name, help_, labels, namespace="hub", registry=REGISTRY)


def histogram(name: str, help_: str, labels: Sequence[str] = (), buckets: Sequence[float] = SECONDS) -> Histogram:
    return Histogram(name, help_, labels, namespace="hub", registry=REGISTRY, buckets=buckets)


# --- the log: publishing ---------------------------------------------------------------------------------------------
PUBLISHED = counter("published_events_total", "Events made durable through Bus.publish.", ["topic"])
PUBLISH_SECONDS = histogram("publish_seconds", "From Bus.publish to durable.")
PUBLISH_REFUSED = counter("publish_refused_total", "Calls of Bus.publish that raised BusUnavailable.", ["reason"])
PUBLISH_WAITING = gauge("publish_waiting_events", "Events that wait to become durable.")
BUS_REACHABLE = gauge("bus_reachable", "1 while the log answers, 0 while it does not.")
BUS_REBUILT = counter("bus_client_rebuilt_total", "Clients of the log that were given up and made anew.", ["client"])
RECORDS_SKIPPED = counter("log_gap_total", "Positions older than what the log keeps: records were lost.", ["topic"])

# --- the log: consuming ----------------------------------------------------------------------------------------------
HANDLED = counter("handled_events_total", "Events whose effect is committed.", ["group", "topic"])
HANDLE_SECONDS = histogram("handle_batch_seconds", "One batch: handler, position and commit.", ["group"])
HANDLE_BATCH = histogram("handle_batch_events", "Events in one committed batch.", ["group"], COUNTS)
HANDLE_RETRIES = counter("handle_retries_total", "Attempts at a batch that will be repeated.", ["group", "reason"])
REJECTED = counter("rejected_events_total", "Events filed under dead-letters.", ["group", "topic"])
LAG = gauge("consumer_lag_records", "Offsets between position and end; 0 when all is handled.", ["group", "topic"])
STALLED = gauge("consumer_stalled_partitions", "Partitions whose batch is being repeated or is stuck.", ["group"])
LEASES_LOST = counter("leases_lost_total", "Times this process found that another one owns its work.", ["lease"])

# --- the rest of the machine room ------------------------------------------------------------------------------------
TASK_RESTARTS = counter("task_restarts_total", "Long tasks that failed and were started again.", ["task"])
RELAYED = counter("relayed_events_total", "Events carried from the outbox to Kafka.", ["topic"])
RELAY_ACTIVE = gauge("relay_active", "1 in the process that empties the outbox.")
OUTBOX_ROWS = gauge("outbox_waiting_events", "Events in the outbox when the active relay last looked (capped).")
TRIMMED = counter("trimmed_events_total", "Events removed from the embedded log after their retention.", ["topic"])
EPHEMERAL_DEGRADED = counter("ephemeral_degraded_total", "Calls answered without the ephemeral server.", ["operation"])
LOG_LINES_LOST = counter("log_lines_lost_total", "Log lines that could not be written.")
