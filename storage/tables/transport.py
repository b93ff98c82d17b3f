"""The log of events and who reads it."""

import sqlalchemy as sa

from storage.column_types import Moment, Number
from storage.tables.base import metadata

# Embedded: the log itself. Cluster: the outbox, emptied by the relay into Kafka.
log = sa.Table(
    "log",
    metadata,
    sa.Column("offset", Number, sa.Identity(always=False), primary_key=True),
    sa.Column("topic", sa.String(63), nullable=False),
    sa.Column("partition", sa.Integer, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("type", sa.String(127), nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Column("appended_at", Moment, nullable=False),
    sa.Index("ix_log_topic_partition_offset", "topic", "partition", "offset"),
    sqlite_autoincrement=True,  # an offset is never given twice, even after the newest rows were trimmed
)

positions = sa.Table(
    "positions",
    metadata,
    sa.Column("group", sa.String(100), primary_key=True),
    sa.Column("topic", sa.String(63), primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("next_offset", sa.BigInteger, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),  # grows with every change of owner
    sa.Column("owner", sa.String(100), nullable=False),
    sa.Column("advanced_at", Moment, nullable=False),
)

# One active router per pool, one relay per database: held by whoever renews in time.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("owner", sa.String(100), nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)
