"""The audit log: what was done stands there with the deed itself, newest first."""

from hub.ids import AgentId, new_id
from storage import audit
from storage.unit_of_work import Units


async def test_a_deed_is_noted_with_its_transaction_or_not_at_all(units: Units) -> None:
    actor = audit.by_agent(AgentId(new_id()))
    async with units.begin() as work:
        await audit.record(work, actor, "customers.export", {"rows": 7})
    async with units.begin() as work:
        await audit.record(work, actor, "customers.export", {"rows": 3})
        await work.commit()
    async with units.database.reading() as connection:
        [deed] = await audit.newest(connection)
    assert (deed.actor, deed.action, deed.detail) == (actor, "customers.export", {"rows": 3})


async def test_deeds_are_read_newest_first_and_in_pages(units: Units) -> None:
    async with units.begin() as work:
        for number in range(5):
            await audit.record(work, "hub", "import.finish" if number % 2 else "import.start", {"n": number})
        await work.commit()
    async with units.database.reading() as connection:
        first = await audit.newest(connection, limit=2)
        rest = await audit.newest(connection, before=first[-1].number)
        starts = await audit.newest(connection, action="import.start")
    assert [deed.detail["n"] for deed in (*first, *rest)] == [4, 3, 2, 1, 0]
    assert [deed.detail["n"] for deed in starts] == [4, 2, 0]
