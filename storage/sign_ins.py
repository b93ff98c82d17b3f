"""Sign-ins: who may act as which agent, until when. Only the SHA-256 of a token is kept, so a copy of this table opens
nothing.

A sign-in ends `expires_at` at the latest, and earlier when nothing was heard of it for the idle time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ids import AgentId
from storage import agents as agent_store
from storage.agents import Agent
from storage.tables import agents, sign_ins
from storage.unit_of_work import UnitOfWork

USER_AGENT_MAX_CHARS = 200
CHUNK = 500  # tokens in one query


@dataclass(frozen=True, slots=True)
class SignIn:
    """One that is in force now, with its agent as they are now."""

    token_sha256: bytes
    agent: Agent
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


async def add(
    work: UnitOfWork, *, token_sha256: bytes, agent_id: AgentId, expires_at: datetime, user_agent: str
) -> None:
    now = work.clock.now()
    row = {
        "token_sha256": token_sha256,
        "agent_id": agent_id,
        "created_at": now,
        "last_seen_at": now,
        "expires_at": expires_at,
        "user_agent": user_agent[:USER_AGENT_MAX_CHARS],
    }
    await work.connection.execute(sa.insert(sign_ins).values(row))


async def find(connection: AsyncConnection, token_sha256: bytes, *, now: datetime, idle: timedelta) -> SignIn | None:
    """None: unknown, over, or its agent is disabled."""
    query = (
        sa.select(agents, sign_ins.c.created_at.label("signed_in_at"), sign_ins.c.last_seen_at, sign_ins.c.expires_at)
        .join(agents, agents.c.id == sign_ins.c.agent_id)
        .where(sign_ins.c.token_sha256 == token_sha256, *_in_force(now, idle))
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    queue_ids = (await agent_store.queue_ids_of(connection, [row.id])).get(row.id, ())
    agent = agent_store.from_row(row._mapping, queue_ids)
    return SignIn(token_sha256, agent, row.signed_in_at, row.last_seen_at, row.expires_at)


async def in_force(
    connection: AsyncConnection, tokens: Iterable[bytes], *, now: datetime, idle: timedelta
) -> set[bytes]:
    """Those of `tokens` that still open something."""
    found: set[bytes] = set()
    for chunk in _chunks(tokens):
        query = (
            sa.select(sign_ins.c.token_sha256)
            .join(agents, agents.c.id == sign_ins.c.agent_id)
            .where(sign_ins.c.token_sha256.in_(chunk), *_in_force(now, idle))
        )
        found |= {bytes(row.token_sha256) for row in await connection.execute(query)}
    return found


async def touch(work: UnitOfWork, tokens: Iterable[bytes]) -> None:
    """They were used just now."""
    now = work.clock.now()
    for chunk in _chunks(tokens):
        query = sa.update(sign_ins).where(sign_ins.c.token_sha256.in_(chunk)).values(last_seen_at=now)
        await work.connection.execute(query)


async def remove(work: UnitOfWork, token_sha256: bytes) -> None:
    await work.connection.execute(sa.delete(sign_ins).where(sign_ins.c.token_sha256 == token_sha256))


async def remove_of(work: UnitOfWork, agent_id: AgentId, *, but: bytes | None = None) -> None:
    """Signs the agent out everywhere, except for the sign-in `but`."""
    query = sa.delete(sign_ins).where(sign_ins.c.agent_id == agent_id)
    if but is not None:
        query = query.where(sign_ins.c.token_sha256 != but)
    await work.connection.execute(query)


async def remove_over(work: UnitOfWork, *, idle: timedelta) -> None:
    """Forgets those that open nothing any more."""
    now = work.clock.now()
    over = (sign_ins.c.expires_at <= now) | (sign_ins.c.last_seen_at <= now - idle)
    await work.connection.execute(sa.delete(sign_ins).where(over))


def _in_force(now: datetime, idle: timedelta) -> tuple[sa.ColumnElement[bool], ...]:
    return (sign_ins.c.expires_at > now, sign_ins.c.last_seen_at > now - idle, agents.c.disabled_at.is_(None))


def _chunks(tokens: Iterable[bytes]) -> list[list[bytes]]:
    ordered = sorted(set(tokens))
    return [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]
