"""`bench pipeline`: log -> resolved, stored, routed, published, against bare consume + bulk insert of the same rows.

Both read the same events from an embedded log that was filled beforehand, partition by partition in batches of up to
500, and commit each batch with its position. The hub's identity and router decide what the rows are. The yardstick is
handed them, the very rows that the hub wrote in its turn (messages, people, conversations, published events), and puts
them in by bulk; it decides nothing. Turns: bare, hub, bare, each over a database of its own.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from bench import webhooks
from bench.people import populate
from bench.places import place
from bench.report import CannotMeasure, Figure, tell
from bench.statistics import alternating
from connectors.facebook.inbound import to_events
from connectors.facebook.reading import Page
from hub.assembly import garbage
from hub.assembly.ground import Ground, open_ground
from hub.assembly.roles import Site, identity
from hub.bus.base import Partition, Record
from hub.events import CONVERSATIONS, ROUTING, TOUCHPOINTS, Envelope, MessageReceived, PresenceStatus, wrap
from hub.ids import ChannelAccountId
from hub.tasks import stop
from identity.service import GROUP as IDENTITY
from router import commands
from router.service import GROUP as ROUTER
from router.service import Router
from storage import agents as agent_store
from storage import routing, tables
from storage.engine import Connection
from storage.unit_of_work import UnitOfWork

PEOPLE = 1000
AGENTS = 20
BATCH = 500
PUBLISH_AT_ONCE = 500
LOOK_EVERY_S = 0.02
LONGEST_S = 120.0
GROUP = "bare"

Rows = dict[str, list[dict[str, Any]]]  # table -> rows


async def measure(*, count: int) -> list[Figure]:
    messages = webhooks.messages(count, people=PEOPLE)
    garbage.settle()  # as every hub does
    written = await _rows_of_a_first_run(messages)
    bare: list[Turn] = []
    hub: list[Turn] = []
    for work, turns in ((_bare, bare), (_hub, hub), (_bare, bare), (_hub, hub), (_bare, bare)):
        async with _filled(messages) as ground:
            used_s = time.process_time()
            took_s = await work(ground, written)
            used_s = time.process_time() - used_s
        turns.append(Turn(count / took_s, used_s / count * 1e6))
        tell(f"{'bare' if turns is bare else 'hub'}: {turns[-1].per_s:,.0f} rows/s, {turns[-1].cpu_us:.0f} us each")
    return _figures(bare, hub)


@dataclass(frozen=True, slots=True)
class Turn:
    per_s: float
    cpu_us: float  # of this process, a row


def _figures(bare: Sequence[Turn], hub: Sequence[Turn]) -> list[Figure]:
    rates = [turn.per_s for turn in bare], [turn.per_s for turn in hub]
    costs = [turn.cpu_us for turn in bare], [turn.cpu_us for turn in hub]
    note = f"{PEOPLE:,} customers, {AGENTS} agents; CPU ratio {1 / alternating(*costs):.2f}"
    return [
        Figure(name="identity and router / bare", value=alternating(*rates), owed=0.25, note=note),
        Figure(name="bare consume and bulk insert", value=max(rates[0]), unit="rows/s"),
        Figure(name="resolved, stored, routed, published", value=max(rates[1]), unit="rows/s"),
        Figure(name="CPU a row, bare", value=min(costs[0]), unit="us"),
        Figure(name="CPU a row, hub", value=min(costs[1]), unit="us"),
    ]


# --- the log, filled -------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _filled(messages: Sequence[webhooks.Webhook]) -> AsyncIterator[Ground]:
    """A fresh ground, everybody available, whose log holds the messages."""
    async with place() as where:
        await populate(where, agents=AGENTS, graph_url="http://127.0.0.1:9")
        async with open_ground(where.load(port=0)) as ground:
            await _everybody_available(ground)
            for first in range(0, len(messages), PUBLISH_AT_ONCE):
                await ground.bus.publish(_events(messages[first : first + PUBLISH_AT_ONCE], ground), deadline_s=30)
            yield ground


def _events(messages: Sequence[webhooks.Webhook], ground: Ground) -> list[Envelope[Any]]:
    page = Page(ChannelAccountId(webhooks.ACCOUNT_ID), webhooks.PAGE_ID, webhooks.APP_ID, ground.clock.now())
    return [wrap(event, ground.clock) for message in messages for event in to_events(message.body, page)[0]]


async def _everybody_available(ground: Ground) -> None:
    async with ground.units.begin() as work:
        for agent in await agent_store.listed(work.connection):
            if agent.role == "agent":
                await commands.set_presence(work, agent.id, PresenceStatus.AVAILABLE)
        await work.commit()


# --- the hub's turn --------------------------------------------------------------------------------------------------


async def _hub(ground: Ground, _: "Written") -> float:
    """Seconds until identity and router have read everything, each what the other wrote, too."""
    site = Site(ground, "http://localhost")
    began = time.monotonic()
    tasks = [asyncio.ensure_future(run()) for run in identity(site).tasks.values()]
    tasks.append(asyncio.create_task(Router(ground.bus, ground.units, site.name).run()))
    try:
        async with asyncio.timeout(LONGEST_S):
            while not (await _is_through(ground, IDENTITY, TOUCHPOINTS) and await _is_through(ground, ROUTER, ROUTING)):
                await asyncio.sleep(LOOK_EVERY_S)
                for task in tasks:
                    if task.done():
                        task.result()
        return time.monotonic() - began
    except TimeoutError as error:
        raise CannotMeasure(f"not through in {LONGEST_S:g} s") from error
    finally:
        await stop(tasks)


async def _is_through(ground: Ground, group: str, topic: str) -> bool:
    ends = {partition: end for partition, end in (await ground.bus.ends(topic)).items() if end > 0}
    positions = tables.positions
    query = sa.select(positions.c.partition, positions.c.next_offset).where(
        positions.c.group == group, positions.c.topic == topic
    )
    async with ground.database.reading() as connection:
        reached: dict[int, int] = dict((await connection.execute(query)).tuples().all())
    return all(reached.get(partition, -1) >= end for partition, end in ends.items())


# --- the yardstick's turn --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """What the hub wrote, by the provider's id of the message that gave rise to it."""

    by_message: dict[str, Rows]

    def of(self, mids: Sequence[str]) -> Rows:
        together: Rows = {table.name: [] for table in WRITTEN}
        for mid in mids:
            for name, rows in self.by_message[mid].items():
                together[name] += rows
        return together


# In an order in which rows may be inserted.
WRITTEN = (
    tables.customers,
    tables.channel_identities,
    tables.conversations,
    tables.touchpoints,
    tables.provider_messages,
    tables.seen_events,
    tables.conversation_history,
    tables.log,
)
_INSERTS = {table.name: sa.insert(table) for table in WRITTEN}


async def _bare(ground: Ground, written: Written) -> float:
    """Seconds until every partition is read to its end and its rows are in."""
    await _at_home(ground, written)
    through = 0

    async def work(partition: Partition) -> None:
        nonlocal through
        lease = await ground.units.acquire(GROUP, partition.topic, partition.index, "bare")
        await partition.seek(lease.next_offset)
        end = await partition.end()
        while lease.next_offset < end and (records := await partition.read(BATCH, timeout_s=0.01)):
            async with ground.units.begin() as unit:
                mids = [data.provider_message_id for data in _messages(records)]
                await _insert(unit, written.of(mids))
                await unit.advance(lease, records[-1].offset + 1)
                await unit.commit()
        through += 1

    began = time.monotonic()
    group = asyncio.create_task(ground.bus.run_group(GROUP, [TOUCHPOINTS], work))
    while through < ground.units.partitions and not group.done():
        await asyncio.sleep(LOOK_EVERY_S)
    seconds = time.monotonic() - began
    if group.done():
        group.result()
    await stop([group])
    return seconds


def _messages(records: Sequence[Record]) -> Iterator[MessageReceived]:
    for record in records:
        data = record.decode().data
        if isinstance(data, MessageReceived):
            yield data


async def _insert(unit: UnitOfWork, rows: Rows) -> None:
    for name, of_table in rows.items():
        if of_table:
            await unit.connection.execute(_INSERTS[name], of_table)


async def _at_home(ground: Ground, written: Written) -> None:
    """Conversations wait in this database's queue."""
    async with ground.database.reading() as connection:
        queue_id = next(iter(await routing.queues_of(connection)))
    for rows in written.by_message.values():
        for conversation in rows["conversations"]:
            conversation["queue_id"] = queue_id


# --- what the hub wrote ----------------------------------------------------------------------------------------------


async def _rows_of_a_first_run(messages: Sequence[webhooks.Webhook]) -> Written:
    async with _filled(messages) as ground:
        await _hub(ground, Written({}))
        async with ground.database.reading() as connection:
            return await _read_back(connection)


async def _read_back(connection: Connection) -> Written:
    """Each row goes to the message that gave rise to it, a conversation's other rows to its first message."""
    by_message: dict[str, Rows] = defaultdict(lambda: defaultdict(list))
    of_number: dict[int, str] = {}
    for row in await _all(connection, tables.provider_messages):
        by_message[row["provider_message_id"]]["provider_messages"].append(row)
        of_number[row["touchpoint_number"]] = row["provider_message_id"]
    of_touchpoint: dict[str, str] = {}
    first_of: dict[Any, str] = {}  # conversation, identity or customer -> its first message
    for row in await _all(connection, tables.touchpoints):
        mid = of_number[row["number"]]
        by_message[mid]["touchpoints"].append(row)
        of_touchpoint[str(row["id"])] = mid
        first_of.setdefault(row["conversation_id"], mid)
        first_of.setdefault(row["identity_id"], mid)
    for row in await _all(connection, tables.seen_events):
        by_message[row["dedupe_key"]]["seen_events"].append(row)
    for row in await _all(connection, tables.channel_identities):
        by_message[first_of[row["id"]]]["channel_identities"].append(row)
        first_of[row["home_customer_id"]] = first_of[row["id"]]
    for row in await _all(connection, tables.customers):
        by_message[first_of[row["id"]]]["customers"].append(row)
    for row in await _all(connection, tables.conversations):
        nobody = dict.fromkeys(("owner_id", "offered_to", "last_agent_id"))  # agents have other ids elsewhere
        by_message[first_of[row["id"]]]["conversations"].append(row | nobody)
    for row in await _all(connection, tables.conversation_history):
        by_message[first_of[row["conversation_id"]]]["conversation_history"].append(row)
    for row in await _all(connection, tables.log, tables.log.c.topic.in_([CONVERSATIONS, ROUTING])):
        if (cause := _cause(row["value"], of_touchpoint, first_of)) is not None:
            by_message[cause]["log"].append({name: value for name, value in row.items() if name != "offset"})
    return Written(by_message)


async def _all(connection: Connection, table: sa.Table, *where: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in (await connection.execute(sa.select(table).where(*where))).mappings()]


def _cause(value: bytes, of_touchpoint: Mapping[str, str], first_of: Mapping[Any, str]) -> str | None:
    """None: no message's doing, like the agents' becoming available."""
    data = orjson.loads(value)["data"]
    if "touchpoint" in data:
        return of_touchpoint[data["touchpoint"]["id"]]
    conversation_id = data["conversation"]["id"] if "conversation" in data else data.get("conversation_id")
    return first_of[UUID(conversation_id)] if conversation_id else None
