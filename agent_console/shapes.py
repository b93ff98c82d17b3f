"""From what the stores hold to what the API shows. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from agent_console.admin_views import AgentDetail
from agent_console.auth import SignedIn
from agent_console.record_views import NoteView, OrderView
from agent_console.views import (
    AgentCard,
    AgentView,
    CustomerView,
    EvidenceView,
    HistoryEntry,
    IdentityView,
    LedgerView,
    Me,
    QueueView,
    SuggestionView,
)
from hub.events import ConversationState, EvidenceKind, PresenceStatus
from hub.ids import CustomerId, IdentityId, LedgerEntryId
from storage.accounts import ChannelAccount
from storage.agents import Agent
from storage.console_reads import Waiting
from storage.customers import Line, Panel
from storage.evidence import Proof
from storage.history import Happening
from storage.identities import Identity
from storage.ledger import Entry, Link
from storage.orders import Order
from storage.routing import AgentRow, Queue
from storage.suggestions import Suggestion


def agent_view(agent: Agent) -> AgentView:
    return AgentView(**_agent(agent))


def agent_detail(agent: Agent) -> AgentDetail:
    return AgentDetail(**_agent(agent), disabled_at=agent.disabled_at, created_at=agent.created_at)


def me(signed_in: SignedIn, row: AgentRow | None) -> Me:
    """`row` None: disabled at this very moment."""
    return Me(
        agent=agent_view(signed_in.agent),
        presence=row.status if row else PresenceStatus.OFFLINE,
        reason=row.reason if row else None,
        wrap_up_until=row.wrap_up_until if row else None,
        csrf=signed_in.csrf,
    )


def agent_card(row: AgentRow) -> AgentCard:
    return AgentCard(
        id=row.id,
        display_name=row.name,
        presence=row.status,
        reason=row.reason,
        since=row.since,
        wrap_up_until=row.wrap_up_until,
        load=row.load,
        capacity=row.capacity,
        queue_ids=tuple(sorted(row.queues)),
    )


def queue_view(queue: Queue, waiting: Waiting | None) -> QueueView:
    return QueueView(
        id=queue.id,
        name=queue.name,
        waiting=waiting.count if waiting else 0,
        longest_wait_since=waiting.since if waiting else None,
    )


def history_entry(happening: Happening) -> HistoryEntry:
    return HistoryEntry(
        conversation_id=happening.conversation_id,
        seq=happening.seq,
        type=happening.type,
        at=happening.at,
        agent_id=happening.agent_id,
        fields=happening.data,
    )


def customer_view(
    panel: Panel,
    accounts: Mapping[str, ChannelAccount],
    entries: Sequence[Entry],
    links: Sequence[Link],
    conversations: Sequence[ConversationState],
    orders: Sequence[Order] = (),
) -> CustomerView:
    by_id = {entry.id: entry for entry in entries}
    links_used = joined_by([identity.id for identity in panel.identities], links)
    joined = {identity_id: by_id.get(entry_id) for identity_id, entry_id in links_used.items()}
    return CustomerView(
        id=panel.id,
        name=panel.name,
        given_name=panel.given_name,
        attributes=dict(panel.whole.attributes),
        tags=panel.whole.tags,
        notes=tuple(NoteView(record_id=record_id, text=text) for record_id, text in panel.whole.notes.items()),
        orders=tuple(map(order_view, orders)),
        phones=panel.values(EvidenceKind.PHONE),
        emails=panel.values(EvidenceKind.EMAIL),
        identities=tuple(_identity(one, panel, accounts, joined.get(one.id)) for one in panel.identities),
        ledger=ledger_views(entries, links),
        conversations=tuple(conversations),
        created_at=panel.created_at,
    )


def order_view(order: Order) -> OrderView:
    return OrderView(**{name: getattr(order, name) for name in OrderView.model_fields})


def suggestion_view(
    suggestion: Suggestion, other: CustomerId, lines: Mapping[CustomerId, Line], identities: Sequence[Identity]
) -> SuggestionView:
    theirs = [identity for identity in identities if identity.customer_id == other]
    return SuggestionView(
        id=suggestion.id,
        other_customer_id=other,
        other_name=lines[other].name if other in lines else None,
        other_channels=tuple(dict.fromkeys(identity.channel for identity in theirs)),
        why=suggestion.why,
        created_at=suggestion.created_at,
    )


def ledger_views(entries: Sequence[Entry], links: Sequence[Link]) -> tuple[LedgerView, ...]:
    """Newest first. Undoing a merge whose link a later split has cut would change nothing."""
    standing = in_force(entries)
    linking = {link.entry_id for link in links if link.in_force}
    return tuple(
        _ledger_view(entry, entry.id in standing, entry.kind != "merge" or entry.id in linking)
        for entry in reversed(entries)
    )


def in_force(entries: Sequence[Entry]) -> set[LedgerEntryId]:
    """Those that no undo in force revokes. `entries` in order: an undo always comes after what it revokes."""
    revoked: set[LedgerEntryId] = set()
    for entry in reversed(entries):
        if entry.target_id is not None and entry.id not in revoked:
            revoked.add(entry.target_id)
    return {entry.id for entry in entries} - revoked


def joined_by(identities: Sequence[IdentityId], links: Sequence[Link]) -> dict[IdentityId, LedgerEntryId]:
    """Which entry brought each identity to the first of them; earlier links first. The first has none."""
    ours = set(identities)
    usable = [link for link in links if link.in_force and {link.identity_a, link.identity_b} <= ours]
    reached: dict[IdentityId, LedgerEntryId | None] = dict.fromkeys(identities[:1])
    grew = True
    while grew:
        grew = False
        for link in usable:
            for here, there in ((link.identity_a, link.identity_b), (link.identity_b, link.identity_a)):
                if here in reached and there not in reached:
                    reached[there] = link.entry_id
                    grew = True
    return {identity: entry for identity, entry in reached.items() if entry is not None}


def _identity(
    identity: Identity, panel: Panel, accounts: Mapping[str, ChannelAccount], entry: Entry | None
) -> IdentityView:
    account = accounts.get(identity.account_id)
    return IdentityView(
        id=identity.id,
        channel=identity.channel,
        account_id=identity.account_id,
        account_name=account.display_name if account else identity.account_id,
        external_id=identity.external_id,
        display_name=identity.display_name,
        avatar_url=identity.avatar_url,
        evidence=tuple(evidence_view(proof) for proof in panel.proofs.get(identity.id, ())),
        last_inbound_at=identity.last_inbound_at,
        joined_by=entry.id if entry else None,
        joined_at=entry.at if entry else None,
        why=entry.why if entry else None,
    )


def evidence_view(proof: Proof) -> EvidenceView:
    return EvidenceView(
        kind=proof.kind,
        value=proof.value,
        strength=proof.strength,
        source=proof.source,
        last_seen_at=proof.last_seen_at,
    )


def _ledger_view(entry: Entry, standing: bool, matters: bool) -> LedgerView:
    return LedgerView(
        id=entry.id,
        kind=entry.kind,
        at=entry.at,
        by=entry.agent_id,
        why=entry.why,
        identity_a=entry.identity_a,
        identity_b=entry.identity_b,
        target_id=entry.target_id,
        in_force=standing,
        revocable=standing and matters,
    )


def _agent(agent: Agent) -> dict[str, Any]:
    names = ("id", "login", "display_name", "role", "locale", "capacity", "queue_ids")
    return {name: getattr(agent, name) for name in names}
