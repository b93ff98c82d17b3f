"""The consoles connected to this process, and which of them an event concerns."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from agent_console.live.audience import Entry, Place, Sight, Telling, telling
from agent_console.live.watches import Watches
from hub.metrics import counter

EVENTS_AT_ONCE, EVENTS_PER_S = 60, 20.0  # from one console; fast switching between conversations needs a third

TOLD = counter("live_told_total", "Messages about conversations put into consoles' queues.", ["telling"])


@dataclass(slots=True, eq=False)
class Listener:
    """One socket. `is_live`: it has caught up and is told what happens."""

    sid: str
    sight: Sight
    token_sha256: bytes
    expires_at: datetime
    is_live: bool = False
    tokens: float = field(default=EVENTS_AT_ONCE)
    filled_at: float = 0.0

    def admits(self, now: float) -> bool:
        """Counts one event from the console; False when there are too many. `now` is monotonic."""
        self.tokens = min(EVENTS_AT_ONCE, self.tokens + (now - self.filled_at) * EVENTS_PER_S)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Listeners:
    """Indexed by what an event names, so that it costs those whom it may concern and nobody else."""

    def __init__(self) -> None:
        self._all: dict[str, Listener] = {}
        self._by_agent: dict[str, set[Listener]] = {}
        self._by_queue: dict[str, set[Listener]] = {}
        self._seeing_all: set[Listener] = set()
        self.watches = Watches()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Listener]:
        return iter(list(self._all.values()))

    def get(self, sid: str) -> Listener | None:
        return self._all.get(sid)

    def add(self, listener: Listener) -> None:
        self._all[listener.sid] = listener
        self._by_agent.setdefault(listener.sight.agent_id, set()).add(listener)
        for queue_id in listener.sight.queue_ids:
            self._by_queue.setdefault(queue_id, set()).add(listener)
        if listener.sight.sees_all:
            self._seeing_all.add(listener)

    def remove(self, sid: str) -> Listener | None:
        """None: it was not there."""
        listener = self._all.pop(sid, None)
        if listener is None:
            return None
        for conversation_id in listener.sight.watching:
            self.watches.drop(sid, conversation_id)
        self._seeing_all.discard(listener)
        _discard(self._by_agent, listener.sight.agent_id, listener)
        for queue_id in listener.sight.queue_ids:
            _discard(self._by_queue, queue_id, listener)
        return listener

    def see_anew(self, listener: Listener, sight: Sight) -> None:
        """Its agent's rights changed."""
        if self.remove(listener.sid) is not None:
            listener.sight = sight
            self.add(listener)

    def of_agent(self, agent_id: str) -> list[Listener]:
        return list(self._by_agent.get(agent_id, ()))

    def unwatch(self, listener: Listener, conversation_id: str) -> None:
        listener.sight.watching.discard(conversation_id)
        self.watches.drop(listener.sid, conversation_id)

    def watching(self, conversation_id: str) -> list[Listener]:
        """Live ones that have this conversation open."""
        return [one for one in self._all.values() if one.is_live and conversation_id in one.sight.watching]

    def told(self, entry: Entry) -> dict[Telling, list[str]]:
        """sids by what they are told. Those not live yet find it in the ring."""
        found: dict[Telling, list[str]] = {"event": [], "row": []}
        for listener in self._concerned(entry):
            how = telling(listener.sight, entry) if listener.is_live else None
            if how is not None:
                found[how].append(listener.sid)
            if how != "event" and entry.conversation_id in listener.sight.watching:
                self.unwatch(listener, entry.conversation_id)  # it may not be seen any more
        for kind, sids in found.items():
            TOLD.labels(telling=kind).inc(len(sids))
        return found

    def _concerned(self, entry: Entry) -> set[Listener]:
        """Whoever watches a conversation sees it, and is found by queue or as one who sees all, or holds it."""
        found = set(self._seeing_all)
        for place in filter(None, (entry.place, entry.before)):
            found |= self._at(place)
        if entry.named is not None:
            found |= self._by_agent.get(entry.named, set())
        return found

    def _at(self, place: Place) -> set[Listener]:
        held = (self._by_agent.get(holder, set()) for holder in place.holders if holder is not None)
        return set(self._by_queue.get(place.queue_id, ())).union(*held)


def _discard(index: dict[str, set[Listener]], key: str, listener: Listener) -> None:
    group = index.get(key)
    if group is not None:
        group.discard(listener)
        if not group:
            del index[key]
