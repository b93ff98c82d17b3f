"""The identity policy, for administrators: try it, apply it, stop that, take it back."""

from agent_console.api.endpoint import Call
from agent_console.parts import Parts
from agent_console.policy_views import (
    ApplyPolicyIn,
    PolicyRun,
    PolicyRunList,
    PolicyVersion,
    PolicyView,
    TryPolicyIn,
    run_fields,
)
from hub.errors import NotFound
from hub.ids import RunId
from identity import policy_commands
from identity.policy_book import LOOK_EVERY_S
from identity.rules import Rules
from identity.settings import PolicySettings
from storage import policies
from storage.policies import Run, Version

SHOWN = 20
BASE = PolicySettings()  # what holds where no policy was ever stored: the resolvers' defaults


class Policy:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def get_policy(self, call: Call) -> PolicyView:
        async with self._parts.units.database.reading() as connection:
            found = [_version(version) for version in await policies.versions(connection, before=None, limit=SHOWN)]
        defaults = PolicyVersion(version=0, rules=Rules.of(BASE))
        versions = (*found, defaults) if len(found) < SHOWN else tuple(found)
        return PolicyView(
            current=versions[0], defaults=defaults.rules, versions=versions, takes_effect_within_s=LOOK_EVERY_S
        )

    async def list_policy_runs(self, call: Call) -> PolicyRunList:
        async with self._parts.units.database.reading() as connection:
            found = await policies.runs(connection, limit=SHOWN)
        return PolicyRunList(items=tuple(_shown(run, examples=False) for run in found))

    async def get_policy_run(self, call: Call) -> PolicyRun:
        async with self._parts.units.database.reading() as connection:
            run = await policies.find_run(connection, _id(call))
        if run is None:
            raise NotFound("run_unknown", "There is no such run.", where="path.run_id")
        return _shown(run, examples=True)

    async def try_policy(self, call: Call) -> PolicyRun:
        rules = call.body(TryPolicyIn).rules.tidy()
        async with self._parts.units.begin() as work:
            run = await policy_commands.try_policy(work, rules, call.caller.agent_id, BASE)
            await work.commit()
        return _shown(run, examples=True)

    async def apply_policy(self, call: Call) -> PolicyRun:
        note = (call.body(ApplyPolicyIn).note or "").strip() or None
        async with self._parts.units.begin() as work:
            run = await policy_commands.apply_policy(work, _id(call), call.caller.agent_id, BASE, note=note)
            await work.commit()
        return _shown(run, examples=True)

    async def undo_policy(self, call: Call) -> PolicyRun:
        async with self._parts.units.begin() as work:
            run = await policy_commands.undo_policy(work, _id(call), call.caller.agent_id, BASE)
            await work.commit()
        return _shown(run, examples=True)

    async def cancel_policy_run(self, call: Call) -> None:
        async with self._parts.units.begin() as work:
            await policy_commands.cancel_run(work, _id(call), call.caller.agent_id)
            await work.commit()


def _id(call: Call) -> RunId:
    return RunId(call.id("run_id"))


def _version(version: Version) -> PolicyVersion:
    return PolicyVersion.model_validate({name: getattr(version, name) for name in PolicyVersion.model_fields})


def _shown(run: Run, *, examples: bool) -> PolicyRun:
    return PolicyRun.model_validate(run_fields(run, examples=examples))
