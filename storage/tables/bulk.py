"""Customers from files."""

import sqlalchemy as sa

from storage.column_types import Json, Moment
from storage.tables.base import Id, metadata

# A file of customers, from its upload to its report. `rows_done` moves in the transaction of the rows themselves.
imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("state", sa.String(12), nullable=False),  # draft, running, done, failed, cancelled, undoing, undone
    sa.Column("file", sa.String(32), nullable=False),  # in the blob store
    sa.Column("file_name", sa.String(255), nullable=False),
    sa.Column("layout", Json, nullable=False),  # how the file is read: format, encoding, delimiter, headers
    sa.Column("mapping", Json, nullable=False),  # for each column what it is, or null
    sa.Column("rows_total", sa.Integer, nullable=False),
    sa.Column("rows_done", sa.Integer, nullable=False),
    sa.Column("created", sa.Integer, nullable=False),
    sa.Column("updated", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    sa.Column("joined", sa.Integer, nullable=False),
    sa.Column("reverted", sa.Integer, nullable=False),
    sa.Column("kept", sa.Integer, nullable=False),  # changed since the import: its undoing left them alone
    sa.Column("error", sa.String(60)),
    sa.Column("created_by", Id, nullable=False),
    sa.Column("created_at", Moment, nullable=False, index=True),
    sa.Column("started_at", Moment),
    sa.Column("finished_at", Moment),
)

# What an import did to each record, to be undone, and to tell a row that comes twice.
import_rows = sa.Table(
    "import_rows",
    metadata,
    sa.Column("import_id", Id, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("identity_id", Id, primary_key=True),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("was_new", sa.Boolean, nullable=False),
    sa.Column("before", Json, nullable=False),
    sa.Column("after", Json, nullable=False),
    sa.Index("ix_import_rows_import_row", "import_id", "row"),
)

import_faults = sa.Table(
    "import_faults",
    metadata,
    sa.Column("import_id", Id, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True),  # as a spreadsheet counts them: the heading is 1
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("column", sa.String(200)),
    sa.Column("value", sa.String(200)),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("params", Json, nullable=False),
)
