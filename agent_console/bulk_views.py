"""What the API answers and takes of customers in bulk: imports, exports, keys of other systems, the audit log."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.events.common import Frozen, When
from hub.ids import AgentId

ImportState = Literal["draft", "running", "done", "failed", "cancelled", "undoing", "undone"]
ColumnField = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Mapping = tuple[ColumnField | None, ...]
Scope = Literal["customers:read", "customers:write", "orders:read", "orders:write"]


class ImportView(Frozen):
    """`mapping` says of each column what it is: external_id, name, family_name, given_name, phone, email, tags, note,
    attribute:<key>, or null when it is left out. `rows_total` is an estimate until it is done. `error` is a code."""

    id: UUID
    state: ImportState
    file_name: str
    format: Literal["csv", "xlsx"]
    encoding: str | None
    delimiter: str | None
    headings: tuple[str, ...]
    mapping: Mapping
    rows_total: int
    rows_done: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    joined: int
    reverted: int
    kept: int
    error: str | None
    created_by: AgentId
    created_at: When
    started_at: When | None
    finished_at: When | None


class ImportList(Frozen):
    """Newest first, at most 50."""

    items: tuple[ImportView, ...]


class ImportQuery(Frozen):
    """The name of the file, for people."""

    name: str = Field(min_length=1, max_length=255)


class MappingIn(Frozen):
    mapping: Mapping = Field(max_length=200)


class RowFaultView(Frozen):
    """`column` is the heading. `reason_vi` and `reason_en` say the same."""

    row: int
    column: str | None
    value: str | None
    code: str
    reason_vi: str
    reason_en: str


class PreviewRow(Frozen):
    """As it would be taken: empty rows have neither `key` nor faults."""

    row: int
    cells: tuple[str, ...]
    key: str | None
    faults: tuple[RowFaultView, ...]


class ImportPreview(Frozen):
    items: tuple[PreviewRow, ...]


class FaultsQuery(Frozen):
    after_row: int = Field(default=0, ge=0, lt=2**31)
    limit: int = Field(default=50, ge=1, le=200)


class FaultPage(Frozen):
    """In order of rows. `next` is `after_row` of the following page, None on the last."""

    items: tuple[RowFaultView, ...]
    next: int | None = None


class ExportQuery(Frozen):
    format: Literal["csv", "xlsx"] = "xlsx"
    language: Literal["vi", "en"] = "vi"


class KeyView(Frozen):
    """`hint` is how the key begins. `last_used_at` is exact to a minute."""

    id: UUID
    name: str
    hint: str
    scopes: tuple[Scope, ...]
    created_by: AgentId
    created_at: When
    last_used_at: When | None
    revoked_at: When | None


class KeyList(Frozen):
    items: tuple[KeyView, ...]


class KeyIn(Frozen):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=4)


class KeyMade(Frozen):
    """`secret` is shown this once; the hub keeps only its hash."""

    key: KeyView
    secret: str


class AuditView(Frozen):
    number: int
    at: When
    actor: str
    action: str
    detail: dict[str, Any]


class AuditPage(Frozen):
    """Newest first. `next` is `before` of the following page, None on the last."""

    items: tuple[AuditView, ...]
    next: int | None = None


class AuditQuery(Frozen):
    before: int | None = Field(default=None, ge=1, lt=2**63)
    limit: int = Field(default=50, ge=1, le=100)
