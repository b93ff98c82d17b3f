"""Prepared statements give what SQLAlchemy gives, on either database."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.ids import new_id
from storage import query as module
from storage.query import Query
from storage.tables import queues
from storage.unit_of_work import UnitOfWork, Units
from tests.builders import insert

AT = datetime(2026, 11, 22, 2, 0, 0, 123456, tzinfo=UTC)
_SELECT = sa.select(queues).where(queues.c.name.in_(sa.bindparam("names", expanding=True))).order_by(queues.c.name)
_RENAME = sa.update(queues).where(queues.c.name == sa.bindparam("old")).values(name=sa.bindparam("new"))


async def add(work: UnitOfWork, *names: str) -> None:
    for name in names:
        await insert(work, queues, id=new_id(), pool="main", name=name, offer_s=20, created_at=AT)


async def test_rows_are_what_sqlalchemy_gives(units: Units) -> None:
    async with units.begin() as work:
        await add(work, "a", "b", "c")
        for names in (["b"], ["a", "c", "nobody"], [], ["c", "c"]):
            expected = (await work.connection.execute(_SELECT, {"names": names})).all()
            rows = await Query(_SELECT).all(work.connection, names=names)
            assert [row._asdict() for row in rows] == [row._asdict() for row in expected]
            assert all(row.created_at == AT for row in rows)


async def test_a_list_may_have_any_length_each_time(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TEXTS_MAX", 2)
    prepared = Query(_SELECT)
    async with units.begin() as work:
        await add(work, "a", "b", "c")
        for length in (3, 1, 2, 0, 3, 2):
            assert len(await prepared.all(work.connection, names=["a", "b", "c"][:length])) == length


async def test_it_is_part_of_the_transaction_and_counts(units: Units) -> None:
    rename = Query(_RENAME)
    async with units.begin() as work:
        await add(work, "a")
        await work.commit()
    async with units.begin() as work:
        assert await rename.count(work.connection, old="nobody", new="x") == 0
        assert await rename.count(work.connection, old="a", new="z") == 1
    async with units.begin() as work:
        assert len(await Query(_SELECT).all(work.connection, names=["a", "z"])) == 1
        assert (await Query(_SELECT).all(work.connection, names=["a"])) != [], "what was not committed never was"


async def test_a_broken_constraint_is_told_as_sqlalchemy_does_and_without_values(units: Units) -> None:
    async with units.begin() as work:
        await add(work, "a", "very private")
        with pytest.raises(IntegrityError) as refused:
            await Query(_RENAME).count(work.connection, old="a", new="very private")
    if units.database.is_sqlite:
        assert "very private" not in str(refused.value)
