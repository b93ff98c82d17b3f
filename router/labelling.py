"""Urgency, tags and lifecycle of a conversation: set by people and by automation rules.

Runs inside the caller's unit of work; who may see the conversation is checked by the caller. Setting what is set
already changes nothing and says nothing.
"""

from dataclasses import dataclass

from hub.errors import BadInput, Conflict, NotFound
from hub.events import ConversationLabelled, ConversationStatus, Labels, RuleMark
from hub.ids import AgentId, ConversationId
from router.commands import arrived
from router.commands.telling import tell_routers
from router.plan.work import WorkWords
from storage import conversations as conversation_store
from storage import plans
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.engine import Connection
from storage.unit_of_work import UnitOfWork

TAGS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is None or empty stays. `no_lifecycle`: it has none from now on."""

    priority: int | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    lifecycle: str | None = None
    no_lifecycle: bool = False


async def label(work: UnitOfWork, conversation_id: ConversationId, wish: Wish, by: AgentId | None) -> None:
    """Raises NotFound, BadInput for an unknown lifecycle or too many tags, Conflict for the urgency of what is closed
    or merged away."""
    if wish.lifecycle is not None:
        await check_lifecycle(work.connection, wish.lifecycle)
    found = await conversation_store.lock(work.connection, [conversation_id])
    if conversation_id not in found:
        raise NotFound("conversation_unknown", "There is no such conversation.", where="conversation_id")
    await apply(work, found[conversation_id], wish, by=by)


async def apply(
    work: UnitOfWork, conversation: Conversation, wish: Wish, *, by: AgentId | None = None, rule: RuleMark | None = None
) -> bool:
    """For whoever has it locked. False: it is so already."""
    before = labels_of(conversation)
    after = labelled(before, wish)
    if after == before:
        return False
    if conversation.merged_into is not None or (after.priority != before.priority and not conversation.is_open):
        raise Conflict("conversation_closed", "This conversation is closed: reopen it first.")
    conversation.priority, conversation.tags, conversation.lifecycle = after.priority, after.tags, after.lifecycle
    changes = ChangeSet(work)
    changes.record(
        conversation,
        lambda state: ConversationLabelled(conversation=state, by=by, rule=rule, before=before, after=after),
    )
    await changes.flush()
    if conversation.status is ConversationStatus.WAITING:
        await tell_routers(work, arrived(conversation))  # its place in the line is another, or the rule that fits
    return True


def labelled(before: Labels, wish: Wish) -> Labels:
    """Pure. Tags are the same without regard to case; the first spelling stays. Raises BadInput for too many."""
    gone = {_plain(tag) for tag in wish.remove_tags}
    tags = {_plain(tag): tag for tag in before.tags if _plain(tag) not in gone}
    for tag in wish.add_tags:
        tags.setdefault(_plain(tag), tag.strip())
    if len(tags) > max(TAGS_MAX, len(before.tags)):
        raise BadInput("too_many_tags", f"At most {TAGS_MAX} tags.", where="body.add_tags")
    lifecycle = None if wish.no_lifecycle else wish.lifecycle or before.lifecycle
    priority = before.priority if wish.priority is None else wish.priority
    return Labels(priority=priority, tags=tuple(tags.values()), lifecycle=lifecycle)


def labels_of(conversation: Conversation) -> Labels:
    return Labels(priority=conversation.priority, tags=conversation.tags, lifecycle=conversation.lifecycle)


async def check_lifecycle(connection: Connection, lifecycle: str) -> None:
    """Raises BadInput for a word that plan "work" has not, or has switched off."""
    words = WorkWords.model_validate((await plans.newest(connection, "work")).document or {})
    if not any(word.id == lifecycle and word.active for word in words.lifecycle):
        raise BadInput("lifecycle_unknown", "There is no such lifecycle state (any more).", where="body.lifecycle")


def _plain(tag: str) -> str:
    return tag.strip().casefold()
