"""`bench kill9`: a hub under load, killed at random moments and started again; then nobody may have lost anything.

Customers write through a simulated Facebook that repeats until it hears 2xx and sometimes repeats afterwards, too; each
customer waits for that before the next message, so their order is known. Agents accept and answer. A supervisor's
console follows all of it over every lost connection. When the last kill is survived and everything is quiet, four
ledgers are compared (bench.ledgers). The moments come from `seed`; the same seed is the same schedule.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import orjson
import sqlalchemy as sa

from bench import webhooks
from bench.console import Refused
from bench.follower import TROUBLE, following
from bench.ledgers import UNSETTLED, Entry, Ledgers, faults
from bench.report import Figure, tell
from bench.rig import Rig, rig
from bench.robot import Robot, in_order, whole_timeline
from bench.shop import Desk
from storage import tables
from storage.engine import Connection, Database

CUSTOMERS = 20  # below the 30 conversations that one console watches
AGENTS = 2
BETWEEN_KILLS_S = (0.2, 2.0)  # of a hub that serves again
PAUSE_S = (0.0, 0.1)  # of a customer before the next message
REPEATED = 0.1  # part of the messages that the provider posts again although it heard 2xx
REPLY_EVERY_S = 0.15
REPEAT_S = 0.2  # of the provider, while nobody answers
REPEATS = 300
QUIET_S = 60.0
BACK_WITHIN_S = 10.0


@dataclass(slots=True)
class Story:
    """What happened, as those outside the hub know it."""

    told: dict[str, list[str]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    replies: dict[str, str] = field(default_factory=dict)
    back_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    story: Story
    stored: int
    broken: list[str]
    unknown: int  # replies that somebody must settle


async def measure(*, kills: int, seed: int) -> list[Figure]:
    outcome = await survive(kills=kills, seed=seed)
    for sentence in outcome.broken[:50]:
        tell(sentence)
    story = outcome.story
    note = f"seed {seed}; {len(story.acknowledged):,} messages taken, {len(story.replies):,} replies"
    return [
        Figure(name="promises broken", value=len(outcome.broken), owed=0, at_most=True, note=note),
        Figure(name="kills survived", value=len(story.back_s)),
        Figure(name="slowest back", value=max(story.back_s), unit="s", owed=BACK_WITHIN_S, at_most=True),
        Figure(name="entries stored", value=outcome.stored),
        Figure(name="replies left unknown", value=outcome.unknown, note="shown as such, never sent again"),
    ]


async def survive(*, kills: int, seed: int, customers: int = CUSTOMERS) -> Outcome:
    tell(f"seed {seed}")
    rng = random.Random(seed)
    async with rig(agents=AGENTS) as running:
        graph = running.graph
        graph.callback_url = f"http://127.0.0.1:{running.hub.port}{webhooks.PATH}"
        graph.poster.retry_delays_s = [REPEAT_S] * REPEATS
        story = Story()
        async with _consoles(running) as robot:
            over = asyncio.Event()
            writing = [
                asyncio.create_task(_write(running, story, webhooks.psid_of(number), random.Random(rng.random()), over))
                for number in range(customers)
            ]
            writing.append(asyncio.create_task(_reply(robot, story, over)))
            await _kill(running, story, rng, kills)
            over.set()
            await asyncio.gather(*writing)
            await _quiet(running, robot)
            return await _compare(running, story, robot)


async def _kill(running: Rig, story: Story, rng: random.Random, kills: int) -> None:
    for number in range(1, kills + 1):
        await asyncio.sleep(rng.uniform(*BETWEEN_KILLS_S))
        running.hub.kill9()
        story.back_s.append(await running.hub.start())
        tell(f"kill {number}: back in {story.back_s[-1]:.1f} s; {len(story.acknowledged)} messages taken so far")


async def _write(running: Rig, story: Story, psid: str, rng: random.Random, over: asyncio.Event) -> None:
    """One customer, until it is over."""
    graph = running.graph
    told = story.told.setdefault(psid, [])
    while not over.is_set():
        text = f"{rng.choice(webhooks.LINES)} ({psid[-4:]}, {len(told) + 1})"
        before = len(graph.poster.posted)
        mid = await graph.customer_says(psid, text)
        told.append(mid)
        posted = next(p for p in graph.poster.posted[before:] if mid.encode() in p.body)
        if posted.status == 200:
            story.acknowledged.add(mid)
        if rng.random() < REPEATED:
            await graph.post(*orjson.loads(posted.body)["entry"])
        await asyncio.sleep(rng.uniform(*PAUSE_S))


# --- consoles --------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _consoles(running: Rig) -> AsyncIterator[Robot]:
    robot = Robot(running.supervisor)
    desks = [Desk(running.console(person)) for person in running.people if person.role == "agent"]
    async with following(robot, *desks):
        for desk in desks:
            await desk.console.available()
        tasks = [asyncio.create_task(robot.read()), *(asyncio.create_task(desk.accept()) for desk in desks)]
        try:
            yield robot
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def _reply(robot: Robot, story: Story, over: asyncio.Event) -> None:
    """Until it is over: answers conversations in turn. Each click is repeated with its own id until it is answered."""
    while not over.is_set():
        await asyncio.sleep(REPLY_EVERY_S)
        for conversation_id in list(robot.view):
            await asyncio.sleep(REPLY_EVERY_S)
            if over.is_set():
                return
            identity_id = next((t["identity_id"] for t in robot.view[conversation_id].values()), None)
            if identity_id is not None:
                await _click(robot, story, conversation_id, identity_id)


async def _click(robot: Robot, story: Story, conversation_id: str, identity_id: str) -> None:
    client_id = uuid4().hex
    text = f"Dạ shop trả lời ạ ({client_id[:12]})"
    body = {"client_id": client_id, "identity_id": identity_id, "text": text}
    while True:
        try:
            await robot.console.post(f"/conversations/{conversation_id}/reply", body)
            story.replies[client_id] = text
            return
        except Refused as error:
            if error.status < 500:
                return  # not now: the hub says why, and has kept nothing
            await asyncio.sleep(REPEAT_S)
        except TROUBLE:
            await asyncio.sleep(REPEAT_S)


# --- afterwards ------------------------------------------------------------------------------------------------------


async def _quiet(running: Rig, robot: Robot) -> None:
    """Until every reply is settled and the robot knows what the database knows, for QUIET_S at most."""
    until = time.monotonic() + QUIET_S
    await running.graph.settled()
    while time.monotonic() < until:
        await asyncio.sleep(0.3)
        async with _database(running) as connection:
            conversations = (await connection.execute(sa.select(tables.conversations))).mappings().all()
            states = (await connection.execute(sa.select(tables.touchpoints.c.delivery_state))).scalars().all()
        level = all(robot.seqs.get(str(row["id"])) == row["seq"] for row in conversations)
        if level and not UNSETTLED.intersection(states):
            return
    tell(f"not quiet after {QUIET_S:g} s: what is compared now is not the end")


async def _compare(running: Rig, story: Story, robot: Robot) -> Outcome:
    stored = await _stored(running)
    timelines = {
        conversation_id: in_order(await whole_timeline(running.supervisor, conversation_id))
        for conversation_id in {entry.conversation_id for entry in stored}
    }
    broken = faults(
        Ledgers(
            told=story.told,
            acknowledged=frozenset(story.acknowledged),
            stored=stored,
            replies=story.replies,
            given=[sent.text or "" for sent in running.graph.ledger],
            shown={"a console that lived through it": robot.shown(), "a new console": timelines},
        )
    )
    return Outcome(story, len(stored), broken, sum(entry.state == "unknown" for entry in stored))


async def _stored(running: Rig) -> list[Entry]:
    """Of a customer's message the provider's id, of a reply the client's: a reply has several names of the provider."""
    touchpoints, names = tables.touchpoints, tables.provider_messages
    is_named = sa.and_(names.c.touchpoint_number == touchpoints.c.number, touchpoints.c.client_id.is_(None))
    query = (
        sa.select(touchpoints, names.c.provider_message_id).outerjoin(names, is_named).order_by(touchpoints.c.number)
    )
    async with _database(running) as connection:
        rows = (await connection.execute(query)).mappings().all()
    return [
        Entry(
            number=row["number"],
            id=str(row["id"]),
            conversation_id=str(row["conversation_id"]),
            key=row["client_id"] or row["provider_message_id"] or f"nameless {row['number']}",
            text=row["text"] or "",
            state=row["delivery_state"],
        )
        for row in rows
    ]


@asynccontextmanager
async def _database(running: Rig) -> AsyncIterator[Connection]:
    """A look beside the hub."""
    database = Database(running.place.load(port=0).database)
    try:
        async with database.reading() as connection:
            yield connection
    finally:
        await database.dispose()
