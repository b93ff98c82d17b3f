"""A shop with its channels, told what providers would tell it, and asked what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from hub.events import (
    Attachment,
    AttachmentKind,
    Author,
    CallDirection,
    CallProgressed,
    CallState,
    Channel,
    Delivery,
    DeliveryState,
    Envelope,
    EventData,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    FailureReason,
    MessageEdited,
    MessageReceived,
    Profile,
    ProfileReceived,
    ReceiptReceived,
    RecordingReady,
    Strength,
    TouchpointEvent,
    UnsupportedReceived,
    wrap,
)
from hub.ids import AgentId, AttemptId, ChannelAccountId, CustomerId, TouchpointId, new_id
from identity.board import Board
from identity.previews import preview_of
from identity.register import Register
from identity.service import Resolver
from identity.settings import IdentitySettings
from storage import identities as identity_store
from storage import replies, tables
from storage import touchpoints as touchpoint_store
from storage.conversations import Conversation, from_row
from storage.identities import Identity
from storage.touchpoints import Touchpoint
from storage.unit_of_work import UnitOfWork, Units
from tests.builders import House, build_house, insert

CHANNELS = {
    "fb-main": Channel.FACEBOOK,
    "fb-second": Channel.FACEBOOK,
    "zalo-main": Channel.ZALO,
    "hotline": Channel.HOTLINE,
    "hotline-two": Channel.HOTLINE,
    "web": Channel.WEBCHAT,
}
PHONE = "0912345678"
E164 = "+84912345678"


@dataclass
class World:
    """`hears` hands events to the resolver as one batch and commits; `last` are the events that came of it."""

    units: Units
    house: House
    resolver: Resolver
    last: list[Envelope[Any]] = field(default_factory=list)

    async def hears(self, *events: TouchpointEvent) -> None:
        await self.hears_envelopes([wrap(event, self.units.clock) for event in events])

    async def hears_envelopes(self, envelopes: Sequence[Envelope[Any]]) -> None:
        async with self.units.begin() as work:
            await self.resolver.handle(work, envelopes)
            await work.commit()
        self.last = list(work.published)

    def said(self, kind: type[EventData]) -> list[Any]:
        """What of this kind came of the last batch."""
        return [event.data for event in self.last if isinstance(event.data, kind)]

    # --- what providers tell -----------------------------------------------------------------------------------------

    def message(
        self,
        account: str,
        who: str,
        text: str | None = "Xin chào",
        *,
        mid: str | None = None,
        key: str | None = None,
        author: Author = Author.CUSTOMER,
        at: datetime | None = None,
        name: str | None = None,
        evidence: Iterable[Evidence] = (),
        attachments: Iterable[Attachment] = (),
        reply_to: str | None = None,
        attempt_id: AttemptId | None = None,
        staff: str | None = None,
    ) -> MessageReceived:
        mid = mid or f"m_{new_id()}"
        return MessageReceived(
            **self._common(account, who, key or f"{mid}:{author.value}", at, name, evidence),
            provider_message_id=mid,
            text=text,
            author=author,
            attachments=tuple(attachments),
            reply_to=reply_to,
            attempt_id=attempt_id,
            staff_name=staff,
        )

    def edit(self, account: str, who: str, mid: str, text: str, *, at: datetime | None = None) -> MessageEdited:
        common = self._common(account, who, f"edit:{new_id()}", at, None, ())
        return MessageEdited(**common, provider_message_id=mid, text=text)

    def call(
        self,
        who: str,
        call_id: str,
        state: CallState,
        *,
        account: str = "hotline",
        direction: CallDirection = CallDirection.INBOUND,
        at: datetime | None = None,
        talk_s: int | None = None,
        hotline: str | None = None,
        agent_ref: str | None = None,
    ) -> CallProgressed:
        attested = Evidence(
            kind=EvidenceKind.PHONE, value=who, strength=Strength.ATTESTED, source=EvidenceSource.CALLER_ID
        )
        known = () if who.startswith("anonymous:") else (attested,)
        return CallProgressed(
            **self._common(account, who, f"{call_id}:{state.value}:{new_id()}", at, None, known),
            call_id=call_id,
            direction=direction,
            state=state,
            talk_s=talk_s,
            hotline_number=hotline,
            agent_ref=agent_ref,
        )

    def recording(self, who: str, call_id: str, url: str = "https://pbx.example/1.mp3") -> RecordingReady:
        common = self._common("hotline", who, f"rec:{new_id()}", None, None, ())
        return RecordingReady(**common, call_id=call_id, recording=Attachment(kind=AttachmentKind.AUDIO, url=url))

    def receipt(
        self,
        account: str,
        who: str,
        state: Literal[DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED],
        *ids: str,
        watermark: datetime | None = None,
        failure: FailureReason | None = None,
    ) -> ReceiptReceived:
        common = self._common(account, who, f"receipt:{new_id()}", None, None, ())
        return ReceiptReceived(**common, state=state, provider_message_ids=ids, watermark=watermark, failure=failure)

    def profile(
        self, account: str, who: str, name: str | None = None, *, evidence: Iterable[Evidence] = ()
    ) -> ProfileReceived:
        return ProfileReceived(**self._common(account, who, f"profile:{new_id()}", None, name, evidence))

    def unsupported(self, account: str, who: str, kind: str = "reel", raw: str = "{}") -> UnsupportedReceived:
        return UnsupportedReceived(
            **self._common(account, who, f"unsupported:{new_id()}", None, None, ()), kind=kind, raw=raw
        )

    def _common(
        self,
        account: str,
        who: str,
        key: str,
        at: datetime | None,
        name: str | None,
        evidence: Iterable[Evidence],
    ) -> dict[str, Any]:
        return {
            "channel": CHANNELS[account],
            "account_id": ChannelAccountId(account),
            "identity": who,
            "dedupe_key": key,
            "occurred_at": at or self.units.clock.now(),
            "profile": Profile(display_name=name) if name else None,
            "evidence": tuple(evidence),
        }

    # --- what the business does --------------------------------------------------------------------------------------

    async def reply(
        self,
        account: str,
        who: str,
        text: str = "Dạ còn ạ",
        *,
        state: DeliveryState = DeliveryState.SENT,
        provider_id: str | None = None,
        attempt_id: AttemptId | None = None,
        agent_id: AgentId | None = None,
    ) -> TouchpointId:
        """An agent's reply as it stands while egress has it in `state`."""
        customer_id = await self.customer(account, who)
        now = self.units.clock.now()
        async with self.units.begin() as work:
            board = Board(work)
            await Register(board).hold([customer_id])
            conversation = board.open_of(customer_id)
            assert conversation is not None
            identity = (await identity_store.find(work.connection, [(account, who)]))[(account, who)]
            identity.last_seq += 1
            touchpoint = Touchpoint(
                id=TouchpointId(new_id()),
                conversation_id=conversation.id,
                identity_id=identity.id,
                channel=identity.channel,
                account_id=account,
                author=Author.BUSINESS,
                agent_id=agent_id,
                occurred_at=now,
                accepted_at=now,
                identity_seq=identity.last_seq,
                text=text,
                delivery=Delivery(state=state, changed_at=now),
            )
            conversation.waiting_since, conversation.unread = None, 0
            conversation.preview, conversation.last_touch_at = preview_of(touchpoint), now
            conversation.channels = tuple(dict.fromkeys((*conversation.channels, touchpoint.channel)))
            board.changes.add(conversation, touchpoint, provider_ids=(provider_id,) if provider_id else ())
            await identity_store.save_counters(work.connection, [identity])
            await identity_store.mark_answered(work.connection, customer_id, identity.id, now)
            await board.finish()
            if state in (DeliveryState.SENDING, DeliveryState.UNKNOWN):
                await self._in_flight(work, touchpoint, state, attempt_id or AttemptId(new_id()))
            await work.commit()
        return touchpoint.id

    async def _in_flight(
        self, work: UnitOfWork, reply: Touchpoint, state: DeliveryState, attempt_id: AttemptId
    ) -> None:
        await replies.add_provider_ids(work, reply, [replies.attempt_key(attempt_id)])
        await insert(
            work,
            tables.reply_queue,
            touchpoint_number=reply.number,
            touchpoint_id=reply.id,
            identity_id=reply.identity_id,
            account_id=reply.account_id,
            state=state.value,
            attempts=1,
            attempt_id=attempt_id,
            next_attempt_at=work.clock.now(),
        )

    async def touchpoint(self, touchpoint_id: TouchpointId) -> Touchpoint:
        async with self.units.database.reading() as connection:
            return (await touchpoint_store.by_ids(connection, [touchpoint_id]))[touchpoint_id]

    async def delivery(self, touchpoint_id: TouchpointId) -> DeliveryState:
        delivery = (await self.touchpoint(touchpoint_id)).delivery
        assert delivery is not None
        return delivery.state

    # --- what became of it -------------------------------------------------------------------------------------------

    async def identity(self, account: str, who: str) -> Identity:
        async with self.units.database.reading() as connection:
            return (await identity_store.find(connection, [(account, who)]))[(account, who)]

    async def customer(self, account: str, who: str) -> CustomerId:
        return (await self.identity(account, who)).customer_id

    async def conversations(self) -> list[Conversation]:
        """All, in order of opening."""
        query = sa.select(tables.conversations).order_by(tables.conversations.c.opened_at, tables.conversations.c.id)
        async with self.units.database.reading() as connection:
            return [from_row(row) for row in await connection.execute(query)]

    async def open_conversations(self) -> list[Conversation]:
        return [c for c in await self.conversations() if c.is_open]

    async def the_conversation(self, account: str, who: str) -> Conversation:
        """The open one of that person."""
        customer_id = await self.customer(account, who)
        return next(c for c in await self.open_conversations() if c.customer_id == customer_id)

    async def timeline(self, account: str, who: str) -> list[Touchpoint]:
        """Of the person, as the console reads it."""
        async with self.units.database.reading() as connection:
            owner = (await identity_store.find(connection, [(account, who)]))[(account, who)].customer_id
            members = await identity_store.by_customers(connection, [owner])
            return await touchpoint_store.page(connection, [member.id for member in members])

    async def count(self, table: sa.Table) -> int:
        async with self.units.database.reading() as connection:
            return int((await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())

    async def same_person(self, *people: tuple[str, str]) -> bool:
        return len({await self.customer(*person) for person in people}) == 1


async def build_world(units: Units, settings: IdentitySettings | None = None) -> World:
    house = await build_house(units)
    async with units.begin() as work:
        for account_id, channel in CHANNELS.items():
            if account_id != house.account_id:
                await insert(
                    work,
                    tables.channel_accounts,
                    id=account_id,
                    channel=channel.value,
                    display_name=account_id,
                    settings=b"",
                    active=True,
                    version=1,
                    created_at=units.clock.now(),
                )
        await work.commit()
    return World(units, house, Resolver(settings))
