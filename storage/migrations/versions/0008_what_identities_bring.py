"""what a channel identity brings into a conversation

Older releases that still run on this schema: none. What was said so far is told from the entries themselves; unread
messages count for who opened the conversation.
"""

import sqlalchemy as sa
from alembic import op

from storage.column_types import Moment

revision = "0008"
down_revision = "0007"

_FILL = """
UPDATE channel_identities SET
    answered_seq = COALESCE((SELECT MAX(t.identity_seq) FROM touchpoints t
        WHERE t.identity_id = channel_identities.id AND t.author = 'business'), 0),
    touched_at = (SELECT MAX(t.accepted_at) FROM touchpoints t WHERE t.identity_id = channel_identities.id),
    settled_seq = CASE WHEN EXISTS (SELECT 1 FROM conversations c
            WHERE c.customer_id = channel_identities.customer_id AND c.status <> 'closed')
        THEN COALESCE((SELECT MAX(t.identity_seq) FROM touchpoints t JOIN conversations c ON t.accepted_at < c.opened_at
            WHERE t.identity_id = channel_identities.id AND c.customer_id = channel_identities.customer_id
            AND c.status <> 'closed'), 0)
        ELSE last_seq END,
    unread = COALESCE((SELECT MAX(c.unread) FROM conversations c
        WHERE c.identity_id = channel_identities.id AND c.status <> 'closed'), 0)
"""


def upgrade() -> None:
    with op.batch_alter_table("channel_identities", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answered_seq", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("settled_seq", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("covered_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("covered_seq", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("unread", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("touched_at", Moment(), nullable=True))
    op.execute(_FILL)
    # Of one that was merged away: but for what was said (identity/shares.py).
    op.execute("UPDATE conversations SET waiting_since = NULL WHERE closed_reason = 'merged'")


def downgrade() -> None:
    with op.batch_alter_table("channel_identities", schema=None) as batch_op:
        batch_op.drop_column("touched_at")
        batch_op.drop_column("unread")
        batch_op.drop_column("covered_seq")
        batch_op.drop_column("covered_by")
        batch_op.drop_column("settled_seq")
        batch_op.drop_column("answered_seq")
