"""Offices that one process at a time may hold: the relay, and whatever else must not be done twice.

Whoever holds one renews it in time; when it does not, another takes over, and the fence, which grows with each change,
tells late writes of the former holder. Time is the database's, not the machines'.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.batch import Pace, describe, pause
from hub.errors import LeaseLost, StorageUnavailable
from hub.log import get_logger
from hub.metrics import LEASES_LOST
from hub.tasks import heed_cancellation, together
from storage.column_types import Moment
from storage.dialect import upsert
from storage.tables import leases
from storage.unit_of_work import UnitOfWork, Units

TTL_S = 6.0  # a killed holder is replaced within TTL_S + LOOK_EVERY_S
RENEW_EVERY_S = 2.0
LOOK_EVERY_S = 2.0  # how often those who wait for the office ask

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Office:
    """What its holder shows. Of two holders the one with the higher `fence` is the present one."""

    name: str
    owner: str
    fence: int


class Offices:
    """Taking, keeping and giving up. `owner` must differ between processes, and between two lives of one."""

    def __init__(self, units: Units, *, ttl_s: float = TTL_S) -> None:
        self._units = units
        self._ttl_s = ttl_s

    async def hold(self, name: str, owner: str, duty: Callable[[Office], Awaitable[None]]) -> None:
        """Until cancelled: waits for the office, then does the `duty` for as long as it is ours; again and again.

        `duty` is cancelled when the office is lost. Its own errors end this call, after the office was given up.
        """
        attempt = 0
        while True:
            heed_cancellation()
            try:
                office = await self.take(name, owner)
                if office is not None:
                    attempt = 0
                    await self._serve(office, duty)
            except LeaseLost:
                LEASES_LOST.labels(lease=name).inc()
                log.warning("office_lost", office=name)
            except StorageUnavailable as error:
                attempt += 1
                log.warning("office_not_reached", office=name, reason=describe(error))
                await asyncio.sleep(pause(attempt, Pace()))
                continue
            await asyncio.sleep(LOOK_EVERY_S)

    async def take(self, name: str, owner: str) -> Office | None:
        """None while somebody else holds it."""
        async with self._units.begin() as work:
            now = _now(work)
            insert = upsert(leases, is_sqlite=work.is_sqlite).values(
                name=name, owner=owner, fence=1, expires_at=self._end(work)
            )
            taken = insert.on_conflict_do_update(
                index_elements=["name"],
                set_={"owner": owner, "fence": leases.c.fence + 1, "expires_at": self._end(work)},
                where=leases.c.expires_at <= now,
            ).returning(leases.c.fence)
            fence = (await work.connection.execute(taken)).scalar()
            await work.commit()
        return None if fence is None else Office(name, owner, fence)

    async def renew(self, office: Office) -> None:
        """Raises LeaseLost when another one took it."""
        async with self._units.begin() as work:
            renewed = await work.connection.execute(
                sa.update(leases).where(*_is_held(office)).values(expires_at=self._end(work))
            )
            if renewed.rowcount != 1:
                raise LeaseLost(f"{office.name} is held by another process now")
            await work.commit()

    async def give_up(self, office: Office) -> None:
        """The next one need not wait. A no-op when it is not ours any more."""
        async with self._units.begin() as work:
            await work.connection.execute(sa.update(leases).where(*_is_held(office)).values(expires_at=_now(work)))
            await work.commit()

    async def _serve(self, office: Office, duty: Callable[[Office], Awaitable[None]]) -> None:
        log.info("office_taken", office=office.name, fence=office.fence)
        try:
            await together(_as_coroutine(duty, office), self._keep(office))
        finally:
            try:
                async with asyncio.timeout(RENEW_EVERY_S):
                    await self.give_up(office)
            except (StorageUnavailable, TimeoutError) as error:
                log.info("office_runs_out", office=office.name, reason=describe(error))

    async def _keep(self, office: Office) -> None:
        """Raises LeaseLost when it is lost, or when it may be: we could not renew it in its time."""
        clock = asyncio.get_running_loop()
        valid_until = clock.time() + self._ttl_s
        while True:
            await asyncio.sleep(min(RENEW_EVERY_S, self._ttl_s / 3))
            asked_at = clock.time()
            try:
                async with asyncio.timeout(max(0.0, valid_until - asked_at)):
                    await self.renew(office)
                valid_until = asked_at + self._ttl_s
            except (StorageUnavailable, TimeoutError) as error:
                if clock.time() >= valid_until:
                    raise LeaseLost(f"{office.name} could not be renewed: {describe(error)}") from error

    def _end(self, work: UnitOfWork) -> Any:
        if work.is_sqlite:
            return work.clock.now() + timedelta(seconds=self._ttl_s)
        return sa.func.clock_timestamp() + sa.literal(timedelta(seconds=self._ttl_s), sa.Interval())


async def _as_coroutine(duty: Callable[[Office], Awaitable[None]], office: Office) -> None:
    await duty(office)


def _is_held(office: Office) -> tuple[sa.ColumnElement[bool], ...]:
    return (leases.c.name == office.name, leases.c.fence == office.fence, leases.c.owner == office.owner)


def _now(work: UnitOfWork) -> Any:
    return sa.literal(work.clock.now(), Moment()) if work.is_sqlite else sa.func.clock_timestamp()
