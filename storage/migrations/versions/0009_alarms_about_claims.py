"""alarms about claims

Older releases that still run on this schema: none.
"""

import sqlalchemy as sa
from alembic import op

from storage.column_types import Moment

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "claim_alarms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=350), nullable=False),
        sa.Column("value", sa.String(length=320), nullable=True),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("raised_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=True),
        sa.Column("seen_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["channel_identities.id"], name=op.f("fk_claim_alarms_identity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_alarms")),
        sa.UniqueConstraint("subject", name=op.f("uq_claim_alarms_subject")),
    )
    with op.batch_alter_table("claim_alarms", schema=None) as batch_op:
        batch_op.create_index("ix_claim_alarms_seen", ["seen_at", "raised_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("claim_alarms", schema=None) as batch_op:
        batch_op.drop_index("ix_claim_alarms_seen")

    op.drop_table("claim_alarms")
