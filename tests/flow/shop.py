"""A hub as it really runs, with the providers around it: one embedded process, or the roles of a cluster."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.processes import Program
from tests.flow import commands
from tests.flow.console import Console
from tests.flow.town import Town
from tests.services import free_port

Way = Literal["embedded", "cluster"]
PASSWORD = "mot-mat-khau-dai"
GRACE_S = 4.0  # without an open console before an agent counts as gone
LOG_LINES_SHOWN = 40
READY_S = 90.0  # six processes that start at once, on two cores that others use too

# As in compose.yaml, with a second process for the work that a cluster exists to share.
CLUSTER_PROCESSES = {
    "ingress": "ingress",
    "identity": "identity",
    "identity-again": "identity",
    "router": "router",
    "egress": "egress",
    "console": "console",
}


@dataclass(frozen=True)
class Member:
    """An agent of the shop."""

    login: str
    name: str
    role: str
    capacity: int


LAN, MINH, QUAN, BOSS = STAFF = (
    Member("lan", "Lan", "agent", 20),
    Member("minh", "Minh", "agent", 20),
    Member("quan", "Quân", "agent", 1),
    Member("boss", "Quản trị", "admin", 0),
)


class Shop:
    """`open` brings everything up, `close` ends every process. `environment` holds the settings of the way it runs."""

    def __init__(self, way: Way, folder: Path, town: Town, environment: Mapping[str, str]) -> None:
        self.way = way
        self.folder = folder
        self.town = town
        self.environment = {
            "HUB_DATA": str(folder / "data"),
            "HUB_SECRET_KEY": secrets.token_urlsafe(32),
            "HUB_AGENT_GRACE_S": str(GRACE_S),
            "HUB_LOG_FORMAT": "text",
            "HUB_LOCAL_PROVIDERS": "true",
            **environment,
        }
        processes = {"hub": ""} if way == "embedded" else CLUSTER_PROCESSES
        self.programs = {name: self._program(name, roles) for name, roles in processes.items()}
        self._doors: dict[str, Console] = {}
        self._tabs: list[Console] = []

    # --- life --------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Accounts and agents come from the command line, before the first process runs."""
        self.town.face(self.ingress_url)
        await commands.run(
            [
                commands.migrate(),
                *(commands.add_account(*account) for account in self.town.accounts()),
                *(_added(member) for member in STAFF),
            ],
            self.environment,
        )
        await self.start()

    async def start(self, *names: str) -> None:
        """These processes, or all of them."""
        async with asyncio.TaskGroup() as group:
            for name in names or self.programs:
                group.create_task(self.programs[name].start())

    async def close(self) -> None:
        await self._close_tabs()
        for door in self._doors.values():
            await door.close()
        async with asyncio.TaskGroup() as group:
            for program in self.programs.values():
                group.create_task(program.stop())

    async def tidy(self) -> None:
        """For the next test: everything runs, no console open, nobody available, no conversation open, no faults."""
        await self._close_tabs()
        if ended := [name for name, program in self.programs.items() if not program.alive]:
            await self.start(*ended)
        await self.town.calm()
        for member in STAFF:
            await (await self.console(member)).be("offline")
        boss = await self.console(BOSS)
        while rows := (await boss.get("/conversations", view="all", limit=100))["items"]:
            for row in rows:
                await boss.do("resolve", row["id"])
        await self._close_tabs()

    async def _close_tabs(self) -> None:
        for tab in self._tabs:
            await tab.close()
        self._tabs.clear()

    # --- people ------------------------------------------------------------------------------------------------------

    async def console(self, member: Member) -> Console:
        """A new tab. Everybody signs in once: the hub slows down those who do it often."""
        if member.login not in self._doors:
            door = Console(self.console_url, member.login, PASSWORD)
            await door.sign_in()
            self._doors[member.login] = door
        tab = self._doors[member.login].tab()
        self._tabs.append(tab)
        return tab

    async def desk(self, member: Member, presence: str = "available") -> Console:
        """An open console of somebody who is there."""
        tab = await self.console(member)
        await tab.open()
        await tab.be(presence)
        return tab

    async def watcher(self) -> Console:
        """An open console that hears of every conversation and takes none."""
        tab = await self.console(BOSS)
        await tab.open()
        return tab

    # --- processes ---------------------------------------------------------------------------------------------------

    @property
    def ingress_url(self) -> str:
        return self._url_of("ingress")

    @property
    def console_url(self) -> str:
        return self._url_of("console")

    def process(self, role: str) -> str:
        """The name of a process that plays the role."""
        return "hub" if self.way == "embedded" else role

    async def kill9(self, name: str) -> None:
        """And start it again at once, as whatever watches over it would."""
        self.programs[name].kill9()
        await self.programs[name].start()

    def logs(self) -> list[tuple[str, str]]:
        """The end of each process's log."""
        return [(name, _last_lines(program.log_end())) for name, program in self.programs.items()]

    def _url_of(self, role: str) -> str:
        return f"http://127.0.0.1:{self.programs[self.process(role)].port}"

    def _program(self, name: str, roles: str) -> Program:
        arguments: Sequence[str] = ("hub", "run", *(("--roles", roles) if roles else ()))
        port = free_port()
        environment = self.environment | {"HUB_PORT": str(port)}
        return Program(arguments, port, self.folder / f"{name}.log", environment, ready_s=READY_S)


def _added(member: Member) -> commands.Command:
    return commands.add_agent(member.login, PASSWORD, name=member.name, role=member.role, capacity=member.capacity)


def _last_lines(text: str) -> str:
    return "\n".join(text.splitlines()[-LOG_LINES_SHOWN:])
