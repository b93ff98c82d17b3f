"""Who is who, as agents decide it: merge, split, settle a suggestion, undo."""

from agent_console import details
from agent_console.api.endpoint import Call
from agent_console.guard import see_customer
from agent_console.parts import Parts
from agent_console.permissions import Caller
from agent_console.views import CustomerView, LedgerReceipt, MergeIn, MoveIn, SplitIn, UndoIn
from hub.errors import BadInput, NotFound
from hub.ids import CustomerId, IdentityId, LedgerEntryId, SuggestionId
from identity import commands
from storage.unit_of_work import UnitOfWork


class Customers:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def get_customer(self, call: Call) -> CustomerView:
        async with self._parts.units.database.reading() as connection:
            customer_id = await see_customer(connection, call.caller, _customer(call))
            return await details.customer_detail(connection, call.caller, customer_id)

    async def merge_customers(self, call: Call) -> LedgerReceipt:
        """Both must be seen: merging shows the agent the other's history."""
        given = call.body(MergeIn)
        async with self._parts.units.begin() as work:
            one = await see_customer(work.connection, call.caller, _customer(call))
            other = await _see_other(work, call.caller, given.other_customer_id, where="body.other_customer_id")
            if one == other:
                raise BadInput("same_customer", "They are one customer already.", where="body.other_customer_id")
            entry_id = await commands.merge_customers(work, one, other, call.caller.agent_id, reason=given.reason)
            await work.commit()
        return LedgerReceipt(entry_id=entry_id)

    async def accept_suggestion(self, call: Call) -> LedgerReceipt:
        async with self._parts.units.begin() as work:
            suggestion_id = SuggestionId(call.id("suggestion_id"))
            entry_id = await commands.accept_suggestion(work, suggestion_id, call.caller.agent_id)
            await work.commit()
        return LedgerReceipt(entry_id=entry_id)

    async def reject_suggestion(self, call: Call) -> None:
        async with self._parts.units.begin() as work:
            await commands.reject_suggestion(work, SuggestionId(call.id("suggestion_id")), call.caller.agent_id)
            await work.commit()

    async def undo_entry(self, call: Call) -> LedgerReceipt:
        async with self._parts.units.begin() as work:
            target, reason = LedgerEntryId(call.id("entry_id")), call.body(UndoIn).reason
            entry_id = await commands.undo_entry(work, target, call.caller.agent_id, reason=reason)
            await work.commit()
        return LedgerReceipt(entry_id=entry_id)

    async def move_identity(self, call: Call) -> LedgerReceipt:
        """Both customers must be seen."""
        given = call.body(MoveIn)
        async with self._parts.units.begin() as work:
            other = await _see_other(work, call.caller, given.to_customer_id, where="body.to_customer_id")
            identity_id = IdentityId(call.id("identity_id"))
            entry_id = await commands.move_identity(work, identity_id, other, call.caller.agent_id, reason=given.reason)
            await work.commit()
        return LedgerReceipt(entry_id=entry_id)

    async def split_identity(self, call: Call) -> LedgerReceipt:
        async with self._parts.units.begin() as work:
            identity_id, given = IdentityId(call.id("identity_id")), call.body(SplitIn)
            leaving = dict.fromkeys((identity_id, *given.with_identities))
            entry_id = await commands.split_identity(work, list(leaving), call.caller.agent_id, reason=given.reason)
            await work.commit()
        return LedgerReceipt(entry_id=entry_id)


async def _see_other(work: UnitOfWork, caller: Caller, customer_id: CustomerId, *, where: str) -> CustomerId:
    """One that the body names. Raises NotFound."""
    try:
        return await see_customer(work.connection, caller, customer_id)
    except NotFound as error:
        raise NotFound(error.code, error.problem, where=where) from error


def _customer(call: Call) -> CustomerId:
    return CustomerId(call.id("customer_id"))
