"""What a role brings to a process: routes, long tasks, and reasons why it is not ready."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

Task = Callable[[], Awaitable[None]]
Problems = Callable[[], list[str]]


@dataclass(slots=True)
class Part:
    """`tasks` run until cancelled, in the order of their start. `attach` adds what is more than a route, such as a
    Socket.IO server. `at_stop` runs when the door closes, before requests in flight are waited for."""

    routes: list[web.AbstractRouteDef] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    attach: list[Callable[[web.Application], None]] = field(default_factory=list)
    problems: list[Problems] = field(default_factory=list)
    at_stop: list[Task] = field(default_factory=list)

    def add(self, other: "Part") -> None:
        self.routes += other.routes
        self.attach += other.attach
        self.tasks |= other.tasks
        self.problems += other.problems
        self.at_stop += other.at_stop
