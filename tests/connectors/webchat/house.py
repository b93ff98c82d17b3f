"""A hub with a web chat widget on a free port, without router and console: visitors write, `reply` is the shop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.simulators.webchat import ScriptedVisitor
from connectors.accounts import ConnectorDirectory, checked_settings, plain_settings
from connectors.egress import GROUP as EGRESS
from connectors.egress import TOPICS as EGRESS_TOPICS
from connectors.egress import Egress
from connectors.http import ProviderHttp
from connectors.webchat.app import Webchat
from connectors.webchat.settings import WebchatSettings
from hub.bus.base import Bus
from hub.clock import Clock, SystemClock
from hub.ephemeral_memory import MemoryEphemeral
from hub.events import TOUCHPOINTS, Attachment, Author, Channel, ConversationRead, Delivery, DeliveryState
from hub.ids import AgentId, TouchpointId, new_id
from hub.service import Consumer
from hub.sockets import socket_server
from hub.tasks import stop
from identity.service import GROUP as IDENTITY
from identity.service import Resolver
from storage import accounts as account_store
from storage import conversations as conversation_store
from storage import identities as identity_store
from storage import replies, routing, tables
from storage import touchpoints as touchpoint_store
from storage.blobs import BlobStore, open_folder
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.log import SqliteLog
from storage.media import MediaLinks, MediaServer
from storage.secrets import SecretBox
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork, Units
from tests.databases import PARTITIONS, opened, sqlite_url

KEY = "wk_live_0123456789"
ACCOUNT = "website"
SHOP_PAGE = "https://shop.example/may-lanh?utm_source=zalo#top"
USER_SECRET = "a-secret-of-the-shop-0123456789abcdef"


@dataclass
class House:
    units: Units
    bus: Bus
    ephemeral: MemoryEphemeral
    directory: ConnectorDirectory
    box: SecretBox
    url: str = ""
    runner: web.AppRunner | None = None

    async def leave_network(self) -> None:
        """The port is closed, and every connection with it; the rest goes on."""
        assert self.runner is not None
        for site in list(self.runner.sites):
            await site.stop()
        server = self.runner.server
        assert server is not None
        for connection in list(server.connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def join_network(self) -> None:
        """On the same port again."""
        assert self.runner is not None
        await web.TCPSite(self.runner, "127.0.0.1", int(self.url.rpartition(":")[2])).start()

    def visitor(self, **more: Any) -> ScriptedVisitor:
        return ScriptedVisitor(self.url, KEY, **({"page_url": SHOP_PAGE} | more))

    async def change(self, *, active: bool | None = None, **settings: Any) -> None:
        """Settings of the widget, in force at once."""
        async with self.units.begin() as work:
            stored, _ = await account_store.settings_of(work.connection, self.box, ACCOUNT)
            checked = plain_settings(checked_settings(WebchatSettings, stored | settings))
            await account_store.change(work, self.box, ACCOUNT, settings=checked, active=active)
            await work.commit()
        self.directory.forget()

    # --- what the shop's agents do ------------------------------------------------------------------------------------

    async def reply(self, visitor: ScriptedVisitor, text: str | None, **more: Any) -> TouchpointId:
        """An agent's answer, stored and queued as the console does it."""
        return (await self.reply_all(visitor, [text], **more))[0]

    async def reply_all(
        self,
        visitor: ScriptedVisitor,
        texts: Sequence[str | None],
        *,
        by: str = "Nguyễn Thị Lan",
        attachments: tuple[Attachment, ...] = (),
        is_note: bool = False,
    ) -> list[TouchpointId]:
        """In one go. `is_note`: nothing that would be sent."""
        async with self.units.begin() as work:
            last = await self._last(work.connection, visitor)
            conversation = await self._conversation(work, last)
            changes = ChangeSet(work)
            seq = (await changes.next_identity_seqs({last.identity_id: len(texts)}))[last.identity_id]
            written = [self._answer(last, seq + n, by, text, attachments, is_note) for n, text in enumerate(texts)]
            for touchpoint in written:
                changes.add(conversation, touchpoint)
            await changes.flush()
            identity = (await identity_store.by_ids(work.connection, [last.identity_id]))[last.identity_id]
            for touchpoint in [] if is_note else written:
                await replies.enqueue(work, touchpoint, identity.external_id)
            await work.commit()
        return [touchpoint.id for touchpoint in written]

    def _answer(
        self, to: Touchpoint, seq: int, by: str, text: str | None, attachments: tuple[Attachment, ...], is_note: bool
    ) -> Touchpoint:
        now = self.units.clock.now()
        return Touchpoint(
            id=TouchpointId(new_id()),
            conversation_id=to.conversation_id,
            identity_id=to.identity_id,
            identity_seq=seq,
            channel=Channel.WEBCHAT,
            account_id=ACCOUNT,
            author=Author.BUSINESS,
            occurred_at=now,
            accepted_at=now,
            author_name=by,
            agent_id=AgentId(new_id()),
            text=text,
            attachments=attachments,
            client_id=str(new_id()),
            delivery=None if is_note else Delivery(state=DeliveryState.QUEUED, changed_at=now),
        )

    async def look(self, visitor: ScriptedVisitor) -> None:
        """An agent opens the conversation."""
        async with self.units.begin() as work:
            last = await self._last(work.connection, visitor)
            conversation = await self._conversation(work, last)
            conversation.unread = 0
            changes = ChangeSet(work)
            agent_id = AgentId(new_id())
            changes.record(conversation, lambda state: ConversationRead(conversation=state, agent_id=agent_id))
            await changes.flush()
            await work.commit()

    # --- what the shop's agents see -----------------------------------------------------------------------------------

    async def entries(self) -> list[Touchpoint]:
        """Every touchpoint there is, in order."""
        async with self.units.database.reading() as connection:
            rows = await connection.execute(sa.select(tables.touchpoints).order_by(tables.touchpoints.c.number))
            return [touchpoint_store.from_row(row) for row in rows]

    async def texts(self) -> list[str | None]:
        return [entry.text for entry in await self.entries()]

    async def identities(self) -> list[identity_store.Identity]:
        async with self.units.database.reading() as connection:
            ids = (await connection.execute(sa.select(tables.channel_identities.c.id))).scalars()
            return list((await identity_store.by_ids(connection, ids)).values())

    async def delivery_of(self, touchpoint_id: TouchpointId) -> DeliveryState | None:
        async with self.units.database.reading() as connection:
            delivery = (await touchpoint_store.by_ids(connection, [touchpoint_id]))[touchpoint_id].delivery
        return delivery.state if delivery else None

    async def until(self, condition: Callable[[], Awaitable[bool]], *, within_s: float = 10.0) -> None:
        """Returns when `condition` holds. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not await condition():
                await asyncio.sleep(0.02)

    async def until_stored(self, *texts: str) -> None:
        async def are_there() -> bool:
            return set(texts) <= set(await self.texts())

        await self.until(are_there)

    async def until_delivery(self, touchpoint_id: TouchpointId, state: DeliveryState) -> None:
        async def is_so() -> bool:
            return await self.delivery_of(touchpoint_id) is state

        await self.until(is_so)

    async def _last(self, connection: AsyncConnection, visitor: ScriptedVisitor) -> Touchpoint:
        touchpoint_id = TouchpointId(UUID(visitor.messages[max(visitor.messages)]["id"]))
        return (await touchpoint_store.by_ids(connection, [touchpoint_id]))[touchpoint_id]

    async def _conversation(self, work: UnitOfWork, entry: Touchpoint) -> Conversation:
        return (await conversation_store.lock(work.connection, [entry.conversation_id]))[entry.conversation_id]


@asynccontextmanager
async def open_house(
    folder: Path, *, port: int = 0, origins: Sequence[str] = ("http://localhost",), **settings: Any
) -> AsyncIterator[House]:
    """Started again over the same folder it goes on where it was."""
    async with AsyncExitStack() as stack:
        clock = SystemClock()
        units = await stack.enter_async_context(opened(sqlite_url(folder), clock))
        bus = SqliteLog(units.database, units, clock, PARTITIONS)
        await bus.start()
        stack.push_async_callback(bus.stop)
        ephemeral = MemoryEphemeral(clock)
        http = ProviderHttp()
        await http.start()
        stack.push_async_callback(http.stop)
        box = SecretBox(["a-secret-key-of-tests-0123456789-abcdef"])
        house = House(units, bus, ephemeral, ConnectorDirectory(units, box, http, clock), box)
        await _furnish(house, {"widget_key": KEY, "allowed_origins": list(origins), **settings})
        tasks = await _serve(stack, house, BlobStore(open_folder(folder / "blobs"), units), clock, port)
        try:
            yield house
        finally:
            await stop(tasks)


async def _furnish(house: House, settings: dict[str, Any]) -> None:
    async with house.units.begin() as work:
        await routing.ensure_queue(work, name="Chung", offer_s=30)
        if await account_store.find(work.connection, ACCOUNT) is None:
            checked = plain_settings(checked_settings(WebchatSettings, {"user_secrets": [USER_SECRET], **settings}))
            await account_store.add(
                work, house.box, account_id=ACCOUNT, channel=Channel.WEBCHAT, display_name="Web", settings=checked
            )
        await work.commit()


async def _serve(
    stack: AsyncExitStack, house: House, blobs: BlobStore, clock: Clock, port: int
) -> "set[asyncio.Task[None]]":
    links = MediaLinks(house.box, clock)
    server = socket_server()
    webchat = Webchat(
        directory=house.directory,
        database=house.units.database,
        bus=house.bus,
        ephemeral=house.ephemeral,
        clock=clock,
        box=house.box,
        files=blobs,
        link_to=lambda attachment: links.link(attachment.blob) if attachment.blob else None,
    )
    webchat.register(server)
    app = web.Application()
    app.add_routes([*webchat.routes(), *MediaServer(blobs, links).routes()])
    server.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=0.5, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    stack.push_async_callback(webchat.close_sockets)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    house.runner = runner
    house.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    identity = Consumer(house.bus, house.units, IDENTITY, [TOUCHPOINTS], Resolver().handle)
    egress = Egress(house.units, house.directory, blobs, clock, name=str(new_id()), is_alone=True)
    replies_out = Consumer(house.bus, house.units, EGRESS, EGRESS_TOPICS, egress.handle)
    runs = [*webchat.tasks().values(), identity.run, replies_out.run, egress.run]
    return {asyncio.ensure_future(run()) for run in runs}
