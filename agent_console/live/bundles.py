"""What the sockets of this process are told next, gathered while the feed reads and sent together.

A message of one conversation goes to every console whose lists show it. What such a console costs is not the message
but the sending: waking its writer, framing, a system call. So what one read of the log brings goes out as one message
for each socket, and is encoded once for all sockets that are told the same, which most are.
"""

from collections.abc import Iterable
from typing import Any

from hub.sockets import Outlet

MESSAGES_MAX = 40  # of one bundle, so that the number of waiting messages still bounds the memory of a slow socket


class Bundles:
    """`add` in order, then `flush`."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._messages: list[tuple[str, dict[str, Any]]] = []
        self._numbers: dict[str, list[int]] = {}  # sid -> those of _messages that it is told

    def add(self, sids: Iterable[str], name: str, message: dict[str, Any]) -> None:
        number = len(self._messages)
        self._messages.append((name, message))
        for sid in sids:
            self._numbers.setdefault(sid, []).append(number)

    def flush(self) -> None:
        alike: dict[tuple[int, ...], list[str]] = {}
        for sid, numbers in self._numbers.items():
            alike.setdefault(tuple(numbers), []).append(sid)
        for chosen, sids in alike.items():
            for first in range(0, len(chosen), MESSAGES_MAX):
                self._send(sids, [self._messages[number] for number in chosen[first : first + MESSAGES_MAX]])
        self._messages, self._numbers = [], {}

    def _send(self, sids: list[str], told: list[tuple[str, dict[str, Any]]]) -> None:
        if len(told) == 1:
            self._outlet.send(sids, *told[0])
        else:
            self._outlet.send(sids, "bundle", {"messages": [message for _, message in told]})
