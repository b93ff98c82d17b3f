"""Queues and the people who serve them, for supervisors. The router hears of every change."""

from typing import Any

from pydantic import BaseModel

from agent_console.api.endpoint import Call
from agent_console.api.plans import known_of
from agent_console.errors import Misfit
from agent_console.kicks import kick
from agent_console.parts import Parts
from agent_console.plan_views import (
    QueueDetail,
    QueueDetailList,
    QueueIn,
    QueuePatch,
    TeamList,
    TeamMember,
    TeamPatch,
)
from hub.errors import Conflict
from hub.ids import AgentId, QueueId
from router import commands
from router.plan import checks
from router.plan.book import in_force
from router.plan.queues import QueueSettings
from storage import agents as agent_store
from storage import audit
from storage import plans as plan_store
from storage import queues as queue_store
from storage.queues import Member, QueueRow
from storage.unit_of_work import UnitOfWork


class Teams:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def list_queue_settings(self, call: Call) -> QueueDetailList:
        async with self._parts.units.database.reading() as connection:
            return QueueDetailList(items=tuple(map(_queue, await queue_store.listed(connection))))

    async def add_queue(self, call: Call) -> QueueDetail:
        given = call.body(QueueIn)
        async with self._parts.units.begin() as work:
            await _check(work, given.settings, None)
            settings = given.settings.model_dump(mode="json")
            queue_id = await queue_store.add(work, name=given.name, offer_s=given.offer_s, settings=settings)
            moved = await _put_members(work, queue_id, given.member_ids)
            await _note(work, call, "queue.add", {"id": str(queue_id), "name": given.name})
            added = await queue_store.find(work.connection, queue_id)
            await _announce(work, call, added)
            await work.commit()
        await self._tell(moved)
        return _queue(added)

    async def change_queue(self, call: Call) -> QueueDetail:
        given, queue_id = call.body(QueuePatch), QueueId(call.id("queue_id"))
        async with self._parts.units.begin() as work:
            before = await queue_store.find(work.connection, queue_id)
            if given.settings is not None:
                await _check(work, given.settings, before)
            settings = given.settings.model_dump(mode="json") if given.settings is not None else None
            await queue_store.change(
                work, queue_id, seen=given.seen, name=given.name, offer_s=given.offer_s, settings=settings
            )
            moved = await _put_members(work, queue_id, given.member_ids)
            changed = sorted(given.model_fields_set - {"seen"})
            await _note(work, call, "queue.change", {"id": str(queue_id), "name": before.name, "changed": changed})
            after = await queue_store.find(work.connection, queue_id)
            await _announce(work, call, after)
            await work.commit()
        await self._tell(moved)
        return _queue(after)

    async def list_team(self, call: Call) -> TeamList:
        async with self._parts.units.database.reading() as connection:
            return TeamList(items=tuple(map(_member, await queue_store.team(connection))))

    async def change_team_member(self, call: Call) -> TeamMember:
        given, agent_id = call.body(TeamPatch), AgentId(call.id("agent_id"))
        async with self._parts.units.begin() as work:
            await agent_store.change(work, agent_id, capacity=given.capacity, queue_ids=given.queue_ids)
            await queue_store.change_member(
                work, agent_id, limits=given.limits, skills=given.skills, auto_accept=given.auto_accept
            )
            await commands.refresh_agent(work, agent_id)
            await _note(work, call, "agent.work", {"id": str(agent_id), "changed": sorted(given.model_fields_set)})
            [member] = [one for one in await queue_store.team(work.connection) if one.id == agent_id]
            await work.commit()
        await self._tell({agent_id} if given.queue_ids is not None else set())
        return _member(member)

    async def _tell(self, moved: set[AgentId]) -> None:
        """Consoles of those who see other queues now read everything anew."""
        for agent_id in sorted(moved):
            await kick(self._parts.ephemeral, "changed", agent_id)


async def _check(work: UnitOfWork, settings: QueueSettings, before: QueueRow | None) -> None:
    """Raises Misfit for what is not there, Conflict for a queue that overflows into itself."""
    known = await known_of(work.connection, await in_force(work.connection))
    old: BaseModel | None = QueueSettings.model_validate(before.settings) if before is not None else None
    faults = checks.unknown(settings, known, old, "body.settings")
    if faults:
        raise Misfit(faults, "plan_reference_unknown")
    if before is not None and settings.overflow_queue_id == before.id:
        raise Conflict("queue_overflow_self", "A queue does not overflow into itself.", where="body.settings")


async def _put_members(work: UnitOfWork, queue_id: QueueId, member_ids: tuple[AgentId, ...] | None) -> set[AgentId]:
    """Who came or went."""
    if member_ids is None:
        return set()
    moved = await queue_store.put_members(work, queue_id, member_ids)
    for agent_id in sorted(moved):
        await commands.refresh_agent(work, agent_id)
    return moved


async def _announce(work: UnitOfWork, call: Call, queue: QueueRow) -> None:
    """The router reads its queues anew as soon as it looks at the plans."""
    said = {"id": str(queue.id), "name": queue.name, "offer_s": queue.offer_s, "settings": queue.settings}
    await plan_store.queues_changed(work, said, call.caller.agent_id)


async def _note(work: UnitOfWork, call: Call, action: str, detail: dict[str, Any]) -> None:
    await audit.record(work, audit.by_agent(call.caller.agent_id), action, detail)


def _queue(row: QueueRow) -> QueueDetail:
    settings = QueueSettings.model_validate(row.settings or {})
    fields = {name: getattr(row, name) for name in QueueDetail.model_fields if name != "settings"}
    return QueueDetail(**fields, settings=settings)


def _member(member: Member) -> TeamMember:
    fields = {name: getattr(member, name) for name in TeamMember.model_fields if name != "disabled"}
    return TeamMember.model_validate(fields | {"disabled": member.disabled_at is not None})
