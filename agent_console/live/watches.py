"""Who has a conversation of which customer open, in this process.

What is said in a conversation is told to whoever watches it, in full. But the page shows the whole timeline of its
customer: entries of their other conversations too, and those of everybody who is merged with them. Of these its watcher
hears only that something is different there, and reads it anew. That is rare: mostly it is a closed conversation that
somebody still looks at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_console.live.audience import Entry
from hub.events import ConversationRead

NOT_SHOWN = frozenset({ConversationRead.TYPE})  # in no timeline


@dataclass(slots=True, eq=False)
class Watch:
    """`identity_id` opened the conversation: whose customer it is now, `customer_id` is."""

    sid: str
    conversation_id: str
    identity_id: str
    customer_id: str


class Watches:
    """Indexed both ways, so that what concerns nobody costs one look."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str], Watch] = {}  # by socket and conversation
        self._by_customer: dict[str, set[Watch]] = {}
        self._by_identity: dict[str, set[Watch]] = {}

    def add(self, watch: Watch) -> None:
        """Also anew: the customer may be another one now."""
        self.drop(watch.sid, watch.conversation_id)
        self._all[(watch.sid, watch.conversation_id)] = watch
        self._by_customer.setdefault(watch.customer_id, set()).add(watch)
        self._by_identity.setdefault(watch.identity_id, set()).add(watch)

    def drop(self, sid: str, conversation_id: str) -> None:
        watch = self._all.pop((sid, conversation_id), None)
        if watch is not None:
            _discard(self._by_customer, watch.customer_id, watch)
            _discard(self._by_identity, watch.identity_id, watch)

    def elsewhere(self, entry: Entry) -> list[Watch]:
        """Those who look at another conversation of the same customer, whose timeline shows this too."""
        if entry.type in NOT_SHOWN:
            return []
        theirs = self._by_customer.get(entry.customer_id, ())
        return [watch for watch in theirs if watch.conversation_id != entry.conversation_id]

    def regrouped(self, customer_id: str, identities: Sequence[str]) -> list[Watch]:
        """Those whose customer it is now, in conversations that one of `identities` opened."""
        found = [watch for identity_id in identities for watch in self._by_identity.get(identity_id, ())]
        for watch in found:
            _discard(self._by_customer, watch.customer_id, watch)
            watch.customer_id = customer_id
            self._by_customer.setdefault(customer_id, set()).add(watch)
        return found

    def __len__(self) -> int:
        return len(self._all)


def by_conversation(watches: Iterable[Watch]) -> dict[str, list[str]]:
    """conversation -> sids."""
    found: dict[str, list[str]] = {}
    for watch in watches:
        found.setdefault(watch.conversation_id, []).append(watch.sid)
    return found


def _discard(index: dict[str, set[Watch]], key: str, watch: Watch) -> None:
    group = index.get(key)
    if group is not None:
        group.discard(watch)
        if not group:
            del index[key]
