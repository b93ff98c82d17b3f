"""What a policy does when its promise is about to break or broken: priority, queue, tags, and whom to tell."""

from collections.abc import Collection, Iterable
from datetime import datetime

from hub.events import ConversationStatus, SlaClock, SlaEscalated
from hub.ids import AgentId, QueueId
from router import sla
from router.commands import arrived
from router.commands.telling import tell_routers
from router.plan.rules import Placed
from router.plan.sla import Escalation
from router.sla import Terms
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork

TAGS_MAX = 50  # of one conversation


def escalate(
    changes: ChangeSet,
    conversation: Conversation,
    clock: SlaClock,
    terms: Terms,
    now: datetime,
    queues: Collection[QueueId],
) -> None:
    """All steps whose moment has come, told as one. A queue that is no more is passed over."""
    due = sla.steps_due(clock, terms, now)
    if not due:
        return
    notify: dict[AgentId, None] = {}
    before = conversation.queue_id
    for _, step in due:
        _take(conversation, step, now, queues)
        notify |= dict.fromkeys(step.notify)
    until = max(at for at, _ in due)
    conversation.sla = tuple(
        one.model_copy(update={"escalated_at": until}) if one.target == clock.target else one
        for one in conversation.sla
    )
    policy, moved = terms.policy, conversation.queue_id != before
    changes.record(
        conversation,
        lambda state: SlaEscalated(
            conversation=state,
            target=clock.target,
            policy=policy.id,
            policy_name=policy.name,
            notify=tuple(notify),
            from_queue_id=before if moved else None,
        ),
    )


async def tell_router(work: UnitOfWork, moved: Iterable[Conversation]) -> None:
    """Those that wait have another place among what waits: another queue, or other due times."""
    waiting = (conversation for conversation in moved if conversation.status is ConversationStatus.WAITING)
    await tell_routers(work, *map(arrived, waiting))


def _take(conversation: Conversation, step: Escalation, now: datetime, queues: Collection[QueueId]) -> None:
    if step.priority is not None:
        conversation.priority = step.priority
    new = [tag for tag in step.tags if tag not in conversation.tags]
    conversation.tags = (*conversation.tags, *new)[:TAGS_MAX]
    if step.queue_id is not None and step.queue_id in queues and step.queue_id != conversation.queue_id:
        conversation.queue_id = step.queue_id
        # As if by a person: the rules, which found another queue, must not move it back.
        conversation.route = Placed(since=now, by_hand=True).model_dump(mode="json")
