"""Keys of other systems. Only the SHA-256 of a key is kept, so a copy of this table opens nothing. A revoked key stays
as a row: what it did stands in the audit log under its id."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound
from hub.ids import AgentId
from storage.tables import api_keys
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`hint` is how the key begins."""

    id: UUID
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_by: AgentId
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


_COLUMNS = tuple(api_keys.c[name] for name in ApiKey.__dataclass_fields__)


async def add(work: UnitOfWork, key: ApiKey, sha256: bytes) -> None:
    row = {name: getattr(key, name) for name in ApiKey.__dataclass_fields__}
    await work.connection.execute(sa.insert(api_keys).values(row | {"scopes": list(key.scopes), "sha256": sha256}))


async def listed(connection: AsyncConnection) -> list[ApiKey]:
    """Those in force first, newest first."""
    query = sa.select(*_COLUMNS).order_by(api_keys.c.revoked_at.is_not(None), api_keys.c.created_at.desc())
    return [_key(row) for row in await connection.execute(query)]


async def find(connection: AsyncConnection, sha256: bytes) -> ApiKey | None:
    """None: unknown, or revoked."""
    query = sa.select(*_COLUMNS).where(api_keys.c.sha256 == sha256, api_keys.c.revoked_at.is_(None))
    row = (await connection.execute(query)).first()
    return _key(row) if row else None


async def touch(work: UnitOfWork, key: ApiKey, *, every: timedelta) -> None:
    """It was used just now; written down at most once in `every`."""
    now = work.clock.now()
    stale = api_keys.c.last_used_at.is_(None) | (api_keys.c.last_used_at <= now - every)
    await work.connection.execute(sa.update(api_keys).where(api_keys.c.id == key.id, stale).values(last_used_at=now))


async def revoke(work: UnitOfWork, key_id: UUID) -> ApiKey:
    """For good. A no-op when it was revoked before. Raises NotFound."""
    now = work.clock.now()
    kept = sa.func.coalesce(api_keys.c.revoked_at, sa.literal(now, api_keys.c.revoked_at.type))
    query = sa.update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=kept).returning(*_COLUMNS)
    row = (await work.connection.execute(query)).first()
    if row is None:
        raise NotFound("key_unknown", "There is no such key.", where="path.key_id")
    return _key(row)


def _key(row: sa.Row[*tuple[object, ...]]) -> ApiKey:
    values = row._asdict()
    values["scopes"] = tuple(values["scopes"])
    return ApiKey(**values)
