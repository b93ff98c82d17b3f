"""Messages into timelines and conversations."""

from datetime import timedelta

from hub.clock import ManualClock
from hub.events import (
    Attachment,
    AttachmentKind,
    Author,
    Channel,
    ConversationOpened,
    ConversationReopened,
    ConversationStatus,
    DeliveryState,
    TouchpointAdded,
    TouchpointChanged,
    WorkArrived,
    WorkGone,
    wrap,
)
from identity.commands import merge_customers
from identity.settings import IdentitySettings
from router import commands as router_commands
from storage import tables
from storage.unit_of_work import Units
from tests.identity.world import E164, PHONE, World, build_world


async def test_a_first_message_makes_a_customer_and_a_waiting_conversation(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1", "Cửa hàng còn giày size 42 không?", name="Nguyễn Thị Hoà"))
    (conversation,) = await world.conversations()
    assert conversation.status is ConversationStatus.WAITING
    assert conversation.queue_id == world.house.queue_id
    assert conversation.customer_name == "Nguyễn Thị Hoà"
    assert conversation.unread == 1
    assert conversation.waiting_since == conversation.queued_at == world.units.clock.now()
    assert conversation.preview is not None
    assert conversation.preview.text == "Cửa hàng còn giày size 42 không?"
    (entry,) = await world.timeline("fb-main", "psid1")
    assert entry.text == "Cửa hàng còn giày size 42 không?"
    assert (entry.identity_seq, entry.seq) == (1, 2)
    assert len(world.said(ConversationOpened)) == len(world.said(TouchpointAdded)) == 1
    (work,) = world.said(WorkArrived)
    assert work.conversation_id == conversation.id


async def test_an_event_told_again_changes_nothing(world: World) -> None:
    event = world.message("fb-main", "psid1", mid="m_1")
    await world.hears(event, event)
    await world.hears(event)
    assert world.last == []
    assert len(await world.timeline("fb-main", "psid1")) == 1
    assert await world.count(tables.touchpoints) == 1


async def test_one_message_under_two_event_ids_is_one_entry(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1", "a", mid="m_1", key="one"))
    await world.hears(world.message("fb-main", "psid1", "a", mid="m_1", key="two"))
    assert world.last == []
    (entry,) = await world.timeline("fb-main", "psid1")
    assert entry.edited_at is None


async def test_the_same_id_with_another_body_is_an_edit_and_no_second_message(world: World) -> None:
    await world.hears(
        world.message("fb-main", "psid1", "a", mid="m_1", key="one"),
        world.message("fb-main", "psid1", "b", mid="m_1", key="two"),
    )
    (entry,) = await world.timeline("fb-main", "psid1")
    assert entry.text == "b"
    assert entry.edited_at is not None


async def test_the_same_provider_id_on_two_accounts_is_two_people(world: World) -> None:
    await world.hears(
        world.message("fb-main", "psid1", "a", mid="m_1"), world.message("fb-second", "psid1", "b", mid="m_1")
    )
    assert len(await world.open_conversations()) == 2
    assert not await world.same_person(("fb-main", "psid1"), ("fb-second", "psid1"))


async def test_an_id_that_a_provider_uses_for_two_people_loses_no_message(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1", "a", mid="m_1"))
    await world.hears(world.message("fb-main", "psid2", "b", mid="m_1", key="other"))
    assert [t.text for t in await world.timeline("fb-main", "psid1")] == ["a"]
    assert [t.text for t in await world.timeline("fb-main", "psid2")] == ["b"]


async def test_messages_keep_the_order_of_arrival_and_are_numbered_without_holes(world: World) -> None:
    for batch in range(3):
        await world.hears(*(world.message("fb-main", "psid1", f"{batch}.{i}") for i in range(4)))
    entries = await world.timeline("fb-main", "psid1")
    assert [t.text for t in entries] == [f"{batch}.{i}" for batch in range(3) for i in range(4)]
    assert [t.identity_seq for t in entries] == list(range(1, 13))
    assert [t.number for t in entries] == sorted(t.number for t in entries)
    (conversation,) = await world.open_conversations()
    assert conversation.unread == 12
    assert conversation.seq == 13


async def test_an_assigned_conversation_gets_the_message_directly(world: World) -> None:
    agent = await world.house.add_agent("An")
    await world.hears(world.message("fb-main", "psid1"))
    (conversation,) = await world.open_conversations()
    async with world.units.begin() as work:
        await router_commands.take(work, conversation.id, agent)
        await work.commit()
    await world.hears(world.message("fb-main", "psid1", "còn không?"))
    assert world.said(WorkArrived) == []
    (now,) = await world.open_conversations()
    assert (now.owner_id, now.unread) == (agent, 2)


async def test_a_message_wakes_what_was_put_off_and_leaves_it_to_the_router(world: World) -> None:
    agent = await world.house.add_agent("An")
    await world.hears(world.message("fb-main", "psid1"))
    (conversation,) = await world.open_conversations()
    async with world.units.begin() as work:
        await router_commands.take(work, conversation.id, agent)
        await router_commands.snooze(work, conversation.id, agent)
        await work.commit()
    await world.hears(world.message("fb-main", "psid1", "còn không?"))
    (now,) = await world.open_conversations()
    assert (now.owner_id, now.snoozed_until) == (agent, world.units.clock.now())
    assert conversation.id in {event.conversation_id for event in world.said(WorkGone)}


async def test_of_two_who_are_joined_stays_put_off_only_what_was_put_off_in_both(
    world: World, clock: ManualClock
) -> None:
    agent = await world.house.add_agent("An")
    for psid in ("psid1", "psid2", "psid3"):
        await world.hears(world.message("fb-main", psid))
        clock.advance(60)
    one, two, three = sorted(await world.open_conversations(), key=lambda c: c.opened_at)
    until = {one.id: clock.now() + timedelta(days=2), two.id: clock.now() + timedelta(days=1)}
    async with world.units.begin() as work:
        for each, at in until.items():
            await router_commands.take(work, each, agent)
            await router_commands.snooze(work, each, agent, at)
        await merge_customers(work, one.customer_id, two.customer_id, agent, reason="Cùng một người")
        await work.commit()
    kept = next(c for c in await world.open_conversations() if c.id == one.id)
    assert kept.snoozed_until == until[two.id]
    async with world.units.begin() as work:
        await merge_customers(work, one.customer_id, three.customer_id, agent, reason="Cùng một người")
        await work.commit()
    kept = next(c for c in await world.open_conversations() if c.id == one.id)
    assert kept.snoozed_until == clock.now()  # the third waits: the router wakes it at once


async def test_after_closing_a_message_opens_a_new_conversation_that_knows_the_last_agent(world: World) -> None:
    agent = await _resolved_by_an_agent(world)
    await world.hears(world.message("fb-main", "psid1", "quay lại nè"))
    first, second = await world.conversations()
    assert first.status is ConversationStatus.CLOSED
    assert second.status is ConversationStatus.WAITING
    assert second.last_agent_id == agent
    assert second.customer_name == "Hoà"
    (work,) = world.said(WorkArrived)
    assert work.last_agent_id == agent


async def test_within_the_reopen_window_the_closed_conversation_opens_again(units: Units, clock: ManualClock) -> None:
    world = await build_world(units, IdentitySettings(reopen_window=timedelta(hours=1)))
    await _resolved_by_an_agent(world)
    clock.advance(3599)
    await world.hears(world.message("fb-main", "psid1", "à quên"))
    (conversation,) = await world.conversations()
    assert conversation.status is ConversationStatus.WAITING
    assert conversation.closed_at is None
    (event,) = world.said(ConversationReopened)
    assert event.reason == "by_customer"
    assert len(world.said(WorkArrived)) == 1


async def test_after_the_reopen_window_a_new_one_opens(units: Units, clock: ManualClock) -> None:
    world = await build_world(units, IdentitySettings(reopen_window=timedelta(hours=1)))
    await _resolved_by_an_agent(world)
    clock.advance(3601)
    await world.hears(world.message("fb-main", "psid1", "à quên"))
    assert len(await world.conversations()) == 2


async def test_an_edit_replaces_the_text_and_the_preview(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1", "size 41", mid="m_1"))
    await world.hears(world.edit("fb-main", "psid1", "m_1", "size 42"))
    (entry,) = await world.timeline("fb-main", "psid1")
    assert entry.text == "size 42"
    assert entry.edited_at == world.units.clock.now()
    (conversation,) = await world.open_conversations()
    assert conversation.preview is not None
    assert conversation.preview.text == "size 42"
    assert len(world.said(TouchpointChanged)) == 1


async def test_an_edit_that_overtakes_its_message_is_not_lost(world: World) -> None:
    await world.hears(world.edit("fb-main", "psid1", "m_1", "size 42"))
    await world.hears(world.message("fb-main", "psid1", "size 41", mid="m_1"))
    (entry,) = await world.timeline("fb-main", "psid1")
    assert entry.text == "size 42"
    assert entry.edited_at is not None
    assert await world.count(tables.early_arrivals) == 0


async def test_an_edit_in_front_of_its_message_in_one_batch_is_not_lost(world: World) -> None:
    await world.hears(
        world.edit("fb-main", "psid1", "m_1", "size 42"), world.message("fb-main", "psid1", "size 41", mid="m_1")
    )
    assert [t.text for t in await world.timeline("fb-main", "psid1")] == ["size 42"]
    assert await world.count(tables.early_arrivals) == 0


async def test_an_older_edit_does_not_overwrite_a_newer_one(world: World) -> None:
    now = world.units.clock.now()
    await world.hears(world.message("fb-main", "psid1", "a", mid="m_1"))
    await world.hears(world.edit("fb-main", "psid1", "m_1", "c", at=now + timedelta(seconds=9)))
    await world.hears(world.edit("fb-main", "psid1", "m_1", "b", at=now + timedelta(seconds=5)))
    assert [t.text for t in await world.timeline("fb-main", "psid1")] == ["c"]


async def test_nobody_edits_the_message_of_somebody_else(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1", "mine", mid="m_1"), world.message("fb-main", "psid2"))
    await world.hears(world.edit("fb-main", "psid2", "m_1", "forged"))
    assert [t.text for t in await world.timeline("fb-main", "psid1")] == ["mine"]


async def test_a_quote_points_to_the_quoted_entry_of_the_same_person_only(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1", "a", mid="m_1"))
    await world.hears(
        world.message("fb-main", "psid1", "b", reply_to="m_1"), world.message("fb-main", "psid2", "c", reply_to="m_1")
    )
    first, second = await world.timeline("fb-main", "psid1")
    assert second.reply_to == first.id
    (other,) = await world.timeline("fb-main", "psid2")
    assert other.reply_to is None


async def test_pictures_are_kept_and_shown_as_such(world: World) -> None:
    picture = Attachment(kind=AttachmentKind.IMAGE, url="https://cdn.example/1.jpg")
    await world.hears(world.message("fb-main", "psid1", None, attachments=[picture]))
    (entry,) = await world.timeline("fb-main", "psid1")
    assert entry.attachments == (picture,)
    (conversation,) = await world.open_conversations()
    assert conversation.preview is not None
    assert conversation.preview.kind == "image"


async def test_what_is_not_supported_is_kept_and_needs_an_agent(world: World) -> None:
    await world.hears(world.unsupported("fb-main", "psid1", "reel", '{"id":1}'))
    (entry,) = await world.timeline("fb-main", "psid1")
    assert (entry.unsupported_kind, entry.text) == ("reel", '{"id":1}')
    (conversation,) = await world.open_conversations()
    assert conversation.preview is not None
    assert conversation.preview.kind == "unsupported"
    assert len(world.said(WorkArrived)) == 1


async def test_an_answer_of_staff_elsewhere_counts_as_answered(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1"))
    await world.hears(world.message("fb-main", "psid1", "Dạ còn ạ", author=Author.BUSINESS, staff="Lan"))
    (conversation,) = await world.open_conversations()
    assert conversation.waiting_since is None
    assert conversation.unread == 1
    entry = (await world.timeline("fb-main", "psid1"))[-1]
    assert (entry.author, entry.author_name) == (Author.BUSINESS, "Lan")
    assert entry.delivery is not None
    assert entry.delivery.state is DeliveryState.SENT


async def test_staff_who_write_first_make_no_work_for_anybody(world: World) -> None:
    await world.hears(
        world.message("fb-main", "psid1", "Chào chị", author=Author.BUSINESS, staff="Lan"),
        world.message("fb-main", "psid1", "Shop có hàng mới", author=Author.BUSINESS, staff="Lan"),
    )
    (conversation,) = await world.conversations()
    assert conversation.status is ConversationStatus.CLOSED
    assert world.said(WorkArrived) == []
    await world.hears(world.message("fb-main", "psid1", "Chào shop"))
    assert len(await world.open_conversations()) == 1
    assert [t.text for t in await world.timeline("fb-main", "psid1")] == ["Chào chị", "Shop có hàng mới", "Chào shop"]


async def test_staff_who_write_after_closing_do_not_open_it_again(world: World) -> None:
    await _resolved_by_an_agent(world)
    await world.hears(world.message("fb-main", "psid1", "Cảm ơn chị", author=Author.BUSINESS, staff="Lan"))
    (conversation,) = await world.conversations()
    assert conversation.status is ConversationStatus.CLOSED
    assert len(await world.timeline("fb-main", "psid1")) == 2


async def test_a_profile_alone_opens_nothing_and_names_the_customer_later(world: World) -> None:
    await world.hears(world.profile("zalo-main", "z1", "Trần Nam"))
    assert await world.conversations() == []
    await world.hears(world.message("zalo-main", "z1"))
    (conversation,) = await world.conversations()
    assert conversation.customer_name == "Trần Nam"


async def test_a_new_name_shows_on_the_open_conversation(world: World) -> None:
    await world.hears(world.message("zalo-main", "z1"))
    await world.hears(world.profile("zalo-main", "z1", "Trần Nam"))
    (conversation,) = await world.conversations()
    assert conversation.customer_name == "Trần Nam"


async def test_a_batch_of_many_people_and_accounts_is_handled_at_once(world: World) -> None:
    events = [world.message(account, f"p{i % 7}", str(i)) for i in range(60) for account in ("fb-main", "zalo-main")]
    await world.hears(*events)
    assert len(await world.open_conversations()) == 14
    assert [t.text for t in await world.timeline("zalo-main", "p3")] == [str(i) for i in range(3, 60, 7)]
    assert {c.channels for c in await world.open_conversations()} == {(Channel.FACEBOOK,), (Channel.ZALO,)}


async def test_every_event_says_what_caused_it(world: World) -> None:
    envelope = wrap(world.message("fb-main", "psid1"), world.units.clock)
    await world.hears_envelopes([envelope])
    assert {e.causedby for e in world.last if e.topic == "conversations"} == {envelope.id}


async def _resolved_by_an_agent(world: World) -> object:
    agent = await world.house.add_agent("An")
    await world.hears(world.message("fb-main", "psid1", name="Hoà"))
    (conversation,) = await world.open_conversations()
    async with world.units.begin() as work:
        await router_commands.take(work, conversation.id, agent)
        await router_commands.resolve(work, conversation.id, agent)
        await work.commit()
    return agent


async def test_a_public_comment_shows_its_words_and_its_number_counts(world: World) -> None:
    await world.hears(world.unsupported("fb-main", "feed:7", kind="comment", raw=f"Chốt 1 cái, {PHONE} nha shop"))
    conversation = await world.the_conversation("fb-main", "feed:7")
    assert conversation.preview is not None
    assert (conversation.preview.kind, conversation.customer_phone) == ("public", E164)
    assert conversation.preview.text.startswith("Chốt 1 cái")


async def test_numbers_in_what_a_provider_sent_raw_are_nobodys_words(world: World) -> None:
    await world.hears(world.unsupported("fb-main", "u7", kind="reel", raw=f'{{"id": "{PHONE}", "to": "{E164}"}}'))
    assert (await world.the_conversation("fb-main", "u7")).customer_phone is None
