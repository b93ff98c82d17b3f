"""Bounds of the edge: how much is in flight, who is believed about addresses, how often the same thing is logged."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from hub.clock import Clock
from hub.errors import Transient
from hub.log import get_logger

Network = IPv4Network | IPv6Network

log = get_logger(__name__)


class Overloaded(Transient):
    """More is in flight than we have room for. Nothing was kept."""


class Room:
    """A bound on how many are in flight, and on what they hold. Not a queue: who finds no room is told so at once."""

    def __init__(self, what: str, *, count_max: int, bytes_max: int) -> None:
        self._what = what
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._count = 0
        self._bytes = 0

    def enter(self, amount: int = 0) -> None:
        """One more, with `amount` bytes. Raises Overloaded, and then it has not entered."""
        if self._count >= self._count_max:
            raise Overloaded(f"{self._count} {self._what} are in flight")
        self.take(amount)
        self._count += 1

    def take(self, amount: int) -> None:
        """One of those in flight holds `amount` more bytes. Raises Overloaded."""
        if self._bytes + amount > self._bytes_max:
            raise Overloaded(f"{self._what} in flight hold {self._bytes} bytes")
        self._bytes += amount

    def leave(self, amount: int = 0) -> None:
        """One less, with all the bytes that it took."""
        self._count -= 1
        self._bytes -= amount

    @contextmanager
    def place(self) -> "Iterator[Place]":
        """As `enter` and `leave`, for whoever does not know beforehand how much it will hold."""
        self.enter()
        place = Place(self)
        try:
            yield place
        finally:
            self.leave(place.bytes)


class Place:
    """One of those in flight."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.bytes = 0

    def take(self, amount: int) -> None:
        """`amount` more bytes. Raises Overloaded."""
        self._room.take(amount)
        self.bytes += amount


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """ "10.0.0.0/8", "::1": addresses of our own proxies. Raises ValueError."""
    return tuple(ip_network(text, strict=False) for text in texts)


def client_address(peer: str | None, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """Who really called: the rightmost hop that is no proxy of ours.

    `peer` is the other end of the connection, None on a Unix socket (then our own proxy); `forwarded_for` are the
    X-Forwarded-For headers in order. What stands left of an untrusted hop was written by that hop, so it is ignored.
    """
    if not trusted or (peer is not None and not _is_within(peer, trusted)):
        return peer or ""
    hops = [hop.strip() for line in forwarded_for for hop in line.split(",")]
    address = peer or ""
    for hop in reversed(hops):
        if _address(hop) is None:
            return address
        address = str(_address(hop))
        if not _is_within(address, trusted):
            return address
    return address


class Seldom:
    """Log lines that an attacker or an outage could repeat for ever: per key one in `every_s`, with how many unsaid."""

    KEYS_MAX = 1000

    def __init__(self, clock: Clock, every_s: float = 10.0) -> None:
        self._clock = clock
        self._every_s = every_s
        self._said: dict[str, tuple[float, int]] = {}  # key -> when last, how many since

    def warning(self, event: str, key: str, **fields: Any) -> None:
        now = self._clock.monotonic()
        at, unsaid = self._said.get(key, (-self._every_s, 0))
        if now - at < self._every_s:
            self._said[key] = (at, unsaid + 1)
            return
        if len(self._said) >= self.KEYS_MAX:
            self._said.clear()
        self._said[key] = (now, 0)
        log.warning(event, repeated=unsaid, **fields)


def _is_within(address: str, trusted: Sequence[Network]) -> bool:
    parsed = _address(address)
    return parsed is not None and any(parsed in network for network in trusted)


@lru_cache(4096)  # webhooks come from a few addresses, and reading one costs more than checking a signature
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """With or without a port; an IPv4 address in IPv6 clothes is undressed."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed
