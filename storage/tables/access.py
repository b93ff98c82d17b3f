"""Who may come in, and who did what."""

import sqlalchemy as sa

from storage.column_types import Json, Moment, Number
from storage.tables.base import Id, metadata

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("token_sha256", sa.LargeBinary(32), primary_key=True),
    sa.Column("agent_id", Id, sa.ForeignKey("agents.id"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False, index=True),
    sa.Column("user_agent", sa.String(200), nullable=False),
)

# Other systems that may use the API. Only the SHA-256 of a key is kept.
api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("hint", sa.String(12), nullable=False),  # how the key begins
    sa.Column("sha256", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("created_by", Id, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_used_at", Moment),
    sa.Column("revoked_at", Moment),
)

# Who did what that leaves the house or changes many at once. Append-only.
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("number", Number, sa.Identity(always=False), primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("actor", sa.String(63), nullable=False),  # agent:<id>, key:<id>, or hub
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("detail", Json, nullable=False),
)
