"""What web chat reads, on both databases: one identity and nothing beside it."""

import pytest

from hub.events import Author, Channel, ConversationOpened, ConversationStatus, Delivery, DeliveryState
from hub.ids import ConversationId, IdentityId, TouchpointId, new_id
from storage import conversations as conversation_store
from storage import identities as identity_store
from storage import visitors
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.touchpoints import Touchpoint
from storage.unit_of_work import Units
from tests.builders import House, build_house


@pytest.fixture
async def house(units: Units) -> House:
    return await build_house(units, account_id="website")


async def talk(
    house: House, identity_id: IdentityId, lines: list[tuple[Author, DeliveryState | None]]
) -> ConversationId:
    """A conversation with these entries, the first one at place 1."""
    async with house.units.begin() as work:
        now = work.clock.now()
        identity = (await identity_store.by_ids(work.connection, [identity_id]))[identity_id]
        conversation = Conversation(
            id=ConversationId(new_id()),
            customer_id=identity.customer_id,
            identity_id=identity_id,
            queue_id=house.queue_id,
            opened_at=now,
            last_touch_at=now,
            unread=sum(author is Author.CUSTOMER for author, _ in lines),
            is_new=True,
        )
        changes = ChangeSet(work)
        changes.record(conversation, lambda state: ConversationOpened(conversation=state))
        first = (await changes.next_identity_seqs({identity_id: len(lines)}))[identity_id]
        for place, (author, state) in enumerate(lines):
            touchpoint = Touchpoint(
                id=TouchpointId(new_id()),
                conversation_id=conversation.id,
                identity_id=identity_id,
                identity_seq=first + place,
                channel=Channel.WEBCHAT,
                account_id=house.account_id,
                author=author,
                occurred_at=now,
                accepted_at=now,
                text=f"tin {first + place}",
                delivery=Delivery(state=state, changed_at=now) if state else None,
            )
            changes.add(conversation, touchpoint, provider_ids=(f"{identity_id}:{first + place}",))
        await changes.flush()
        await work.commit()
    return conversation.id


CUSTOMER = (Author.CUSTOMER, None)


def reply(state: DeliveryState) -> tuple[Author, DeliveryState]:
    return (Author.BUSINESS, state)


async def test_an_identity_is_found_by_its_address_and_back(house: House) -> None:
    one, other = [await house.add_identity(f"visitor-{n}", channel=Channel.WEBCHAT) for n in range(2)]
    await talk(house, one, [CUSTOMER] * 3)
    async with house.units.database.reading() as connection:
        assert await visitors.find(connection, "website", "visitor-0") == visitors.VisitorIdentity(one, 3)
        assert await visitors.find(connection, "elsewhere", "visitor-0") is None
        assert await visitors.find(connection, "website", "nobody") is None
        found = await visitors.addresses(connection, [one, other, IdentityId(new_id())])
        assert found == {one: ("website", "visitor-0"), other: ("website", "visitor-1")}
        assert await visitors.addresses(connection, []) == {}


async def test_pages_hold_the_newest_below_a_place_oldest_first(house: House) -> None:
    one, other = [await house.add_identity(f"visitor-{n}", channel=Channel.WEBCHAT) for n in range(2)]
    await talk(house, other, [CUSTOMER] * 4)
    await talk(house, one, [CUSTOMER] * 5)
    async with house.units.database.reading() as connection:
        seqs = [t.identity_seq for t in await visitors.newest(connection, one, limit=3)]
        assert seqs == [3, 4, 5]
        seqs = [t.identity_seq for t in await visitors.newest(connection, one, before_seq=3, limit=30)]
        assert seqs == [1, 2]
        assert await visitors.newest(connection, one, before_seq=1) == []


async def test_a_message_taken_before_is_found_by_its_account_and_name(house: House) -> None:
    one = await house.add_identity("visitor-0", channel=Channel.WEBCHAT)
    await talk(house, one, [CUSTOMER])
    async with house.units.database.reading() as connection:
        taken = await visitors.taken_message(connection, "website", f"{one}:1")
        assert taken is not None
        assert taken.text == "tin 1"
        assert await visitors.taken_message(connection, "elsewhere", f"{one}:1") is None
        assert await visitors.taken_message(connection, "website", f"{one}:2") is None


async def test_replies_are_found_by_where_they_stand(house: House) -> None:
    one = await house.add_identity("visitor-0", channel=Channel.WEBCHAT)
    states = [
        DeliveryState.READ,
        DeliveryState.DELIVERED,
        DeliveryState.SENT,
        DeliveryState.FAILED,
        DeliveryState.QUEUED,
    ]
    await talk(house, one, [CUSTOMER, *(reply(state) for state in states)])
    waiting = [DeliveryState.SENT, DeliveryState.QUEUED]
    async with house.units.database.reading() as connection:
        entries = await visitors.newest(connection, one)
        assert await visitors.replies_in(connection, one, waiting, until_seq=6) == [entries[3].id, entries[5].id]
        assert await visitors.replies_in(connection, one, waiting, until_seq=5) == [entries[3].id]
        assert await visitors.unread(connection, one) == 3
        assert await visitors.unread(connection, one, at_most=2) == 2


async def test_seen_is_up_to_our_last_answer_or_all_that_an_agent_looked_at(house: House) -> None:
    one = await house.add_identity("visitor-0", channel=Channel.WEBCHAT)
    async with house.units.database.reading() as connection:
        assert await visitors.seen_seq(connection, one) == 0
    conversation_id = await talk(house, one, [CUSTOMER, reply(DeliveryState.SENT), CUSTOMER])
    async with house.units.database.reading() as connection:
        assert await visitors.seen_seq(connection, one) == 2
    for status, unread in ((ConversationStatus.WAITING, 0), (ConversationStatus.CLOSED, 1)):
        async with house.units.begin() as work:
            conversation = (await conversation_store.lock(work.connection, [conversation_id]))[conversation_id]
            conversation.status, conversation.unread = status, unread
            changes = ChangeSet(work)
            changes.record(conversation, lambda state: ConversationOpened(conversation=state))
            await changes.flush()
            await work.commit()
        async with house.units.database.reading() as connection:
            assert await visitors.seen_seq(connection, one) == 3
