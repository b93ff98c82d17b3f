"""Finding customers by name or telephone number, the way people type them: without marks, with spaces and dots."""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import EvidenceKind
from hub.folding import fold
from hub.ids import CustomerId, IdentityId
from storage.tables import channel_identities, customers, evidence

HITS_MAX = 200
DIGITS_MIN = 3
_DIALLED = re.compile(r"[\s.()+-]*\d[\d\s.()+-]*")


async def matching_identities(connection: AsyncConnection, q: str) -> Sequence[IdentityId]:
    """Every channel identity of the customers that `q` finds, of at most HITS_MAX customers."""
    found = await matching_customers(connection, q)
    if not found:
        return []
    query = sa.select(channel_identities.c.id).where(channel_identities.c.customer_id.in_(found))
    return list((await connection.execute(query.order_by(channel_identities.c.id))).scalars())


async def matching_customers(connection: AsyncConnection, q: str) -> list[CustomerId]:
    """At most HITS_MAX."""
    looks = [_by_profile(q), _by_given_name(q)] if fold(q) else []
    digits = dialled(q)
    if digits is not None:
        looks.append(_by_phone(digits))
    found: dict[CustomerId, None] = {}
    for look in looks:
        found |= dict.fromkeys((await connection.execute(look.limit(HITS_MAX))).scalars())
    return sorted(found)[:HITS_MAX]


def dialled(q: str) -> str | None:
    """The digits of `q` as they stand in E.164 behind the country code; None when it is no number. Pure.

    Whoever types 0912 means +84912: the leading zero is dialled, not stored.
    """
    if not _DIALLED.fullmatch(q.strip()):
        return None
    digits = re.sub(r"\D", "", q)
    digits = digits.removeprefix("0") if not digits.startswith("00") else digits[2:]
    return digits if len(digits) >= DIGITS_MIN else None


def _by_profile(q: str) -> sa.Select[CustomerId]:
    hit = channel_identities.c.name_folded.contains(fold(q), autoescape=True)
    return sa.select(channel_identities.c.customer_id).where(hit).distinct()


def _by_given_name(q: str) -> sa.Select[CustomerId]:
    hit = customers.c.name_folded.contains(fold(q), autoescape=True)
    return sa.select(customers.c.current_id).where(hit).distinct()


def _by_phone(digits: str) -> sa.Select[CustomerId]:
    hit = (evidence.c.kind == EvidenceKind.PHONE.value) & evidence.c.value.contains(digits, autoescape=True)
    joined = evidence.join(channel_identities, channel_identities.c.id == evidence.c.identity_id)
    return sa.select(channel_identities.c.customer_id).select_from(joined).where(hit).distinct()
