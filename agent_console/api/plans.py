"""Plans: read, changed with the version that was seen, looked back at, restored. What they name must be there."""

from typing import Any, cast

from pydantic import BaseModel, ValidationError

from agent_console.api.endpoint import Call
from agent_console.errors import Misfit, misfit
from agent_console.parts import Parts
from agent_console.plan_views import (
    VIEWS,
    AccountName,
    AutomationPlan,
    AutomationPlanIn,
    HolidayList,
    HolidaysQuery,
    HolidayView,
    HoursPlan,
    HoursPlanIn,
    PlanHistory,
    PlanHistoryQuery,
    Planning,
    PlanQuery,
    PlanVersion,
    RestoreIn,
    RulesPlan,
    RulesPlanIn,
    SlaPlan,
    SlaPlanIn,
    WorkPlan,
    WorkPlanIn,
)
from hub.errors import Forbidden, NotFound
from hub.events import Channel
from router.holidays import holidays
from router.plan import checks
from router.plan.book import MODELS, Plans, in_force
from router.plan.queues import QueueSettings
from storage import accounts as account_store
from storage import attributes as attribute_store
from storage import audit
from storage import plans as plan_store
from storage import queues as queue_store
from storage.engine import Connection
from storage.plans import Kind, Plan
from storage.unit_of_work import UnitOfWork

WHERE = "body.document"


class PlanBoard:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def get_rules_plan(self, call: Call) -> RulesPlan:
        return cast(RulesPlan, await self._get(call, "rules"))

    async def put_rules_plan(self, call: Call) -> RulesPlan:
        given = call.body(RulesPlanIn)
        return cast(RulesPlan, await self._put(call, "rules", given.document, given.seen, given.note))

    async def get_hours_plan(self, call: Call) -> HoursPlan:
        return cast(HoursPlan, await self._get(call, "hours"))

    async def put_hours_plan(self, call: Call) -> HoursPlan:
        given = call.body(HoursPlanIn)
        return cast(HoursPlan, await self._put(call, "hours", given.document, given.seen, given.note))

    async def get_work_plan(self, call: Call) -> WorkPlan:
        return cast(WorkPlan, await self._get(call, "work"))

    async def put_work_plan(self, call: Call) -> WorkPlan:
        given = call.body(WorkPlanIn)
        return cast(WorkPlan, await self._put(call, "work", given.document, given.seen, given.note))

    async def get_sla_plan(self, call: Call) -> SlaPlan:
        return cast(SlaPlan, await self._get(call, "sla"))

    async def put_sla_plan(self, call: Call) -> SlaPlan:
        given = call.body(SlaPlanIn)
        return cast(SlaPlan, await self._put(call, "sla", given.document, given.seen, given.note))

    async def get_automation_plan(self, call: Call) -> AutomationPlan:
        return cast(AutomationPlan, await self._get(call, "automation"))

    async def put_automation_plan(self, call: Call) -> AutomationPlan:
        given = call.body(AutomationPlanIn)
        return cast(AutomationPlan, await self._put(call, "automation", given.document, given.seen, given.note))

    async def list_plan_versions(self, call: Call) -> PlanHistory:
        asked, kind = call.query(PlanHistoryQuery), _kind(call)
        before = asked.before if asked.before is not None else 2**31 - 1
        async with self._parts.units.database.reading() as connection:
            found = await plan_store.history(connection, kind, before=before, limit=asked.limit + 1)
        page = found[: asked.limit]
        following = page[-1].version if len(found) > asked.limit else None
        return PlanHistory(items=tuple(map(_version, page)), next=following)

    async def restore_plan(self, call: Call) -> PlanVersion:
        given, kind = call.body(RestoreIn), _kind(call)
        async with self._parts.units.database.reading() as connection:
            old = await _stored(connection, kind, given.version, where="body.version")
        try:
            document = MODELS[kind].model_validate(old.document)
        except ValidationError as error:  # of a release that knew other limits
            raise misfit(error.errors(include_input=False, include_url=False), WHERE) from error
        return _version(await self._stored_anew(call, kind, document, given.seen, given.note))

    async def get_planning(self, call: Call) -> Planning:
        async with self._parts.units.database.reading() as connection:
            accounts = await account_store.listed(connection)
            skills = _skills(await queue_store.team(connection))
        names = [AccountName(**{name: getattr(one, name) for name in AccountName.model_fields}) for one in accounts]
        shown = tuple(name for name in names if name.channel is not Channel.RECORD)
        return Planning(accounts=shown, skills=tuple(sorted(skills)))

    async def list_holidays(self, call: Call) -> HolidayList:
        found = holidays(call.query(HolidaysQuery).year)
        return HolidayList(items=tuple(HolidayView(on=day, holiday=holiday) for day, holiday in found.items()))

    async def _get(self, call: Call, kind: Kind) -> PlanVersion:
        version = call.query(PlanQuery).version
        async with self._parts.units.database.reading() as connection:
            found = await _stored(connection, kind, version, where="query.version")
        return _view(found)

    async def _put(self, call: Call, kind: Kind, document: BaseModel, seen: int, note: str | None) -> PlanVersion:
        return _view(await self._stored_anew(call, kind, document, seen, note))

    async def _stored_anew(self, call: Call, kind: Kind, document: BaseModel, seen: int, note: str | None) -> Plan:
        """The same document again makes no version: a request may be repeated when its answer was lost."""
        agent_id, written = call.caller.agent_id, document.model_dump(mode="json")
        async with self._parts.units.begin() as work:
            before = await plan_store.newest(work.connection, kind)
            if before.version > 0 and before.document == written:
                return before
            version = await plan_store.put(work, kind, written, seen=seen, by=agent_id, note=note or None)
            await _check(work, call, kind, document, before)
            detail = {"kind": kind, "version": version}
            await audit.record(work, audit.by_agent(agent_id), "plan.put", detail)
            stored = await plan_store.newest(work.connection, kind)
            await work.commit()
        return stored


def _kind(call: Call) -> Kind:
    kind = call.path["plan_kind"]
    if kind not in MODELS:
        raise NotFound("plan_unknown", "There is no such plan.", where="path.plan_kind")
    return cast(Kind, kind)


async def _stored(connection: Connection, kind: Kind, version: int | None, *, where: str) -> Plan:
    if version is None:
        return await plan_store.newest(connection, kind)
    if version == 0:
        return Plan(kind, 0, {})
    found = await plan_store.history(connection, kind, before=version + 1, limit=1)
    if not found or found[0].version != version:
        raise NotFound("plan_version_unknown", "There is no such version.", where=where)
    return found[0]


async def _check(work: UnitOfWork, call: Call, kind: Kind, document: BaseModel, before: Plan) -> None:
    """Raises Misfit naming every unknown reference, Forbidden for a webhook that is new. Reads what was just put."""
    plans = await in_force(work.connection)
    queues = await queue_store.listed(work.connection)
    old = MODELS[kind].model_validate(before.document)
    known = await known_of(work.connection, plans)
    faults = checks.unknown(document, known, old, WHERE)
    if faults:
        raise Misfit(faults, "plan_reference_unknown")
    used = _still_used(kind, document, old, plans, [(q.name, QueueSettings.model_validate(q.settings)) for q in queues])
    if used:
        raise Misfit(used, "plan_in_use")
    if call.caller.role != "admin" and checks.webhooks(document) - checks.webhooks(old):
        raise Forbidden("webhook_admin", "Only administrators set up addresses that things are sent to.", where=WHERE)


async def known_of(connection: Connection, plans: Plans) -> dict[checks.Noun, frozenset[Any]]:
    """What may be named."""
    team = await queue_store.team(connection)
    return {
        "queue": frozenset(queue.id for queue in await queue_store.listed(connection)),
        "agent": frozenset(member.id for member in team),
        "account": frozenset(account.id for account in await account_store.listed(connection)),
        "skill": _skills(team),
        "attribute": frozenset(one.key for one in await attribute_store.listed(connection)),
        "calendar": frozenset(calendar.id for calendar in plans.hours.calendars),
        "sla_policy": frozenset(policy.id for policy in plans.sla.policies),
        "lifecycle": frozenset(word.id for word in plans.work.lifecycle),
        "disposition": frozenset(word.id for word in plans.work.dispositions),
    }


def _still_used(
    kind: Kind, document: Any, old: Any, plans: Plans, settings: list[tuple[str, QueueSettings]]
) -> checks.Faults:
    others: list[tuple[str, BaseModel]] = [*settings]
    others += [("rules", plans.rules), ("sla", plans.sla), ("automation", plans.automation)]
    lists: dict[Kind, list[tuple[checks.Noun, str]]] = {
        "hours": [("calendar", "calendars")],
        "sla": [("sla_policy", "policies")],
        "work": [("lifecycle", "lifecycle"), ("disposition", "dispositions")],
    }
    found: checks.Faults = []
    for noun, name in lists.get(kind, []):
        gone = {one.id for one in getattr(old, name)} - {one.id for one in getattr(document, name)}
        found += checks.still_used(noun, gone, others, f"{WHERE}.{name}")
    return found


def _skills(team: list[queue_store.Member]) -> frozenset[str]:
    return frozenset(skill for member in team for skill in member.skills)


def _version(plan: Plan) -> PlanVersion:
    return PlanVersion(**{name: getattr(plan, name) for name in PlanVersion.model_fields})


def _view(plan: Plan) -> PlanVersion:
    view = VIEWS[cast(Kind, plan.kind)]
    return cast(PlanVersion, view.model_validate(_version(plan).model_dump() | {"document": plan.document}))
