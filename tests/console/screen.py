"""What a console does with what it is told, in its smallest form: the rule that the page follows, too.

Rows: of two states of a conversation the one with the higher seq is true. Entries of a timeline: by id, the higher seq
is true. Queues and colleagues: what came last. A merge or split of the customer who is open, or being asked to: read
the detail anew.
"""

import asyncio
from typing import Any

from tests.console.conftest import Browser
from tests.console.sockets import Line

Json = dict[str, Any]
READ_ANEW = {"hub.customer_merged.v1", "hub.customer_split.v1"}
SETTLE_S = 15.0


class Screen:
    """One agent's console: its snapshot, its socket, and one conversation that may be open."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.line = Line(browser)
        self.rows: dict[str, Json] = {}
        self.queues: list[Json] = []
        self.agents: dict[str, Json] = {}
        self.entries: dict[str, Json] = {}
        self.opened: str | None = None
        self.must_read_anew = False
        self.cursor = ""
        self._read = 0

    async def start(self) -> "Screen":
        self._take((await self.browser.get("/snapshot")).body)
        await self.line.open(cursor=self.cursor)
        return self

    async def open(self, conversation_id: Any) -> None:
        """Watches first and reads then, as a page must."""
        self.opened = str(conversation_id)
        await self.line.ask("watch", {"conversation_id": self.opened})
        await self._read_detail()

    async def snapshot(self) -> Json:
        said = await self.browser.get("/snapshot")
        assert said.status == 200
        return dict(said.body)

    async def agrees(self) -> None:
        """Waits until everything shown is what a new snapshot (and a new detail) would show. Fails after SETTLE_S."""
        until = asyncio.get_running_loop().time() + SETTLE_S
        while (difference := await self._difference()) is not None:
            assert asyncio.get_running_loop().time() < until, f"{self.browser.login}: {difference}"
            await asyncio.sleep(0.05)

    def shown(self) -> dict[str, Json]:
        """The rows that belong on the first screen."""
        return {key: row for key, row in self.rows.items() if self._belongs(row)}

    async def close(self) -> None:
        await self.line.close()

    def fold(self) -> None:
        """Everything heard since the last call."""
        heard, self._read = self.line.heard[self._read :], len(self.line.heard)
        for event, message in heard:
            if "cursor" in message:
                self.cursor = message["cursor"]
            self._apply(event, message)

    def _apply(self, event: str, message: Json) -> None:
        if event == "row":
            self._row(message["conversation"])
        elif event == "event":
            self._row(message["event"]["conversation"])
            self._entry(message["type"], message["event"])
        elif event == "reread":
            self.must_read_anew |= message["conversation_id"] == self.opened
        elif event == "queues":
            self.queues = message["queues"]
        elif event == "agents":
            self.agents |= {card["id"]: card for card in message["agents"]}
        elif event == "presence" and message["agent_id"] in self.agents:
            card = self.agents[message["agent_id"]]
            news = {name: message[name] for name in ("reason", "since", "wrap_up_until")}
            self.agents[message["agent_id"]] = card | news | {"presence": message["status"]}

    def _row(self, state: Json) -> None:
        known = self.rows.get(state["id"])
        if known is None or known["seq"] < state["seq"]:
            self.rows[state["id"]] = state

    def _entry(self, type_: str, event: Json) -> None:
        if event["conversation"]["id"] != self.opened:
            return
        self.must_read_anew |= type_ in READ_ANEW
        if "touchpoint" in event:
            self._put(event["touchpoint"])

    def _put(self, entry: Json) -> None:
        known = self.entries.get(entry["id"])
        if known is None or known["seq"] < entry["seq"]:
            self.entries[entry["id"]] = entry

    def _take(self, snapshot: Json) -> None:
        self.cursor = snapshot["cursor"]
        self.rows = {row["id"]: row for row in snapshot["conversations"]}
        self.queues = snapshot["queues"]
        self.agents = {card["id"]: card for card in snapshot["agents"]}

    def _belongs(self, row: Json) -> bool:
        me = str(self.browser.agent_id)
        if me in row["consulted"] and row["status"] != "closed":
            return True
        if row["status"] == "assigned":
            return bool(row["owner_id"] == me)
        mine = row["queue_id"] in {queue["id"] for queue in self.queues}
        return row["status"] in {"waiting", "offered"} and (mine or row["offered_to"] == me)

    async def _difference(self) -> str | None:
        """None: there is none."""
        self.fold()
        if self.must_read_anew:
            await self._read_detail()
        new = await self.snapshot()
        wanted = {row["id"]: row for row in new["conversations"]}
        if self.shown() != wanted:
            return f"rows {self.shown()} instead of {wanted}"
        if self.queues != new["queues"]:
            return f"queues {self.queues} instead of {new['queues']}"
        if self.agents != {card["id"]: card for card in new["agents"]}:
            return f"agents {self.agents} instead of {new['agents']}"
        return await self._detail_difference()

    async def _detail_difference(self) -> str | None:
        if self.opened is None:
            return None
        said = await self.browser.get(f"/conversations/{self.opened}")
        if said.status == 404:  # it went where this agent sees nothing
            return None if self.opened not in self.shown() else "an open conversation that may not be seen"
        wanted = {entry["id"]: entry for entry in said.body["timeline"]["touchpoints"]}
        return None if self.entries == wanted else f"entries {self.entries} instead of {wanted}"

    async def _read_detail(self) -> None:
        self.must_read_anew = False
        said = await self.browser.get(f"/conversations/{self.opened}")
        self.entries = {entry["id"]: entry for entry in said.body["timeline"]["touchpoints"]}
        self._row(said.body["conversation"])
