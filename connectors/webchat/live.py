"""From the log to the visitors of this process: new entries, changed ones, "seen", "an agent is typing".

Each process reads topic `conversations` by itself, so nothing depends on a middle man. What is missed here (the log
was away, the process was slow) the widget notices by its place in the order, and asks for.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import orjson

from connectors.webchat.line import Line
from connectors.webchat.outbound import LinkTo, to_visitor
from connectors.webchat.service import TYPING_OUT, VisitorService
from connectors.webchat.sockets import Tabs, VisitorSockets
from connectors.webchat.widgets import Widgets
from connectors.webchat.wire import MessageOut
from hub.bus import Bus, Record, Tail
from hub.ephemeral import Ephemeral
from hub.errors import NotFound, Poison, Transient
from hub.events import (
    CONVERSATIONS,
    Channel,
    ConversationRead,
    EventData,
    TouchpointAdded,
    TouchpointChanged,
    TouchpointState,
)
from hub.ids import IdentityId, TouchpointId
from hub.log import get_logger

READ_LIMIT = 500
GATHER_S = 0.01  # between two reads: most of what is read concerns no visitor
READ_TIMEOUT_S = 5.0
PAUSE_S = 1.0  # after trouble with the log or the database
SHOWN_KEPT = 10_000
# Sockets may open before the log has answered for the first time: what they were promised since then is read, too.
LOOK_BACK = timedelta(seconds=5)
_WANTED = frozenset({TouchpointAdded.TYPE, TouchpointChanged.TYPE, ConversationRead.TYPE})

log = get_logger(__name__)


class VisitorLive:
    """One per process. `run` and `run_typing` are long tasks: until cancelled."""

    def __init__(
        self,
        line: Line,
        bus: Bus,
        ephemeral: Ephemeral,
        service: VisitorService,
        widgets: Widgets,
        sockets: VisitorSockets,
        link_to: LinkTo,
    ) -> None:
        self._line = line
        self._bus = bus
        self._ephemeral = ephemeral
        self._service = service
        self._widgets = widgets
        self._sockets = sockets
        self._link_to = link_to
        self._shown: OrderedDict[TouchpointId, MessageOut] = OrderedDict()
        self._next: dict[int, int] = {}

    async def run(self) -> None:
        begun = self._service.clock.now() - LOOK_BACK
        while True:
            try:
                self._next = self._next or await self._bus.offsets_at(CONVERSATIONS, begun)
                await self._follow(await self._bus.tail(CONVERSATIONS, since=self._next))
            except Transient as error:
                log.warning("visitor_live_waits", error=str(error))
                await asyncio.sleep(PAUSE_S)

    async def run_typing(self) -> None:
        async for message in self._ephemeral.listen(TYPING_OUT):
            try:
                told = orjson.loads(message)
                tabs = self._sockets.of_identity(IdentityId(UUID(str(told["identity_id"]))))
                on = bool(told["on"])
            except (ValueError, KeyError, TypeError):
                log.warning("typing_unreadable")
                continue
            if tabs is not None:
                self._line.send(tabs.sockets, "typing", {"on": on})

    async def _follow(self, tail: Tail) -> None:
        """Raises BusUnavailable, StorageUnavailable; what was read but not shown then is read again."""
        try:
            while True:
                records = await tail.read(READ_LIMIT, timeout_s=READ_TIMEOUT_S)
                await self.show(records)
                for record in records:
                    self._next[record.partition] = record.offset + 1
                await asyncio.sleep(GATHER_S)
        finally:
            await tail.close()

    async def show(self, records: Sequence[Record]) -> None:
        """One batch of the topic, in order."""
        if not len(self._sockets):
            return
        events = [event for record in records if record.type in _WANTED and (event := _decoded(record)) is not None]
        entries = [e.touchpoint for e in events if isinstance(e, (TouchpointAdded, TouchpointChanged))]
        tabs_of = await self._tabs_of(entry for entry in entries if entry.channel is Channel.WEBCHAT)
        for event in events:
            if isinstance(event, ConversationRead):
                self._show_seen(event)
            elif isinstance(event, (TouchpointAdded, TouchpointChanged)):
                tabs = tabs_of.get(event.touchpoint.identity_id)
                if tabs is not None:
                    await self._show_entry(event.touchpoint, tabs, is_new=isinstance(event, TouchpointAdded))

    async def _tabs_of(self, entries: Iterable[TouchpointState]) -> Mapping[IdentityId, Tabs]:
        """Only of web chat identities with a socket here."""
        addresses = await self._service.addresses(entry.identity_id for entry in entries)
        found = {identity_id: self._sockets.of(address) for identity_id, address in addresses.items()}
        return {identity_id: tabs for identity_id, tabs in found.items() if tabs is not None}

    async def _show_entry(self, entry: TouchpointState, tabs: Tabs, *, is_new: bool) -> None:
        self._sockets.learn(tabs, entry.identity_id, entry.conversation_id, entry.identity_seq)
        try:
            settings = (await self._widgets.of(tabs.address[0])).settings
        except NotFound:
            return  # switched off a moment ago
        message = to_visitor(entry, self._link_to, show_names=settings.agent_names == "first_name")
        if self._shown.get(entry.id) == _comparable(message):
            return  # a receipt, or a step of its delivery: nothing that this side sees
        self._shown[entry.id] = _comparable(message)
        if len(self._shown) > SHOWN_KEPT:
            self._shown.popitem(last=False)
        event = "message.created" if is_new else "message.updated"
        self._line.send(tabs.sockets, event, message.model_dump(mode="json", exclude_none=True))

    def _show_seen(self, event: ConversationRead) -> None:
        for tabs in self._sockets.in_conversation(event.conversation.id):
            self._line.send(tabs.sockets, "seen", {"seq": tabs.last_seq})


def _decoded(record: Record) -> EventData | None:
    try:
        return record.decode().data
    except Poison as error:  # whoever is responsible for the topic files it under dead-letters
        log.warning("visitor_live_skipped", type=record.type, error=str(error))
        return None


def _comparable(message: MessageOut) -> MessageOut:
    """Links are signed anew each time; only whether there is one matters."""
    files = tuple(file.model_copy(update={"url": "" if file.url else None}) for file in message.attachments)
    return message.model_copy(update={"attachments": files})
