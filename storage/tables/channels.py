"""Our own numbers, pages and mailboxes, and which of their events were taken already."""

import sqlalchemy as sa

from storage.column_types import Moment
from storage.tables.base import metadata

channel_accounts = sa.Table(
    "channel_accounts",
    metadata,
    sa.Column("id", sa.String(63), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("display_name", sa.String(200), nullable=False),
    sa.Column("settings", sa.LargeBinary, nullable=False),  # encrypted JSON, see storage/secrets.py
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("alarm", sa.Text),  # why it does not work at the moment, for the ops person
    sa.Column("version", sa.Integer, nullable=False),  # grows with each change of settings
    sa.Column("created_at", Moment, nullable=False),
)

seen_events = sa.Table(
    "seen_events",
    metadata,
    sa.Column("account_id", sa.String(63), primary_key=True),
    sa.Column("dedupe_key", sa.String(512), primary_key=True),
    sa.Column("seen_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
