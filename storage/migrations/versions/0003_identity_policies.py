"""policies and their runs, moves, ranked suggestions

Older releases that still run on this schema: none.
"""

import sqlalchemy as sa
from alembic import op

from storage.column_types import Json, Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", Json, nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["agents.id"], name=op.f("fk_policies_made_by")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )
    op.create_table(
        "policy_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("base_rules", Json, nullable=False),
        sa.Column("rules", Json, nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("cursor", Json, nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("joins", sa.Integer(), nullable=False),
        sa.Column("splits", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("examples", Json, nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["agents.id"], name=op.f("fk_policy_runs_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_runs")),
    )
    with op.batch_alter_table("policy_runs", schema=None) as batch_op:
        batch_op.create_index("ix_policy_runs_made", ["made_at", "id"], unique=False)

    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.add_column(sa.Column("run_id", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_ledger_run", ["run_id", "number"], unique=False)

    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lapsed_by", Json, server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("kept", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("suggestions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rank", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index("ix_suggestions_rank", ["status", "rank", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("suggestions", schema=None) as batch_op:
        batch_op.drop_index("ix_suggestions_rank")
        batch_op.drop_column("rank")

    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_column("kept")
        batch_op.drop_column("lapsed_by")

    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_run")
        batch_op.drop_column("run_id")

    with op.batch_alter_table("policy_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_policy_runs_made")

    op.drop_table("policy_runs")
    op.drop_table("policies")
