"""A console's server on loopback, over a real database, and browsers that talk to it."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_console.app import Console
from agent_console.parts import Parts
from agent_console.passwords import Passwords
from hub.assembly.catalog import Channels
from hub.bus import Bus
from hub.clock import ManualClock
from hub.ephemeral_memory import MemoryEphemeral
from hub.events import (
    Author,
    Channel,
    ConversationOpened,
    ConversationStatus,
    EvidenceKind,
    EvidenceSource,
    MessageReceived,
    Strength,
    wrap,
)
from hub.ids import AgentId, ChannelAccountId, ConversationId, CustomerId, IdentityId, QueueId, TouchpointId, new_id
from hub.sockets import socket_server
from hub.tasks import stop
from identity.service import Resolver
from storage import conversations as conversation_store
from storage import identities as identity_store
from storage import tables
from storage.agents import Role
from storage.blobs import BlobStore, open_folder
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.log import SqliteLog
from storage.secrets import SecretBox
from storage.touchpoints import Touchpoint
from storage.unit_of_work import Units
from tests.builders import House, build_house, insert
from tests.console.table_bus import TableBus

PASSWORD = "correct horse battery"
ORIGIN = "http://hub.test"
_hashes: dict[str, str] = {}


class Links:
    """agent_console.ports.MediaLinks."""

    def link(self, blob: str) -> str:
        return f"/media/{blob}?signed"


@dataclass
class Shop:
    """Everything that a test of the console starts from."""

    house: House
    parts: Parts
    console: Console
    url: str
    browsers: list["Browser"] = field(default_factory=list)

    @property
    def units(self) -> Units:
        return self.parts.units

    @property
    def clock(self) -> ManualClock:
        return cast(ManualClock, self.parts.clock)

    async def add_agent(
        self, login: str, *, role: Role = "agent", queues: tuple[QueueId, ...] | None = None, capacity: int = 5
    ) -> AgentId:
        """Available, with PASSWORD; a member of the house's queue unless told otherwise."""
        if not _hashes:
            _hashes["hash"] = await Passwords().hash(PASSWORD)
        agent_id, now = AgentId(new_id()), self.clock.now()
        async with self.units.begin() as work:
            await insert(
                work,
                tables.agents,
                id=agent_id,
                login=login,
                display_name=login.title(),
                role=role,
                password_hash=_hashes["hash"],
                capacity=capacity,
                locale="vi",
                created_at=now,
            )
            await insert(work, tables.presence, agent_id=agent_id, status="available", since=now, idle_since=now)
            for queue_id in (self.house.queue_id,) if queues is None else queues:
                await insert(work, tables.queue_members, queue_id=queue_id, agent_id=agent_id)
            await work.commit()
        return agent_id

    async def add_queue(self, name: str) -> QueueId:
        queue_id = QueueId(new_id())
        async with self.units.begin() as work:
            await insert(
                work, tables.queues, id=queue_id, pool="main", name=name, offer_s=20, created_at=self.clock.now()
            )
            await work.commit()
        return queue_id

    async def waiting(self, external_id: str, *, queue_id: QueueId | None = None, text: str = "Chào shop") -> "Case":
        """A customer who has just written; their conversation waits."""
        identity_id = await self.house.add_identity(external_id)
        customer_id = await self._customer_of(identity_id)
        now = self.clock.now()
        async with self.units.begin() as work:
            conversation = Conversation(
                id=ConversationId(new_id()),
                customer_id=customer_id,
                identity_id=identity_id,
                queue_id=queue_id or self.house.queue_id,
                opened_at=now,
                last_touch_at=now,
                channels=(Channel.FACEBOOK,),
                queued_at=now,
                waiting_since=now,
                is_new=True,
            )
            changes = ChangeSet(work)
            changes.record(conversation, lambda state: ConversationOpened(conversation=state))
            await changes.flush()
            await work.commit()
        case = Case(self, conversation.id, customer_id, identity_id)
        await case.customer_writes(text)
        return case

    async def writes_anew(self, case: "Case", text: str = "Em hỏi thêm") -> None:
        """Who has nothing open: the resolver opens a new conversation."""
        async with self.units.database.reading() as connection:
            found = (await identity_store.by_ids(connection, [case.identity_id]))[case.identity_id]
        message = MessageReceived(
            channel=found.channel,
            account_id=ChannelAccountId(found.account_id),
            identity=found.external_id,
            dedupe_key=f"m_{new_id()}",
            occurred_at=self.clock.now(),
            provider_message_id=f"m_{new_id()}",
            text=text,
            author=Author.CUSTOMER,
        )
        async with self.units.begin() as work:
            await Resolver().handle(work, [wrap(message, self.clock)])
            await work.commit()

    async def sign_in(self, login: str) -> "Browser":
        browser = Browser(self)
        self.browsers.append(browser)
        await browser.sign_in(login)
        return browser

    async def _customer_of(self, identity_id: IdentityId) -> CustomerId:
        query = sa.select(tables.channel_identities.c.customer_id).where(tables.channel_identities.c.id == identity_id)
        async with self.units.database.reading() as connection:
            return CustomerId((await connection.execute(query)).scalar_one())


@dataclass
class Case:
    """One customer with one conversation."""

    shop: Shop
    conversation_id: ConversationId
    customer_id: CustomerId
    identity_id: IdentityId

    async def customer_writes(self, text: str) -> Touchpoint:
        now = self.shop.clock.now()
        async with self.shop.units.begin() as work:
            found = await conversation_store.lock(work.connection, [self.conversation_id])
            conversation = found[self.conversation_id]
            touchpoint = Touchpoint(
                id=TouchpointId(new_id()),
                conversation_id=self.conversation_id,
                identity_id=self.identity_id,
                channel=Channel.FACEBOOK,
                account_id=self.shop.house.account_id,
                author=Author.CUSTOMER,
                occurred_at=now,
                accepted_at=now,
                text=text,
            )
            changes = ChangeSet(work)
            touchpoint.identity_seq = (await changes.next_identity_seqs({self.identity_id: 1}))[self.identity_id]
            conversation.unread += 1
            conversation.last_touch_at = now
            changes.add(conversation, touchpoint)
            await changes.flush()
            await work.connection.execute(
                sa.update(tables.channel_identities)
                .where(tables.channel_identities.c.id == self.identity_id)
                .values(last_inbound_at=now, touched_at=now, unread=tables.channel_identities.c.unread + 1)
            )
            await work.commit()
        return touchpoint

    async def phone(self, number: str, *, strength: Strength = Strength.ATTESTED) -> None:
        now = self.shop.clock.now()
        async with self.shop.units.begin() as work:
            await insert(
                work,
                tables.evidence,
                identity_id=self.identity_id,
                kind=EvidenceKind.PHONE.value,
                value=number,
                source=EvidenceSource.MESSAGE_TEXT.value,
                strength=strength.value,
                first_seen_at=now,
                last_seen_at=now,
            )
            await work.commit()

    async def row(self) -> Conversation:
        async with self.shop.units.database.reading() as connection:
            found = await conversation_store.find(connection, self.conversation_id)
        assert found is not None
        return found

    async def set(self, **values: Any) -> None:
        """Straight into the row: a test's beginning, not what the hub does."""
        table = tables.conversations
        async with self.shop.units.begin() as work:
            await work.connection.execute(sa.update(table).where(table.c.id == self.conversation_id).values(values))
            await work.commit()

    async def offer_to(self, agent_id: AgentId) -> None:
        await self.set(
            status=ConversationStatus.OFFERED.value, offered_to=agent_id, offer_expires_at=self.shop.clock.now()
        )

    async def assign_to(self, agent_id: AgentId) -> None:
        await self.set(status=ConversationStatus.ASSIGNED.value, owner_id=agent_id, last_agent_id=agent_id)


class Browser:
    """Keeps the cookie and the CSRF token as a page would. Tests may change both."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.login = ""
        self.cookie: dict[str, str] = {}
        self.csrf = ""
        self.origin: str | None = ORIGIN
        self.agent_id: AgentId = AgentId(new_id())
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def sign_in(self, login: str, password: str = PASSWORD) -> "Said":
        self.login = login
        said = await self.post("/sign-in", {"login": login, "password": password})
        if said.status == 200:
            self.csrf = said.body["csrf"]
            self.agent_id = AgentId(UUID(said.body["agent"]["id"]))
        return said

    async def get(self, path: str, **query: Any) -> "Said":
        return await self.send("GET", path, params={name: str(value) for name, value in query.items()})

    async def post(self, path: str, body: Any = None) -> "Said":
        return await self.send("POST", path, json=body)

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> "Said":
        """`headers` win over what a page would send."""
        sent = {"X-CSRF-Token": self.csrf} | self.headers() | dict(headers or {})
        if json is None and data is None and "Content-Type" not in sent and method != "GET":
            data = b""
        url = self.shop.url + ("" if path.startswith("/api/") else "/api/v1") + path
        async with self._http.request(
            method,
            url,
            json=json,
            data=io.BytesIO(data) if data is not None else None,
            headers=sent,
            params=params,
            allow_redirects=False,
        ) as response:
            raw = await response.read()
            for morsel in response.cookies.values():
                self.cookie[morsel.key] = morsel.value
            is_json = response.content_type.endswith("json")
            body = await response.json(content_type=None) if raw and is_json else raw
            return Said(response.status, body, dict(response.headers), response.headers.getall("Set-Cookie", []))

    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookie.items() if value)
        return ({"Cookie": cookies} if cookies else {}) | ({"Origin": self.origin} if self.origin else {})

    async def close(self) -> None:
        await self._http.close()


@dataclass(frozen=True)
class Said:
    status: int
    body: Any
    headers: Mapping[str, str]
    set_cookies: list[str]

    @property
    def code(self) -> str | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


@asynccontextmanager
async def opened_shop(
    units: Units, folder: Path, *, public_url: str = ORIGIN, bus: Bus | None = None
) -> AsyncIterator[Shop]:
    """A serving console. Its clock is that of `units`."""
    clock = units.clock
    log = bus or (
        SqliteLog(units.database, units, clock, units.partitions) if units.database.is_sqlite else TableBus(units)
    )
    await log.start()
    ephemeral = MemoryEphemeral(clock)
    await ephemeral.start()
    server = socket_server()
    parts = Parts(
        units=units,
        bus=log,
        ephemeral=ephemeral,
        clock=clock,
        catalog=Channels(),
        media=Links(),
        blobs=BlobStore(open_folder(folder / "blobs"), units),
        box=SecretBox(["a test's own key, long enough to be taken"]),
        public_url=public_url,
        name="test",
    )
    console = Console(parts, server)
    app = web.Application()
    server.attach(app)
    app.add_routes(console.routes())
    app.add_routes(console.page_routes())
    test_server = TestServer(app)
    await test_server.start_server()
    live = asyncio.create_task(console.run())
    shop = Shop(await build_house(units), parts, console, str(test_server.make_url("")).rstrip("/"))
    await until(lambda: console.live.feed.started)
    try:
        yield shop
    finally:
        for browser in shop.browsers:
            await browser.close()
        await console.close_sockets()
        await stop([live])
        await test_server.close()
        await ephemeral.stop()
        await log.stop()


@pytest.fixture
async def shop(units: Units, tmp_path: Path) -> AsyncIterator[Shop]:
    """A serving console over SQLite, then over PostgreSQL."""
    async with opened_shop(units, tmp_path) as opened:
        yield opened


async def until(condition: Callable[[], bool], *, within_s: float = 5.0) -> None:
    """Waits for what must become true soon."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)
