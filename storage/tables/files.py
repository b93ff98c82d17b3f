"""Files: those that are here, and those that are still at the provider."""

import sqlalchemy as sa

from storage.column_types import Moment
from storage.tables.base import Id, metadata

# What is known of a file; its bytes are in the blob store under the same name. A row appears after its file.
blobs = sa.Table(
    "blobs",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),  # 128 random bits, never from a customer's file name
    sa.Column("mime", sa.String(127), nullable=False),  # by content, see storage/media_types.py
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.LargeBinary(32), nullable=False),
    sa.Column("file_name", sa.String(255)),
    sa.Column("origin", sa.String(63), nullable=False),  # webhook, fetched, upload, visitor, agent:<id>
    sa.Column("created_at", Moment, nullable=False, index=True),
)

# Touchpoints whose files are still at the provider. A claim moves next_attempt_at on, so that a fetch that was cut off
# is made again.
media_queue = sa.Table(
    "media_queue",
    metadata,
    sa.Column("touchpoint_id", Id, primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Moment, nullable=False, index=True),
)
