"""What an administrator does with the policy: try it, put it in force, stop that, take it back. Each runs inside the
caller's unit of work; the caller commits. Raises NotFound, Conflict.

A policy holds for new evidence from the moment it is applied (identity.policy_book says how soon everywhere); those who
are known already are brought into line in the background (identity.policy_runs).
"""

from dataclasses import replace

from hub.errors import Conflict, NotFound
from hub.ids import AgentId, RunId, new_id
from identity.rules import Rules
from identity.settings import PolicySettings
from storage import audit, policies
from storage.policies import UNFINISHED, Run, RunKind, Version
from storage.unit_of_work import UnitOfWork


async def try_policy(work: UnitOfWork, rules: Rules, agent_id: AgentId, base: PolicySettings) -> Run:
    """A dry run. An earlier one that has not ended is not waited for any more."""
    for earlier in await policies.unfinished(work.connection):
        if earlier.kind == "dry_run":
            await policies.finish(work, earlier.id, "cancelled")
    run = await _run(work, "dry_run", rules, agent_id, base)
    await policies.add_run(work, run)
    return run


async def apply_policy(
    work: UnitOfWork, run_id: RunId, agent_id: AgentId, base: PolicySettings, *, note: str | None = None
) -> Run:
    """What a finished dry run showed, as long as the policy it was compared with still holds."""
    tried = await _find(work, run_id)
    if tried.kind != "dry_run" or tried.status != "done":
        raise Conflict("dry_run_unfinished", "Only what a finished dry run has shown can be applied.", where="run_id")
    rules = Rules.model_validate(tried.rules)
    current = await current_rules(work, base)
    if tried.base_version != await policies.newest_version(work.connection):
        raise Conflict("policy_moved", "The policy has changed since this dry run.", where="run_id")
    if rules == current:
        raise Conflict("policy_same", "This policy holds already.", where="run_id")
    run = await _run(work, "apply", rules, agent_id, base)
    await _put_in_force(work, run, note)
    await audit.record(work, audit.by_agent(agent_id), "policy.apply", _detail(run))
    return run


async def undo_policy(work: UnitOfWork, run_id: RunId, agent_id: AgentId, base: PolicySettings) -> Run:
    """The policy before it holds again, and what its application joined and split is taken back, entry by entry; what
    agents decided about any of these since stays."""
    target = await _find(work, run_id)
    newest = await policies.find_version(work.connection, await policies.newest_version(work.connection))
    if target.kind != "apply" or newest is None or newest.run_id != run_id:
        raise Conflict("policy_not_newest", "Only the newest policy can be taken back.", where="run_id")
    if target.status in UNFINISHED:
        raise Conflict("policy_busy", "It is still being applied; stop that first.", where="run_id")
    before = await policies.find_version(work.connection, newest.version - 1)
    rules = Rules.model_validate(before.rules) if before else Rules.of(base)
    run = replace(await _run(work, "undo", rules, agent_id, base), target_id=run_id)
    await _put_in_force(work, run, None)
    await audit.record(work, audit.by_agent(agent_id), "policy.undo", _detail(run) | {"target": str(run_id)})
    return run


async def cancel_run(work: UnitOfWork, run_id: RunId, agent_id: AgentId) -> None:
    """What it did so far stays; the policy holds for new evidence nevertheless."""
    run = await _find(work, run_id)
    if not await policies.finish(work, run_id, "cancelled"):
        raise Conflict("run_ended", "This has ended already.", where="run_id")
    if run.kind != "dry_run":
        await audit.record(work, audit.by_agent(agent_id), "policy.cancel", {"run": str(run_id)})


async def current_rules(work: UnitOfWork, base: PolicySettings) -> Rules:
    newest = await policies.find_version(work.connection, await policies.newest_version(work.connection))
    return Rules.model_validate(newest.rules) if newest else Rules.of(base)


async def _find(work: UnitOfWork, run_id: RunId) -> Run:
    run = await policies.find_run(work.connection, run_id)
    if run is None:
        raise NotFound("run_unknown", "There is no such run.", where="run_id")
    return run


async def _run(work: UnitOfWork, kind: RunKind, rules: Rules, agent_id: AgentId, base: PolicySettings) -> Run:
    """Raises Conflict while another one is being carried out."""
    if any(other.kind != "dry_run" for other in await policies.unfinished(work.connection)):
        raise Conflict("policy_busy", "Another change of the policy is being carried out.")
    last = await policies.last_carried_out(work.connection)
    return Run(
        id=RunId(new_id()),
        kind=kind,
        status="queued",
        base_version=await policies.newest_version(work.connection),
        base_rules=last.rules if last else Rules.of(base).model_dump(mode="json"),
        rules=rules.model_dump(mode="json"),
        made_by=agent_id,
        made_at=work.clock.now(),
    )


async def _put_in_force(work: UnitOfWork, run: Run, note: str | None) -> None:
    new = Version(
        version=run.base_version + 1,
        rules=run.rules,
        made_at=run.made_at,
        made_by=run.made_by,
        note=note,
        run_id=run.id,
    )
    if not await policies.add_version(work, new):
        raise Conflict("policy_moved", "The policy has changed meanwhile.")
    await policies.add_run(work, run)


def _detail(run: Run) -> dict[str, str | int]:
    return {"run": str(run.id), "version": run.base_version + 1}
