"""Reading evidence: by customer, never along every number there is."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.ids import CustomerId, new_id
from storage import evidence
from tests import databases


async def test_the_numbers_of_a_customer_are_found_by_their_identities_even_without_statistics(tmp_path: Path) -> None:
    """SQLite keeps no statistics by itself; PostgreSQL does."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    async with databases.opened(databases.sqlite_url(tmp_path)) as units, units.begin() as work:
        engine = units.database.engine.sync_engine
        sa.event.listen(engine, "before_cursor_execute", note)
        await evidence.phones_of(work.connection, [CustomerId(new_id())])
        sa.event.remove(engine, "before_cursor_execute", note)
        statement, parameters = asked[-1]
        plan = await work.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [str(row.detail) for row in plan]
    assert any("ix_channel_identities_customer_id" in step for step in steps), steps
    assert not any("ix_evidence_kind_value" in step for step in steps), steps
