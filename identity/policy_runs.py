"""Carries out policy runs, in the background: tries a policy, brings a changed one to those who are known already,
takes one back. One process at a time does so; another goes on where it was killed.

A run walks along the values that connect people, a page at a time, so its memory does not grow with the shop. What a
page would change is looked up beside everybody's work; only groups in which something changes are locked, read again
and changed, each in a unit of work of its own. Doing it twice changes nothing: the second time there is no difference.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hub.batch import Pace, describe, pause
from hub.errors import Conflict, LeaseLost, Transient
from hub.ids import LedgerEntryId, SuggestionId, new_id
from hub.log import get_logger
from identity import explanations, histories
from identity.board import Board
from identity.difference import Change, difference
from identity.examples import examples_of, names_of_identity
from identity.people import fact_of
from identity.ranking import rank
from identity.register import Register
from identity.replay import History
from identity.rules import Rules
from identity.settings import PolicySettings
from storage import evidence as evidence_store
from storage import ledger, neighbours, policies, suggestions
from storage.engine import Connection
from storage.evidence import Point
from storage.leases import Office, Offices
from storage.ledger import Entry
from storage.neighbours import Neighbours
from storage.policies import Run, Step
from storage.suggestions import Suggestion
from storage.unit_of_work import UnitOfWork, Units

OFFICE = "identity policy"
POINTS_A_PAGE = 200
ENTRIES_A_PAGE = 50
LOOK_EVERY_S = 1.0
BEGIN_AFTER = timedelta(
    seconds=3
)  # by then every resolver uses the new policy (policy_book), so nobody undoes our work
BREATHE_AFTER_S = 0.01  # the loop is for others, too
PROBLEM_MAX_CHARS = 500

log = get_logger(__name__)


class Stopped(Exception):
    """The run was cancelled, or another process goes on with it."""


class PolicyRuns:
    """One long task of every process with the role identity. `owner`: a name that no other process ever had."""

    def __init__(self, units: Units, owner: str) -> None:
        self._units = units
        self._owner = owner

    async def run(self) -> None:
        """Until cancelled."""
        await Offices(self._units).hold(OFFICE, self._owner, self._serve)

    async def _serve(self, _: Office) -> None:
        attempt = 0
        while True:
            try:
                await self.work_off()
                attempt = 0
            except Transient as error:
                attempt += 1
                log.warning("policy_run_put_off", reason=describe(error))
                await asyncio.sleep(pause(attempt, Pace()))
            await asyncio.sleep(LOOK_EVERY_S)

    async def work_off(self) -> None:
        """Everything that may begin by now. Raises Transient; then it can be called again."""
        while (run := await self._next()) is not None:
            try:
                await self._carry_out(run)
            except Stopped:
                log.info("policy_run_stopped", run=run.id)
            except (Transient, LeaseLost):
                raise
            except Exception as error:  # a run that cannot be carried out must not be tried for ever
                log.exception("policy_run_failed", run=run.id)
                await self._end(run, problem=type(error).__name__)

    async def _next(self) -> Run | None:
        now = self._units.clock.now()
        async with self._units.database.reading() as connection:
            waiting = await policies.unfinished(connection)
        return next((r for r in waiting if r.kind == "dry_run" or now - r.made_at >= BEGIN_AFTER), None)

    async def _carry_out(self, run: Run) -> None:
        if run.status == "queued":
            await self._begin(run)
        page = self._undo_page if run.kind == "undo" else self._compare_page
        while True:
            async with self._units.database.reading() as connection:
                now = await policies.find_run(connection, run.id)
            if now is None or now.status != "running":
                raise Stopped
            step = await page(now)
            if step is None:
                await self._end(run)
                return
            await self._advance(now, step)

    async def _begin(self, run: Run) -> None:
        async with self._units.begin() as work:
            if run.kind == "undo" and run.target_id is not None:
                total = await ledger.count_of_run(work.connection, run.target_id)
            else:
                total = await neighbours.count_points(work.connection)
            if not await policies.begin(work.connection, run, total):
                raise Stopped
            await work.commit()

    async def _advance(self, run: Run, step: Step) -> None:
        async with self._units.begin() as work:
            if not await policies.advance(work.connection, run, step):
                raise Stopped
            await work.commit()

    async def _end(self, run: Run, *, problem: str | None = None) -> None:
        async with self._units.begin() as work:
            text = problem[:PROBLEM_MAX_CHARS] if problem else None
            await policies.finish(work, run.id, "failed" if problem else "done", problem=text)
            await work.commit()

    # --- trying and applying -----------------------------------------------------------------------------------------

    async def _compare_page(self, run: Run) -> Step | None:
        """None: there is nothing more to look at."""
        before, after = _settings(run.base_rules), _settings(run.rules)
        at: Point | None = (run.cursor[0], run.cursor[1]) if run.cursor else None
        async with self._units.database.reading() as connection:
            points = await neighbours.next_points(connection, at, POINTS_A_PAGE)
            if not points:
                return None
            groups = await neighbours.around(connection, points)
            read = await histories.read(connection, histories.led(groups, at))
        changed = [(history, changes) async for history, changes in _differences(read, before, after)]
        skipped = sum(len(group.points & set(points)) for group in groups if group.tangled)
        cursor = list(points[-1])
        if run.kind == "apply":
            for history, _ in changed:
                await self._apply(run, history, before, after)
            return Step(cursor, len(points), skipped=skipped)
        flat = [change for _, changes in changed for change in changes]
        return Step(
            cursor,
            len(points),
            joins=sum(change.kind == "join" for change in flat),
            splits=sum(change.kind == "split" for change in flat),
            skipped=skipped,
            examples=examples_of(run, changed),
        )

    async def _apply(self, run: Run, seen: History, before: PolicySettings, after: PolicySettings) -> None:
        """Locked in the usual order, then read anew: what was seen before was seen without locks."""
        async with self._units.begin() as work:
            await evidence_store.lock_points(work, seen.points)
            board = Board(work)
            register = Register(board)
            await register.hold_owners(member.id for member in seen.facts.members)
            history = await _read_again(work.connection, seen)
            changes = difference(history, before, after)
            joins = sum(change.kind == "join" for change in changes)
            if not await policies.count(work.connection, run, joins=joins, splits=len(changes) - joins):
                raise Stopped
            for change in changes:
                await _carry_out(work, register, run, change, history)
            await board.finish()
            await work.commit()

    # --- taking back -------------------------------------------------------------------------------------------------

    async def _undo_page(self, run: Run) -> Step | None:
        if run.target_id is None:
            return None
        older_than = run.cursor[0] if run.cursor else None
        async with self._units.database.reading() as connection:
            entries = await ledger.of_run(connection, run.target_id, before=older_than, limit=ENTRIES_A_PAGE)
        if not entries:
            return None
        for entry in entries:
            await self._undo(run, entry)
        return Step([entries[-1].number], len(entries))

    async def _undo(self, run: Run, entry: Entry) -> None:
        async with self._units.begin() as work:
            if await _is_kept(work.connection, entry):
                return
            board = Board(work)
            try:
                await Register(board).undo(entry.id, explanations.UNDONE_BY_POLICY, run.made_by, run_id=run.id)
            except Conflict:
                return  # an agent was faster
            joined = entry.kind == "merge"
            if not await policies.count(work.connection, run, joins=int(not joined), splits=int(joined)):
                raise Stopped
            await board.finish()
            await work.commit()


async def _differences(read: Sequence[History], before: PolicySettings, after: PolicySettings) -> Any:
    """Those groups in which something changes."""
    clock = asyncio.get_running_loop()
    since = clock.time()
    for history in read:
        changes = difference(history, before, after)
        if changes:
            yield history, changes
        if clock.time() - since > BREATHE_AFTER_S:
            await asyncio.sleep(0)
            since = clock.time()


async def _read_again(connection: Connection, seen: History) -> History:
    """Raises Transient when others came in meanwhile: they would have to be locked, too."""
    groups = await neighbours.around(connection, sorted(seen.points))
    group = next((g for g in groups if seen.points & g.points), Neighbours())
    if group.identities != {member.id for member in seen.facts.members}:
        raise Transient("somebody joined the group that is being compared", retry_after_s=0.1)
    return (await histories.read(connection, [group]))[0]


async def _carry_out(work: UnitOfWork, register: Register, run: Run, change: Change, history: History) -> None:
    if change.link is None:
        facts = [fact_of(proof) for proof in change.evidence]
        await register.join(change.a, change.b, change.why, evidence=facts, weak_value=change.weak_value, run_id=run.id)
        return
    if change.suggest is not None:
        a, b = suggestions.pair(change.a, change.b)
        suggestion = Suggestion(
            id=SuggestionId(new_id()),
            identity_a=a,
            identity_b=b,
            why=change.suggest.why,
            status="open",
            created_at=work.clock.now(),
            only_for=change.suggest.only_for,
            rank=rank(change.suggest.why, *(names_of_identity(history, i) for i in (a, b))),
        )
        await suggestions.put_new(work, [suggestion])
    await register.lapse(change.link, change.why, run.id)


async def _is_kept(connection: Connection, entry: Entry) -> bool:
    """Whether an agent has confirmed a join since."""
    return any(link.kept for link in await ledger.links_by_entry(connection, [LedgerEntryId(entry.id)]))


def _settings(rules: dict[str, Any]) -> PolicySettings:
    return Rules.model_validate(rules).settings()
