import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from connectors.accounts import ConnectorDirectory, plain_settings
from connectors.delivery import DeliveryPace
from connectors.egress import Egress, EgressPace
from connectors.gates import AccountGate, GateRules
from hub.clock import ManualClock
from hub.errors import CommitUnknown, Conflict, StorageUnavailable
from hub.events import (
    Attachment,
    AttachmentKind,
    Author,
    Channel,
    DeliveryState,
    FailureReason,
    ReplyRequested,
    TouchpointChanged,
    wrap,
)
from hub.ids import ChannelAccountId, ConversationId, IdentityId, TouchpointId, new_id
from storage import accounts as account_store
from storage import conversations, early, replies, reply_queue, tables, touchpoints
from storage.blobs import BlobStore, open_folder
from storage.changes import ChangeSet
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork, Units
from tests.builders import House, build_house
from tests.connectors import edge
from tests.connectors.post_api import TOKEN, PostApi, SendingPostOffice, SendingSettings

S = DeliveryState
ACCOUNT = "post-main"
PACE = EgressPace(
    workers=16,
    sweep_s=0.02,
    overdue_sweep_s=0.0,
    grace_s=5.0,
    delivery=DeliveryPace(send_s=2.0, settle_s=5.0, retry_s=(1, 2, 5), attempts_max=3),
    gates=GateRules(failures_max=50),
)


@dataclass
class Post:
    """A hub with one account at the post office, and replies to send."""

    house: House
    directory: ConnectorDirectory
    blobs: BlobStore
    api: PostApi
    clock: ManualClock
    conversations: dict[str, ConversationId] = field(default_factory=dict)

    @property
    def units(self) -> Units:
        return self.house.units

    async def write(self, to: str, *texts: str | None, **more: Any) -> list[TouchpointId]:
        """Replies as the console writes them, in one transaction."""
        if to not in self.conversations:
            self.conversations[to] = await self.house.add_waiting(to)
        async with self.units.begin() as work:
            written = await write_replies(work, self.conversations[to], to, texts, **more)
            await work.commit()
        return written

    async def identity(self, to: str) -> IdentityId:
        query = sa.select(tables.channel_identities.c.id).where(tables.channel_identities.c.external_id == to)
        async with self.units.database.reading() as connection:
            return IdentityId((await connection.execute(query)).scalar_one())

    async def reply(self, touchpoint_id: TouchpointId) -> Touchpoint:
        async with self.units.database.reading() as connection:
            return (await touchpoints.by_ids(connection, [touchpoint_id]))[touchpoint_id]

    async def state(self, touchpoint_id: TouchpointId) -> DeliveryState:
        delivery = (await self.reply(touchpoint_id)).delivery
        assert delivery is not None
        return delivery.state

    async def becomes(self, touchpoint_id: TouchpointId, state: DeliveryState) -> Touchpoint:
        await eventually(lambda: self._is(touchpoint_id, state))
        return await self.reply(touchpoint_id)

    async def row(self, touchpoint_id: TouchpointId) -> Any:
        query = sa.select(tables.reply_queue).where(tables.reply_queue.c.touchpoint_id == touchpoint_id)
        async with self.units.database.reading() as connection:
            return (await connection.execute(query)).first()

    async def set_token(self, token: str) -> None:
        async with self.units.begin() as work:

            async def stored() -> dict[str, Any]:
                return (await account_store.settings_of(work.connection, edge.box(), ACCOUNT))[0]

            changed = {**await stored(), "api_token": token}
            await account_store.change(work, edge.box(), ACCOUNT, settings=changed)
            await work.commit()
        self.directory.forget()

    async def account(self) -> account_store.ChannelAccount:
        async with self.units.database.reading() as connection:
            account = await account_store.find(connection, ACCOUNT)
        assert account is not None
        return account

    def egress(self, name: str | None = None, **changes: Any) -> Egress:
        alone = changes.pop("is_alone", False)
        units = changes.pop("units", self.units)
        pace = replace(PACE, **changes)
        name = name or f"egress-{new_id()}"
        return Egress(units, self.directory, self.blobs, self.clock, name=name, is_alone=alone, pace=pace)

    async def _is(self, touchpoint_id: TouchpointId, state: DeliveryState) -> bool:
        return await self.state(touchpoint_id) is state


@pytest.fixture
async def post(units: Units, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Post]:
    api = PostApi()
    house = await build_house(units, account_id=ACCOUNT)
    async with edge.serving(api.app) as url, edge.directory_of(units, kind=SendingPostOffice) as directory:
        async with units.begin() as work:
            settings = plain_settings(SendingSettings(api_url=url))
            await account_store.change(work, edge.box(), ACCOUNT, settings=settings)
            await work.commit()
        yield Post(house, directory, BlobStore(open_folder(tmp_path / "blobs"), units), api, clock)


async def write_replies(
    work: UnitOfWork,
    conversation_id: ConversationId,
    to: str,
    texts: Sequence[str | None],
    *,
    attachments: tuple[Attachment, ...] = (),
    reply_to: TouchpointId | None = None,
) -> list[TouchpointId]:
    conversation = (await conversations.lock(work.connection, [conversation_id]))[conversation_id]
    changes = ChangeSet(work)
    first = (await changes.next_identity_seqs({conversation.identity_id: len(texts)}))[conversation.identity_id]
    written = []
    for offset, text in enumerate(texts):
        touchpoint = Touchpoint(
            id=TouchpointId(new_id()),
            conversation_id=conversation_id,
            identity_id=conversation.identity_id,
            channel=Channel.FACEBOOK,
            account_id=ACCOUNT,
            author=Author.BUSINESS,
            occurred_at=work.clock.now(),
            accepted_at=work.clock.now(),
            identity_seq=first + offset,
            text=text,
            attachments=attachments,
            reply_to=reply_to,
        )
        replies.set_delivery(touchpoint, S.QUEUED, work.clock.now())
        changes.add(conversation, touchpoint)
        written.append(touchpoint)
    await changes.flush()
    for touchpoint in written:
        await replies.enqueue(work, touchpoint, to)
    return [touchpoint.id for touchpoint in written]


@asynccontextmanager
async def running(*senders: Egress) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(sender.run()) for sender in senders]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(ended, asyncio.CancelledError), ended


async def eventually(condition: Callable[[], Awaitable[bool]], within_s: float = 8.0) -> None:
    async with asyncio.timeout(within_s):
        while not await condition():
            await asyncio.sleep(0.01)


async def settled(post: Post) -> None:
    """Nothing is queued or being sent."""

    async def empty() -> bool:
        query = sa.select(sa.func.count()).where(tables.reply_queue.c.state != "unknown")
        async with post.units.database.reading() as connection:
            return (await connection.execute(query)).scalar_one() == 0

    await eventually(empty, within_s=30)


async def test_a_reply_is_sent_once_and_its_way_is_told_step_by_step(post: Post) -> None:
    [reply] = await post.write("lan", "Dạ còn hàng ạ")
    async with running(post.egress()):
        await post.becomes(reply, S.SENT)
    assert post.api.accepted == ["Dạ còn hàng ạ"]
    assert post.api.ledger[0].to == "lan"
    assert await post.row(reply) is None
    assert await deliveries_told(post) == [S.SENDING, S.SENT]


async def deliveries_told(post: Post) -> list[DeliveryState]:
    query = sa.select(tables.log.c.type, tables.log.c.value).order_by(tables.log.c.offset)
    async with post.units.database.reading() as connection:
        rows = await connection.execute(query.where(tables.log.c.type == TouchpointChanged.TYPE))
        events = [TouchpointChanged.model_validate_json(_data_of(row.value)) for row in rows]
    assert [event.conversation.seq for event in events] == sorted({event.conversation.seq for event in events})
    return [event.touchpoint.delivery.state for event in events if event.touchpoint.delivery]


def _data_of(raw: bytes) -> bytes:
    import orjson

    return orjson.dumps(orjson.loads(raw)["data"])


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
    customers = [f"khách {i}" for i in range(12)]
    for customer in customers:
        await post.write(customer, *[f"{customer}: {i}" for i in range(10)])
    one, other = post.egress(), post.egress()
    identities = [await post.identity(customer) for customer in customers]
    async with running(one, other):
        for identity_id in identities * 3:
            one.nudge(identity_id)
            other.nudge(identity_id)
        await settled(post)
    assert Counter(post.api.accepted) == Counter({f"{c}: {i}": 1 for c in customers for i in range(10)})
    for customer in customers:
        assert [letter.text for letter in post.api.ledger if letter.to == customer] == [
            f"{customer}: {i}" for i in range(10)
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
        await eventually(lambda: _seen(post, 1))
        await asyncio.sleep(0.2)
        assert len(post.api.seen) == 1
        await post.becomes(first, S.QUEUED)
        post.clock.advance(1)
        await eventually(lambda: _seen(post, 2))
        await post.becomes(first, S.QUEUED)
        post.clock.advance(1.9)
        await asyncio.sleep(0.2)
        assert len(post.api.seen) == 2
        post.clock.advance(0.2)
        await post.becomes(second, S.SENT)
    assert post.api.accepted == ["một", "hai"]
    assert len({letter.attempt_id for letter in post.api.seen}) == 4


async def _seen(post: Post, count: int) -> bool:
    return len(post.api.seen) >= count


async def test_after_its_last_attempt_a_reply_fails_and_the_next_goes_on(post: Post) -> None:
    post.api.plan = lambda letter: 503 if letter.text == "một" else None
    first, second = await post.write("lan", "một", "hai")
    async with running(post.egress()):
        for attempt in range(1, 4):
            await eventually(partial(_seen, post, attempt))
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
        await eventually(lambda: _seen(post, 1))
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
        await eventually(lambda: _seen(post, 1))
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
        await eventually(lambda: _seen(post, 1))
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


# --- crashes --------------------------------------------------------------------------------------------------------


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
        await eventually(lambda: _seen(post, 1))
        asyncio.get_running_loop().call_later(0.3, post.api.gate.set)
    assert await post.state(first) is S.SENT
    assert await post.state(second) is S.QUEUED
    assert post.api.accepted == ["một"]


async def test_a_stop_does_not_wait_for_ever_and_the_reply_is_unknown_after_the_next_start(post: Post) -> None:
    post.api.plan = lambda letter: "hang"
    [reply] = await post.write("lan", "một")
    async with running(post.egress(grace_s=0.2)):
        await eventually(lambda: _seen(post, 1))
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


# --- others settle, too ---------------------------------------------------------------------------------------------


async def settle_by_echo(post: Post, reply: TouchpointId, provider_id: str) -> None:
    async with post.units.begin() as work:
        seen = (await touchpoints.by_ids(work.connection, [reply]))[reply]
        conversation = (await conversations.lock(work.connection, [seen.conversation_id]))[seen.conversation_id]
        touchpoint = (await touchpoints.by_ids(work.connection, [reply], lock=True))[reply]
        changes = ChangeSet(work)
        await replies.settle_sent(work, changes, conversation, touchpoint, provider_ids=[provider_id])
        await changes.flush()
        await work.commit()


async def test_an_echo_that_is_faster_than_the_answer_settles_the_reply_once(post: Post) -> None:
    post.api.plan = lambda letter: "hang"
    [reply] = await post.write("lan", "một")
    async with running(post.egress()):
        await eventually(lambda: _seen(post, 1))
        attempt_id = post.api.seen[0].attempt_id
        await settle_by_echo(post, reply, f"p-{attempt_id}")
        assert await post.state(reply) is S.SENT
        post.api.gate.set()
        await eventually(lambda: _accepted(post, 1))
        await asyncio.sleep(0.1)
    assert await post.state(reply) is S.SENT
    assert await deliveries_told(post) == [S.SENDING, S.SENT]


async def _accepted(post: Post, count: int) -> bool:
    return len(post.api.accepted) >= count


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
        await eventually(lambda: _seen(post, 1))
        name = f"p-{post.api.seen[0].attempt_id}"
        data = {"state": "read", "failure": None, "at": "2026-11-22T02:00:00Z"}
        receipt = early.Early(ACCOUNT, name, "receipt", await post.identity("lan"), data)
        async with post.units.begin() as work:
            await early.lock_names(work.connection, ACCOUNT, [name])
            await early.keep(work, [receipt])
            await work.commit()
        post.api.gate.set()
        await post.becomes(reply, S.READ)


# --- pure -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "incoming", "after"),
    [
        (S.SENDING, S.SENT, S.SENT),
        (S.UNKNOWN, S.SENT, S.SENT),
        (S.UNKNOWN, S.READ, S.READ),
        (S.FAILED, S.DELIVERED, S.DELIVERED),
        (S.QUEUED, S.SENT, S.SENT),
        (S.SENT, S.SENT, None),
        (S.SENT, S.DELIVERED, S.DELIVERED),
        (S.DELIVERED, S.SENT, None),
        (S.READ, S.DELIVERED, None),
        (S.SENT, S.FAILED, S.FAILED),
        (S.UNKNOWN, S.FAILED, S.FAILED),
        (S.READ, S.FAILED, None),
        (S.DELIVERED, S.FAILED, None),
        (S.QUEUED, S.FAILED, None),
        (S.FAILED, S.FAILED, None),
    ],
)
def test_delivery_only_moves_forward(
    current: DeliveryState, incoming: DeliveryState, after: DeliveryState | None
) -> None:
    assert replies.delivery_after(current, incoming) is after


def waiting(number: int, state: str, at: datetime) -> reply_queue.Waiting:
    identity_id, touchpoint_id = IdentityId(UUID(int=1)), TouchpointId(UUID(int=number))
    account = ChannelAccountId(ACCOUNT)
    return reply_queue.Waiting(number, touchpoint_id, identity_id, account, state, 0, None, None, None, at)


def test_only_the_oldest_queued_reply_goes_and_none_while_another_is_being_sent() -> None:
    now = ManualClock().now()
    later = now + timedelta(seconds=1)

    def chosen(*rows: tuple[int, str, datetime]) -> int | None:
        row = reply_queue.next_of([waiting(*row) for row in rows], now)
        return row.touchpoint_number if row else None

    assert chosen() is None
    assert chosen((2, "queued", now), (1, "queued", now)) == 1
    assert chosen((1, "unknown", now), (2, "queued", now)) == 2
    assert chosen((1, "queued", later), (2, "queued", now)) is None
    assert chosen((1, "queued", now), (2, "sending", now)) is None


def test_a_gate_closes_after_failures_in_a_row_and_lets_one_try_first() -> None:
    clock = ManualClock()
    gate = AccountGate(clock, GateRules(at_once=3, failures_max=2, closed_s=5, closed_max_s=8))
    gate.failed()
    assert not gate.is_closed(1)
    gate.failed()
    assert gate.is_closed(1)
    clock.advance(5)
    assert not gate.is_closed(1)
    with gate.passage():
        assert not gate.has_room()
    gate.failed()
    clock.advance(7.9)
    assert gate.is_closed(1)
    clock.advance(0.2)
    gate.succeeded()
    with gate.passage(), gate.passage():
        assert gate.has_room()
        with gate.passage():
            assert not gate.has_room()


def test_a_gate_closed_for_refused_credentials_opens_for_new_settings() -> None:
    clock = ManualClock()
    gate = AccountGate(clock, GateRules(recheck_s=600))
    gate.refused(version=3)
    assert gate.is_closed(3)
    assert not gate.is_closed(4)
    gate.refused(version=4)
    clock.advance(601)
    assert not gate.is_closed(4)
    with gate.passage():
        assert not gate.has_room()
