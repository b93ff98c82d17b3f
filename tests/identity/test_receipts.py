"""What providers tell of our replies: receipts and echoes, early, late, twice, and forged."""

from datetime import timedelta

import pytest

from hub.clock import ManualClock
from hub.events import Author, DeliveryState, FailureReason, TouchpointAdded, TouchpointChanged
from hub.ids import AttemptId, new_id
from storage import early, tables
from tests.identity.world import World

S = DeliveryState


async def test_receipts_move_a_reply_forward_only(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1"))
    reply = await world.reply("fb-main", "psid1", provider_id="m_out")
    await world.hears(world.receipt("fb-main", "psid1", S.READ, "m_out"))
    assert await world.delivery(reply) is S.READ
    assert len(world.said(TouchpointChanged)) == 1
    await world.hears(world.receipt("fb-main", "psid1", S.DELIVERED, "m_out"))
    assert await world.delivery(reply) is S.READ
    assert world.said(TouchpointChanged) == []
    await world.hears(world.receipt("fb-main", "psid1", S.FAILED, "m_out"))
    assert await world.delivery(reply) is S.READ


async def test_a_late_failure_says_why(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1"))
    reply = await world.reply("fb-main", "psid1", provider_id="m_out")
    failed = world.receipt("fb-main", "psid1", S.FAILED, "m_out", failure=FailureReason.CUSTOMER_UNREACHABLE)
    await world.hears(failed)
    delivery = (await world.touchpoint(reply)).delivery
    assert delivery is not None
    assert (delivery.state, delivery.failure) == (S.FAILED, FailureReason.CUSTOMER_UNREACHABLE)


async def test_a_watermark_covers_everything_sent_until_then(world: World, clock: ManualClock) -> None:
    await world.hears(world.message("fb-main", "psid1"), world.message("fb-main", "psid2"))
    first = await world.reply("fb-main", "psid1", provider_id="m_1")
    other = await world.reply("fb-main", "psid2", provider_id="m_2")
    clock.advance(10)
    watermark = clock.now()
    clock.advance(10)
    second = await world.reply("fb-main", "psid1", provider_id="m_3")
    await world.hears(world.receipt("fb-main", "psid1", S.READ, watermark=watermark))
    assert await world.delivery(first) is S.READ
    assert await world.delivery(second) is S.SENT
    assert await world.delivery(other) is S.SENT


@pytest.mark.parametrize(("account", "who"), [("fb-main", "psid2"), ("fb-second", "psid1")])
async def test_a_receipt_of_another_account_or_identity_moves_nothing(world: World, account: str, who: str) -> None:
    await world.hears(world.message("fb-main", "psid1"), world.message(account, who))
    reply = await world.reply("fb-main", "psid1", provider_id="m_out")
    await world.hears(world.receipt(account, who, S.READ, "m_out"))
    assert await world.delivery(reply) is S.SENT


async def test_a_receipt_before_the_answer_of_the_send_waits_for_it(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1"))
    reply = await world.reply("fb-main", "psid1", state=S.SENDING)
    await world.hears(
        world.receipt("fb-main", "psid1", S.READ, "m_out"), world.receipt("fb-main", "psid1", S.DELIVERED, "m_out")
    )
    identity = await world.identity("fb-main", "psid1")
    async with world.units.begin() as work:
        pending = await early.take_pending_receipts(
            work.connection, "fb-main", ["m_out"], identity_id=identity.id, touchpoint_id=reply
        )
        await work.commit()
    assert [receipt.state for receipt in pending] == [S.READ]
    assert await world.count(tables.early_arrivals) == 0


async def test_a_watermark_before_the_answer_of_the_send_waits_for_it(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1"))
    reply = await world.reply("fb-main", "psid1", state=S.SENDING)
    await world.hears(world.receipt("fb-main", "psid1", S.READ, watermark=world.units.clock.now()))
    assert await world.delivery(reply) is S.SENDING
    identity = await world.identity("fb-main", "psid1")
    async with world.units.begin() as work:
        pending = await early.take_pending_receipts(
            work.connection, "fb-main", ["m_out"], identity_id=identity.id, touchpoint_id=reply
        )
    assert [receipt.state for receipt in pending] == [S.READ]


async def test_a_receipt_that_somebody_else_left_early_is_not_taken(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1"), world.message("fb-main", "psid2"))
    reply = await world.reply("fb-main", "psid1", state=S.SENDING)
    await world.hears(world.receipt("fb-main", "psid2", S.FAILED, "m_out"))
    identity = await world.identity("fb-main", "psid1")
    async with world.units.begin() as work:
        pending = await early.take_pending_receipts(
            work.connection, "fb-main", ["m_out"], identity_id=identity.id, touchpoint_id=reply
        )
    assert pending == []


async def test_what_nobody_takes_is_forgotten_after_a_week(world: World, clock: ManualClock) -> None:
    await world.hears(world.receipt("fb-main", "psid1", S.READ, "m_out"))
    clock.advance(timedelta(days=8).total_seconds())
    async with world.units.begin() as work:
        assert await early.forget_old(work.connection, clock.now()) == 1
        await work.commit()


@pytest.mark.parametrize("state", [S.SENDING, S.UNKNOWN])
async def test_an_echo_with_our_attempt_settles_the_reply(world: World, state: DeliveryState) -> None:
    await world.hears(world.message("fb-main", "psid1"))
    attempt = AttemptId(new_id())
    reply = await world.reply("fb-main", "psid1", state=state, attempt_id=attempt)
    await world.hears(world.receipt("fb-main", "psid1", S.DELIVERED, "m_out"))
    await world.hears(
        world.message("fb-main", "psid1", "Dạ còn ạ", mid="m_out", author=Author.BUSINESS, attempt_id=attempt)
    )
    assert world.said(TouchpointAdded) == []
    assert await world.delivery(reply) is S.DELIVERED
    assert await world.count(tables.reply_queue) == 0
    await world.hears(world.receipt("fb-main", "psid1", S.READ, "m_out"))
    assert await world.delivery(reply) is S.READ


async def test_an_echo_without_a_word_of_ours_is_known_by_what_it_says(world: World) -> None:
    await world.hears(world.message("zalo-main", "z1"))
    first = await world.reply("zalo-main", "z1", "Dạ còn ạ", state=S.UNKNOWN)
    second = await world.reply("zalo-main", "z1", "Size 42 nhé", state=S.SENDING)
    await world.hears(world.message("zalo-main", "z1", "Size 42 nhé", mid="zm_2", author=Author.BUSINESS))
    assert await world.delivery(first) is S.UNKNOWN
    assert await world.delivery(second) is S.SENT
    assert await world.count(tables.reply_queue) == 1
    await world.hears(world.message("zalo-main", "z1", "Dạ còn ạ", mid="zm_1", author=Author.BUSINESS))
    assert await world.delivery(first) is S.SENT
    assert await world.count(tables.touchpoints) == 3


async def test_two_replies_with_the_same_words_need_two_echoes(world: World) -> None:
    await world.hears(world.message("zalo-main", "z1"))
    first = await world.reply("zalo-main", "z1", "Dạ", state=S.UNKNOWN)
    second = await world.reply("zalo-main", "z1", "Dạ", state=S.UNKNOWN)
    echoes = [world.message("zalo-main", "z1", "Dạ", mid=f"zm_{i}", author=Author.BUSINESS) for i in range(3)]
    await world.hears(echoes[0])
    assert [await world.delivery(r) for r in (first, second)] == [S.SENT, S.UNKNOWN]
    await world.hears(echoes[1], echoes[2])
    assert [await world.delivery(r) for r in (first, second)] == [S.SENT, S.SENT]
    assert len(world.said(TouchpointAdded)) == 1


async def test_what_staff_wrote_in_the_providers_app_is_no_echo_of_ours(world: World) -> None:
    await world.hears(world.message("zalo-main", "z1"))
    reply = await world.reply("zalo-main", "z1", "Dạ", state=S.UNKNOWN)
    await world.hears(world.message("zalo-main", "z1", "Dạ", author=Author.BUSINESS, staff="Lan"))
    assert await world.delivery(reply) is S.UNKNOWN
    assert len(world.said(TouchpointAdded)) == 1


async def test_an_echo_of_a_known_reply_adds_nothing(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1"))
    reply = await world.reply("fb-main", "psid1", provider_id="m_out")
    await world.hears(world.message("fb-main", "psid1", "Dạ còn ạ", mid="m_out", author=Author.BUSINESS))
    assert world.last == []
    assert await world.delivery(reply) is S.SENT


async def test_a_forged_echo_settles_nobodys_reply(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1"), world.message("fb-main", "psid2"))
    attempt = AttemptId(new_id())
    reply = await world.reply("fb-main", "psid1", state=S.UNKNOWN, attempt_id=attempt)
    await world.hears(world.message("fb-main", "psid2", "Dạ", author=Author.BUSINESS, attempt_id=attempt))
    assert await world.delivery(reply) is S.UNKNOWN
    assert await world.count(tables.reply_queue) == 1


async def test_receipts_for_messages_of_staff_count_too_even_early(world: World) -> None:
    await world.hears(world.message("fb-main", "psid1"), world.receipt("fb-main", "psid1", S.READ, "m_staff"))
    await world.hears(world.message("fb-main", "psid1", "Dạ", mid="m_staff", author=Author.BUSINESS, staff="Lan"))
    entry = (await world.timeline("fb-main", "psid1"))[-1]
    assert entry.delivery is not None
    assert entry.delivery.state is S.READ
