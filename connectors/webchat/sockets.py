"""Which visitors are connected to this process. Only a picture: nothing that must survive a restart stands here."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from connectors.webchat.limits import Burst
from connectors.webchat.tokens import Visitor
from hub.ids import ConversationId, IdentityId
from hub.metrics import gauge

CONNECTED = gauge("visitor_sockets", "Web chat sockets of this process.")

Address = tuple[str, str]  # account id, visitor id


@dataclass(slots=True)
class VisitorSocket:
    """One tab. `token_version` is that of the token it came with; `network` whom the per-address bound counts."""

    sid: str
    visitor: Visitor
    token_version: int
    expires_at: datetime
    network: str
    locale: str | None
    burst: Burst
    faults: int = 0


@dataclass(slots=True)
class Tabs:
    """All sockets of one visitor, oldest first. `turn` keeps the order of what they send. `identity_id` is None until
    the first event of the visitor was handled; `last_seq` is the newest place that was sent to them."""

    address: Address
    sockets: dict[str, VisitorSocket] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    identity_id: IdentityId | None = None
    conversation_id: ConversationId | None = None
    last_seq: int = 0


class VisitorSockets:
    """One per process."""

    def __init__(self) -> None:
        self._by_sid: dict[str, VisitorSocket] = {}
        self._by_address: dict[Address, Tabs] = {}
        self._by_identity: dict[IdentityId, Tabs] = {}
        self._by_conversation: dict[ConversationId, dict[Address, Tabs]] = {}
        self._networks: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._by_sid)

    def __iter__(self) -> Iterator[VisitorSocket]:
        return iter(list(self._by_sid.values()))

    def count_of(self, network: str) -> int:
        return self._networks[network]

    def add(self, socket: VisitorSocket) -> Tabs:
        tabs = self._by_address.setdefault(socket.visitor.address, Tabs(socket.visitor.address))
        tabs.sockets[socket.sid] = socket
        self._by_sid[socket.sid] = socket
        self._networks[socket.network] += 1
        CONNECTED.set(len(self._by_sid))
        return tabs

    def remove(self, sid: str) -> None:
        """A no-op for one that is gone."""
        socket = self._by_sid.pop(sid, None)
        if socket is None:
            return
        self._networks[socket.network] -= 1
        if not self._networks[socket.network]:
            del self._networks[socket.network]
        tabs = self._by_address[socket.visitor.address]
        del tabs.sockets[sid]
        if not tabs.sockets:
            self._forget(tabs)
        CONNECTED.set(len(self._by_sid))

    def get(self, sid: str) -> VisitorSocket | None:
        return self._by_sid.get(sid)

    def of(self, address: Address) -> Tabs | None:
        return self._by_address.get(address)

    def of_identity(self, identity_id: IdentityId) -> Tabs | None:
        return self._by_identity.get(identity_id)

    def in_conversation(self, conversation_id: ConversationId) -> list[Tabs]:
        return list(self._by_conversation.get(conversation_id, {}).values())

    def learn(
        self, tabs: Tabs, identity_id: IdentityId | None, conversation_id: ConversationId | None, seq: int
    ) -> None:
        """What an entry of the visitor tells: who they are, which conversation it is in, how far the order goes."""
        tabs.last_seq = max(tabs.last_seq, seq)
        if identity_id is not None:
            tabs.identity_id = identity_id
            self._by_identity[identity_id] = tabs
        if conversation_id is not None and conversation_id != tabs.conversation_id:
            self._leave(tabs)
            tabs.conversation_id = conversation_id
            self._by_conversation.setdefault(conversation_id, {})[tabs.address] = tabs

    def _forget(self, tabs: Tabs) -> None:
        del self._by_address[tabs.address]
        if tabs.identity_id is not None and self._by_identity.get(tabs.identity_id) is tabs:
            del self._by_identity[tabs.identity_id]
        self._leave(tabs)

    def _leave(self, tabs: Tabs) -> None:
        if tabs.conversation_id is None:
            return
        among = self._by_conversation.get(tabs.conversation_id, {})
        among.pop(tabs.address, None)
        if not among:
            self._by_conversation.pop(tabs.conversation_id, None)
