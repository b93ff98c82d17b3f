"""Clocks on the rows of conversations: whose there are, by which policy, and how a change of them is told."""

from collections.abc import Sequence

from hub.events import SlaBreached, SlaChanged, SlaWarned
from hub.ids import ConversationId
from router import facts, sla
from router.promising import Promises
from router.sla import Clocks, Noticed, Terms
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork


def is_ours(conversation: Conversation) -> bool:
    """A merged one rests as it was, to be given back so. What never was open was promised nothing."""
    if conversation.closed_reason == "merged":
        return False
    return conversation.closed_at is None or conversation.closed_at > conversation.opened_at


async def choose(
    work: UnitOfWork, promises: Promises, waiting: Sequence[Conversation]
) -> dict[ConversationId, Terms | None]:
    """By what is known of each now. Four statements, however many they are."""
    now = work.clock.now()
    known = await facts.facts_of(work.connection, waiting)
    return {
        conversation.id: promises.choose(one, conversation.queue_id, now)
        for conversation, one in zip(waiting, known, strict=True)
    }


def is_behind(conversation: Conversation) -> bool:
    """The clocks have not heard yet what the row says: the customer does not wait, or waits since later."""
    since = conversation.waiting_since
    running = [clock for clock in conversation.sla if sla.is_running(clock)]
    if since is None:
        return bool(running)
    return any(c.target != "resolution" and c.started_at is not None and since > c.started_at for c in running)


def put(
    changes: ChangeSet, conversation: Conversation, clocks: Clocks, noticed: Sequence[Noticed], promises: Promises
) -> None:
    """On the row, with an event for each thing noticed; one for the change itself where nothing was."""
    conversation.sla, conversation.sla_wake_at = clocks, sla.wake_at(clocks, promises.terms)
    for one in noticed:
        _tell(changes, conversation, one, promises)
    if not noticed:
        changes.record(conversation, lambda state: SlaChanged(conversation=state))


def _tell(changes: ChangeSet, conversation: Conversation, one: Noticed, promises: Promises) -> None:
    clock = one.clock
    terms = promises.terms.get(clock.policy)
    name = terms.policy.name if terms is not None else clock.policy
    event, due_at = (SlaWarned, clock.due_at) if one.what == "warned" else (SlaBreached, clock.breached_at)
    if due_at is None:
        raise AssertionError("a clock that is never due was warned of or broken")
    changes.record(
        conversation,
        lambda state: event(
            conversation=state, target=clock.target, policy=clock.policy, policy_name=name, due_at=due_at
        ),
    )
