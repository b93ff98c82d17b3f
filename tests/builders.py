"""Rows that a test starts from, made as the hub would make them, in one line each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.events import Channel, ConversationOpened, ConversationStatus, PresenceStatus
from hub.ids import AgentId, ConversationId, CustomerId, IdentityId, QueueId, new_id
from storage import tables
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork, Units


@dataclass(frozen=True)
class House:
    """A small shop: one queue, some agents, one channel account."""

    units: Units
    queue_id: QueueId
    account_id: str = "fb-main"

    async def add_agent(
        self, name: str, *, capacity: int = 3, status: PresenceStatus = PresenceStatus.AVAILABLE, idle_s: int = 60
    ) -> AgentId:
        agent_id = AgentId(new_id())
        now = self.units.clock.now()
        since = now - timedelta(seconds=idle_s)
        async with self.units.begin() as work:
            await insert(
                work,
                tables.agents,
                id=agent_id,
                login=name.lower(),
                display_name=name,
                role="agent",
                password_hash="-",
                capacity=capacity,
                locale="vi",
                created_at=now,
            )
            await insert(work, tables.queue_members, queue_id=self.queue_id, agent_id=agent_id)
            await insert(work, tables.presence, agent_id=agent_id, status=status.value, since=since, idle_since=since)
            await work.commit()
        return agent_id

    async def add_queue(self, name: str, **settings: Any) -> QueueId:
        """`settings`: fields of router.plan.queues.QueueSettings."""
        queue_id, now = QueueId(new_id()), self.units.clock.now()
        async with self.units.begin() as work:
            row = {"id": queue_id, "pool": "main", "name": name, "offer_s": 20, "created_at": now}
            await insert(work, tables.queues, **row, settings=settings)
            await work.commit()
        return queue_id

    async def add_identity(self, external_id: str, *, channel: Channel = Channel.FACEBOOK) -> IdentityId:
        """A channel identity with its own customer record."""
        identity_id, customer_id = IdentityId(new_id()), CustomerId(new_id())
        now = self.units.clock.now()
        async with self.units.begin() as work:
            await insert(work, tables.customers, id=customer_id, current_id=customer_id, tags={}, created_at=now)
            await insert(
                work,
                tables.channel_identities,
                id=identity_id,
                account_id=self.account_id,
                external_id=external_id,
                channel=channel.value,
                home_customer_id=customer_id,
                customer_id=customer_id,
                last_seq=0,
                created_at=now,
            )
            await work.commit()
        return identity_id

    async def add_waiting(
        self, external_id: str, *, queued_at: datetime | None = None, last_agent_id: AgentId | None = None
    ) -> ConversationId:
        """A new customer's conversation, waiting in the queue."""
        identity_id = await self.add_identity(external_id)
        now = self.units.clock.now()
        async with self.units.begin() as work:
            query = sa.select(tables.channel_identities.c.customer_id).where(
                tables.channel_identities.c.id == identity_id
            )
            customer_id = (await work.connection.execute(query)).scalar_one()
            conversation = Conversation(
                id=ConversationId(new_id()),
                customer_id=customer_id,
                identity_id=identity_id,
                queue_id=self.queue_id,
                opened_at=now,
                last_touch_at=now,
                status=ConversationStatus.WAITING,
                channels=(Channel.FACEBOOK,),
                queued_at=queued_at or now,
                waiting_since=queued_at or now,
                last_agent_id=last_agent_id,
                is_new=True,
            )
            changes = ChangeSet(work)
            changes.record(conversation, lambda state: ConversationOpened(conversation=state))
            await changes.flush()
            await work.commit()
        return conversation.id


async def insert(work: UnitOfWork, table: sa.Table, **values: Any) -> None:
    await work.connection.execute(sa.insert(table).values(**values))


async def build_house(units: Units, *, offer_s: int = 20, account_id: str = "fb-main") -> House:
    queue_id = QueueId(new_id())
    now = units.clock.now()
    async with units.begin() as work:
        await insert(work, tables.queues, id=queue_id, pool="main", name="Chung", offer_s=offer_s, created_at=now)
        await insert(
            work,
            tables.channel_accounts,
            id=account_id,
            channel="facebook",
            display_name="Fanpage",
            settings=b"",
            active=True,
            version=1,
            created_at=now,
        )
        await work.commit()
    return House(units, queue_id, account_id)
