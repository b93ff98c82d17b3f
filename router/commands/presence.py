"""May work be offered to an agent, and if not, why not."""

from datetime import timedelta
from typing import Literal

from hub.errors import BadInput
from hub.events import IDLE, PresenceChanged, PresenceStatus
from hub.ids import AgentId, QueueId
from router.commands.telling import tell_routers
from router.plan.book import work_words
from router.plan.queues import QueueSettings
from storage import routing
from storage.unit_of_work import UnitOfWork


async def set_presence(
    work: UnitOfWork,
    agent_id: AgentId,
    status: PresenceStatus,
    *,
    reason: str | None = None,
    by: Literal["agent", "supervisor", "system"] = "agent",
) -> None:
    """The router moves the agent's offers (away, offline) and conversations (offline) when it hears of it.

    `reason`: a word of plan "work" that fits the status, or IDLE by the system. Raises BadInput for any other.
    """
    agent = await routing.lock_agent(work.connection, agent_id, clock=work.clock)
    if agent.status is status and agent.reason == reason:
        return
    if by != "system":
        await _check_reason(work, status, reason)
    now = work.clock.now()
    await routing.put_presence(work.connection, agent_id, status, reason=reason, now=now, is_sqlite=work.is_sqlite)
    until = agent.wrap_up_until
    await tell_routers(
        work, PresenceChanged(agent_id=agent_id, status=status, reason=reason, since=now, wrap_up_until=until, by=by)
    )


async def set_idle(work: UnitOfWork, agent_id: AgentId) -> None:
    """Away, unless they are anything but available: whoever said so themselves knows better."""
    agent = await routing.lock_agent(work.connection, agent_id, clock=work.clock)
    if agent.status is PresenceStatus.AVAILABLE:
        await set_presence(work, agent_id, PresenceStatus.AWAY, reason=IDLE, by="system")


async def refresh_agent(work: UnitOfWork, agent_id: AgentId) -> None:
    """Tell the router that capacity, queues or the account of this agent changed."""
    agent = (await routing.agent_rows(work.connection, [agent_id], clock=work.clock)).get(agent_id)
    if agent is None:
        gone = PresenceChanged(agent_id=agent_id, status=PresenceStatus.OFFLINE, since=work.clock.now(), by="system")
        await tell_routers(work, gone)
        return
    await tell_routers(
        work,
        PresenceChanged(
            agent_id=agent_id,
            status=agent.status,
            reason=agent.reason,
            since=agent.since,
            wrap_up_until=agent.wrap_up_until,
            by="system",
        ),
    )


async def wrap_up(work: UnitOfWork, agent_id: AgentId, queue_id: QueueId) -> None:
    """The time after a conversation of this queue begins: nothing is offered to the agent before it is over."""
    settings = QueueSettings.model_validate(await routing.queue_settings(work.connection, queue_id) or {})
    if settings.wrap_up_s == 0:
        return
    until = work.clock.now() + timedelta(seconds=settings.wrap_up_s)
    await routing.put_wrap_up(work.connection, agent_id, until)
    await refresh_agent(work, agent_id)


async def end_wrap_up(work: UnitOfWork, agent_id: AgentId) -> None:
    """Ready for more. Harmless when there is none."""
    agent = await routing.lock_agent(work.connection, agent_id, clock=work.clock)
    if agent.wrap_up_until is None:
        return
    await routing.put_wrap_up(work.connection, agent_id, None)
    await refresh_agent(work, agent_id)


async def _check_reason(work: UnitOfWork, status: PresenceStatus, reason: str | None) -> None:
    if reason is None:
        return
    words = await work_words(work.connection)
    fitting = {word.id for word in words.presence_reasons if word.active and word.status == status.value}
    if reason not in fitting:
        raise BadInput("reason_unknown", "There is no such reason for this presence.", where="body.reason")
