"""Which events were handled before: the constraint that makes a provider's repeat harmless for ever."""

from collections.abc import Iterable

from storage.dialect import upsert
from storage.query import Query
from storage.tables import seen_events
from storage.unit_of_work import UnitOfWork

EventKey = tuple[str, str]  # account_id, dedupe_key

_TAKE = {
    is_sqlite: Query(
        upsert(seen_events, is_sqlite=is_sqlite)
        .on_conflict_do_nothing()
        .returning(seen_events.c.account_id, seen_events.c.dedupe_key)
    )
    for is_sqlite in (True, False)
}


async def take_new(work: UnitOfWork, keys: Iterable[EventKey]) -> set[EventKey]:
    """Those that nobody has handled yet; from now on they count as handled, if this unit of work commits.

    In order, so that two workers with the same events wait for each other instead of deadlocking.
    """
    now = work.clock.now()
    rows = [{"account_id": account, "dedupe_key": key, "seen_at": now} for account, key in sorted(set(keys))]
    if not rows:
        return set()
    taken = await _TAKE[work.is_sqlite].each(work.connection, rows)
    return {(row.account_id, row.dedupe_key) for row in taken}
