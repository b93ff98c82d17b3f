"""Live calls: an agent's own, and for supervisors all."""

from agent_console.api.endpoint import Call
from agent_console.call_views import CallList, CallView
from agent_console.parts import Parts
from storage import callers
from storage import calls as call_store
from storage.engine import Connection

CALLS_MAX = 200


class Calls:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def list_calls(self, call: Call) -> CallList:
        async with self._parts.units.database.reading() as connection:
            live = await call_store.live(connection, self._parts.clock.now())
            seen = [one for one in live if call.caller.sees_all or one.agent_id == call.caller.agent_id]
            return CallList(items=tuple([await _view(connection, one) for one in seen[:CALLS_MAX]]))


async def _view(connection: Connection, call: call_store.Call) -> CallView:
    caller = await callers.caller_of(connection, call.account_id, call.caller)
    return CallView(
        account_id=call.account_id,
        call_id=call.call_id,
        state="over" if call.state == "leaving" else call.state,
        queue_id=call.queue_id,
        caller=call.caller if call.caller.startswith("+") else None,
        customer_id=caller.customer_id if caller else None,
        customer_name=caller.name if caller else None,
        conversation_id=caller.conversation_id if caller else None,
        agent_id=call.agent_id,
        asked_at=call.asked_at,
        until=call.until,
    )
