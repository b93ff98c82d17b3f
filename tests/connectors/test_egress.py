import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from hub.errors import Conflict
from hub.events import (
    Attachment,
    AttachmentKind,
    Channel,
    DeliveryState,
    FailureReason,
    ReplyRequested,
    wrap,
)
from hub.ids import ChannelAccountId, IdentityId
from storage import accounts as account_store
from storage import replies, reply_queue, touchpoints
from tests.connectors import edge
from tests.connectors.post_api import TOKEN
from tests.connectors.post_house import (
    ACCOUNT,
    PACE,
    Post,
    deliveries_told,
    eventually,
    running,
    seen,
    settled,
)

S = DeliveryState


async def test_a_reply_is_sent_once_and_its_way_is_told_step_by_step(post: Post) -> None:
    [reply] = await post.write("lan", "Dạ còn hàng ạ")
    async with running(post.egress()):
        await post.becomes(reply, S.SENT)
    assert post.api.accepted == ["Dạ còn hàng ạ"]
    assert post.api.ledger[0].to == "lan"
    assert await post.row(reply) is None
    assert await deliveries_told(post) == [S.SENDING, S.SENT]


async def test_receipts_find_the_reply_by_the_providers_id_and_by_the_attempt(post: Post) -> None:
    [reply] = await post.write("lan", "chào")
    async with running(post.egress()):
        await post.becomes(reply, S.SENT)
    attempt_id = post.api.ledger[0].attempt_id
    names = [f"p-{attempt_id}", replies.attempt_key(attempt_id)]  # type: ignore[arg-type]  # a plain UUID off the wire
    async with post.units.database.reading() as connection:
        found = await touchpoints.by_provider_ids(connection, ACCOUNT, names)
        foreign = await touchpoints.by_provider_ids(connection, "another", names)
    assert {name: touchpoint.id for name, touchpoint in found.items()} == dict.fromkeys(names, reply)
    assert foreign == {}


async def test_the_event_wakes_the_senders_and_may_come_any_number_of_times(post: Post) -> None:
    [reply] = await post.write("lan", "chào")
    egress = post.egress(sweep_s=60.0)
    requested = ReplyRequested(
        channel=Channel.FACEBOOK,
        account_id=ChannelAccountId(ACCOUNT),
        identity="lan",
        identity_id=await post.identity("lan"),
        touchpoint_id=reply,
    )
    async with running(egress):
        await asyncio.sleep(0.2)  # the first sweep is over: it found the reply already
        for _ in range(5):
            async with post.units.begin() as work:
                await egress.handle(work, [wrap(requested, post.clock)] * 3)
                await work.commit()
        await post.becomes(reply, S.SENT)
        [later] = await post.write("lan", "còn gì nữa không")
        async with post.units.begin() as work:
            await egress.handle(work, [wrap(requested, post.clock)])
            await work.commit()
        await post.becomes(later, S.SENT)
    assert post.api.accepted == ["chào", "còn gì nữa không"]


async def test_replies_of_one_customer_leave_in_order_one_at_a_time_and_customers_side_by_side(post: Post) -> None:
    post.api.takes_s = 0.05
    expected = {}
    for customer in ("lan", "minh", "hoa"):
        expected[customer] = [f"{customer} {i}" for i in range(8)]
        await post.write(customer, *expected[customer])
    async with running(post.egress()):
        await settled(post)
    for customer, texts in expected.items():
        assert [letter.text for letter in post.api.ledger if letter.to == customer] == texts
    assert 1 < post.api.at_once_max <= 3


async def test_two_senders_at_once_send_every_reply_once_and_in_order(post: Post) -> None:
    customers = [f"khách {i}" for i in range(8)]
    for customer in customers:
        await post.write(customer, *[f"{customer}: {i}" for i in range(6)])
    one, other = post.egress(), post.egress()
    identities = [await post.identity(customer) for customer in customers]
    async with running(one, other):
        for identity_id in identities * 3:
            one.nudge(identity_id)
            other.nudge(identity_id)
        await settled(post)
    assert Counter(post.api.accepted) == Counter({f"{c}: {i}": 1 for c in customers for i in range(6)})
    for customer in customers:
        assert [letter.text for letter in post.api.ledger if letter.to == customer] == [
            f"{customer}: {i}" for i in range(6)
        ]


async def test_many_claims_at_once_have_one_winner(post: Post) -> None:
    for round_ in range(10):
        await post.write(f"khách {round_}", "một", "hai")
        identity_id = await post.identity(f"khách {round_}")

        async def try_to_claim(identity_id: IdentityId = identity_id) -> reply_queue.Claim | None:
            async with post.units.begin() as work:
                claim = await reply_queue.claim(work, identity_id, by="x", lease=timedelta(minutes=1))
                await work.commit()
                return claim

        claims = await asyncio.gather(*(try_to_claim() for _ in range(8)))
        assert [claim.touchpoint.text for claim in claims if claim is not None] == ["một"]


async def test_a_provider_in_trouble_is_asked_again_after_growing_pauses_and_the_next_reply_waits(post: Post) -> None:
    answers = iter([503, 503])
    post.api.plan = lambda letter: next(answers, None)
    first, second = await post.write("lan", "một", "hai")
    async with running(post.egress()):
        await eventually(lambda: seen(post, 1))
        await asyncio.sleep(0.2)
        assert len(post.api.seen) == 1
        await post.becomes(first, S.QUEUED)
        post.clock.advance(1)
        await eventually(lambda: seen(post, 2))
        await post.becomes(first, S.QUEUED)
        post.clock.advance(1.9)
        await asyncio.sleep(0.2)
        assert len(post.api.seen) == 2
        post.clock.advance(0.2)
        await post.becomes(second, S.SENT)
    assert post.api.accepted == ["một", "hai"]
    assert len({letter.attempt_id for letter in post.api.seen}) == 4


async def test_after_its_last_attempt_a_reply_fails_and_the_next_goes_on(post: Post) -> None:
    post.api.plan = lambda letter: 503 if letter.text == "một" else None
    first, second = await post.write("lan", "một", "hai")
    async with running(post.egress()):
        for attempt in range(1, 4):
            await eventually(partial(seen, post, attempt))
            await asyncio.sleep(0.05)
            post.clock.advance(10)
        failed = await post.becomes(first, S.FAILED)
        await post.becomes(second, S.SENT)
    assert failed.delivery is not None
    assert failed.delivery.failure is FailureReason.GAVE_UP
    assert await post.row(first) is None


async def test_too_fast_holds_the_whole_account_for_as_long_as_the_provider_says(post: Post) -> None:
    answers = iter([429])
    post.api.plan = lambda letter: next(answers, None)
    [throttled] = await post.write("lan", "một")
    async with running(post.egress()):
        await eventually(lambda: seen(post, 1))
        await post.becomes(throttled, S.QUEUED)
        [other] = await post.write("minh", "hai")
        await asyncio.sleep(0.2)
        assert await post.state(other) is S.QUEUED
        post.clock.advance(post.api.retry_after_s)
        await post.becomes(throttled, S.SENT)
        await post.becomes(other, S.SENT)
    assert Counter(post.api.accepted) == Counter(["một", "hai"])


@pytest.mark.parametrize(("fault", "accepted"), [("lost", 1), ("cut", 0), (500, 0), ("hang", 0)])
async def test_when_nobody_knows_it_is_unknown_and_never_sent_again_by_itself(
    post: Post, fault: int | str, accepted: int
) -> None:
    post.api.plan = lambda letter: fault if letter.text == "một" else None
    first, second = await post.write("lan", "một", "hai")
    async with running(post.egress(delivery=replace(PACE.delivery, send_s=0.3))):
        unknown = await post.becomes(first, S.UNKNOWN)
        await post.becomes(second, S.SENT)
        post.clock.advance(3600)
        await asyncio.sleep(0.2)
    assert unknown.delivery is not None
    assert unknown.delivery.failure is FailureReason.OUTCOME_UNKNOWN
    assert [letter.text for letter in post.api.seen] == ["một", "hai"]
    assert post.api.accepted.count("một") == accepted
    assert (await post.row(first)).state == "unknown"


@pytest.mark.parametrize("outcome", [S.SENT, S.FAILED, S.QUEUED])
async def test_a_human_settles_an_unknown_reply(post: Post, outcome: replies.HumanOutcome) -> None:
    answers = iter(["cut"])
    post.api.plan = lambda letter: next(answers, None)
    [reply] = await post.write("lan", "một")
    async with running(post.egress()):
        await post.becomes(reply, S.UNKNOWN)
        async with post.units.begin() as work:
            await replies.settle_unknown(work, reply, outcome)
            await work.commit()
        await post.becomes(reply, S.SENT if outcome is S.QUEUED else outcome)
    assert post.api.accepted == (["một"] if outcome is S.QUEUED else [])
    assert await post.row(reply) is None
    async with post.units.begin() as work:
        with pytest.raises(Conflict):
            await replies.settle_unknown(work, reply, S.SENT)


async def test_refused_credentials_raise_an_alarm_and_hold_everything_until_they_are_replaced(post: Post) -> None:
    post.api.token = "changed"
    written = [(await post.write(customer, "một"))[0] for customer in ("lan", "minh", "hoa")]
    async with running(post.egress()):

        async def has_alarm() -> bool:
            return (await post.account()).alarm is not None

        await eventually(has_alarm)
        await asyncio.sleep(0.2)
        tried = len(post.api.seen)
        await asyncio.sleep(0.3)
        assert len(post.api.seen) == tried <= 3
        assert {await post.state(reply) for reply in written} == {S.QUEUED}
        alarm = (await post.account()).alarm
        assert alarm is not None
        assert alarm.startswith("credentials_invalid")
        await post.set_token("changed")
        for reply in written:
            await post.becomes(reply, S.SENT)
    assert (await post.account()).alarm is None


async def test_credentials_that_work_again_by_themselves_end_the_alarm(post: Post) -> None:
    post.api.token = "changed"
    [reply] = await post.write("lan", "một")
    async with running(post.egress()):
        await eventually(lambda: seen(post, 1))
        await post.becomes(reply, S.QUEUED)
        post.api.token = TOKEN
        post.clock.advance(PACE.gates.recheck_s + 1)
        post.directory.forget()
        await post.becomes(reply, S.SENT)
    assert (await post.account()).alarm is None


@pytest.mark.parametrize(
    ("status", "reason"), [(401, FailureReason.ACCOUNT_DISCONNECTED), (429, FailureReason.GAVE_UP)]
)
async def test_what_could_not_be_sent_for_a_day_fails_with_the_reason(
    post: Post, status: int, reason: FailureReason
) -> None:
    post.api.plan = lambda letter: status
    post.api.retry_after_s = 900
    [reply] = await post.write("lan", "một")
    async with running(post.egress(gates=replace(PACE.gates, recheck_s=10**6))):
        await eventually(lambda: seen(post, 1))
        await post.becomes(reply, S.QUEUED)
        post.clock.advance(PACE.waits_max_s + 1)
        failed = await post.becomes(reply, S.FAILED)
    assert failed.delivery is not None
    assert failed.delivery.failure is reason


async def test_an_account_that_is_switched_off_sends_nothing_until_it_is_on_again(post: Post) -> None:
    async with post.units.begin() as work:
        await account_store.change(work, edge.box(), ACCOUNT, active=False)
        await work.commit()
    post.directory.forget()
    [reply] = await post.write("lan", "một")
    async with running(post.egress()):
        await asyncio.sleep(0.2)
        assert post.api.seen == []
        async with post.units.begin() as work:
            await account_store.change(work, edge.box(), ACCOUNT, active=True)
            await work.commit()
        post.directory.forget()
        await post.becomes(reply, S.SENT)


async def test_a_refusal_is_final_and_says_why(post: Post) -> None:
    post.api.plan = lambda letter: 400
    [reply] = await post.write("lan", "một")
    async with running(post.egress()):
        failed = await post.becomes(reply, S.FAILED)
    assert failed.delivery is not None
    assert failed.delivery.failure is FailureReason.OUTSIDE_WINDOW
    assert failed.delivery.detail == "too late for a letter"
    assert await post.row(reply) is None


async def test_a_bug_in_a_connector_leaves_the_reply_unknown_and_the_others_go_on(post: Post) -> None:
    bad, good = await post.write("lan", "a bug", "hai")
    async with running(post.egress()):
        await post.becomes(bad, S.UNKNOWN)
        await post.becomes(good, S.SENT)


async def test_files_and_the_quoted_message_travel_along(post: Post) -> None:
    [first] = await post.write("lan", "một")
    async with running(post.egress()):
        await post.becomes(first, S.SENT)
        blob = await post.blobs.put(b"picture", origin="upload")
        picture = Attachment(kind=AttachmentKind.IMAGE, blob=blob, mime="image/png", size_bytes=7)
        [second] = await post.write("lan", "hai", attachments=(picture,), reply_to=first)
        await post.becomes(second, S.SENT)
        [lost] = await post.write("lan", "ba", attachments=(Attachment(kind=AttachmentKind.FILE, url="https://x"),))
        failed = await post.becomes(lost, S.FAILED)
    assert post.api.ledger[1].files == (b"picture",)
    assert post.api.ledger[1].quoted == f"p-{post.api.ledger[0].attempt_id}"
    assert failed.delivery is not None
    assert failed.delivery.failure is FailureReason.ATTACHMENT_REFUSED
