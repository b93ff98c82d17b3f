"""conversations by their labels

Older releases that still run on this schema: none. What is labelled already is found from now on, too.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.column_types import Json

revision = "0011"
down_revision = "0010"

AT_ONCE = 1_000

_conversations = sa.table(
    "conversations",
    sa.column("id", sa.Uuid()),
    sa.column("status", sa.String()),
    sa.column("tags", Json),
    sa.column("lifecycle", sa.String()),
    sa.column("priority", sa.SmallInteger()),
)


def upgrade() -> None:
    table = op.create_table(
        "conversation_labels",
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_conversation_labels_conversation_id")
        ),
        sa.PrimaryKeyConstraint("is_open", "label", "conversation_id", name=op.f("pk_conversation_labels")),
    )
    c = _conversations.c
    some = (sa.cast(c.tags, sa.Text) != "[]") | c.lifecycle.is_not(None) | (c.priority != 0)
    found = op.get_bind().execute(sa.select(_conversations).where(some))
    for rows in found.partitions(AT_ONCE):
        op.bulk_insert(table, [label for row in rows for label in _labels(row)])


def _labels(row: sa.Row[Any]) -> Iterator[dict[str, object]]:
    labels = {f"tag:{tag.strip().casefold()}" for tag in row.tags}
    if row.lifecycle:
        labels.add(f"lifecycle:{row.lifecycle}")
    if row.priority:
        labels.add(f"priority:{row.priority}")
    for label in sorted(labels):
        yield {"is_open": row.status != "closed", "label": label, "conversation_id": row.id}


def downgrade() -> None:
    op.drop_table("conversation_labels")
