"""What most rigs stand on: a hub with an account and agents, the provider it calls, and consoles."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bench import webhooks
from bench.console import Console
from bench.people import Person, populate
from bench.places import Place, place
from bench.processes import Program
from bench.simulators.facebook import FacebookSimulator
from tools.servers import free_port


@dataclass(frozen=True, slots=True)
class Rig:
    """A running hub. `people`: supervisors first."""

    place: Place
    hub: Program
    people: list[Person]
    graph: FacebookSimulator
    session: aiohttp.ClientSession
    start_s: float

    def console(self, person: Person) -> Console:
        return Console(self.session, self.hub.port, person)

    @property
    def supervisor(self) -> Console:
        return self.console(self.people[0])

    def requests(self, messages: list[webhooks.Webhook]) -> list[bytes]:
        return [message.request(self.hub.port) for message in messages]


@asynccontextmanager
async def rig(*, agents: int = 0, supervisors: int = 1, stored: int = 0, cluster: bool = False) -> AsyncIterator[Rig]:
    """`stored`: so many older messages. Everything is stopped and removed at the end."""
    async with (
        place(cluster=cluster) as where,
        provider() as graph,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        people = await populate(where, agents=agents, supervisors=supervisors, stored=stored, graph_url=graph.url)
        hub = hub_at(where)
        try:
            start_s = await hub.start()
            yield Rig(where, hub, people, graph, session, start_s)
        finally:
            await hub.stop()


def hub_at(where: Place, *, port: int | None = None, roles: str | None = None) -> Program:
    """`roles`: a comma list, for one of several processes; None: all."""
    port = port or free_port()
    command = ["hub", "run", "--port", str(port), *(["--roles", roles] if roles else [])]
    return Program(command, port, where.folder / f"hub-{port}.log", where.environment)


@asynccontextmanager
async def provider() -> AsyncIterator[FacebookSimulator]:
    """What the hub calls while it is measured: it answers questions for names, and takes replies."""
    graph = FacebookSimulator(
        page_id=webhooks.PAGE_ID,
        app_id=webhooks.APP_ID,
        app_secret=webhooks.APP_SECRET,
        page_access_token=webhooks.account_settings("")["page_access_token"],
    )
    await graph.start()
    try:
        yield graph
    finally:
        await graph.stop()


async def settle(seconds: float) -> None:
    """Lets what was started get over its start."""
    await asyncio.sleep(seconds)
