"""One reply, from the click to the queue of what is to be sent: in one transaction, once per click.

The same `client_id` again finds the first reply, whoever wins the race: both wait for the conversation's lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_console.guard import see_conversation
from agent_console.permissions import Caller
from agent_console.ports import ChannelAbilities, ChannelCatalog
from agent_console.reply_options import kind_of, refusal
from agent_console.views import ReplyIn
from hub.errors import BadInput, Conflict, Forbidden, NotFound
from hub.events import (
    Attachment,
    Author,
    ConversationStatus,
    Delivery,
    DeliveryState,
    TouchpointState,
)
from hub.ids import AgentId, ConversationId, TouchpointId, new_id
from identity.previews import preview_of
from router import commands
from storage import accounts as account_store
from storage import conversations as conversation_store
from storage import identities as identity_store
from storage import replies as reply_store
from storage import touchpoints as touchpoint_store
from storage.accounts import ChannelAccount
from storage.blobs import Blob
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.identities import Identity
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Said:
    """`repeated`: it was said before, and nothing was written now."""

    touchpoint: TouchpointState
    repeated: bool


def uploaded_by(agent_id: AgentId) -> str:
    """The origin of blobs that this agent uploaded: only these may they send."""
    return f"agent:{agent_id}"


async def reply(
    work: UnitOfWork,
    caller: Caller,
    conversation_id: ConversationId,
    given: ReplyIn,
    *,
    author_name: str,
    blobs: Sequence[Blob],
    catalog: ChannelCatalog,
) -> Said:
    """Stores it QUEUED and asks for it to be sent. The caller commits. `blobs` are those of `given`, in its order.

    Raises NotFound, Forbidden (somebody else's conversation), Conflict, BadInput.
    """
    conversation = await _lock(work, caller, conversation_id)
    before = await touchpoint_store.by_client_id(work.connection, given.identity_id, given.client_id)
    if before is not None:
        return _again(before, conversation, caller)
    conversation = await _own(work, caller, conversation)
    identity, account, abilities = await _way(work, conversation, given, catalog)
    text = check_content(given, blobs, abilities)
    reason = refusal(identity, account, abilities, work.clock.now())
    if reason is not None:
        raise Conflict(reason.code, "This way of answering is closed at the moment.", where="body.identity_id")
    await _check_quote(work, given, identity)
    touchpoint = _touchpoint(work, conversation, given, identity, blobs, text, caller.agent_id, author_name)
    await _write(work, conversation, touchpoint, identity.external_id)
    return Said(touchpoint.state(conversation.customer_id), repeated=False)


def check_content(given: ReplyIn, blobs: Sequence[Blob], abilities: ChannelAbilities) -> str | None:
    """The text as it will be sent. Raises BadInput for what the channel cannot carry. Pure."""
    text = given.text.strip() if given.text else None
    if not text and not blobs:
        raise BadInput("reply_empty", "Write something or attach a file.", where="body.text")
    if text and len(text) > abilities.text_chars_max:
        raise BadInput("too_long", f"At most {abilities.text_chars_max} characters here.", where="body.text")
    for index, blob in enumerate(blobs):
        _check_attachment(blob, abilities, f"body.attachments.{index}")
    return text or None


def _check_attachment(blob: Blob, abilities: ChannelAbilities, where: str) -> None:
    kind = kind_of(blob.mime)
    bytes_max = abilities.attachments.get(kind)
    if bytes_max is None:
        raise BadInput("attachment_refused", f"This channel takes no {kind.value}.", where=where)
    if blob.size_bytes > bytes_max:
        raise BadInput("attachment_refused", f"At most {bytes_max} bytes here.", where=where)


async def _lock(work: UnitOfWork, caller: Caller, conversation_id: ConversationId) -> Conversation:
    await conversation_store.lock(work.connection, [conversation_id])
    return await see_conversation(work.connection, caller, conversation_id)


def _again(before: Touchpoint, conversation: Conversation, caller: Caller) -> Said:
    if before.agent_id != caller.agent_id:
        raise Conflict("client_id_taken", "Make a client_id of your own for each reply.", where="body.client_id")
    return Said(before.state(conversation.customer_id), repeated=True)


async def _own(work: UnitOfWork, caller: Caller, conversation: Conversation) -> Conversation:
    """Its owner and those who see all may reply; to what waits an agent replies by taking it."""
    if not conversation.is_open:
        raise Conflict("conversation_closed", "This conversation is closed: reopen it first.")
    if conversation.owner_id == caller.agent_id:
        return conversation
    waits = conversation.status is ConversationStatus.WAITING
    if conversation.offered_to == caller.agent_id or (waits and not caller.sees_all):
        await commands.take(work, conversation.id, caller.agent_id)
        return await see_conversation(work.connection, caller, conversation.id)
    if not caller.sees_all:
        raise Forbidden("not_owner", "Somebody else has this conversation.")
    return conversation


async def _way(
    work: UnitOfWork, conversation: Conversation, given: ReplyIn, catalog: ChannelCatalog
) -> tuple[Identity, ChannelAccount, ChannelAbilities]:
    """Raises NotFound unless the identity is the customer's."""
    identity = (await identity_store.by_ids(work.connection, [given.identity_id])).get(given.identity_id)
    account = await account_store.find(work.connection, identity.account_id) if identity else None
    if identity is None or account is None or identity.customer_id != conversation.customer_id:
        raise NotFound("identity_unknown", "The customer has no such identity.", where="body.identity_id")
    if identity.channel not in catalog.channels():
        raise Conflict("channel_missing", "This channel is not installed any more.", where="body.identity_id")
    return identity, account, catalog.abilities(identity.channel)


async def _check_quote(work: UnitOfWork, given: ReplyIn, identity: Identity) -> None:
    """What is quoted is shown to the customer: only what passed on the same identity may be."""
    if given.reply_to is None:
        return
    quoted = (await touchpoint_store.by_ids(work.connection, [given.reply_to])).get(given.reply_to)
    if quoted is None or quoted.identity_id != identity.id:
        raise NotFound("quote_unknown", "There is no such entry on this channel.", where="body.reply_to")


def _touchpoint(
    work: UnitOfWork,
    conversation: Conversation,
    given: ReplyIn,
    identity: Identity,
    blobs: Sequence[Blob],
    text: str | None,
    agent_id: AgentId,
    author_name: str,
) -> Touchpoint:
    now = work.clock.now()
    return Touchpoint(
        id=TouchpointId(new_id()),
        conversation_id=conversation.id,
        identity_id=identity.id,
        channel=identity.channel,
        account_id=identity.account_id,
        author=Author.BUSINESS,
        occurred_at=now,
        accepted_at=now,
        agent_id=agent_id,
        author_name=author_name,
        text=text,
        attachments=tuple(_attachment(blob) for blob in blobs),
        reply_to=given.reply_to,
        delivery=Delivery(state=DeliveryState.QUEUED, changed_at=now),
        client_id=given.client_id,
    )


def _attachment(blob: Blob) -> Attachment:
    return Attachment(
        kind=kind_of(blob.mime), blob=blob.name, name=blob.file_name, mime=blob.mime, size_bytes=blob.size_bytes
    )


async def _write(work: UnitOfWork, conversation: Conversation, touchpoint: Touchpoint, external_id: str) -> None:
    changes = ChangeSet(work)
    firsts = await changes.next_identity_seqs({touchpoint.identity_id: 1})
    touchpoint.identity_seq = firsts[touchpoint.identity_id]
    _answered(conversation, touchpoint)
    changes.add(conversation, touchpoint)
    await changes.flush()
    await identity_store.mark_answered(
        work.connection, conversation.customer_id, touchpoint.identity_id, touchpoint.accepted_at
    )
    await reply_store.enqueue(work, touchpoint, external_id)


def _answered(conversation: Conversation, touchpoint: Touchpoint) -> None:
    """Nobody waits for a person any more, and nothing is unread."""
    at = touchpoint.accepted_at
    conversation.waiting_since = None
    conversation.unread = 0
    conversation.last_touch_at = conversation.agent_active_at = at
    conversation.preview = preview_of(touchpoint)
    if touchpoint.channel not in conversation.channels:
        conversation.channels = (*conversation.channels, touchpoint.channel)
