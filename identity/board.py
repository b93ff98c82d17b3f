"""The conversations that one unit of work deals with: locked working copies, and what the router must hear of them."""

from collections.abc import Callable, Iterable

from hub.errors import Transient
from hub.events import (
    DEFAULT_POOL,
    ConversationEvent,
    ConversationOpened,
    ConversationState,
    ConversationStatus,
    WorkArrived,
    WorkGone,
)
from hub.ids import AgentId, ConversationId, CustomerId, EventId, QueueId
from storage import conversations as conversation_store
from storage import routing
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.routing import Queue
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork


class NoQueue(Transient):
    """No queue was made yet: nobody could be given the work, so it waits in the log."""


class Board:
    """One per unit of work. Lock the customers first, then `load`; `finish` writes and publishes once."""

    def __init__(self, work: UnitOfWork) -> None:
        self.work = work
        self.changes = ChangeSet(work)
        self._known: dict[ConversationId, Conversation] = {}
        self._open: dict[CustomerId, Conversation] = {}
        self._place: dict[ConversationId, CustomerId] = {}  # under which customer it stands in _open
        self._waiting: dict[ConversationId, Conversation] = {}
        self._gone: list[tuple[ConversationId, AgentId | None]] = []
        self._queues: dict[QueueId, Queue] | None = None

    async def load(self, customers: Iterable[CustomerId], ids: Iterable[ConversationId] = ()) -> None:
        """The open conversations of `customers` and those of `ids`. Known ones keep their working copy."""
        missing = [customer_id for customer_id in customers if customer_id not in self._open]
        named = [conversation_id for conversation_id in ids if conversation_id not in self._known]
        if missing or named:
            for conversation in await conversation_store.lock_among(self.work.connection, missing, named):
                if conversation.id not in self._known:
                    self.put(conversation)

    def put(self, conversation: Conversation) -> None:
        """Its customer, or whether it is open, may have changed."""
        self._known[conversation.id] = conversation
        before = self._place.pop(conversation.id, None)
        if before is not None and self._open.get(before) is conversation:
            del self._open[before]
        if conversation.is_open:
            self._place[conversation.id] = conversation.customer_id
            self._open[conversation.customer_id] = conversation

    def open_of(self, customer_id: CustomerId) -> Conversation | None:
        return self._open.get(customer_id)

    def get(self, conversation_id: ConversationId) -> Conversation | None:
        """None when it was not loaded."""
        return self._known.get(conversation_id)

    def home_of(self, touchpoint: Touchpoint, customer_id: CustomerId) -> Conversation:
        """Where a change of a known entry of `customer_id` is told. After a merge was undone an entry may stand in a
        conversation that is another customer's now: then it moves to its own customer's open one, so that nobody else
        hears of it. The entry's conversation must have been loaded."""
        conversation = self._known[touchpoint.conversation_id]
        own = self.open_of(customer_id)
        if own is None or conversation is own:
            return conversation
        if conversation.is_open or conversation.merged_into is not None:
            touchpoint.conversation_id = own.id
            return own
        return conversation

    def record(
        self,
        conversation: Conversation,
        build: Callable[[ConversationState], ConversationEvent],
        *,
        caused_by: EventId | None = None,
    ) -> None:
        """See ChangeSet.record."""
        self.changes.record(conversation, build, caused_by=caused_by)

    def opened(self, conversation: Conversation, *, caused_by: EventId | None = None) -> None:
        """A new one, which waits for an agent unless it is closed already."""
        conversation.is_new = True
        self.put(conversation)
        self.record(conversation, lambda state: ConversationOpened(conversation=state), caused_by=caused_by)
        self.waits(conversation)

    def waits(self, conversation: Conversation) -> None:
        """The router shall find an agent for it, if it still waits in the end."""
        self._waiting[conversation.id] = conversation

    def left(self, conversation: Conversation, agent_id: AgentId | None) -> None:
        """It needs no agent any more, or not this one, who has room again."""
        self._gone.append((conversation.id, agent_id))

    async def default_queue(self, chosen: QueueId | None) -> QueueId:
        """`chosen`, or the queue that was made first. Raises NoQueue."""
        queues = await self._all_queues()
        if chosen is not None and chosen in queues:
            return chosen
        if not queues:
            raise NoQueue(
                "there is no queue yet; make one, and the messages that wait will be in it", retry_after_s=1.0
            )
        return next(iter(queues))

    async def finish(self) -> None:
        await self.changes.flush()
        for conversation_id, agent_id in self._gone:
            for pool in sorted({DEFAULT_POOL, *(queue.pool for queue in (await self._all_queues()).values())}):
                self.work.publish(WorkGone(conversation_id=conversation_id, agent_id=agent_id, pool=pool))
        waiting = [c for c in self._waiting.values() if c.status is ConversationStatus.WAITING]
        for conversation in waiting:
            queue = (await self._all_queues()).get(conversation.queue_id)
            self.work.publish(_arrived(conversation, queue))
        self._waiting, self._gone = {}, []

    async def _all_queues(self) -> dict[QueueId, Queue]:
        if self._queues is None:
            self._queues = await routing.queues_of(self.work.connection)
        return self._queues


def _arrived(conversation: Conversation, queue: Queue | None) -> WorkArrived:
    event = WorkArrived(
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        queue_id=conversation.queue_id,
        channel=conversation.channels[-1],
        waiting_since=conversation.queued_at or conversation.opened_at,
        last_agent_id=conversation.last_agent_id,
    )
    return event if queue is None else event.model_copy(update={"pool": queue.pool})
