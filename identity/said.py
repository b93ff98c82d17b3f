"""What follows for a customer's conversation from what was said on each of their channel identities.

Who waits, since when, what is unread and what was said last is never given back by undoing: it is asked anew of the
identities that are one customer now. So it depends on the entries in force and on what was said, never on the way.

1. What was answered on a channel is answered there, whoever its customer is.
2. An answer on one channel is for all who were one customer then, for as long as the two channels are one customer:
   once they part, whoever was not answered on their own channel waits again. An identity remembers the last of these
   (`covered_by`, `covered_seq`). It is found late, when customers are about to change, by looking who waits by right
   and does not.
3. What was resolved is settled for all who were one customer then.
4. A conversation that went back to the queue may wait although everything is answered: `strip` finds since when, and
   identity.shares treats that as the conversation's own.

One look at an index per identity, or twenty, never more: the cost does not grow with history.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from hub.ids import IdentityId
from identity.previews import preview_of
from identity.shares import earliest, remember_waiting
from storage import identities as identity_store
from storage import touchpoints as touchpoint_store
from storage.conversations import Conversation
from storage.engine import Connection
from storage.identities import Identity
from storage.touchpoints import Place


def last_at(members: Iterable[Identity]) -> datetime | None:
    """When anybody said anything last, to one of them or of them."""
    return max((member.touched_at for member in members if member.touched_at is not None), default=None)


async def unanswered(connection: Connection, member: Identity) -> Place | None:
    """Where their first words stand that nobody answered on their own channel; None when there are none."""
    since = max(member.answered_seq, member.settled_seq)
    if member.last_seq <= since:
        return None
    return await touchpoint_store.first_by_customer(connection, member.id, since)


async def strip(
    connection: Connection, conversation: Conversation, expected: datetime | None, members: Sequence[Identity]
) -> None:
    """Of what `members`, whose open conversation it is, wait for: leaves on it what their words do not say.
    `expected`: what that was when they became one. Remembers on them which answer was for whom."""
    waits, since = conversation.waiting_since, await waiting_since(connection, members)
    if waits == earliest([since, expected]):
        conversation.waiting_since = expected
        return
    if since is not None and (waits is None or waits > since):
        await _cover(connection, members, waits)
        since = await waiting_since(connection, members)
    conversation.waiting_since = None if waits == since else waits


async def dress(connection: Connection, conversation: Conversation, members: Sequence[Identity]) -> None:
    """`members` are whose open conversation it is now: it shows what they said and wait for. After `strip`."""
    besides = conversation.waiting_since
    conversation.waiting_since = earliest([besides, await waiting_since(connection, members)])
    if besides is not None and besides != conversation.waiting_since:
        remember_waiting(conversation, besides)
    conversation.unread = sum(member.unread for member in members)
    engaged = [member for member in members if member.is_engaged]
    touched_at = max((member.touched_at for member in engaged if member.touched_at is not None), default=None)
    if touched_at is not None:
        conversation.last_touch_at = touched_at
        await _show_last(connection, conversation, [member for member in engaged if member.touched_at == touched_at])
        await _show_channels(connection, conversation, engaged)


async def _show_last(connection: Connection, conversation: Conversation, among: Iterable[Identity]) -> None:
    found = [await touchpoint_store.newest_of(connection, member.id) for member in among]
    newest = max((t for t in found if t is not None), key=lambda touchpoint: touchpoint.number, default=None)
    conversation.preview = preview_of(newest) if newest is not None else conversation.preview


async def _show_channels(connection: Connection, conversation: Conversation, engaged: Sequence[Identity]) -> None:
    """In the order in which they came in, after those that nothing new came in on."""
    among = dict.fromkeys(member.channel for member in engaged)
    if len(among) > 1:
        places = [(await touchpoint_store.place_of(connection, m.id, m.settled_seq + 1), m.channel) for m in engaged]
        firsts = sorted((place.number, channel) for place, channel in places if place is not None)
        among = dict.fromkeys((*(channel for _, channel in firsts), *among))
    conversation.channels = (*(channel for channel in conversation.channels if channel not in among), *among)


async def waiting_since(connection: Connection, members: Iterable[Identity]) -> datetime | None:
    """Whoever of them wrote first what nobody answered who could answer for them."""
    members = list(members)
    ids = {member.id for member in members}
    found = [await _first_waiting(connection, member, ids) for member in members]
    return earliest(place.accepted_at for place in found if place is not None)


async def _first_waiting(connection: Connection, member: Identity, together: Collection[IdentityId]) -> Place | None:
    own = max(member.answered_seq, member.settled_seq)
    since = max(own, member.covered_seq) if member.covered_by in together else own
    if member.last_seq <= since:
        return None
    return await touchpoint_store.first_by_customer(connection, member.id, since)


async def _cover(connection: Connection, members: Sequence[Identity], until: datetime | None) -> None:
    """One of them was answered for all: what was said before `until` waits no more. None: nothing does."""
    answerer = await _answered_last(connection, members)
    if answerer is None:
        return
    ids, covered = {member.id for member in members}, []
    for member in members:
        first = await _first_waiting(connection, member, ids)
        if member is not answerer and first is not None and (until is None or first.accepted_at < until):
            member.covered_by = answerer.id
            member.covered_seq = await _last_before(connection, member, first.identity_seq, until)
            covered.append(member)
    await identity_store.save_covers(connection, covered)


async def _answered_last(connection: Connection, members: Iterable[Identity]) -> Identity | None:
    answered = [member for member in members if member.answered_seq > member.settled_seq]
    places = [(await touchpoint_store.place_of(connection, m.id, m.answered_seq), m) for m in answered]
    numbers = [(place.number, member.id, member) for place, member in places if place is not None]
    return max(numbers, default=(0, None, None))[2]


async def _last_before(connection: Connection, member: Identity, first: int, until: datetime | None) -> int:
    """The seq of their last entry before `until`, by halving: an identity has no holes. `first` is before it."""
    if until is None:
        return member.last_seq
    low, high = first, member.last_seq
    while low < high:
        middle = (low + high + 1) // 2
        place = await touchpoint_store.place_of(connection, member.id, middle)
        if place is not None and place.accepted_at < until:
            low = middle
        else:
            high = middle - 1
    return low
