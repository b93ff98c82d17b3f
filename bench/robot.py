"""A console that keeps what it shows, by the rule of the real one: snapshot, events by seq, and what a gap hides is
asked for. What stands in `view` in the end is what an agent would see."""

import asyncio
from typing import Any

from bench.console import Console, LiveSocket
from bench.follower import TROUBLE, Follower

PAGE = 100
AGAIN_S = 0.2


class Robot(Follower):
    """Somebody who sees everything and watches every conversation there is, at most 30. `view`: conversation ->
    touchpoint id -> touchpoint; `seqs`: how far each conversation is known."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, self._hear)
        self.view: dict[str, dict[str, dict[str, Any]]] = {}
        self.seqs: dict[str, int] = {}
        self.conversations: dict[str, dict[str, Any]] = {}
        self._socket: LiveSocket | None = None
        self._watched: set[str] = set()
        self._behind: asyncio.Queue[str] = asyncio.Queue()

    async def begin(self) -> None:
        snapshot = await self.console.snapshot()
        self.cursor = snapshot["cursor"]
        for conversation in snapshot["conversations"]:
            self._note(conversation)

    async def connected(self, socket: LiveSocket) -> None:
        """What was watched is forgotten with the connection."""
        self._socket = socket
        self._watched.clear()
        for conversation_id in self.view:
            self._behind.put_nowait(conversation_id)

    async def read(self) -> None:
        """Until cancelled: watches and asks for what is missing."""
        while True:
            conversation_id = await self._behind.get()
            try:
                await self._catch_up(conversation_id)
            except TROUBLE:
                self._behind.put_nowait(conversation_id)
                await asyncio.sleep(AGAIN_S)

    def shown(self) -> dict[str, list[tuple[str, str]]]:
        """Conversation -> (id, text) in the order of the screen."""
        return {conversation_id: in_order(entries.values()) for conversation_id, entries in self.view.items()}

    def _hear(self, name: str, content: dict[str, Any]) -> None:
        if name not in {"row", "event"}:
            return
        conversation = content["conversation"] if name == "row" else content["event"]["conversation"]
        conversation_id, seq = conversation["id"], conversation["seq"]
        known = self.seqs.get(conversation_id, 0)
        self._note(conversation)
        if name == "event" and seq == known + 1:
            self._apply(conversation_id, seq, [content["event"].get("touchpoint")])
        elif seq > known:
            self._behind.put_nowait(conversation_id)

    def _note(self, conversation: dict[str, Any]) -> None:
        known = self.conversations.get(conversation["id"])
        if known is None or conversation["seq"] > known["seq"]:
            self.conversations[conversation["id"]] = conversation
        if conversation["id"] not in self.view:
            self.view[conversation["id"]] = {}
            self._behind.put_nowait(conversation["id"])

    def _apply(self, conversation_id: str, seq: int, touchpoints: list[dict[str, Any] | None]) -> None:
        for touchpoint in touchpoints:
            if touchpoint is not None:
                self.view[conversation_id][touchpoint["id"]] = touchpoint
        self.seqs[conversation_id] = max(seq, self.seqs.get(conversation_id, 0))

    async def _catch_up(self, conversation_id: str) -> None:
        if self._socket is None:
            return
        if conversation_id not in self._watched:
            await self._socket.ask("watch", {"conversation_id": conversation_id})
            self._watched.add(conversation_id)
        path = f"/conversations/{conversation_id}/changes"
        changes = await self.console.get(path, after_seq=self.seqs.get(conversation_id, 0))
        touchpoints = changes["touchpoints"]
        if changes["reload"]:
            self.view[conversation_id].clear()
            touchpoints = await whole_timeline(self.console, conversation_id)
        self._note(changes["conversation"])
        self._apply(conversation_id, changes["conversation"]["seq"], touchpoints)


async def whole_timeline(console: Console, conversation_id: str) -> list[dict[str, Any]]:
    """Every page of it, oldest first."""
    found: list[dict[str, Any]] = []
    before: int | None = None
    while True:
        query = {"limit": PAGE} | ({"before": before} if before is not None else {})
        page = await console.get(f"/conversations/{conversation_id}/timeline", **query)
        found = page["touchpoints"] + found
        before = page["before"]
        if before is None:
            return found


def in_order(touchpoints: Any) -> list[tuple[str, str]]:
    return [(t["id"], t["text"] or "") for t in sorted(touchpoints, key=lambda t: t["number"])]
