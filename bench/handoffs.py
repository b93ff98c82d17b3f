"""`bench handoffs`: agents, supervisors and routers at the same conversations in the same moment, each with connections
of their own. Nothing is assigned twice, and nobody ever holds more than they can.

Rounds come from `seed`; the same seed and number are the same steps, though not the same interleaving. A watcher counts
what agents hold while it goes on; afterwards the history of every conversation is replayed.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any

import sqlalchemy as sa

from bench.report import CannotMeasure, Figure, tell
from bench.statistics import percentile
from bench.town import Town, opened, town
from hub.bus.base import Record, partition_of
from hub.errors import BadInput, Conflict, LeaseLost, NotFound, Transient
from hub.events import ROUTING, Channel, ConversationOpened, ConversationStatus, PresenceStatus
from hub.ids import AgentId, ConversationId, CustomerId, IdentityId, QueueId, new_id
from router import commands
from router.service import Desk
from storage import tables
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork, Units

AGENTS = 4
CAPACITIES = (1, 2, 1, 3)
TRIES = 200
PAUSE_S = 0.004
LONGEST_S = 60.0  # of one round; none takes a second
SHOWN_MAX = 20
DATABASES = ("sqlite", "postgres")

Act = Callable[[UnitOfWork], Awaitable[None]]
Doing = Coroutine[Any, Any, None]


@dataclass
class Table:
    """The routing partition, read straight from table `log`; a router that starts sees all that is new to it."""

    units: Units
    index: int
    topic: str = ROUTING
    at: int = -1

    async def seek(self, offset: int) -> None:
        self.at = max(offset, 0)

    async def read(self, limit: int, *, timeout_s: float) -> Sequence[Record]:
        where = (tables.log.c.topic == ROUTING) & (tables.log.c.offset >= self.at)
        query = sa.select(tables.log).where(where).order_by(tables.log.c.offset).limit(limit)
        async with self.units.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        if rows:
            self.at = rows[-1].offset + 1
        return [Record(r.topic, self.index, r.offset, r.key, r.type, r.value, r.appended_at) for r in rows]

    async def end(self) -> int:
        return self.at


@dataclass
class Outcome:
    kinds: Counter[str] = field(default_factory=Counter)
    done: int = 0
    moot: int = 0
    again: int = 0
    looks: int = 0
    took_ms: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


async def measure(*, rounds: int, seed: int, databases: Sequence[str] = DATABASES) -> list[Figure]:
    figures = []
    for kind in databases:
        outcome = await race(kind, rounds=rounds, seed=seed)
        for sentence in outcome.broken[:SHOWN_MAX]:
            tell(sentence)
        note = f"seed {seed}; {rounds:,} rounds, {outcome.done:,} moves, {outcome.moot:,} came too late, "
        note += f"{outcome.again:,} tried again, {outcome.looks:,} looks at what agents hold meanwhile"
        figures += [
            Figure(name=f"{kind}: faults", value=len(outcome.broken), owed=0, at_most=True, note=note),
            Figure(name=f"{kind}: slowest in a hundred rounds", value=percentile(outcome.took_ms, 99), unit="ms"),
        ]
    return figures


async def race(kind: str, *, rounds: int, seed: int) -> Outcome:
    async with town(kind, agents=AGENTS) as here, AsyncExitStack() as stack:
        hands = [await stack.enter_async_context(opened(here.url)) for _ in range(AGENTS + 2)]
        floor = await Floor.of(here, hands)
        for number in range(rounds):
            try:
                async with asyncio.timeout(LONGEST_S):
                    await floor.round(number, Random(f"{seed}-{number}"))
            except TimeoutError as error:
                raise CannotMeasure(f"round {number} did not come to an end in {LONGEST_S:g} s") from error
        return floor.outcome


class Floor:
    """Agents, a supervisor, a router, and sometimes another one that takes over."""

    def __init__(self, here: Town, hands: Sequence[Units], queue_id: QueueId) -> None:
        self._here = here
        self._agents = here.agents
        self._hands = hands
        self._queue_id = queue_id
        self._desk: Desk | None = None
        self.outcome = Outcome()

    @classmethod
    async def of(cls, here: Town, hands: Sequence[Units]) -> "Floor":
        async with here.units.begin() as work:
            for agent_id, capacity in zip(here.agents, CAPACITIES, strict=True):
                query = sa.update(tables.agents).where(tables.agents.c.id == agent_id).values(capacity=capacity)
                await work.connection.execute(query)
            queue_id = (await work.connection.execute(sa.select(tables.queues.c.id))).scalar_one()
            await work.commit()
        return cls(here, hands, queue_id)

    async def round(self, number: int, rng: Random) -> None:
        kind = KINDS[number % len(KINDS)]
        cases = [await self.new_case() for _ in range(rng.randint(1, 5))]
        for case in cases[: rng.randint(0, len(cases))]:
            await self.take(case, rng.choice(self._agents))
        await self.settle()
        began = time.perf_counter()
        is_over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._watch(is_over, number))
            tasks = [group.create_task(act) for act in self._acts(kind, cases, rng)]
            await asyncio.wait(tasks)
            is_over.set()
            await watching
        self.outcome.took_ms.append((time.perf_counter() - began) * 1000)
        self.outcome.kinds[kind] += 1
        await self.settle()
        named = f"{self._here.units.database.url.get_backend_name()}, round {number} ({kind})"
        async with self._here.units.database.reading() as connection:
            self.outcome.broken += [f"{named}: {sentence}" for sentence in await faults(connection, cases)]
        await self._tidy(cases)

    def _acts(self, kind: str, cases: Sequence[ConversationId], rng: Random) -> list[Doing]:
        """What happens at once, each by a hand of its own."""
        case, (one, two, three, four) = rng.choice(cases), rng.sample(list(self._agents), 4)
        acts: dict[str, list[Act]] = {
            "two accept": [_accept(case, one), _accept(case, two), _take(case, three), _accept(case, four)],
            "reassigned while it is resolved": [
                _resolve(case, one),
                _assign(case, two, three),
                _assign(case, two, four),
                _release(case, one),
            ],
            "offline while it is assigned": [
                _presence(one, PresenceStatus.OFFLINE),
                _assign(case, two, one),
                _accept(case, one),
                _take(rng.choice(cases), one),
            ],
            "offers against taking": [_take(each, rng.choice(self._agents)) for each in (*cases, *cases)][:4],
            "everybody at everything": [self._any(rng, cases) for _ in range(4)],
        }
        routers = [self._step(self._hands[-1])] if kind != "everybody at everything" or rng.random() < 0.7 else []
        routers += [self._take_over(self._hands[-2])] if rng.random() < 0.2 else []
        moves = [self._do(units, act) for units, act in zip(self._hands, acts[kind], strict=False)]
        return [self._late(rng.random() * PAUSE_S, doing) for doing in (*moves, *routers)]

    def _any(self, rng: Random, cases: Sequence[ConversationId]) -> Act:
        case, (one, two) = rng.choice(cases), rng.sample(list(self._agents), 2)
        status = rng.choice(list(PresenceStatus))
        choices = [_accept(case, one), _take(case, one), _release(case, one), _resolve(case, one)]
        choices += [_assign(case, one, two), _presence(one, status), _decline(case, one), _transfer(case, one, two)]
        return rng.choice(choices)

    async def _late(self, seconds: float, act: Doing) -> None:
        await asyncio.sleep(seconds)
        await act

    async def _do(self, units: Units, act: Act) -> None:
        for _ in range(TRIES):
            try:
                async with units.begin() as work:
                    await act(work)
                    await work.commit()
            except (Conflict, NotFound, BadInput):
                self.outcome.moot += 1
                return
            except Transient:
                self.outcome.again += 1
                await asyncio.sleep(PAUSE_S)
            else:
                self.outcome.done += 1
                return
        raise CannotMeasure(f"a move did not pass in {TRIES} tries")

    async def _step(self, units: Units) -> None:
        """The router's turn; it may have been replaced, then it does nothing."""
        for _ in range(TRIES):
            try:
                if self._desk is None:
                    self._desk = await self._open(units)
                await self._desk.step()
            except LeaseLost:
                self._desk = None
                return
            except Transient:
                self.outcome.again += 1
                self._desk = None
            else:
                return
        raise CannotMeasure(f"the router did not pass in {TRIES} tries")

    async def _take_over(self, units: Units) -> None:
        """Another router begins while the old one may be in the middle of a step."""
        for _ in range(TRIES):
            try:
                other = await self._open(units)
                await other.step()
                self._desk = other
            except LeaseLost:
                return
            except Transient:
                self.outcome.again += 1
            else:
                return

    async def _open(self, units: Units) -> Desk:
        return await Desk.open(units, Table(units, partition_of("main", units.partitions)), str(new_id()))

    async def settle(self) -> None:
        """The router alone, until nothing is left to say to it."""
        self._desk = None
        for _ in range(3):
            await self._step(self._hands[-1])

    async def take(self, case: ConversationId, agent_id: AgentId) -> None:
        await self._do(self._hands[0], _take(case, agent_id))

    async def _watch(self, is_over: asyncio.Event, number: int) -> None:
        """What agents hold, in one look at a time."""
        while not is_over.is_set():
            async with self._here.units.database.reading() as connection:
                for name, held, capacity in (await connection.execute(_HELD)).all():
                    if held > capacity:
                        self.outcome.broken.append(f"round {number}: {name} held {held} of {capacity} meanwhile")
            self.outcome.looks += 1
            await asyncio.sleep(0.001)

    async def new_case(self) -> ConversationId:
        identity_id, customer_id, units = IdentityId(new_id()), CustomerId(new_id()), self._here.units
        now = units.clock.now()
        async with units.begin() as work:
            person = {"id": customer_id, "current_id": customer_id, "tags": {}, "created_at": now}
            await work.connection.execute(sa.insert(tables.customers).values(person))
            address = {"id": identity_id, "account_id": "fb-main", "external_id": str(identity_id), "created_at": now}
            address |= {"channel": "facebook", "home_customer_id": customer_id, "customer_id": customer_id}
            await work.connection.execute(sa.insert(tables.channel_identities).values(address | {"last_seq": 0}))
            case = Conversation(
                id=ConversationId(new_id()), customer_id=customer_id, identity_id=identity_id, queue_id=self._queue_id,
                opened_at=now, last_touch_at=now, channels=(Channel.FACEBOOK,), waiting_since=now, queued_at=now,
                is_new=True,
            )  # fmt: skip
            changes = ChangeSet(work)
            changes.record(case, lambda state: ConversationOpened(conversation=state))
            await changes.flush()
            work.publish(commands.arrived(case))
            await work.commit()
        return case.id

    async def _tidy(self, cases: Sequence[ConversationId]) -> None:
        for case in cases:
            await self._do(self._hands[0], _resolve(case, self._agents[0]))
        for agent_id in self._agents:
            await self._do(self._hands[0], _presence(agent_id, PresenceStatus.AVAILABLE))


KINDS = (
    "two accept",
    "reassigned while it is resolved",
    "offline while it is assigned",
    "offers against taking",
    "everybody at everything",
)
_HOLDER = sa.func.coalesce(tables.conversations.c.owner_id, tables.conversations.c.offered_to)
_HELD = (
    sa.select(tables.agents.c.display_name, sa.func.count(), tables.agents.c.capacity)
    .join(tables.agents, tables.agents.c.id == _HOLDER)
    .where(tables.conversations.c.status.in_(("offered", "assigned")))
    .group_by(tables.agents.c.id, tables.agents.c.display_name, tables.agents.c.capacity)
    .select_from(tables.conversations)
)


async def faults(connection: Any, cases: Sequence[ConversationId]) -> list[str]:
    """After all have come to an end, and the router has heard of it."""
    c, h = tables.conversations, tables.conversation_history
    rows = (await connection.execute(sa.select(c).where(c.c.id.in_(cases)))).all()
    offline = sa.select(tables.presence.c.agent_id).where(tables.presence.c.status == PresenceStatus.OFFLINE.value)
    gone = set((await connection.execute(offline)).scalars())
    held = (await connection.execute(_HELD)).all()
    found = [f"{name} holds {count} of {capacity}" for name, count, capacity in held if count > capacity]
    for row in rows:
        history = (await connection.execute(sa.select(h).where(h.c.conversation_id == row.id).order_by(h.c.seq))).all()
        found += [*_state_faults(row, gone), *_history_faults(row, history)]
    return found


def _state_faults(row: Any, gone: set[AgentId]) -> Iterator[str]:
    status = ConversationStatus(row.status)
    if (row.owner_id is not None) is not (status is ConversationStatus.ASSIGNED):
        yield f"{status} with owner {row.owner_id}"
    if (row.offered_to is not None) is not (status is ConversationStatus.OFFERED):
        yield f"{status} and offered to {row.offered_to}"
    if row.owner_id in gone:
        yield "an agent who is gone still has it"


def _history_faults(row: Any, history: Sequence[Any]) -> Iterator[str]:
    """Replayed: it passes from hand to hand, and is never in two."""
    holder: tuple[str, Any] | None = None
    if [entry.seq for entry in history] != list(range(1, row.seq + 1)):
        yield "its history has holes"
    for entry in history:
        match entry.type.removeprefix("hub.").removesuffix(".v1"):
            case "conversation_offered":
                if holder is not None:
                    yield f"offered while it was {holder[0]}"
                holder = ("offered", entry.agent_id)
            case "offer_ended":
                if holder != ("offered", entry.agent_id):
                    yield "an offer ended that was none"
                holder = None
            case "conversation_assigned":
                if holder not in {None, ("offered", entry.agent_id)}:
                    yield "assigned twice"
                holder = ("assigned", entry.agent_id)
            case "conversation_requeued" | "conversation_transferred" | "conversation_closed":
                holder = None
    shown = ("assigned", row.owner_id) if row.owner_id else ("offered", row.offered_to) if row.offered_to else None
    if holder != shown:
        yield f"its history ends {holder}, its row says {shown}"


# --- moves -----------------------------------------------------------------------------------------------------------


def _accept(case: ConversationId, agent: AgentId) -> Act:
    return lambda work: commands.accept(work, case, agent)


def _decline(case: ConversationId, agent: AgentId) -> Act:
    return lambda work: commands.decline(work, case, agent)


def _take(case: ConversationId, agent: AgentId) -> Act:
    return lambda work: commands.take(work, case, agent)


def _release(case: ConversationId, agent: AgentId) -> Act:
    return lambda work: commands.release(work, case, agent)


def _resolve(case: ConversationId, agent: AgentId) -> Act:
    return lambda work: commands.resolve(work, case, agent)


def _assign(case: ConversationId, by: AgentId, to: AgentId) -> Act:
    return lambda work: commands.assign(work, case, by, to)


def _transfer(case: ConversationId, by: AgentId, to: AgentId) -> Act:
    return lambda work: commands.transfer_to_agent(work, case, by, to)


def _presence(agent: AgentId, status: PresenceStatus) -> Act:
    return lambda work: commands.set_presence(work, agent, status)
