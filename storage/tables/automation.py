"""What rules of automation did, and what they have yet to tell other systems."""

import sqlalchemy as sa

from storage.column_types import Json, Moment, Number
from storage.tables.base import Id, metadata

# What each automation rule did, and what it left. Append-only.
automation_log = sa.Table(
    "automation_log",
    metadata,
    sa.Column("number", Number, sa.Identity(always=False), primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("rule_id", sa.String(63), nullable=False),
    sa.Column("rule_name", sa.String(100), nullable=False),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), nullable=False, index=True),
    # What set it off: the event; of a missed call its entry; of silence an id made of who was silent since when.
    sa.Column("event_id", Id, nullable=False, index=True),
    sa.Column("event_type", sa.String(127), nullable=False),
    sa.Column("depth", sa.SmallInteger, nullable=False, server_default="0"),  # 1: what set it off was a rule's doing
    sa.Column("outcome", sa.String(20), nullable=False),  # done, failed, skipped
    sa.Column("actions", Json, nullable=False),
    sa.Column("detail", sa.String(500)),
    sa.UniqueConstraint("rule_id", "event_id"),
)

# Up to which moment a rule of silence has looked: who fell silent before is not found again.
automation_looks = sa.Table(
    "automation_looks",
    metadata,
    sa.Column("rule_id", sa.String(63), primary_key=True),
    sa.Column("looked_until", Moment, nullable=False),
)

# What automation tells other systems. Settled calls stay for a while, to be looked at in the log.
webhook_calls = sa.Table(
    "webhook_calls",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("rule_id", sa.String(63), nullable=False),
    sa.Column("event_id", Id, nullable=False, index=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # queued, taken, failed
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Moment, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("problem", sa.String(200)),
    sa.Index("ix_webhook_calls_due", "state", "next_attempt_at"),
)
