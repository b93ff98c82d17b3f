"""What a visitor can do, whichever way they ask: start, write, introduce themselves, read on, acknowledge.

1. A message is acknowledged after Bus.publish returned, never before: what was acknowledged is durable.
2. A visitor sees what passed on their own channel identity and nothing else, whoever they say they are: a telephone
   number that is typed here goes into the log and changes nothing on this side.
3. The identity of a visitor exists once their first event was handled; until then there is nothing to read.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import orjson

from connectors.webchat import inbound
from connectors.webchat.inbound import Origin
from connectors.webchat.limits import VisitorLimits
from connectors.webchat.outbound import LinkTo, to_visitor
from connectors.webchat.tokens import TokenRefused, Visitor, VisitorTokens, new_visitor, read_user_token
from connectors.webchat.widgets import Widget
from connectors.webchat.wire import BootIn, MessageAck, MessageIn, MessageOut, ProfileIn, SyncOut
from hub.clock import Clock
from hub.ephemeral import Ephemeral
from hub.events import DeliveryState, Envelope, wrap
from hub.ids import ConversationId, IdentityId
from storage import touchpoints as touchpoint_store
from storage import visitors as visitor_store
from storage.engine import Database
from storage.touchpoints import PAGE_MAX, Touchpoint

PAGE = 30
ACKS_KEPT = 10_000
IDENTITIES_KEPT = 50_000
TYPING_IN = "typing"  # visitor -> agents, on hub.ephemeral
TYPING_OUT = "typing-agent"
Receipt = Literal[DeliveryState.DELIVERED, DeliveryState.READ]

S = DeliveryState
_NOT_YET: dict[Receipt, tuple[DeliveryState, ...]] = {
    S.DELIVERED: (S.QUEUED, S.SENDING, S.SENT, S.UNKNOWN),
    S.READ: (S.QUEUED, S.SENDING, S.SENT, S.UNKNOWN, S.DELIVERED),
}
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class Publisher(Protocol):
    """hub.bus.base.Bus, as far as it is needed here."""

    async def publish(self, events: Sequence[Envelope[Any]], *, deadline_s: float = ...) -> None: ...


@dataclass(frozen=True, slots=True)
class Booted:
    """`entries` oldest first. `is_known`: the visitor has written or introduced themselves before."""

    visitor: Visitor
    resumed: bool
    is_known: bool
    entries: tuple[MessageOut, ...]
    last_seq: int
    seen_seq: int
    unread: int


@dataclass(frozen=True, slots=True)
class Caught:
    """What a visitor missed, and where their newest entry stands."""

    sync: SyncOut
    identity_id: IdentityId | None
    conversation_id: ConversationId | None


class VisitorService:
    """One per process."""

    def __init__(
        self,
        database: Database,
        bus: Publisher,
        ephemeral: Ephemeral,
        clock: Clock,
        tokens: VisitorTokens,
        limits: VisitorLimits,
        link_to: LinkTo,
    ) -> None:
        self.clock = clock
        self.limits = limits
        self._database = database
        self._bus = bus
        self._ephemeral = ephemeral
        self._tokens = tokens
        self._link_to = link_to
        self._acks: OrderedDict[str, MessageAck] = OrderedDict()
        self._identities: OrderedDict[IdentityId, tuple[str, str]] = OrderedDict()

    # --- starting ----------------------------------------------------------------------------------------------------

    async def boot(self, asked: BootIn, widget: Widget, address: str) -> Booted:
        """Raises TooFast, ChallengeRequired, StorageUnavailable, BusUnavailable."""
        user = read_user_token(asked.user_jwt, widget.settings, self.clock) if asked.user_jwt else None
        try:
            visitor = self._tokens.read_resume(asked.token or "", widget.account_id, widget.settings, user)
        except TokenRefused:
            await self.limits.admit_new_visitor(widget.account_id, widget.settings, address, asked.proof)
            visitor = new_visitor(widget.account_id, user)
            return Booted(visitor, False, False, (), 0, 0, 0)
        await self.limits.take_boot(visitor)
        booted = await self._resumed(visitor, widget)
        if user is not None and booted.is_known:
            origin = Origin(visitor, self.clock.now(), clean_locale(asked.locale))
            await self._publish(inbound.to_signed_profile(origin, asked.page.url))
        return booted

    async def unread(self, token: str, widget: Widget) -> int:
        """For the bubble: how many, never what. Raises TokenRefused."""
        visitor = self._tokens.read_unread(token, widget.account_id, widget.settings)
        async with self._database.reading() as connection:
            identity = await visitor_store.find(connection, *visitor.address)
            return await visitor_store.unread(connection, identity.id) if identity else 0

    # --- writing -----------------------------------------------------------------------------------------------------

    async def send(self, said: MessageIn, origin: Origin, widget: Widget) -> MessageAck:
        """Durable when it returns. Raises BadInput, TooFast, BusUnavailable, StorageUnavailable."""
        visitor = origin.visitor
        key = inbound.message_key(visitor, said.client_id)
        known = self._acks.get(key) or (await self._taken(key, said, visitor) if said.retry else None)
        if known is not None:
            return known
        files = [self._tokens.read_upload(ticket, visitor) for ticket in said.attachments]
        message = inbound.to_message(said, origin, files)
        await self.limits.take_message(visitor, widget.settings)
        await self._publish(message)
        ack = MessageAck(id=said.client_id, created_at=message.occurred_at)
        self._remember(key, ack)
        return ack

    async def introduce(self, form: ProfileIn, origin: Origin, widget: Widget) -> None:
        """Durable when it returns. Raises BadInput, TooFast, BusUnavailable. Tells nothing about the number."""
        profile = inbound.to_profile(form, origin, widget.settings)
        await self.limits.take_form(origin.visitor)
        await self._publish(profile)

    async def acknowledge(self, origin: Origin, state: Receipt, seq: int) -> None:
        """The visitor has everything up to `seq`, or has read it. A no-op when that is no news."""
        async with self._database.reading() as connection:
            identity = await visitor_store.find(connection, *origin.visitor.address)
            if identity is None or not 0 < seq <= identity.last_seq:
                return
            replies = await visitor_store.replies_in(connection, identity.id, _NOT_YET[state], until_seq=seq)
        if replies:
            await self._publish(inbound.to_receipt(origin, state, seq, replies))

    async def tell_typing(self, identity_id: IdentityId, *, on: bool) -> None:
        """To the agents who look at this conversation; lost when nobody does."""
        await self._ephemeral.publish(TYPING_IN, orjson.dumps({"identity_id": str(identity_id), "on": on}))

    # --- reading -----------------------------------------------------------------------------------------------------

    async def after(self, visitor: Visitor, widget: Widget, seq: int) -> Caught:
        """What came after `seq`, at most a page."""
        async with self._database.reading() as connection:
            identity = await visitor_store.find(connection, *visitor.address)
            if identity is None:
                return Caught(SyncOut(messages=(), last_seq=0, has_more=False, seen_seq=0), None, None)
            entries = await touchpoint_store.after_identity_seq(connection, identity.id, seq)
            newest = entries[-1:] or await visitor_store.newest(connection, identity.id, limit=1)
            seen_seq = await visitor_store.seen_seq(connection, identity.id)
        self._know(identity.id, visitor.address)
        sync = SyncOut(
            messages=self._shown(entries, widget),
            last_seq=max([identity.last_seq, *(entry.identity_seq for entry in entries)]),
            has_more=len(entries) == PAGE_MAX,
            seen_seq=seen_seq,
        )
        return Caught(sync, identity.id, newest[0].conversation_id if newest else None)

    async def before(self, visitor: Visitor, widget: Widget, seq: int, limit: int) -> tuple[MessageOut, ...]:
        """The page above the entry with `seq`."""
        async with self._database.reading() as connection:
            identity = await visitor_store.find(connection, *visitor.address)
            if identity is None:
                return ()
            entries = await visitor_store.newest(connection, identity.id, before_seq=seq, limit=min(limit, PAGE))
        return self._shown(entries, widget)

    # --- who is who --------------------------------------------------------------------------------------------------

    async def addresses(self, ids: Iterable[IdentityId]) -> dict[IdentityId, tuple[str, str]]:
        """Of web chat identities; remembered, for an identity's address never changes."""
        wanted = set(ids)
        unknown = [identity_id for identity_id in wanted if identity_id not in self._identities]
        if unknown:
            async with self._database.reading() as connection:
                found = await visitor_store.addresses(connection, unknown)
            for identity_id, address in found.items():
                self._know(identity_id, address)
        return {i: self._identities[i] for i in wanted if i in self._identities}

    # --- helpers -----------------------------------------------------------------------------------------------------

    async def _resumed(self, visitor: Visitor, widget: Widget) -> Booted:
        async with self._database.reading() as connection:
            identity = await visitor_store.find(connection, *visitor.address)
            if identity is None:
                return Booted(visitor, True, False, (), 0, 0, 0)
            entries = await visitor_store.newest(connection, identity.id, limit=PAGE)
            seen_seq = await visitor_store.seen_seq(connection, identity.id)
            unread = await visitor_store.unread(connection, identity.id)
        last_seq = entries[-1].identity_seq if entries else 0
        return Booted(visitor, True, True, self._shown(entries, widget), last_seq, seen_seq, unread)

    async def _taken(self, key: str, said: MessageIn, visitor: Visitor) -> MessageAck | None:
        """The ack of an earlier try, which may have gone to another process."""
        async with self._database.reading() as connection:
            entry = await visitor_store.taken_message(connection, visitor.account_id, key)
        return MessageAck(id=said.client_id, created_at=entry.occurred_at) if entry else None

    async def _publish(self, event: Any) -> None:
        await self._bus.publish([wrap(event, self.clock)])

    def _shown(self, entries: Sequence[Touchpoint], widget: Widget) -> tuple[MessageOut, ...]:
        show_names = widget.settings.agent_names == "first_name"
        return tuple(to_visitor(entry, self._link_to, show_names=show_names) for entry in entries)

    def _remember(self, key: str, ack: MessageAck) -> None:
        self._acks[key] = ack
        if len(self._acks) > ACKS_KEPT:
            self._acks.popitem(last=False)

    def _know(self, identity_id: IdentityId, address: tuple[str, str]) -> None:
        self._identities[identity_id] = address
        if len(self._identities) > IDENTITIES_KEPT:
            self._identities.popitem(last=False)


def clean_locale(locale: str | None) -> str | None:
    return locale if locale and _LOCALE.fullmatch(locale) else None
