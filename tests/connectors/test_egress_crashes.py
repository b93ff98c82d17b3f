import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from hub.errors import CommitUnknown, StorageUnavailable
from hub.events import (
    DeliveryState,
    FailureReason,
)
from hub.ids import TouchpointId
from storage import early, replies, reply_queue
from storage.unit_of_work import UnitOfWork, Units
from tests.connectors.post_house import (
    ACCOUNT,
    PACE,
    Post,
    accepted,
    deliveries_told,
    eventually,
    running,
    seen,
    settle_by_echo,
)

S = DeliveryState


async def claim_and_die(post: Post, to: str) -> reply_queue.Claim:
    """A sender that committed its claim and then was killed: before or after its call, nobody knows."""
    async with post.units.begin() as work:
        claim = await reply_queue.claim(work, await post.identity(to), by="dead", lease=timedelta(seconds=60))
        await work.commit()
    assert claim is not None
    return claim


async def test_a_reply_whose_sender_was_killed_is_unknown_at_once_after_a_restart_of_the_only_process(
    post: Post,
) -> None:
    killed, following = await post.write("lan", "một", "hai")
    await claim_and_die(post, "lan")
    async with running(post.egress(is_alone=True)):
        await post.becomes(killed, S.UNKNOWN)
        await post.becomes(following, S.SENT)
    assert post.api.accepted == ["hai"]


async def test_in_a_cluster_it_is_unknown_when_its_claim_has_run_out(post: Post) -> None:
    killed, following = await post.write("lan", "một", "hai")
    await claim_and_die(post, "lan")
    async with running(post.egress(), post.egress()):
        await asyncio.sleep(0.2)
        assert await post.state(killed) is S.SENDING
        assert await post.state(following) is S.QUEUED
        post.clock.advance(61)
        await post.becomes(killed, S.UNKNOWN)
        await post.becomes(following, S.SENT)
    assert post.api.accepted == ["hai"]


async def test_a_claim_lasts_as_long_as_its_sender_lives(post: Post) -> None:
    post.api.plan = lambda letter: "hang"
    [reply] = await post.write("lan", "một")
    pace = replace(PACE.delivery, claim_s=30.0, renew_s=0.02)
    async with running(post.egress(delivery=pace), post.egress(delivery=pace)):
        await eventually(lambda: seen(post, 1))
        for _ in range(4):
            post.clock.advance(20)
            await eventually(lambda: lasts(post, reply, 20))
        assert await post.state(reply) is S.SENDING
        post.api.gate.set()
        await post.becomes(reply, S.SENT)
    assert len(post.api.seen) == 1


async def lasts(post: Post, touchpoint_id: TouchpointId, more_s: float) -> bool:
    row = await post.row(touchpoint_id)
    return bool(row.claimed_until > post.clock.now() + timedelta(seconds=more_s))


async def test_a_late_success_counts_although_the_reply_was_given_up(post: Post) -> None:
    [reply] = await post.write("lan", "một")
    claim = await claim_and_die(post, "lan")
    async with running(post.egress(is_alone=True)):
        await post.becomes(reply, S.UNKNOWN)
    async with post.units.begin() as work:
        await reply_queue.succeed(work, reply, ["p-late"])
        assert not await reply_queue.fail(work, reply, claim.attempt_id, FailureReason.GAVE_UP, "late")
        await work.commit()
    assert await post.state(reply) is S.SENT
    assert await post.row(reply) is None


async def test_what_an_earlier_attempt_learns_late_does_not_touch_the_new_attempt(post: Post) -> None:
    [reply] = await post.write("lan", "một")
    old = await claim_and_die(post, "lan")
    async with post.units.begin() as work:
        assert await reply_queue.lose_sight(work, reply, old.attempt_id, "gone")
        await replies.settle_unknown(work, reply, S.QUEUED)
        await work.commit()
    new = await claim_and_die(post, "lan")
    async with post.units.begin() as work:
        assert not await reply_queue.fail(work, reply, old.attempt_id, FailureReason.GAVE_UP, "late")
        assert not await reply_queue.lose_sight(work, reply, old.attempt_id, "late")
        until = post.clock.now()
        assert not await reply_queue.put_back(work, reply, old.attempt_id, until=until, counts=True)
        await work.commit()
    assert (await post.row(reply)).attempt_id == new.attempt_id
    assert await post.state(reply) is S.SENDING


async def test_a_stop_lets_what_has_begun_come_to_its_end(post: Post) -> None:
    post.api.plan = lambda letter: "hang"
    first, second = await post.write("lan", "một", "hai")
    async with running(post.egress()):
        await eventually(lambda: seen(post, 1))
        asyncio.get_running_loop().call_later(0.3, post.api.gate.set)
    assert await post.state(first) is S.SENT
    assert await post.state(second) is S.QUEUED
    assert post.api.accepted == ["một"]


async def test_a_stop_does_not_wait_for_ever_and_the_reply_is_unknown_after_the_next_start(post: Post) -> None:
    post.api.plan = lambda letter: "hang"
    [reply] = await post.write("lan", "một")
    async with running(post.egress(grace_s=0.2)):
        await eventually(lambda: seen(post, 1))
    assert await post.state(reply) is S.SENDING
    async with running(post.egress(is_alone=True)):
        await post.becomes(reply, S.UNKNOWN)
    assert len(post.api.seen) == 1


class Flaky(Units):
    """The database goes away for the transactions that `trouble` names by their number, from 0."""

    trouble: Callable[[int], Exception | None]
    begun = 0

    @asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncIterator[UnitOfWork]:
        number, self.begun = self.begun, self.begun + 1
        error = type(self).trouble(number)
        if isinstance(error, CommitUnknown):
            async with super().begin(urgent=urgent) as work:
                yield work
            raise error
        if error is not None:
            raise error
        async with super().begin(urgent=urgent) as work:
            yield work


def flaky(units: Units, trouble: Callable[[int], Exception | None]) -> Units:
    kind = type("FlakyNow", (Flaky,), {"trouble": staticmethod(trouble)})
    made: Units = kind(units.database, units.clock, partitions=units.partitions)
    return made


async def test_a_database_that_goes_away_after_the_call_gets_the_outcome_when_it_is_back(post: Post) -> None:
    away = StorageUnavailable("restarting")
    units = flaky(post.units, lambda number: away if 1 <= number <= 4 else None)
    [reply] = await post.write("lan", "một")
    async with running(post.egress(units=units)):
        await post.becomes(reply, S.SENT)
    assert post.api.accepted == ["một"]


async def test_a_lost_answer_to_a_commit_neither_loses_nor_doubles_a_reply(post: Post) -> None:
    units = flaky(post.units, lambda number: CommitUnknown("cut") if number in (0, 1) else None)
    [reply] = await post.write("lan", "một")
    async with running(post.egress(units=units)):
        await post.becomes(reply, S.SENT)
    assert post.api.accepted == ["một"]
    assert await deliveries_told(post) == [S.SENDING, S.SENT]


async def test_a_claim_that_was_not_committed_after_all_is_made_again(post: Post) -> None:
    units = flaky(post.units, lambda number: StorageUnavailable("away") if number == 0 else None)
    [reply] = await post.write("lan", "một")
    async with running(post.egress(units=units)):
        await post.becomes(reply, S.SENT)
    assert post.api.accepted == ["một"]


async def test_an_echo_that_is_faster_than_the_answer_settles_the_reply_once(post: Post) -> None:
    post.api.plan = lambda letter: "hang"
    [reply] = await post.write("lan", "một")
    async with running(post.egress()):
        await eventually(lambda: seen(post, 1))
        attempt_id = post.api.seen[0].attempt_id
        await settle_by_echo(post, reply, f"p-{attempt_id}")
        assert await post.state(reply) is S.SENT
        post.api.gate.set()
        await eventually(lambda: accepted(post, 1))
        await asyncio.sleep(0.1)
    assert await post.state(reply) is S.SENT
    assert await deliveries_told(post) == [S.SENDING, S.SENT]


async def test_an_echo_settles_an_unknown_reply(post: Post) -> None:
    post.api.plan = lambda letter: "lost"
    [reply] = await post.write("lan", "một")
    async with running(post.egress()):
        await post.becomes(reply, S.UNKNOWN)
        await settle_by_echo(post, reply, "p-echo")
    assert await post.state(reply) is S.SENT
    assert await post.row(reply) is None


async def test_a_receipt_that_came_before_our_own_record_counts_when_it_is_made(post: Post) -> None:
    post.api.plan = lambda letter: "hang"
    [reply] = await post.write("lan", "một")
    async with running(post.egress()):
        await eventually(lambda: seen(post, 1))
        name = f"p-{post.api.seen[0].attempt_id}"
        data = {"state": "read", "failure": None, "at": "2026-11-22T02:00:00Z"}
        receipt = early.Early(ACCOUNT, name, "receipt", await post.identity("lan"), data)
        async with post.units.begin() as work:
            await early.lock_names(work.connection, ACCOUNT, [name])
            await early.keep(work, [receipt])
            await work.commit()
        post.api.gate.set()
        await post.becomes(reply, S.READ)
