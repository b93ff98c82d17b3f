"""`bench calls`: how long a caller's PBX waits for the hub to say whom to ring, in a shop at work.

Calls come at a fixed rate to a hub with many agents, each with open chats, while customers write as well. From the
moment a question was due to be sent to the moment its answer was read, the client's side included. Beside it: how often
an agent was rung who already had a call, which must never be, and how often the hub had no answer in time.

In a cluster the hub is three processes, and the one that PBXs ask does nothing but take webhooks, calls' and messages'
alike: where everything is one process, a caller waits for whatever batch it is at. Embedded it is one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bench import webhooks
from bench.load import Load
from bench.people import populate
from bench.places import Place, place
from bench.processes import Program
from bench.report import Figure
from bench.rig import hub_at, provider
from bench.simulators.hotline import PlayedCall, StringeeSimulator
from bench.statistics import percentile
from hub.assembly.accounts import put_account
from hub.assembly.ground import open_database
from hub.events import Channel, PresenceStatus
from hub.ids import ConversationId, CustomerId, IdentityId, new_id
from hub.settings import secret_keys
from storage import routing, tables
from storage.secrets import SecretBox
from storage.unit_of_work import UnitOfWork
from tools.servers import free_port

ACCOUNT = "hotline-bench"
SECRET = "bench-signing-secret"
FALLBACK = "nobody-decided"
OWED_P99_MS = 200.0
TALK_S = 3.0
FIRST_CALLER = 84_900_000_000
WARM_UP_CALLS = 5
WRITERS = 500
OPENING_PER_S = 100.0
OPENING_RUN = 1
CLUSTER_ROLES = ("ingress", "identity,router", "egress,console")


@dataclass(slots=True)
class Floor:
    """Which telephones are in use, as the PBX knows it."""

    in_use: set[str] = field(default_factory=set)
    waits_ms: list[float] = field(default_factory=list)
    rung_twice: int = 0
    in_line: int = 0
    fallbacks: int = 0


@dataclass(frozen=True, slots=True)
class Traffic:
    """Each second. `run`: its own, or the hub would have seen its messages before."""

    run: int
    calls: float
    messages: float

    def __str__(self) -> str:
        return f"{self.calls:g} calls/s"


async def measure(
    *,
    seconds: float,
    calls_per_s: Sequence[float] = (20.0, 2.0),
    messages_per_s: float = 50.0,
    agents: int = 200,
    chats: int = 2000,
    cluster: bool = False,
) -> list[Figure]:
    """Each rate of calls for so many seconds, one after the other, beside the same messages."""
    figures: list[Figure] = []
    shop = f"{agents:,} agents, {chats:,} open chats, {messages_per_s:g} messages/s"
    async with place(cluster=cluster) as where, provider() as graph:
        port = free_port()
        url = f"http://127.0.0.1:{port}/webhooks/hotline/{ACCOUNT}"
        await populate(where, agents=agents, graph_url=graph.url)
        await _prepare(where, url, agents, chats)
        where.settings["agent_grace_s"] = 3600  # nobody's console is open here
        async with _hub(where, port), _pbx(url) as pbx:
            await _open(pbx, port)
            for run, rate in enumerate(calls_per_s, OPENING_RUN + 1):
                traffic = Traffic(run, rate, messages_per_s)
                figures += _figures(await _calls(pbx, port, seconds, traffic), traffic, shop)
                await asyncio.sleep(TALK_S)  # all are free again
    return figures


@asynccontextmanager
async def _hub(where: Place, port: int) -> AsyncIterator[None]:
    """Its processes; `port`: of the one that takes webhooks."""
    roles = CLUSTER_ROLES if where.is_cluster else [None]
    programs = [hub_at(where, port=free_port() if number else port, roles=of) for number, of in enumerate(roles)]
    try:
        for program in programs:
            await program.start()
        yield
    finally:
        await _stop(programs)


async def _stop(programs: Sequence[Program]) -> None:
    await asyncio.gather(*(program.stop() for program in programs))


def _pbx(url: str) -> StringeeSimulator:
    return StringeeSimulator(url, signing_secret=SECRET, api_key_sid="SK.0.bench", api_key_secret="-")


async def _open(pbx: StringeeSimulator, port: int) -> None:
    """A shop at work: whoever writes has written before, and the hub has taken calls since it was started."""
    await _write(port, WRITERS / OPENING_PER_S, OPENING_PER_S, OPENING_RUN)
    for number in range(1, WARM_UP_CALLS + 1):
        call, caller = pbx.new_call(), str(FIRST_CALLER - number)
        await pbx.dial(call, caller)
        await pbx.tell(call, caller, None, None, pbx.now(), 0)
    await asyncio.sleep(TALK_S)


async def _calls(pbx: StringeeSimulator, port: int, seconds: float, traffic: Traffic) -> Floor:
    floor = Floor()
    writing = asyncio.create_task(_write(port, seconds, traffic.messages, traffic.run))
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(round(seconds * traffic.calls)):
            due = began + number / traffic.calls
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            group.create_task(_call(pbx, floor, str(FIRST_CALLER + number), due))
    await writing
    return floor


async def _write(port: int, seconds: float, per_s: float, run: int) -> None:
    messages = webhooks.messages(int(seconds * per_s), people=WRITERS, run=run)
    load = Load(port, [message.request(port) for message in messages], connections=8)
    (await load.pace(per_s, seconds=seconds + 10)).unrefused()


async def _call(pbx: StringeeSimulator, floor: Floor, caller: str, due: float) -> None:
    call = pbx.new_call()
    actions = await pbx.dial(call, caller)
    floor.waits_ms.append((time.monotonic() - due) * 1000)
    connect = next((action for action in actions if action["action"] == "connect"), None)
    if connect is None:
        floor.in_line += 1
        return
    await _talk(pbx, floor, call, caller, connect)


async def _talk(pbx: StringeeSimulator, floor: Floor, call: PlayedCall, caller: str, connect: dict[str, Any]) -> None:
    telephone = connect["to"]["number"]
    if telephone == FALLBACK:
        floor.fallbacks += 1
        return
    floor.rung_twice += telephone in floor.in_use
    floor.in_use.add(telephone)
    await asyncio.sleep(TALK_S)
    floor.in_use.discard(telephone)
    await pbx.tell(call, caller, connect["to"], None, pbx.now() - timedelta(seconds=TALK_S), int(TALK_S))


async def _prepare(where: Place, url: str, agents: int, chats: int) -> None:
    """A hotline whose PBX asks, everybody available, each with their share of chats."""
    settings = where.load(port=0)
    telephones = {f"agent-{number}": f"op-{number}" for number in range(agents)}
    pbx = {
        "supplier": "stringee", "signing_secret": SECRET, "api_key_sid": "SK.0.bench", "api_key_secret": "-",
        "webhook_url": url, "hotline_numbers": ["8419001234"], "operators": [FALLBACK],
        "telephones": telephones, "live": {"enabled": True},
    }  # fmt: skip
    async with open_database(settings) as units:
        await put_account(units, SecretBox(secret_keys(settings)), ACCOUNT, Channel.HOTLINE, "Hotline", {"pbx": pbx})
        async with units.begin() as work:
            available = {"status": PresenceStatus.AVAILABLE.value}
            await work.connection.execute(sa.update(tables.presence).values(available))
            await _put_chats(work, chats)
            await work.commit()


async def _put_chats(work: UnitOfWork, count: int) -> None:
    now, queue_id = work.clock.now(), next(iter(await routing.queues_of(work.connection)))
    logins = sa.select(tables.agents.c.id).where(tables.agents.c.role == "agent").order_by(tables.agents.c.id)
    owners = [row.id for row in await work.connection.execute(logins)]
    customers: list[dict[str, Any]] = []
    identities: list[dict[str, Any]] = []
    conversations: list[dict[str, Any]] = []
    for number in range(count):
        customer, identity = CustomerId(new_id()), IdentityId(new_id())
        customers.append({"id": customer, "current_id": customer, "tags": {}, "created_at": now})
        identities.append({
            "id": identity, "account_id": webhooks.ACCOUNT_ID, "external_id": f"held-{number}", "channel": "facebook",
            "home_customer_id": customer, "customer_id": customer, "last_seq": 0, "created_at": now,
        })  # fmt: skip
        conversations.append({
            "id": ConversationId(new_id()), "customer_id": customer, "identity_id": identity, "status": "assigned",
            "seq": 1, "queue_id": queue_id, "owner_id": owners[number % len(owners)], "channels": ["facebook"],
            "phone_verified": False, "suggestions": 0, "opened_at": now, "unread": 0, "last_touch_at": now,
        })  # fmt: skip
    for table, rows in (
        (tables.customers, customers), (tables.channel_identities, identities), (tables.conversations, conversations),
    ):  # fmt: skip
        await work.connection.execute(sa.insert(table), rows)


def _figures(floor: Floor, traffic: Traffic, shop: str) -> list[Figure]:
    waits: Sequence[float] = floor.waits_ms
    note = f"{len(waits):,} calls; {shop}"
    return [
        Figure(name=f"{traffic}: whom to ring, p50", value=percentile(waits, 50), unit="ms", note=note),
        Figure(
            name=f"{traffic}: whom to ring, p99",
            value=percentile(waits, 99),
            unit="ms",
            owed=OWED_P99_MS,
            at_most=True,
        ),
        Figure(name=f"{traffic}: whom to ring, slowest", value=max(waits), unit="ms"),
        Figure(name=f"{traffic}: rung while in a call", value=floor.rung_twice, owed=0, at_most=True),
        Figure(name=f"{traffic}: no answer in time", value=floor.fallbacks, owed=0, at_most=True),
        Figure(name=f"{traffic}: told to wait in line", value=floor.in_line),
    ]
