"""What was said, and what is on its way to a customer."""

import sqlalchemy as sa

from storage.column_types import Json, Moment, Number
from storage.tables.base import Id, metadata

ON_THEIR_WAY = "delivery_state IN ('sending', 'sent', 'delivered')"  # queries repeat it word for word

touchpoints = sa.Table(
    "touchpoints",
    metadata,
    sa.Column("number", Number, sa.Identity(always=False), primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("identity_id", Id, sa.ForeignKey("channel_identities.id"), nullable=False),
    sa.Column("identity_seq", sa.Integer, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),  # of the conversation, when added or last changed
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("account_id", sa.String(63), nullable=False),
    sa.Column("author", sa.String(10), nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("author_name", sa.String(200)),
    sa.Column("text", sa.Text),
    sa.Column("attachments", Json, nullable=False),
    sa.Column("reply_to", Id),
    sa.Column("call", Json),
    sa.Column("unsupported_kind", sa.String(100)),
    sa.Column("edited_at", Moment),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("accepted_at", Moment, nullable=False),
    sa.Column("delivery_state", sa.String(10)),
    sa.Column("delivery_changed_at", Moment),
    sa.Column("failure", sa.String(30)),
    sa.Column("delivery_detail", sa.String(500)),
    sa.Column("client_id", sa.String(64)),
    sa.UniqueConstraint("identity_id", "identity_seq"),
    sa.UniqueConstraint("identity_id", "client_id"),
    sa.Index("ix_touchpoints_identity_number", "identity_id", "number"),
    sa.Index("ix_touchpoints_conversation_seq", "conversation_id", "seq"),
    # A watermark receipt looks for replies on their way; without this it would read the whole history.
    sa.Index(
        "ix_touchpoints_on_their_way",
        "identity_id",
        "number",
        sqlite_where=sa.text(ON_THEIR_WAY),
        postgresql_where=sa.text(ON_THEIR_WAY),
    ),
    sqlite_autoincrement=True,
)

# The provider's ids of a touchpoint: receipts, echoes, quotes and call steps find it by them. A call is "call:<id>".
provider_messages = sa.Table(
    "provider_messages",
    metadata,
    sa.Column("account_id", sa.String(63), primary_key=True),
    sa.Column("provider_message_id", sa.String(512), primary_key=True),
    sa.Column("touchpoint_number", Number, sa.ForeignKey("touchpoints.number"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

# What a provider told before the message it is about was known here: receipts, edits, recordings. Whoever stores the
# message's provider id takes them (storage/early.py).
early_arrivals = sa.Table(
    "early_arrivals",
    metadata,
    sa.Column("account_id", sa.String(63), primary_key=True),
    sa.Column("provider_message_id", sa.String(512), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),  # receipt, edit, recording
    sa.Column("identity_id", Id, nullable=False),  # whoever else takes them, they were not meant for
    sa.Column("data", Json, nullable=False),
    sa.Column("at", Moment, nullable=False, index=True),
)

# Replies not settled yet. A row leaves when the provider took the reply or refused it.
reply_queue = sa.Table(
    "reply_queue",
    metadata,
    sa.Column("touchpoint_number", Number, sa.ForeignKey("touchpoints.number"), primary_key=True),
    sa.Column("touchpoint_id", Id, nullable=False, unique=True),
    sa.Column("identity_id", Id, nullable=False),
    sa.Column("account_id", sa.String(63), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # queued, sending, unknown
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("attempt_id", Id, index=True),
    sa.Column("claimed_by", sa.String(100)),
    sa.Column("claimed_until", Moment),
    sa.Column("next_attempt_at", Moment, nullable=False),
    sa.Index("ix_reply_queue_identity", "identity_id", "touchpoint_number"),
    sa.Index("ix_reply_queue_due", "state", "next_attempt_at"),
)
