"""Reads the log for the consoles of this process: topic `conversations` for what they show, `routing` for presence.

Each console process has its own position and no group: all of them see everything. After a restart it begins a little
in the past, so that a console which reconnects finds what it missed meanwhile.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from agent_console.live.audience import Entry, Place, place_of
from agent_console.live.cursor import Cursor, write
from agent_console.live.messages import LIVE_EVENTS
from agent_console.live.ring import Ring
from hub.bus.base import Bus, Record
from hub.clock import Clock
from hub.errors import BusUnavailable, Transient
from hub.events import (
    CONVERSATIONS,
    ROUTING,
    CallChanged,
    ConsultEnded,
    ConversationRequeued,
    ConversationTransferred,
    CustomerRegrouped,
    OfferEnded,
    PresenceChanged,
)
from hub.log import get_logger
from hub.metrics import counter, gauge
from hub.tasks import together
from hub.watchdog import end_process

LOOK_BACK = timedelta(seconds=60)
READ_AT_ONCE = 500
READ_S = 5.0
# Between two reads: what comes meanwhile goes to each console in one write. A write is what a message costs most, and
# each goes to every console of its queue. It also lets requests be served while there is a backlog.
GATHER_S = 0.008
RETRY_S = 0.5
STALE_S = 10.0
DEAF_S = 60.0
LOOK_EVERY_S = 5.0
PLACES_MAX = 50_000
NAMES_THE_LOSER = frozenset(
    {OfferEnded.TYPE, ConversationRequeued.TYPE, ConversationTransferred.TYPE, ConsultEnded.TYPE}
)

READ = counter("live_events_total", "Events that the consoles' feed read.", ["topic"])
UNREADABLE = counter("live_unreadable_total", "Records of the consoles' topics that are no event of ours.", ["topic"])
BEHIND = gauge("live_seconds_since_read", "Since the consoles' feed last heard from the log.")

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Presence:
    """The newest word about one agent, as it stands in the routing topic. `message`: LivePresence, JSON-ready."""

    partition: int
    offset: int
    agent_id: str
    message: dict[str, Any]

    @property
    def size_bytes(self) -> int:
        return 300


@dataclass(frozen=True, slots=True)
class Ringing:
    """How a live call stands. `agents`: whom it concerns. `message`: LiveCall, JSON-ready. Not kept: a console that was
    away asks for the calls there are."""

    agents: frozenset[str]
    message: dict[str, Any]

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Ringing":
        """From the JSON of a CallChanged. Raises KeyError."""
        named = frozenset(agent for agent in (data["agent_id"], data["freed"]) if agent is not None)
        call = {name: value for name, value in data.items() if name not in ("pool", "freed")}
        call["caller"] = data["caller"] if data["caller"].startswith("+") else None
        return cls(named, {"call": call})


class Feed:
    """One per process. `on_entry`, `on_presence` and `on_regrouped` (which identities a customer is now) are called for
    each new event, in order, `on_pause` after those of one read; they must not wait."""

    def __init__(self, bus: Bus, clock: Clock, *, on_deaf: Callable[[str], None] = end_process) -> None:
        self.on_entry: Callable[[Entry], None] = lambda _: None
        self.on_presence: Callable[[Presence], None] = lambda _: None
        self.on_call: Callable[[Ringing], None] = lambda _: None
        self.on_regrouped: Callable[[str, Sequence[str]], None] = lambda _customer, _identities: None
        self.on_pause: Callable[[], None] = lambda: None
        self._bus = bus
        self._clock = clock
        self._on_deaf = on_deaf
        self._entries: Ring[Entry] | None = None
        self._presences: Ring[Presence] | None = None
        self._places: OrderedDict[str, Place] = OrderedDict()
        self._heard_at = clock.monotonic()

    async def run(self) -> None:
        """Until cancelled. Trouble of the log is waited out."""
        await self._start()
        await together(
            self._follow(CONVERSATIONS, self.entries, self._conversation_event),
            self._follow(ROUTING, self.presences, self._routing_event),
            self._watch(),
        )

    @property
    def entries(self) -> Ring[Entry]:
        """Raises Transient until the log has answered once."""
        if self._entries is None:
            raise Transient("the console's feed has not started yet", retry_after_s=1)
        return self._entries

    @property
    def presences(self) -> Ring[Presence]:
        if self._presences is None:
            raise Transient("the console's feed has not started yet", retry_after_s=1)
        return self._presences

    @property
    def started(self) -> bool:
        return self._presences is not None

    def cursor_now(self) -> str:
        """Everything before it has been told. Raises Transient."""
        return write(Cursor(self.entries.positions, self.presences.positions))

    def problems(self) -> list[str]:
        """Why consoles may show old things; for readiness."""
        silent_s = self._clock.monotonic() - self._heard_at
        BEHIND.set(silent_s)
        if not self.started:
            return ["live: the log has not answered yet"]
        return [f"live: the log has not answered for {silent_s:.0f} s"] if silent_s > STALE_S else []

    async def _watch(self) -> None:
        """A feed that hears nothing although the log has something to tell is deaf: the process ends itself."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._clock.monotonic() - self._heard_at < DEAF_S:
                continue
            try:
                ends = await self._bus.ends(CONVERSATIONS)
            except BusUnavailable:
                continue  # the log is away, and that is being waited out
            if any(end > self.entries.positions.get(partition, end) for partition, end in ends.items()):
                self._on_deaf(
                    f"the consoles' feed has heard nothing for {DEAF_S:.0f} s, but there is something to hear"
                )

    async def _start(self) -> None:
        while True:
            try:
                moment = self._clock.now() - LOOK_BACK
                conversations = await self._bus.offsets_at(CONVERSATIONS, moment)
                routing = await self._bus.offsets_at(ROUTING, moment)
            except BusUnavailable as error:
                log.warning("live_waits_for_the_log", reason=str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self._entries, self._presences = Ring(conversations), Ring(routing)
                self._heard_at = self._clock.monotonic()
                return

    async def _follow(self, topic: str, ring: Ring[Any], take: Callable[[Record], None]) -> None:
        while True:
            try:
                await self._read(topic, ring, take)
            except BusUnavailable as error:
                log.warning("live_waits_for_the_log", topic=topic, reason=str(error))
                await asyncio.sleep(RETRY_S)

    async def _read(self, topic: str, ring: Ring[Any], take: Callable[[Record], None]) -> None:
        """Goes on where it stopped. Raises BusUnavailable."""
        tail = await self._bus.tail(topic, since=dict(ring.positions))
        try:
            while True:
                records = await tail.read(READ_AT_ONCE, timeout_s=READ_S)
                self._heard_at = self._clock.monotonic()
                READ.labels(topic=topic).inc(len(records))
                self._take(topic, ring, take, records)
                self.on_pause()
                await asyncio.sleep(GATHER_S)
        finally:
            await tail.close()

    def _take(self, topic: str, ring: Ring[Any], take: Callable[[Record], None], records: Iterable[Record]) -> None:
        for record in records:
            if not ring.skip(record.partition, record.offset):
                continue
            try:
                take(record)
            except (ValueError, KeyError, TypeError) as error:
                UNREADABLE.labels(topic=topic).inc()
                log.error("live_record_unreadable", topic=topic, type=record.type, offset=record.offset, exc_info=error)

    def _conversation_event(self, record: Record) -> None:
        """Raises ValueError, KeyError, TypeError for what is no event of ours."""
        if record.type == CustomerRegrouped.TYPE:
            said = orjson.loads(record.value)["data"]
            self.on_regrouped(said["customer_id"], said["identities"])
        if record.type not in LIVE_EVENTS:
            return
        envelope = orjson.loads(record.value)
        data = envelope["data"]
        conversation = data["conversation"]
        place = place_of(conversation)
        entry = Entry(
            partition=record.partition,
            offset=record.offset,
            cursor=self.cursor_now(),
            type=record.type,
            at=envelope["time"],
            conversation_id=conversation["id"],
            customer_id=conversation["customer_id"],
            seq=conversation["seq"],
            place=place,
            before=self._moved(conversation["id"], place),
            named=data["agent_id"] if record.type in NAMES_THE_LOSER else None,
            event=_to_keep(data),
            row=_to_keep(conversation),
        )
        self.entries.add(entry)
        self.on_entry(entry)

    def _routing_event(self, record: Record) -> None:
        if record.type == CallChanged.TYPE:
            self.on_call(Ringing.of(orjson.loads(record.value)["data"]))
        if record.type != PresenceChanged.TYPE:
            return
        data = orjson.loads(record.value)["data"]
        message = {name: data.get(name) for name in ("agent_id", "status", "reason", "since", "wrap_up_until")}
        presence = Presence(record.partition, record.offset, data["agent_id"], message)
        self.presences.add(presence)
        self.on_presence(presence)

    def _moved(self, conversation_id: str, place: Place) -> Place | None:
        """Remembers where it is now; where it was before, if known."""
        before = self._places.pop(conversation_id, None)
        self._places[conversation_id] = place
        if len(self._places) > PLACES_MAX:
            self._places.popitem(last=False)
        return before


def _to_keep(value: Any) -> bytes:
    """JSON in memory of its own size: what orjson returns holds on to its working buffer, several times as large."""
    return bytes(memoryview(orjson.dumps(value)))
