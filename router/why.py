"""Why a conversation still waits, in explanations that follow each other, the weightiest first. Pure but for `looked`,
which reads the rows; refusals are read from the history, so that any process can tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from hub.clock import Clock
from hub.events import ConversationStatus, Explanation, PresenceStatus
from hub.ids import AgentId
from router.lines import NEVER, Wishes
from router.places import Places, due_at
from router.placing import Stage, placed_of, stage
from router.plan.book import Plans
from router.plan.rules import Placed
from router.pool import OVERDUE_S, REFUSAL_COOLDOWN_S
from router.room import CHAT, Measure
from storage import routing
from storage.conversations import Conversation
from storage.engine import Connection
from storage.routing import AgentRow, WorkClass, work_class

State = Literal["free", "full", "wrap_up", "on_call", "away", "no_skill"]
ORDER: Mapping[State, int] = {"free": 0, "wrap_up": 1, "full": 2, "on_call": 3, "away": 4, "no_skill": 5}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member of the queue, and whether work may be offered to them now. `load` in chats."""

    row: AgentRow
    state: State
    load: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How a conversation that waits stands. `opens_at` None while `is_open`, or when it never opens."""

    queue: str
    is_open: bool
    opens_at: datetime | None
    wishes: Wishes
    next_step_at: datetime | None
    patient_until: datetime | None
    last_agent_id: AgentId | None
    refused: Mapping[AgentId, datetime]
    ahead: int
    is_placed: bool = True


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the console shows of a conversation's routing. `waits`: empty for one that does not wait."""

    placed: Placed | None
    stage: Stage | None
    candidates: tuple[Candidate, ...]
    ahead: int | None
    waits: tuple[Explanation, ...]


def candidates(
    members: Sequence[AgentRow], wishes: Wishes, one: WorkClass, measure: Measure, now: datetime
) -> tuple[Candidate, ...]:
    """Those who would be asked first, first."""
    found = [Candidate(row, _state(row, wishes, one, measure, now), measure.burden(row.held) / CHAT) for row in members]
    return tuple(sorted(found, key=lambda c: (ORDER[c.state], c.load, c.row.idle_since, c.row.id)))


def reasons(standing: Standing, among: Sequence[Candidate], now: datetime) -> tuple[Explanation, ...]:
    """At least one."""
    if not standing.is_placed:
        return (Explanation(code="wait.placing"),)
    told = _of_hours(standing) + (_of_agents(standing, among, now) or _of_order(standing, among, now))
    if standing.next_step_at is not None and standing.next_step_at > now:
        told.append(Explanation(code="wait.next_step", params={"left_s": _left_s(standing.next_step_at, now)}))
    return tuple(told)


async def looked(connection: Connection, conversation: Conversation, plans: Plans, clock: Clock) -> Outlook:
    """As the rows are now."""
    now = clock.now()
    places = Places()
    places.plans = plans
    places.know(await routing.queues_of(connection))
    placed = placed_of(conversation)
    if conversation.status is not ConversationStatus.WAITING or conversation.snoozed_until is not None:
        return Outlook(placed, None, (), None, ())
    running = placed or Placed(since=conversation.queued_at or conversation.opened_at)
    at, settings = stage(running, now), places.settings_of(conversation.queue_id)
    members = await routing.members_of(connection, conversation.queue_id, clock=clock)
    measure = Measure.of(plans.work)
    found = candidates(members, at.wishes, work_class(conversation), measure, now)
    since = now - timedelta(seconds=REFUSAL_COOLDOWN_S)
    line = await routing.line_of(connection, conversation.queue_id)
    ahead = sum(_rank(other, now) < _rank(conversation, now) for other in line)
    standing = Standing(
        queue=places.queues[conversation.queue_id].name,
        is_open=conversation.queue_id not in places.shut(now),
        opens_at=places.opens_at(conversation.queue_id, now),
        wishes=at.wishes,
        next_step_at=at.until,
        patient_until=(conversation.queued_at or now) + timedelta(seconds=settings.sticky_s),
        last_agent_id=conversation.last_agent_id,
        refused=await routing.refused_since(connection, conversation.id, since),
        ahead=ahead,
        is_placed=placed is not None or not places.have_rules,
    )
    return Outlook(placed, at, found, ahead, reasons(standing, found, now))


def _of_hours(standing: Standing) -> list[Explanation]:
    if standing.is_open:
        return []
    if standing.opens_at is None:
        return [Explanation(code="wait.closed_for_good", params={"queue": standing.queue})]
    params = {"queue": standing.queue, "opens_at": standing.opens_at.isoformat()}
    return [Explanation(code="wait.closed", params={**params})]


def _of_agents(standing: Standing, among: Sequence[Candidate], now: datetime) -> list[Explanation]:
    """Nobody is free for it. Empty: somebody is."""
    queue, skills = standing.queue, ", ".join(f"{skill} ≥ {level}" for skill, level in standing.wishes)
    skilled = [c for c in among if c.state != "no_skill"]
    here = [c for c in skilled if c.state != "away"]
    if not among:
        return [Explanation(code="wait.no_members", params={"queue": queue})]
    if not skilled:
        return [Explanation(code="wait.no_skill", params={"queue": queue, "skills": skills})]
    if not here and standing.wishes:
        return [Explanation(code="wait.no_skill_present", params={"agents": len(skilled), "skills": skills})]
    if not here:
        return [Explanation(code="wait.nobody_present", params={"agents": len(skilled), "queue": queue})]
    if any(c.state == "free" for c in here):
        return []
    told = []
    ends = [c.row.wrap_up_until for c in here if c.state == "wrap_up" and c.row.wrap_up_until is not None]
    if len(ends) < len(here):
        told.append(Explanation(code="wait.all_full", params={"agents": len(here) - len(ends)}))
    if ends:
        params = {"agents": len(ends), "left_s": _left_s(min(ends), now)}
        told.append(Explanation(code="wait.wrap_up", params={**params}))
    return told + _ahead(standing)


def _of_order(standing: Standing, among: Sequence[Candidate], now: datetime) -> list[Explanation]:
    """Somebody is free."""
    free = [c for c in among if c.state == "free"]
    last = _waited_for(standing, among, now)
    if last is not None and standing.patient_until is not None:
        left_s = _left_s(standing.patient_until, now)
        return [Explanation(code="wait.for_agent", params={"agent": last.row.name, "left_s": left_s})]
    asked = [c for c in free if c.row.id in standing.refused]
    if len(asked) == len(free):
        again = min(standing.refused[c.row.id] for c in asked) + timedelta(seconds=REFUSAL_COOLDOWN_S)
        return [Explanation(code="wait.refused", params={"agents": len(asked), "left_s": _left_s(again, now)})]
    if not standing.is_open:
        return _ahead(standing)
    return [*_ahead(standing), Explanation(code="wait.any_moment", params={"agents": len(free) - len(asked)})]


def _waited_for(standing: Standing, among: Sequence[Candidate], now: datetime) -> Candidate | None:
    """The agent who served the customer last, if here and without room, as long as the customer is patient."""
    if standing.patient_until is None or standing.patient_until <= now or standing.last_agent_id in standing.refused:
        return None
    busy = {"full", "wrap_up", "on_call"}
    return next((c for c in among if c.row.id == standing.last_agent_id and c.state in busy), None)


def _ahead(standing: Standing) -> list[Explanation]:
    if not standing.ahead:
        return []
    return [Explanation(code="wait.ahead", params={"ahead": standing.ahead, "queue": standing.queue})]


def _state(row: AgentRow, wishes: Wishes, one: WorkClass, measure: Measure, now: datetime) -> State:
    if any(row.skills.get(skill, 0) < level for skill, level in wishes):
        return "no_skill"
    if row.status is not PresenceStatus.AVAILABLE:
        return "away"
    if row.held.get("voice"):
        return "on_call"
    if row.wrap_up_until is not None and row.wrap_up_until > now:
        return "wrap_up"
    return "free" if measure.has_room(one, row.held, capacity=row.capacity, limits=row.limits) else "full"


def _rank(conversation: Conversation, now: datetime) -> tuple[datetime, int, datetime, int]:
    """Its place in the line, as the pool has it."""
    queued_at = conversation.queued_at or conversation.opened_at
    overdue = queued_at + timedelta(seconds=OVERDUE_S)
    due = due_at(conversation) or (overdue if overdue <= now else NEVER)
    return (due, -conversation.priority, queued_at, conversation.id.int)


def _left_s(at: datetime, now: datetime) -> int:
    return max(0, round((at - now).total_seconds()))
