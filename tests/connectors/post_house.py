"""A hub with one account at the made-up post office: replies to send, senders to run, what is told of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.accounts import ConnectorDirectory, plain_settings
from connectors.delivery import DeliveryPace
from connectors.egress import Egress, EgressPace
from connectors.gates import GateRules
from hub.clock import ManualClock
from hub.events import (
    Attachment,
    Author,
    Channel,
    DeliveryState,
    TouchpointChanged,
)
from hub.ids import ConversationId, IdentityId, TouchpointId, new_id
from storage import accounts as account_store
from storage import conversations, replies, tables, touchpoints
from storage.blobs import BlobStore, open_folder
from storage.changes import ChangeSet
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork, Units
from tests.builders import House, build_house
from tests.connectors import edge
from tests.connectors.post_api import PostApi, SendingPostOffice, SendingSettings

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


async def seen(post: Post, count: int) -> bool:
    return len(post.api.seen) >= count


async def settle_by_echo(post: Post, reply: TouchpointId, provider_id: str) -> None:
    async with post.units.begin() as work:
        seen = (await touchpoints.by_ids(work.connection, [reply]))[reply]
        conversation = (await conversations.lock(work.connection, [seen.conversation_id]))[seen.conversation_id]
        touchpoint = (await touchpoints.by_ids(work.connection, [reply], lock=True))[reply]
        changes = ChangeSet(work)
        await replies.settle_sent(work, changes, conversation, touchpoint, provider_ids=[provider_id])
        await changes.flush()
        await work.commit()


async def accepted(post: Post, count: int) -> bool:
    return len(post.api.accepted) >= count
