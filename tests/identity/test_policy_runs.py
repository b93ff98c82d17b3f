"""A changed policy: what a dry run shows is what its application does, and it never overturns what agents decided."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import ManualClock
from hub.errors import Conflict
from hub.events import CallState, Evidence, EvidenceKind, EvidenceSource, Strength
from hub.ids import AgentId, RunId
from identity import commands, policy_commands
from identity.policy_book import LOOK_EVERY_S
from identity.policy_runs import BEGIN_AFTER, PolicyRuns
from identity.rules import Rules
from identity.settings import PolicySettings
from storage import ledger as ledger_store
from storage import policies, tables
from storage.policies import Run
from tests.identity.world import E164, PHONE, World

FB, FB2, ZALO, CALL, WEB = ("fb-main", "p1"), ("fb-main", "p2"), ("zalo-main", "z1"), ("hotline", E164), ("web", "v1")
DEFAULTS = Rules.of(PolicySettings())


@dataclass
class Office:
    """An administrator, and the process that carries out what they ask for."""

    world: World
    clock: ManualClock
    agent: AgentId
    runs: PolicyRuns = field(init=False)

    def __post_init__(self) -> None:
        self.runs = PolicyRuns(self.world.units, "test")

    async def tries(self, **changes: Any) -> Run:
        rules = Rules.model_validate(DEFAULTS.model_dump() | changes)
        async with self.world.units.begin() as work:
            run = await policy_commands.try_policy(work, rules.tidy(), self.agent, PolicySettings())
            await work.commit()
        await self.runs.work_off()
        return await self.look(run.id)

    async def applies(self, **changes: Any) -> Run:
        tried = await self.tries(**changes)
        run = await self.asks(tried)
        await self.carries_out()
        done = await self.look(run.id)
        assert (done.status, done.joins, done.splits) == ("done", tried.joins, tried.splits)
        return done

    async def asks(self, tried: Run) -> Run:
        async with self.world.units.begin() as work:
            run = await policy_commands.apply_policy(work, tried.id, self.agent, PolicySettings())
            await work.commit()
        return run

    async def takes_back(self, run: Run) -> Run:
        async with self.world.units.begin() as work:
            undo = await policy_commands.undo_policy(work, run.id, self.agent, PolicySettings())
            await work.commit()
        await self.carries_out()
        return await self.look(undo.id)

    async def carries_out(self) -> None:
        self.clock.advance(BEGIN_AFTER.total_seconds() + 1)
        await self.runs.work_off()

    async def look(self, run_id: RunId) -> Run:
        async with self.world.units.database.reading() as connection:
            run = await policies.find_run(connection, run_id)
        assert run is not None
        return run

    async def codes(self) -> list[str]:
        """Of the ledger, in order."""
        async with self.world.units.database.reading() as connection:
            rows = await connection.execute(sa.select(tables.ledger.c.why).order_by(tables.ledger.c.number))
            return [row.why["code"] for row in rows]

    async def undoes_entry(self, place: int) -> None:
        async with self.world.units.begin() as work:
            rows = (await work.connection.execute(sa.select(tables.ledger.c.id).order_by(tables.ledger.c.number))).all()
            await commands.undo_entry(work, rows[place].id, self.agent)
            await work.commit()

    async def owners(self) -> dict[Any, Any]:
        columns = tables.channel_identities.c
        async with self.world.units.database.reading() as connection:
            rows = await connection.execute(sa.select(columns.id, columns.customer_id))
            return {row.id: row.customer_id for row in rows}


@pytest.fixture
async def office(world: World, clock: ManualClock) -> Office:
    return Office(world, clock, await world.house.add_agent("An"))


async def a_claim_and_its_owner(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message(*FB, f"số em {PHONE}", name="Hoà"))
    assert await world.same_person(CALL, FB)


async def test_an_unchanged_policy_changes_nothing(world: World, office: Office, clock: ManualClock) -> None:
    await a_claim_and_its_owner(world)
    await world.hears(world.message(*WEB, PHONE), world.message(*ZALO, PHONE))
    clock.advance(200 * 86400)
    await world.hears(world.message(*FB2, PHONE))
    before = await office.owners()
    run = await office.tries()
    assert (run.status, run.joins, run.splits, run.examples) == ("done", 0, 0, ())
    assert run.done == run.total == 1
    with pytest.raises(Conflict):
        await office.asks(run)
    assert await office.owners() == before


async def test_a_stricter_policy_parts_what_only_claims_joined_and_suggests_it(world: World, office: Office) -> None:
    await a_claim_and_its_owner(world)
    before = await office.owners()
    tried = await office.tries(strengths={"claimed": "suggest"})
    assert (tried.joins, tried.splits) == (0, 1)
    assert await office.owners() == before
    (example,) = tried.examples
    assert example["why"]["code"] == "split.by_policy"
    assert example["why"]["params"]["because"] == "suggest.held_back"
    assert {example["a"]["name"], example["b"]["name"]} == {"Hoà", None}
    await office.applies(strengths={"claimed": "suggest"})
    assert not await world.same_person(CALL, FB)
    assert (await world.the_conversation(*CALL)).suggestions == 1
    again = await office.tries(strengths={"claimed": "suggest"})
    assert (again.joins, again.splits) == (0, 0)


async def test_a_looser_policy_joins_what_it_was_too_strict_for(world: World, office: Office) -> None:
    await office.applies(strengths={"claimed": "suggest"})
    office.clock.advance(LOOK_EVERY_S)
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message(*FB, f"số em {PHONE}"))
    assert not await world.same_person(CALL, FB)  # the stored policy is what the resolver goes by
    run = await office.applies()
    assert run.joins == 1
    assert await world.same_person(CALL, FB)
    assert (await office.codes())[-1] == "merge.by_policy"
    (conversation,) = await world.open_conversations()
    assert conversation.suggestions == 0


async def test_an_application_is_taken_back_as_a_whole(world: World, office: Office) -> None:
    await a_claim_and_its_owner(world)
    before = await office.owners()
    run = await office.applies(strengths={"claimed": "suggest"})
    undo = await office.takes_back(run)
    assert (undo.status, undo.joins, undo.done, undo.total) == ("done", 1, 1, 1)
    assert await office.owners() == before
    assert (await office.codes())[-1] == "undo.by_policy"
    async with world.units.database.reading() as connection:
        newest = await policies.newest_version(connection)
        version = await policies.find_version(connection, newest)
    assert version is not None
    assert (newest, Rules.model_validate(version.rules)) == (2, DEFAULTS)
    with pytest.raises(Conflict):
        await office.takes_back(run)
    await office.applies(strengths={"claimed": "suggest"})  # nobody said that they are two people or one
    assert not await world.same_person(CALL, FB)


async def test_what_agents_decided_is_never_overturned(world: World, office: Office) -> None:
    await a_claim_and_its_owner(world)
    run = await office.applies(strengths={"claimed": "suggest"})
    await office.undoes_entry(-1)  # an agent: they are one
    assert await world.same_person(CALL, FB)
    await office.applies()
    assert (await office.applies(strengths={"claimed": "suggest"})).splits == 0
    assert await world.same_person(CALL, FB)
    assert run.splits == 1


async def test_what_an_agent_parted_no_policy_joins(world: World, office: Office) -> None:
    await office.applies(strengths={"claimed": "suggest"})
    office.clock.advance(LOOK_EVERY_S)
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.message(*FB, f"số em {PHONE}"))
    async with world.units.begin() as work:
        (row,) = (await work.connection.execute(sa.select(tables.suggestions.c.id))).all()
        await commands.reject_suggestion(work, row.id, office.agent)
        await work.commit()
    assert (await office.applies()).joins == 0
    assert not await world.same_person(CALL, FB)


async def test_what_an_agent_merged_no_policy_parts(world: World, office: Office) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED), world.message(*WEB, PHONE))
    async with world.units.begin() as work:
        one, other = await world.customer(*CALL), await world.customer(*WEB)
        await commands.merge_customers(work, one, other, office.agent, reason="đã gọi lại")
        await work.commit()
    assert (await office.applies(never_keys=[PHONE])).splits == 0
    assert await world.same_person(CALL, WEB)


async def test_a_number_on_the_deny_list_joins_nobody_any_more(world: World, office: Office) -> None:
    await a_claim_and_its_owner(world)
    run = await office.tries(never_keys=["0912 345 678"])
    assert run.splits == 1
    assert run.examples[0]["why"]["params"]["because"] == "suggest.not_counted"
    assert run.examples[0]["why"]["params"]["value"] == E164


async def test_evidence_that_grew_too_old_says_nothing(world: World, office: Office, clock: ManualClock) -> None:
    await world.hears(world.message(*FB, PHONE))
    clock.advance(40 * 86400)
    await world.hears(world.message(*ZALO, PHONE))
    assert await world.same_person(FB, ZALO)
    assert (await office.tries(expires_after_days={"claimed": 60})).splits == 0
    assert (await office.tries(expires_after_days={"claimed": 30})).splits == 1


async def test_one_account_may_be_less_trusted_than_its_channel(world: World, office: Office) -> None:
    await a_claim_and_its_owner(world)
    anonymous = [{"account_id": "fb-main", "claims": "merge", "lasting": False}]
    assert (await office.tries(accounts=anonymous)).splits == 1
    other = [{"account_id": "fb-second", "claims": "ignore", "lasting": None}]
    assert (await office.tries(accounts=other)).splits == 0


async def test_a_source_may_be_trusted_less(world: World, office: Office) -> None:
    """The number in a message suggests only; the same number from the form before the chat still joins."""
    form = Evidence(kind=EvidenceKind.PHONE, value=PHONE, strength=Strength.CLAIMED, source=EvidenceSource.PRECHAT_FORM)
    await a_claim_and_its_owner(world)
    assert (await office.tries(sources={"message_text": "suggest"})).splits == 1
    await world.hears(world.message(*FB, "em đây ạ", evidence=[form]))
    assert (await office.tries(sources={"message_text": "suggest"})).splits == 0


async def test_of_a_shared_number_only_those_part_who_came_when_it_was_shared(world: World, office: Office) -> None:
    for account, who in (FB, ZALO):
        await world.hears(world.message(account, who, "Chào shop"))
    for heard in (world.call(E164, "c1", CallState.MISSED), world.message(*FB, PHONE), world.message(*ZALO, PHONE)):
        office.clock.advance(1)
        await world.hears(heard)
    assert await world.same_person(CALL, FB, ZALO)
    run = await office.applies(shared_phone_max=2)
    assert run.splits == 1
    assert await world.same_person(CALL, FB)
    assert not await world.same_person(CALL, ZALO)


async def test_a_cancelled_run_stops_and_the_next_one_finishes_its_work(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("identity.policy_runs.POINTS_A_PAGE", 1)
    for number in ("0912345671", "0912345672", "0912345673"):
        await world.hears(world.message("fb-main", f"p{number}", number))
        await world.hears(world.message("zalo-main", f"z{number}", number))
    tried = await office.tries(strengths={"claimed": "suggest"})
    assert tried.splits == 3
    run = await office.asks(tried)
    office.clock.advance(BEGIN_AFTER.total_seconds())
    page = office.runs._compare_page

    async def one_page_then_cancelled(now: Run) -> Any:
        step = await page(now)
        async with world.units.begin() as work:
            await policy_commands.cancel_run(work, run.id, office.agent)
            await work.commit()
        return step

    monkeypatch.setattr(office.runs, "_compare_page", one_page_then_cancelled)
    await office.runs.work_off()
    monkeypatch.undo()
    stopped = await office.look(run.id)
    assert (stopped.status, stopped.splits) == ("cancelled", 1)
    again = await office.tries(strengths={"claimed": "suggest"})
    assert again.splits == 2  # what was done is done, what was not is seen
    async with world.units.database.reading() as connection:
        assert await ledger_store.count_of_run(connection, run.id) == 1
    back = await office.tries()
    assert (back.joins, back.splits) == (1, 0)


async def test_another_process_goes_on_where_one_was_killed(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("identity.policy_runs.POINTS_A_PAGE", 1)
    for number in ("0912345671", "0912345672", "0912345673"):
        await world.hears(world.message("fb-main", f"p{number}", number))
        await world.hears(world.message("zalo-main", f"z{number}", number))
    tried = await office.tries(strengths={"claimed": "suggest"})
    run = await office.asks(tried)
    office.clock.advance(BEGIN_AFTER.total_seconds())
    page, killed = office.runs._compare_page, 0

    async def killed_after_a_page(now: Run) -> Any:
        nonlocal killed
        if killed == 1:
            raise KeyboardInterrupt
        killed += 1
        await page(now)  # its changes are committed, its progress is not
        return await page(now)

    monkeypatch.setattr(office.runs, "_compare_page", killed_after_a_page)
    with pytest.raises(KeyboardInterrupt):
        await office.runs.work_off()
    await PolicyRuns(world.units, "another").work_off()
    done = await office.look(run.id)
    assert (done.status, done.splits, done.done) == ("done", 3, 3)


async def test_only_what_a_finished_dry_run_showed_can_be_applied(world: World, office: Office) -> None:
    await a_claim_and_its_owner(world)
    rules = Rules.model_validate(DEFAULTS.model_dump() | {"shared_phone_max": 1})
    async with world.units.begin() as work:
        waiting = await policy_commands.try_policy(work, rules, office.agent, PolicySettings())
        await work.commit()
    with pytest.raises(Conflict, match="dry_run_unfinished"):
        await office.asks(waiting)
    first, second = await office.tries(shared_phone_max=1), await office.tries(shared_phone_max=2)
    assert (await office.look(waiting.id)).status == "cancelled"
    await office.asks(first)
    with pytest.raises(Conflict, match="policy_moved"):
        await office.asks(second)
    with pytest.raises(Conflict, match="policy_busy"):
        await office.tries()
