"""What becomes of calls: consumer group `calls` on topic `conversations`. What nobody tells: router.call_sweep.

    answered   the agent talks; the conversation is theirs, if it is nobody else's
    over       the agent is free again, after the time their queue gives them
    missed     the caller is to be called back, and the conversation is urgent

Events are pointers: the call is read anew, so a repeated, late or reordered one does no harm. It holds for every PBX
whose account names its agents' telephones, whether it asks whom to ring or not.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from hub.bus.base import Record
from hub.events import (
    CONVERSATIONS,
    CallCard,
    CallDirection,
    CallState,
    ConversationStatus,
    Envelope,
    EventData,
    Explanation,
    TouchpointAdded,
    TouchpointChanged,
    WorkGone,
)
from hub.ids import AgentId, ChannelAccountId, TaskId
from router.call_aftermath import call_back, tell
from router.call_sweep import KEEP
from router.commands.moving import arrived, end_offer, give
from router.commands.presence import wrap_up
from router.commands.telling import tell_routers
from router.plan.book import PlanBook, Plans
from storage import call_legs, call_seats, routing
from storage import calls as call_store
from storage import conversations as conversation_store
from storage import identities as identity_store
from storage import tasks as task_store
from storage import touchpoints as touchpoint_store
from storage.calls import Call, Key
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.identities import Identity
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork

GROUP: Final = "calls"
TOPICS: Final = (CONVERSATIONS,)
TALK_MAX: Final = timedelta(hours=2)  # a call whose end nobody told is over by then
_ENTRIES: Final = frozenset({TouchpointAdded.TYPE, TouchpointChanged.TYPE, ""})  # "": the log does not say
_NO_CALL: Final = b'"call":null'
_OVER: Final = frozenset({CallState.ENDED, CallState.MISSED})

Telephones = Callable[[ChannelAccountId], Awaitable[Mapping[str, str]]]  # agent's login -> telephone


def concerns(record: Record) -> bool:
    """Only entries that are calls; their bytes say so, for a quotation mark within a customer's words is escaped."""
    return record.type in _ENTRIES and _NO_CALL not in record.value


class CallEvents:
    """One per process with role `router`. `telephones`: of an account, none when it has none or cannot be read."""

    def __init__(self, telephones: Telephones) -> None:
        self._telephones = telephones
        self._book = PlanBook()

    async def handle(self, work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        """Within the caller's unit of work; the caller commits."""
        named = {
            event.data.touchpoint.id: None
            for event in events
            if isinstance(event.data, TouchpointAdded | TouchpointChanged) and event.data.touchpoint.call is not None
        }
        if not named:
            return
        entries = await touchpoint_store.by_ids(work.connection, named)
        plans = await self._book.current(work.connection, work.clock)
        for entry_id in named:
            entry = entries.get(entry_id)
            if entry is not None and entry.call is not None:
                account_id = ChannelAccountId(entry.account_id)
                step = await Step.open(work, plans, entry, entry.call, await self._telephones(account_id))
                await step.take()


class Step:
    """One call as it is now, in one unit of work. Conversation before call, as everywhere."""

    def __init__(
        self,
        work: UnitOfWork,
        plans: Plans,
        entry: Touchpoint,
        card: CallCard,
        caller: Identity,
        conversation: Conversation | None,
        call: Call | None,
        agent_id: AgentId | None,
    ) -> None:
        self._work = work
        self._plans = plans
        self._entry = entry
        self._card = card
        self._caller = caller
        self._conversation = conversation
        self._call = call
        self._agent_id = agent_id
        self._changes = ChangeSet(work)

    @classmethod
    async def open(
        cls, work: UnitOfWork, plans: Plans, entry: Touchpoint, card: CallCard, telephones: Mapping[str, str]
    ) -> "Step":
        caller = (await identity_store.by_ids(work.connection, [entry.identity_id]))[entry.identity_id]
        held = await conversation_store.lock_open_of(work.connection, [caller.customer_id])
        account_id = ChannelAccountId(entry.account_id)
        call = await call_store.lock(work, (account_id, card.call_id))
        if call is None and card.direction is CallDirection.INBOUND:
            call = await call_store.lock_by_caller(work, account_id, caller.external_id, work.clock.now())
        logins = [login for login, telephone in telephones.items() if telephone == card.agent_ref]
        ids = await call_seats.ids_of(work.connection, logins) if logins else {}
        agent_id = next(iter(ids.values()), None)
        return cls(work, plans, entry, card, caller, held.get(caller.customer_id), call, agent_id)

    async def take(self) -> None:
        if self._card.state in _OVER:
            await self._over()
        elif self._card.state is CallState.ANSWERED:
            await self._answered()
        await self._changes.flush()

    @property
    def _key(self) -> Key:
        return self._call.key if self._call else (ChannelAccountId(self._caller.account_id), self._card.call_id)

    async def _answered(self) -> None:
        call, agent_id, now = self._call, self._agent_id, self._work.clock.now()
        if agent_id is None and self._card.agent_ref is None and call is not None and call.state == "ringing":
            agent_id = call.agent_id  # the PBX does not say who: it can only be whom it rang
        leg = await call_legs.leg_of(self._work.connection, self._key)
        if agent_id is None or (leg is not None and (leg.agent_id, leg.state) == (agent_id, "talking")):
            return
        if call is not None and call.state == "over":
            return
        await call_legs.talk(self._work, self._key, agent_id, now + TALK_MAX)
        if call is not None:
            call.state, call.agent_id, call.until = "talking", agent_id, now + TALK_MAX
            call.answered_at = call.answered_at or now
            await self._save(call)
        await self._give(agent_id)
        await self._callbacks_done(agent_id)
        if self._conversation is not None:
            await tell_routers(self._work, WorkGone(conversation_id=self._conversation.id, agent_id=agent_id))

    async def _give(self, agent_id: AgentId) -> None:
        """Whoever answers has the conversation, unless it is a colleague's: then the call's card says who talked."""
        conversation = self._conversation
        if conversation is None or self._card.direction is not CallDirection.INBOUND:
            return
        if conversation.status is ConversationStatus.OFFERED and conversation.offered_to is not None:
            end_offer(self._changes, conversation, conversation.offered_to, "withdrawn")
        if conversation.status is ConversationStatus.WAITING:
            rows = await routing.agent_rows(self._work.connection, [agent_id], clock=self._work.clock)
            name = rows[agent_id].name if agent_id in rows else ""
            give(self._changes, conversation, agent_id, Explanation(code="route.call_answered", params={"agent": name}))
            await routing.touch_idle(self._work.connection, [agent_id], self._work.clock.now())

    async def _over(self) -> None:
        call, leg = self._call, await call_legs.drop(self._work, self._key)
        wants_callback = self._was_missed
        if call is not None:
            wants_callback = wants_callback or call.wants_callback
            if call.state != "over":
                await self._close(call)
        if self._card.direction is CallDirection.INBOUND and wants_callback:
            await self._call_back()
        await self._free(leg.agent_id if leg else None, talked=leg is not None and leg.state == "talking")

    @property
    def _was_missed(self) -> bool:
        """Our own texts may have answered them: then nobody we know of ever talked."""
        call = self._call
        if self._card.state is CallState.MISSED or call is None:
            return self._card.state is CallState.MISSED
        return call.state in ("waiting", "ringing") and self._card.agent_ref is None

    async def _close(self, call: Call) -> None:
        """Its answer may have been told after its end, or both at once."""
        now = self._work.clock.now()
        if self._card.state is CallState.ENDED and self._agent_id is not None and call.answered_at is None:
            call.answered_at, call.agent_id = now - timedelta(seconds=self._card.talk_s or 0), self._agent_id
            await self._give(self._agent_id)
        if call.answered_at is None:
            call.agent_id = None
        call.state, call.until, call.ended_at = "over", now, now
        await self._save(call)

    async def _free(self, agent_id: AgentId | None, *, talked: bool) -> None:
        """The agent's room changed, and a conversation that was kept for its caller may be offered."""
        queue_id = self._call.queue_id if self._call else self._conversation.queue_id if self._conversation else None
        if agent_id is not None:
            await routing.touch_idle(self._work.connection, [agent_id], self._work.clock.now())
            if talked and queue_id is not None:
                await wrap_up(self._work, agent_id, queue_id)
        conversation = self._conversation
        if conversation is not None and conversation.status is ConversationStatus.WAITING:
            await tell_routers(self._work, arrived(conversation))
        if conversation is not None and agent_id is not None:
            await tell_routers(self._work, WorkGone(conversation_id=conversation.id, agent_id=agent_id))

    async def _call_back(self) -> None:
        ended_at = self._card.ended_at or self._entry.accepted_at
        if self._conversation is None or self._work.clock.now() - ended_at > KEEP:
            return
        queue_id = self._call.queue_id if self._call else self._conversation.queue_id
        task_id = TaskId(self._entry.id)  # one call, one task, however often it is told
        phone = self._caller.external_id
        await call_back(self._work, self._changes, self._plans, self._conversation, task_id, queue_id, phone)

    async def _callbacks_done(self, agent_id: AgentId) -> None:
        """Whoever was to be called back is on the line."""
        if self._conversation is None:
            return
        for task in await task_store.open_callbacks(self._work.connection, self._conversation.id):
            if task.phone == self._caller.external_id:
                done = task.model_copy(update={"state": "done", "ended_at": self._work.clock.now()})
                await task_store.change(self._work, self._changes, self._conversation, done, "done", agent_id)

    async def _save(self, call: Call) -> None:
        await call_store.save(self._work, call)
        await tell(self._work, call)
