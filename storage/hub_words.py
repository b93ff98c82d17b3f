"""What the hub itself says to a customer: out-of-hours answers, answers of automation rules.

It goes the way of every reply (reply_queue, egress, receipts) and stands in the timeline as the hub's, author SYSTEM.
It is nobody's answer: the customer still waits for a person, nothing is read by it, and lists show what was said
before. On the channel where the customer wrote last, if that takes words at all.
"""

from hub.events import Author, Channel, Delivery, DeliveryState
from hub.ids import CustomerId, EventId, TouchpointId, new_id
from storage import identities as identity_store
from storage import replies as reply_store
from storage import touchpoints as touchpoint_store
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.engine import Connection
from storage.identities import Identity
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork

MUTE = frozenset({Channel.HOTLINE, Channel.RECORD})  # nobody can be written to there
CLIENT_ID_MAX_CHARS = 64


async def say(
    work: UnitOfWork,
    conversation: Conversation,
    text: str,
    *,
    client_id: str,
    caused_by: EventId | None = None,
) -> Touchpoint | None:
    """Queued, or None when there is no channel to say it on. `conversation` is locked by `work`. `client_id` names what
    it is said for: the same again says nothing anew and returns what was said."""
    identity = await way_to(work.connection, conversation.customer_id)
    if identity is None:
        return None
    said = await touchpoint_store.by_client_id(work.connection, identity.id, client_id)
    if said is not None:
        return said
    now = work.clock.now()
    touchpoint = Touchpoint(
        id=TouchpointId(new_id()),
        conversation_id=conversation.id,
        identity_id=identity.id,
        channel=identity.channel,
        account_id=identity.account_id,
        author=Author.SYSTEM,
        occurred_at=now,
        accepted_at=now,
        text=text,
        delivery=Delivery(state=DeliveryState.QUEUED, changed_at=now),
        client_id=client_id,
    )
    changes = ChangeSet(work)
    touchpoint.identity_seq = (await changes.next_identity_seqs({identity.id: 1}))[identity.id]
    changes.add(conversation, touchpoint, caused_by=caused_by)
    await changes.flush()
    await reply_store.enqueue(work, touchpoint, identity.external_id)
    return touchpoint


async def way_to(connection: Connection, customer_id: CustomerId) -> Identity | None:
    """Where the customer wrote last, of the channels that take words."""
    theirs = await identity_store.by_customers(connection, [customer_id])
    wrote = [i for i in theirs if i.last_inbound_at is not None and i.channel not in MUTE]
    return max(wrote, key=lambda i: (i.last_inbound_at, i.id), default=None)
