"""Who agreed to what: which text, when, and where it stood. Never changed, never taken back by a later form."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Consent
from hub.ids import IdentityId
from storage.dialect import upsert
from storage.tables import consents
from storage.unit_of_work import UnitOfWork


async def record(work: UnitOfWork, given: Sequence[tuple[IdentityId, Consent]]) -> None:
    """Known ones are let pass."""
    rows = [{"identity_id": identity_id, **consent.model_dump()} for identity_id, consent in given]
    if rows:
        await work.connection.execute(upsert(consents, is_sqlite=work.is_sqlite).on_conflict_do_nothing(), rows)


async def of_identities(
    connection: AsyncConnection, ids: Iterable[IdentityId]
) -> dict[IdentityId, tuple[Consent, ...]]:
    """What each agreed to, the latest first."""
    columns = (consents.c.identity_id, consents.c.text_version, consents.c.given_at, consents.c.page_url)
    query = sa.select(*columns).where(consents.c.identity_id.in_(sorted(set(ids)))).order_by(consents.c.given_at.desc())
    found: dict[IdentityId, tuple[Consent, ...]] = {}
    for row in await connection.execute(query):
        consent = Consent(text_version=row.text_version, given_at=row.given_at, page_url=row.page_url)
        found[row.identity_id] = (*found.get(row.identity_id, ()), consent)
    return found
