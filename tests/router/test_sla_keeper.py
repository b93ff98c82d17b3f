"""Service levels on real databases: clocks follow the log, come due, escalate, and nothing counts twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import ManualClock
from hub.events import (
    CONVERSATIONS,
    Author,
    Channel,
    ConversationClosed,
    ConversationEvent,
    ConversationOpened,
    ConversationStatus,
    Envelope,
    EventData,
    SlaBreached,
    SlaClock,
    SlaEscalated,
    SlaWarned,
    TouchpointAdded,
    WorkArrived,
    decode,
)
from hub.ids import AgentId, ConversationId, QueueId, TouchpointId, new_id
from router import commands
from router.promising import Promising
from router.sla_catching_up import KNOWN_TO_ALL_S
from router.sla_keeper import SlaKeeper
from storage import conversations as conversation_store
from storage import plans, tables
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.tables import log
from storage.touchpoints import Touchpoint
from storage.unit_of_work import Units
from tests.builders import House, build_house, insert

FIRST = {"target": "first_response", "within_s": 600, "warn_before_s": 180}
NEXT = {"target": "next_response", "within_s": 1800}


@dataclass
class Scene:
    """`keeper` and its place in the log, which `restart` forgets."""

    units: Units
    clock: ManualClock
    house: House
    keeper: SlaKeeper
    at: int = -1
    told: list[EventData] = field(default_factory=list)

    async def promise(
        self, *policies: dict[str, Any], kind: plans.Kind = "sla", seen: int = 0, lag_s: float = 3.0
    ) -> None:
        named = [{"id": f"p{n}", "name": f"Policy {n}"} | policy for n, policy in enumerate(policies)]
        async with self.units.begin() as work:
            await plans.put(work, kind, {"policies": named}, seen=seen, by=None)
            await work.commit()
        self.clock.advance(lag_s)

    async def follow(self, *, since: int | None = None) -> None:
        """The keeper hears everything new, or everything since `since` again."""
        events, self.at = await self._events(self.at if since is None else since)
        async with self.units.begin() as work:
            await self.keeper.handle(work, events)
            await work.commit()

    async def _events(self, after: int) -> tuple[list[Envelope[EventData]], int]:
        query = sa.select(log).where(log.c.topic == CONVERSATIONS, log.c.offset > after).order_by(log.c.offset)
        async with self.units.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [decode(row.type, row.value) for row in rows], rows[-1].offset if rows else after

    async def news(self, kind: type[EventData]) -> list[Any]:
        """Of this kind, all there ever were."""
        topic = kind.TOPIC
        query = sa.select(log).where(log.c.topic == topic, log.c.type == kind.TYPE).order_by(log.c.offset)
        async with self.units.database.reading() as connection:
            return [decode(row.type, row.value).data for row in await connection.execute(query)]

    async def see(self, conversation_id: ConversationId) -> Conversation:
        async with self.units.database.reading() as connection:
            found = await conversation_store.find(connection, conversation_id)
        assert found is not None
        return found

    async def clocks(self, conversation_id: ConversationId) -> dict[str, SlaClock]:
        return {clock.target: clock for clock in (await self.see(conversation_id)).sla}

    async def say(self, conversation_id: ConversationId, author: Author, agent_id: AgentId | None = None) -> None:
        now = self.clock.now()
        async with self.units.begin() as work:
            conversation = (await conversation_store.lock(work.connection, [conversation_id]))[conversation_id]
            changes = ChangeSet(work)
            seqs = await changes.next_identity_seqs({conversation.identity_id: 1})
            said = Touchpoint(
                id=TouchpointId(new_id()),
                conversation_id=conversation_id,
                identity_id=conversation.identity_id,
                identity_seq=seqs[conversation.identity_id],
                channel=Channel.FACEBOOK,
                account_id="fb-main",
                author=author,
                agent_id=agent_id,
                occurred_at=now,
                accepted_at=now,
                text="…",
            )
            conversation.waiting_since = None if author is Author.BUSINESS else conversation.waiting_since or now
            changes.add(conversation, said)
            await changes.flush()
            await work.commit()

    async def resolve(self, conversation_id: ConversationId) -> None:
        async with self.units.begin() as work:
            await commands.resolve(work, conversation_id, AgentId(new_id()))
            await work.commit()

    async def later(self, seconds: float) -> int:
        self.clock.advance(seconds)
        return await self.keeper.look()


@pytest.fixture
async def scene(units: Units, clock: ManualClock) -> Scene:
    clock.advance((datetime(2026, 11, 23, 2, 0, tzinfo=UTC) - clock.now()).total_seconds())
    house = await build_house(units)
    return Scene(units, clock, house, SlaKeeper(units, "keeper-1", Promising()))


async def test_clocks_start_with_the_conversation_and_end_with_the_answer(scene: Scene) -> None:
    await scene.promise({"promises": [FIRST, NEXT]})
    conversation_id = await scene.house.add_waiting("psid-1")
    opened_at = scene.clock.now()
    await scene.follow()
    clock = (await scene.clocks(conversation_id))["first_response"]
    assert (clock.due_at, clock.policy) == (opened_at + timedelta(seconds=600), "p0")
    assert (await scene.see(conversation_id)).sla_wake_at == opened_at + timedelta(seconds=420)
    assert (await scene.see(conversation_id)).sla_due_at == clock.due_at
    assert [event.conversation_id for event in await scene.news(WorkArrived)] == [conversation_id], "its place changed"
    scene.clock.advance(300)
    await scene.say(conversation_id, Author.BUSINESS)
    await scene.follow()
    met = (await scene.clocks(conversation_id))["first_response"]
    assert (met.met_at, met.breached_at) == (opened_at + timedelta(seconds=300), None)
    resting = await scene.see(conversation_id)
    assert (resting.sla_wake_at, resting.sla_due_at) == (None, None)
    scene.clock.advance(100)
    await scene.say(conversation_id, Author.CUSTOMER)
    await scene.follow()
    assert (await scene.clocks(conversation_id))["next_response"].due_at == scene.clock.now() + timedelta(seconds=1800)


async def test_it_warns_once_and_breaks_once_at_the_moments_promised(scene: Scene) -> None:
    await scene.promise({"promises": [FIRST]})
    conversation_id = await scene.house.add_waiting("psid-1")
    opened_at = scene.clock.now()
    await scene.follow()
    assert await scene.later(419) == 0
    assert await scene.later(5) == 1
    assert await scene.later(5) == 0
    [warned] = await scene.news(SlaWarned)
    assert (warned.target, warned.policy_name, warned.due_at) == (
        "first_response",
        "Policy 0",
        opened_at + timedelta(seconds=600),
    )
    assert await scene.later(900) == 1
    assert await scene.later(900) == 0
    [broken] = await scene.news(SlaBreached)
    assert broken.due_at == opened_at + timedelta(seconds=600)
    assert broken.conversation.sla[0].breached_at == opened_at + timedelta(seconds=600)
    await scene.follow(since=-1)
    await scene.follow(since=-1)
    assert len(await scene.news(SlaBreached)) == len(await scene.news(SlaWarned)) == 1
    assert (await scene.clocks(conversation_id))["first_response"].breached_at == opened_at + timedelta(seconds=600)


async def test_an_answer_that_the_keeper_has_not_heard_of_yet_is_no_breach(scene: Scene) -> None:
    await scene.promise({"promises": [FIRST]})
    conversation_id = await scene.house.add_waiting("psid-1")
    opened_at = scene.clock.now()
    await scene.follow()
    scene.clock.advance(590)
    await scene.say(conversation_id, Author.BUSINESS)
    await scene.later(60)
    assert await scene.news(SlaBreached) == await scene.news(SlaWarned) == []
    await scene.follow()
    clock = (await scene.clocks(conversation_id))["first_response"]
    assert (clock.met_at, clock.breached_at) == (opened_at + timedelta(seconds=590), None)
    assert await scene.later(60) == 0


async def test_a_breach_that_nobody_looked_at_is_found_when_the_late_answer_is_heard_of(scene: Scene) -> None:
    await scene.promise({"promises": [FIRST, NEXT]})
    conversation_id = await scene.house.add_waiting("psid-1")
    opened_at = scene.clock.now()
    for author in (Author.BUSINESS, Author.CUSTOMER):
        scene.clock.advance(700)
        await scene.say(conversation_id, author)
    await scene.follow()
    [broken] = await scene.news(SlaBreached)
    assert (broken.target, broken.due_at) == ("first_response", opened_at + timedelta(seconds=600))
    assert (await scene.clocks(conversation_id))["next_response"].due_at == scene.clock.now() + timedelta(seconds=1800)


async def test_policies_are_chosen_by_queue_and_conditions_in_order(scene: Scene) -> None:
    async with scene.units.begin() as work:
        other = QueueId(new_id())
        await insert(work, tables.queues, id=other, pool="main", name="VIP", offer_s=20, created_at=work.clock.now(),
                     settings={"sla_policy": "p2"})  # fmt: skip
        await work.commit()
    await scene.promise(
        {"promises": [FIRST], "when": {"tags": ["VIP"]}},
        {"promises": [FIRST | {"within_s": 900}], "queues": [str(scene.house.queue_id)]},
        {"promises": [FIRST | {"within_s": 300}], "queues": [str(new_id())]},
        {"promises": [FIRST | {"within_s": 200}], "active": False},
    )
    plain, tagged, served = [await scene.house.add_waiting(f"psid-{n}") for n in range(3)]
    async with scene.units.begin() as work:
        change = sa.update(tables.conversations)
        await work.connection.execute(change.where(tables.conversations.c.id == tagged).values(tags=["vip"]))
        await work.connection.execute(change.where(tables.conversations.c.id == served).values(queue_id=other))
        await work.commit()
    await scene.follow()
    found = [(await scene.clocks(one))["first_response"].policy for one in (plain, tagged, served)]
    assert found == ["p1", "p0", "p2"]


async def test_escalation_raises_tags_moves_and_tells_each_step_once(scene: Scene) -> None:
    async with scene.units.begin() as work:
        other = QueueId(new_id())
        await insert(work, tables.queues, id=other, pool="main", name="Gấp", offer_s=20, created_at=work.clock.now())
        await work.commit()
    boss = AgentId(new_id())
    steps = [
        {"on": "warning", "target": "first_response", "priority": 1},
        {"on": "breach", "target": "first_response", "tags": ["trễ"], "queue_id": str(other), "notify": [str(boss)]},
        {"on": "breach", "target": "first_response", "after_s": 600, "priority": 2, "queue_id": str(new_id())},
    ]
    await scene.promise({"promises": [FIRST], "escalations": steps})
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.follow()
    await scene.later(430)
    assert (await scene.see(conversation_id)).priority == 1
    await scene.later(200)
    moved = await scene.see(conversation_id)
    assert (moved.tags, moved.queue_id, moved.priority) == (("trễ",), other, 1)
    assert moved.route is not None
    assert moved.route["by_hand"]
    arrived = (await scene.news(WorkArrived))[-1]
    assert (arrived.conversation_id, arrived.queue_id) == (conversation_id, other)
    await scene.follow()
    assert await scene.later(300) == 0
    await scene.later(300)
    assert (await scene.see(conversation_id)).priority == 2
    escalated = await scene.news(SlaEscalated)
    assert [(e.from_queue_id, e.notify) for e in escalated] == [
        (None, ()),
        (scene.house.queue_id, (boss,)),
        (None, ()),
    ]
    assert (await scene.see(conversation_id)).sla_wake_at is None
    await scene.follow(since=-1)
    assert len(await scene.news(SlaEscalated)) == 3


async def test_switching_policies_off_ends_their_clocks_unsaid(scene: Scene) -> None:
    await scene.promise({"promises": [FIRST]})
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.follow()
    await scene.promise(seen=1)
    await scene.later(700)
    assert await scene.clocks(conversation_id) == {}
    assert await scene.news(SlaBreached) == []
    assert not scene.keeper.concerns(_record())
    await scene.promise({"promises": [FIRST]}, seen=2)
    await scene.keeper.look()
    assert scene.keeper.concerns(_record())


async def test_what_was_never_open_is_promised_nothing(scene: Scene) -> None:
    await scene.promise({"promises": [FIRST]})
    conversation_id = await scene.house.add_waiting("psid-1")
    async with scene.units.begin() as work:
        conversation = (await conversation_store.lock(work.connection, [conversation_id]))[conversation_id]
        conversation.status, conversation.closed_at = ConversationStatus.CLOSED, conversation.opened_at
        conversation.closed_reason, conversation.waiting_since, conversation.queued_at = "resolved", None, None
        changes = ChangeSet(work)
        changes.record(conversation, lambda state: ConversationClosed(conversation=state, by=None, reason="resolved"))
        await changes.flush()
        await work.commit()
    await scene.follow()
    assert await scene.clocks(conversation_id) == {}


async def test_resolving_ends_every_clock_and_nothing_wakes_any_more(scene: Scene) -> None:
    await scene.promise({"promises": [FIRST, {"target": "resolution", "within_s": 3600}]})
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.follow()
    scene.clock.advance(60)
    await scene.resolve(conversation_id)
    assert await scene.later(7200) == 1, "the row says that it is over; its event is on the way"
    assert await scene.later(10) == 0
    await scene.follow()
    ended = await scene.clocks(conversation_id)
    assert {(clock.met_at is None, clock.breached_at) for clock in ended.values()} == {(False, None)}
    assert await scene.later(10) == 0
    assert await scene.news(SlaBreached) == []


async def test_a_keeper_that_is_killed_between_any_two_steps_loses_and_doubles_nothing(scene: Scene) -> None:
    """Its work is dropped uncommitted, by both doors, each time before it counts."""
    await scene.promise({"promises": [FIRST]})
    ids = [await scene.house.add_waiting(f"psid-{n}") for n in range(20)]
    events, _ = await scene._events(-1)
    async with scene.units.begin() as work:
        await scene.keeper.handle(work, events)  # and no commit
    assert await scene.clocks(ids[0]) == {}
    scene.keeper = SlaKeeper(scene.units, "keeper-2", Promising())
    await scene.follow(since=-1)
    scene.clock.advance(700)
    assert await scene.keeper.look(limit=7) == 7
    scene.keeper = SlaKeeper(scene.units, "keeper-3", Promising())
    await scene.follow(since=-1)
    looks: Sequence[int] = [await scene.keeper.look(limit=7) for _ in range(3)]
    assert looks == [7, 6, 0]
    broken = await scene.news(SlaBreached)
    assert sorted(event.conversation.id for event in broken) == sorted(ids)


async def test_who_writes_before_every_keeper_knows_of_the_first_policy_gets_clocks_all_the_same(scene: Scene) -> None:
    unaware = SlaKeeper(scene.units, "keeper-2", Promising())
    assert await unaware.catch_up() == 0
    before = await scene.house.add_waiting("psid-0")
    scene.clock.advance(60)
    await scene.promise({"promises": [FIRST]}, lag_s=0)
    at_once = await scene.house.add_waiting("psid-1")
    since = scene.clock.now()
    assert not unaware.concerns(_record()), "it lets them pass"

    scene.clock.advance(3)
    assert await scene.keeper.catch_up() == 1
    late = await scene.house.add_waiting("psid-2")  # passed by a keeper that looks last
    scene.clock.advance(KNOWN_TO_ALL_S)
    assert [await scene.keeper.catch_up() for _ in range(2)] == [1, 0]
    assert await unaware.catch_up() == 0, "an office that takes over finds nothing to do"
    due = {i: (await scene.clocks(i))["first_response"].due_at for i in (at_once, late)}
    assert due == {at_once: since + timedelta(seconds=600), late: since + timedelta(seconds=603)}
    assert await scene.clocks(before) == {}
    seqs = [(await scene.see(i)).seq for i in (at_once, late)]
    await scene.follow(since=-1)
    assert [(await scene.see(i)).seq for i in (at_once, late)] == seqs, "their own events change nothing more"


async def test_an_office_that_dies_before_its_second_look_leaves_it_to_the_next(scene: Scene) -> None:
    await scene.promise({"promises": [FIRST]}, lag_s=0)
    await scene.keeper.catch_up()
    conversation_id = await scene.house.add_waiting("psid-1")
    scene.clock.advance(600)
    assert await SlaKeeper(scene.units, "keeper-2", Promising()).catch_up() == 1
    assert list(await scene.clocks(conversation_id)) == ["first_response"]


async def test_who_waits_by_a_policy_that_was_replaced_at_that_moment_has_the_new_one(scene: Scene) -> None:
    await scene.promise({"promises": [FIRST]})
    await scene.keeper.catch_up()
    scene.clock.advance(60)
    await scene.keeper.look()  # it knows what there is just before the change
    await scene.promise({"id": "quick", "promises": [FIRST | {"within_s": 300}]}, seen=1, lag_s=0)
    conversation_id = await scene.house.add_waiting("psid-1")
    await scene.follow()
    assert (await scene.clocks(conversation_id))["first_response"].policy == "p0"
    scene.clock.advance(3)
    assert await scene.keeper.catch_up() == 1
    assert (await scene.clocks(conversation_id))["first_response"].policy == "quick"


def test_events_that_move_no_clock_are_let_pass_without_being_read() -> None:
    keeper = SlaKeeper(None, "x", Promising())  # type: ignore[arg-type]  # it touches no database here
    assert keeper.concerns(_record(TouchpointAdded))
    assert not keeper.concerns(_record(SlaBreached))


def _record(kind: type[ConversationEvent] = ConversationOpened) -> Any:
    from hub.bus.base import Record

    return Record(CONVERSATIONS, 0, 0, "key", kind.TYPE, b"{}", datetime(2026, 11, 23, tzinfo=UTC))
