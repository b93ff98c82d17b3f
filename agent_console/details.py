"""Reads that the open conversation is made of: customer panel, timeline, ways to answer, suggestions.

Of several reads the conversation's own row comes first. On PostgreSQL each statement sees what is committed by then, so
what follows may be newer than the row's seq, never older: the events after that seq repeat it, and nothing is missed.
"""

from collections.abc import Mapping, Sequence

from agent_console.guard import see_conversation, sight_of
from agent_console.permissions import Caller
from agent_console.ports import ChannelCatalog
from agent_console.reply_options import options
from agent_console.shapes import customer_view, history_entry, suggestion_view
from agent_console.views import (
    Changes,
    ConversationDetail,
    CustomerView,
    ReplyOption,
    SuggestionView,
    TimelinePage,
    TimelineQuery,
)
from hub.clock import Clock
from hub.errors import NotFound
from hub.events import Channel, CustomerMerged, CustomerSplit
from hub.ids import ConversationId, CustomerId, IdentityId
from storage import accounts as account_store
from storage import console_reads, history
from storage import customers as customer_store
from storage import identities as identity_store
from storage import ledger as ledger_store
from storage import orders as order_store
from storage import suggestions as suggestion_store
from storage import touchpoints as touchpoint_store
from storage.accounts import ChannelAccount
from storage.conversations import Conversation
from storage.customers import Panel
from storage.engine import Connection
from storage.ledger import Entry, Link

CONVERSATIONS_SHOWN = 20
ORDERS_SHOWN = 20
FIRST_PAGE = TimelineQuery()
READ_ANEW = frozenset({CustomerMerged.TYPE, CustomerSplit.TYPE})  # after these the timeline has other parts


async def conversation_detail(
    connection: Connection, caller: Caller, conversation_id: ConversationId, catalog: ChannelCatalog, clock: Clock
) -> ConversationDetail:
    """Raises NotFound."""
    conversation = await _shown(connection, caller, conversation_id)
    panel = await _panel(connection, conversation.customer_id)
    accounts = await _accounts(connection)
    return ConversationDetail(
        conversation=conversation.state(),
        customer=await _customer(connection, caller, panel, accounts),
        timeline=await _timeline(connection, panel, FIRST_PAGE),
        reply_options=_options(panel, accounts, catalog, clock),
        suggestions=await _suggestions(connection, panel.id),
    )


async def customer_detail(connection: Connection, caller: Caller, customer_id: CustomerId) -> CustomerView:
    """`customer_id`: who stands for them now, seen already (guard)."""
    panel = await _panel(connection, customer_id)
    accounts = await _accounts(connection)
    return await _customer(connection, caller, panel, accounts)


async def timeline(
    connection: Connection, caller: Caller, conversation_id: ConversationId, query: TimelineQuery
) -> TimelinePage:
    conversation = await _shown(connection, caller, conversation_id)
    return await _timeline(connection, await _panel(connection, conversation.customer_id), query)


async def changes(connection: Connection, caller: Caller, conversation_id: ConversationId, after_seq: int) -> Changes:
    """What happened to the conversation after `after_seq`, or the word that it must be read anew."""
    conversation = await _shown(connection, caller, conversation_id)
    touched = await touchpoint_store.changed_after(connection, conversation_id, after_seq)
    happened = await history.after_seq(connection, conversation_id, after_seq)
    too_much = len(touched) >= touchpoint_store.PAGE_MAX or len(happened) >= history.PAGE_MAX
    anew = too_much or after_seq > conversation.seq or any(one.type in READ_ANEW for one in happened)
    if anew:
        return Changes(conversation=conversation.state(), touchpoints=(), history=(), reload=True)
    return Changes(
        conversation=conversation.state(),
        touchpoints=tuple(touchpoint.state(conversation.customer_id) for touchpoint in touched),
        history=tuple(history_entry(one) for one in happened),
    )


async def _shown(connection: Connection, caller: Caller, conversation_id: ConversationId) -> Conversation:
    return await console_reads.as_of_now(connection, await see_conversation(connection, caller, conversation_id))


async def _accounts(connection: Connection) -> dict[str, ChannelAccount]:
    return {account.id: account for account in await account_store.listed(connection)}


async def _panel(connection: Connection, customer_id: CustomerId) -> Panel:
    panel = await customer_store.panel(connection, customer_id)
    if panel is None:
        raise NotFound("customer_unknown", "There is no such customer.", where="path")
    return panel


async def _customer(
    connection: Connection, caller: Caller, panel: Panel, accounts: Mapping[str, ChannelAccount]
) -> CustomerView:
    ids = [identity.id for identity in panel.identities]
    theirs = await console_reads.conversations_of(connection, sight_of(caller), ids, limit=CONVERSATIONS_SHOWN)
    links = await ledger_store.links_of(connection, ids)
    return customer_view(
        panel,
        accounts,
        await _history(connection, ids, links),
        links,
        [conversation.state() for conversation in theirs],
        await order_store.of_identities(connection, ids, limit=ORDERS_SHOWN),
    )


async def _history(connection: Connection, ids: Sequence[IdentityId], links: Sequence[Link]) -> list[Entry]:
    """Every entry about these identities, also one that took another away from them. In order."""
    named = await ledger_store.of_identities(connection, ids)
    parted = await ledger_store.that_parted(connection, links)
    return sorted({entry.id: entry for entry in [*named, *parted]}.values(), key=lambda entry: entry.number)


async def _timeline(connection: Connection, panel: Panel, query: TimelineQuery) -> TimelinePage:
    ids = [identity.id for identity in panel.identities]
    found = await touchpoint_store.page(connection, ids, before=query.before, limit=query.limit + 1)
    more = len(found) > query.limit
    shown = found[1:] if more else found
    since = shown[0].accepted_at if more else None
    until = await touchpoint_store.accepted_at(connection, query.before) if query.before else None
    happened = await history.between(connection, ids, since=since, until=until)
    return TimelinePage(
        touchpoints=tuple(touchpoint.state(panel.id) for touchpoint in shown),
        history=tuple(history_entry(one) for one in happened),
        before=shown[0].number if more else None,
    )


def _options(
    panel: Panel, accounts: Mapping[str, ChannelAccount], catalog: ChannelCatalog, clock: Clock
) -> tuple[ReplyOption, ...]:
    known: set[Channel] = set(catalog.channels())
    abilities = {channel: catalog.abilities(channel) for channel in known}
    return options(panel.identities, accounts, abilities, clock.now())


async def _suggestions(connection: Connection, customer_id: CustomerId) -> tuple[SuggestionView, ...]:
    shown = await suggestion_store.shown_to(connection, customer_id)
    others: Sequence[CustomerId] = [other for _, other in shown]
    lines = await customer_store.lines(connection, others)
    identities = await identity_store.by_customers(connection, others)
    return tuple(suggestion_view(suggestion, other, lines, identities) for suggestion, other in shown)
