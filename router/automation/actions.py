"""What each action of a rule does. Each runs in a part of its own of the run's unit of work: what cannot be done is
undone, told of in the log, and holds up nothing else."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from hub.errors import BadInput, Conflict
from hub.events import ConversationStatus, Explanation, PresenceStatus, RuleMark, WorkGone
from hub.ids import new_id
from router import commands, labelling
from router.automation.triggers import Occasion
from router.commands.moving import end_offer, give, locked, locked_open
from router.commands.telling import tell_routers
from router.labelling import Wish
from router.plan.automation import (
    Action,
    AddTags,
    AssignTo,
    AutomationRule,
    CallWebhook,
    Close,
    MoveToQueue,
    RemoveTags,
    SendReply,
    SetLifecycle,
    SetPriority,
    Snooze,
)
from router.room import has_room, measure_in_force
from storage import hub_words, routing, webhook_calls
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork
from storage.webhook_calls import WebhookCall

NAMES: Final = UUID("0192f0c4-8d1e-7c3a-9a55-3f6b1c2d4e5f")  # for ids that follow from what set a rule off
NAME_PLACE: Final = "{customer_name}"
NOBODY: Final = "anh/chị"  # how a customer without a name is addressed


@dataclass(frozen=True, slots=True)
class Doing:
    """One action at hand. `index`: its place in the rule."""

    work: UnitOfWork
    rule: AutomationRule
    occasion: Occasion
    index: int

    @property
    def mark(self) -> RuleMark:
        return RuleMark(id=self.rule.id, name=self.rule.name)

    @property
    def name(self) -> UUID:
        """Of what this very action makes."""
        return uuid5(NAMES, f"{self.rule.id}:{self.occasion.key}:{self.index}")


async def act(doing: Doing, action: Action) -> dict[str, Any]:
    """What became of it, for the log: {"do", "outcome": done, same or failed, "detail"}."""
    try:
        async with doing.work.attempt():
            with doing.work.because(doing.occasion.key):
                changed = await _DO[type(action)](doing, action)
    except BadInput as error:
        return {"do": action.do, "outcome": "failed", "detail": error.code}
    return {"do": action.do, "outcome": "done" if changed else "same", "detail": None}


async def _label(doing: Doing, wish: Wish) -> bool:
    conversation = await locked(doing.work, doing.occasion.conversation_id)
    return await labelling.apply(doing.work, conversation, wish, rule=doing.mark)


async def _add_tags(doing: Doing, action: AddTags) -> bool:
    return await _label(doing, Wish(add_tags=action.tags))


async def _remove_tags(doing: Doing, action: RemoveTags) -> bool:
    return await _label(doing, Wish(remove_tags=action.tags))


async def _set_priority(doing: Doing, action: SetPriority) -> bool:
    return await _label(doing, Wish(priority=action.priority))


async def _set_lifecycle(doing: Doing, action: SetLifecycle) -> bool:
    if action.lifecycle is not None:
        await labelling.check_lifecycle(doing.work.connection, action.lifecycle)
    return await _label(doing, Wish(lifecycle=action.lifecycle, no_lifecycle=action.lifecycle is None))


async def _move(doing: Doing, action: MoveToQueue) -> bool:
    conversation = await locked_open(doing.work, doing.occasion.conversation_id)
    if conversation.queue_id == action.queue_id:
        return False
    await commands.transfer_to_queue(doing.work, conversation.id, None, action.queue_id)
    return True


async def _assign(doing: Doing, action: AssignTo) -> bool:
    """Raises Conflict unless it is nobody's and they are there with room."""
    work, agent_id = doing.work, action.agent_id
    conversation = await locked_open(work, doing.occasion.conversation_id)
    if conversation.owner_id == agent_id:
        return False
    if conversation.owner_id is not None:
        raise Conflict("has_owner", "Somebody works on it.")
    agent = await routing.lock_agent(work.connection, agent_id, clock=work.clock)
    if agent.status is not PresenceStatus.AVAILABLE:
        raise Conflict("agent_away", f"{agent.name} is not there at the moment.")
    fits = has_room(agent, conversation, await measure_in_force(work.connection))
    if not fits and conversation.offered_to != agent_id:
        raise Conflict("agent_full", f"{agent.name} has no room at the moment.")
    await _give(work, conversation, action, doing.rule.name)
    return True


async def _give(work: UnitOfWork, conversation: Conversation, action: AssignTo, rule_name: str) -> None:
    asked = conversation.offered_to
    changes = ChangeSet(work)
    if conversation.status is ConversationStatus.OFFERED and asked is not None:
        end_offer(changes, conversation, asked, "withdrawn")
    give(changes, conversation, action.agent_id, Explanation(code="route.by_automation", params={"rule": rule_name}))
    await changes.flush()
    await routing.touch_idle(work.connection, [action.agent_id], work.clock.now())
    await tell_routers(work, WorkGone(conversation_id=conversation.id, agent_id=asked))
    if asked != action.agent_id:
        await tell_routers(work, WorkGone(conversation_id=conversation.id, agent_id=action.agent_id))


async def _reply(doing: Doing, action: SendReply) -> bool:
    conversation = await locked(doing.work, doing.occasion.conversation_id)
    text = action.text.replace(NAME_PLACE, conversation.customer_name or NOBODY)
    said = await hub_words.say(doing.work, conversation, text, client_id=f"rule:{doing.name.hex}")
    if said is None:
        raise Conflict("no_channel", "The customer has not written on any channel that takes words.")
    return True


async def _call_webhook(doing: Doing, action: CallWebhook) -> bool:
    """Queued; role egress sends it, signed."""
    conversation = await locked(doing.work, doing.occasion.conversation_id)
    now = doing.work.clock.now()
    call = WebhookCall(
        id=new_id(),
        rule_id=doing.rule.id,
        event_id=doing.occasion.key,
        url=str(action.url),
        body=webhook_body(doing, conversation),
        made_at=now,
        next_attempt_at=now,
    )
    await webhook_calls.add(doing.work, call)
    return True


def webhook_body(doing: Doing, conversation: Conversation) -> bytes:
    """JSON. The conversation is as after the actions before this one."""
    occasion = doing.occasion
    return orjson.dumps({
        "type": "automation",
        "trigger": occasion.trigger,
        "rule": {"id": doing.rule.id, "name": doing.rule.name},
        "event_id": str(occasion.key),
        "at": occasion.at.isoformat(),
        "conversation": conversation.state().model_dump(mode="json"),
        "entry": occasion.entry.model_dump(mode="json") if occasion.entry else None,
    })  # fmt: skip


async def _snooze(doing: Doing, action: Snooze) -> bool:
    until = doing.work.clock.now() + timedelta(seconds=action.for_s)
    await commands.snooze(doing.work, doing.occasion.conversation_id, None, until)
    return True


async def _close(doing: Doing, action: Close) -> bool:
    conversation = await locked(doing.work, doing.occasion.conversation_id)
    if not conversation.is_open:
        return False
    await commands.resolve(doing.work, conversation.id, None, disposition=action.disposition)
    return True


_DO: Final[Mapping[type[Action], Callable[[Doing, Any], Awaitable[bool]]]] = {
    AddTags: _add_tags,
    RemoveTags: _remove_tags,
    SetPriority: _set_priority,
    SetLifecycle: _set_lifecycle,
    MoveToQueue: _move,
    AssignTo: _assign,
    SendReply: _reply,
    CallWebhook: _call_webhook,
    Snooze: _snooze,
    Close: _close,
}
