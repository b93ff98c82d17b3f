"""Bringing a console up to date: what it missed, from the ring, then live.

Nothing may fall between the two: the console goes live in the very step in which the ring has nothing more for it, with
no wait in between. Of rows only the last of each conversation is sent: the newer replaces the older.
"""

import asyncio
from typing import Any

import orjson

from agent_console.live.audience import Entry, telling
from agent_console.live.cursor import Cursor, read
from agent_console.live.feed import Feed
from agent_console.live.listeners import Listener
from hub.metrics import counter, histogram
from hub.sockets import Outlet

MISSED_MAX = 3000  # messages; a snapshot is cheaper then
QUEUE_MAX = 200  # messages in the socket's queue before more are added
PAUSE_S = 0.02
SLOWEST_S = 30.0

CAUGHT_UP = counter("live_reconnects_total", "Consoles that connected, by what they were told.", ["outcome"])
SECONDS = histogram("live_catch_up_seconds", "From connecting to live.")


def message_of(entry: Entry, how: str) -> dict[str, Any]:
    """As LiveEvent or LiveRow says, JSON-ready."""
    said = {"cursor": entry.cursor, "at": entry.at}
    if how == "event":
        return said | {"type": entry.type, "event": orjson.Fragment(entry.event)}
    return said | {"conversation": orjson.Fragment(entry.row)}


async def catch_up(feed: Feed, outlet: Outlet, listener: Listener, cursor: str | None) -> None:
    """Ends with the listener live and told `sync`; or, when it missed too much, live and told `reload`.

    Raises Transient while the feed has not started, TimeoutError for a console that does not read.
    """
    with SECONDS.time():
        async with asyncio.timeout(SLOWEST_S):
            reason = await _replay(feed, outlet, listener, cursor) if cursor is not None else None
    now = feed.cursor_now()
    listener.is_live = True
    if reason is not None:
        outlet.send([listener.sid], "reload", {"reason": reason})
    outlet.send([listener.sid], "sync", {"cursor": now})
    CAUGHT_UP.labels(outcome=reason or ("replayed" if cursor is not None else "fresh")).inc()


async def _replay(feed: Feed, outlet: Outlet, listener: Listener, cursor: str) -> str | None:
    """Sends what is missing. Returns why that cannot be done, or None; then nothing more is missing at this moment."""
    known = read(cursor)
    if known is None:
        return "unknown_cursor"
    number = feed.entries.number_at(known.conversations)
    if number is None or feed.presences.number_at(known.routing) is None:
        return "too_old"
    sent = 0
    while True:
        entries = feed.entries.since(number)
        if entries is None:
            return "fell_behind"
        missed = _missed(listener, list(entries))
        number = feed.entries.next_number
        sent += len(missed)
        if sent > MISSED_MAX:
            return "fell_behind"
        if not missed:
            _tell_presences(feed, outlet, listener, known)
            return None
        for entry, how in missed:
            if (outlet.waiting(listener.sid) or 0) >= QUEUE_MAX:
                await _room(outlet, listener)
            outlet.send([listener.sid], how, message_of(entry, how))


def _missed(listener: Listener, entries: list[Entry]) -> list[tuple[Entry, str]]:
    """In order. A row that a later row or event of the same conversation replaces is left out."""
    told = [(entry, how) for entry in entries if (how := telling(listener.sight, entry)) is not None]
    last = {entry.conversation_id: entry.seq for entry, _ in told}
    return [(entry, how) for entry, how in told if how == "event" or entry.seq == last[entry.conversation_id]]


def _tell_presences(feed: Feed, outlet: Outlet, listener: Listener, known: Cursor) -> None:
    number = feed.presences.number_at(known.routing)
    presences = feed.presences.since(number) if number is not None else None
    newest = {presence.agent_id: presence for presence in presences or ()}
    for presence in newest.values():
        outlet.send([listener.sid], "presence", presence.message)


async def _room(outlet: Outlet, listener: Listener) -> None:
    """Waits until the console has taken most of what waits for it."""
    while (outlet.waiting(listener.sid) or 0) >= QUEUE_MAX // 2:  # noqa: ASYNC110 - the library's queue has no event
        await asyncio.sleep(PAUSE_S)
