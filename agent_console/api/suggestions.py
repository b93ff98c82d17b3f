"""The queue of suggestions: who may be the same person, for those who may see one of the two."""

from agent_console import comparing
from agent_console.api.endpoint import Call
from agent_console.guard import sight_of
from agent_console.parts import Parts
from agent_console.suggestion_views import (
    ClaimAlarms,
    ClaimAlarmView,
    SuggestionCount,
    SuggestionDetail,
    SuggestionPage,
    SuggestionsQuery,
)
from hub.errors import Conflict, NotFound
from hub.ids import CustomerId, SuggestionId
from storage import accounts as account_store
from storage import claim_alarms, suggestion_reads
from storage import customers as customer_store
from storage import identities as identity_store
from storage.accounts import ChannelAccount
from storage.customers import Panel
from storage.engine import Connection


class Suggestions:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def list_suggestions(self, call: Call) -> SuggestionPage:
        query, sight = call.query(SuggestionsQuery), sight_of(call.caller)
        async with self._parts.units.database.reading() as connection:
            found, following = await suggestion_reads.page(connection, sight, after=query.after, limit=query.limit)
            among = {customer_id for waiting in found for customer_id in (waiting.a, waiting.b)}
            lines = await customer_store.lines(connection, among)
            members = await identity_store.by_customers(connection, among)
            seen = await suggestion_reads.seen_among(connection, sight, among)
        rows = tuple(comparing.row(waiting, lines, members, seen) for waiting in found)
        return SuggestionPage(items=rows, next=following)

    async def count_suggestions(self, call: Call) -> SuggestionCount:
        async with self._parts.units.database.reading() as connection:
            found = await suggestion_reads.count(connection, sight_of(call.caller))
        return SuggestionCount(open=found, more=found >= suggestion_reads.COUNT_MAX)

    async def get_suggestion(self, call: Call) -> SuggestionDetail:
        """Raises Conflict when it is no question any more."""
        async with self._parts.units.database.reading() as connection:
            waiting = await suggestion_reads.find(connection, SuggestionId(call.id("suggestion_id")))
            if waiting is None:
                raise Conflict("suggestion_settled", "This suggestion was settled already.", where="suggestion_id")
            a, b = await _panel(connection, waiting.a), await _panel(connection, waiting.b)
            listed = await account_store.listed(connection)
            seen = await suggestion_reads.seen_among(connection, sight_of(call.caller), [waiting.a, waiting.b])
        accounts: dict[str, ChannelAccount] = {account.id: account for account in listed}
        return comparing.detail(waiting, a, b, accounts, seen)

    async def list_claim_alarms(self, call: Call) -> ClaimAlarms:
        async with self._parts.units.database.reading() as connection:
            found = await claim_alarms.listed(connection)
        return ClaimAlarms(
            items=tuple(
                ClaimAlarmView(
                    id=alarm.id,
                    kind=alarm.kind,
                    value=alarm.value,
                    customer_id=CustomerId(alarm.customer_id) if alarm.customer_id else None,
                    name=alarm.display_name,
                    count=alarm.count,
                    raised_at=alarm.raised_at,
                )
                for alarm in found
            )
        )

    async def see_claim_alarm(self, call: Call) -> None:
        async with self._parts.units.begin() as work:
            if not await claim_alarms.mark_seen(work, call.id("alarm_id"), call.caller.agent_id):
                raise NotFound("alarm_unknown", "There is no such alarm.", where="alarm_id")
            await work.commit()


async def _panel(connection: Connection, customer_id: CustomerId) -> Panel:
    panel = await customer_store.panel(connection, customer_id)
    if panel is None:
        raise NotFound("customer_unknown", "There is no such customer.", where="path")
    return panel
