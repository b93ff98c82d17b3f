"""Where a call waits: the first routing rule whose conditions hold for its caller, else the default queue.

A caller is looked at before there is any entry of the call, and perhaps any customer: what is not known fits nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.calls import LiveCall
from hub.events import Channel
from hub.ids import QueueId
from router.facts import Facts, language_of, plain
from router.placing import first_rule
from router.plan.book import Plans
from router.plan.rules import Placed
from storage import identities as identity_store
from storage import records as record_store
from storage import routing
from storage.callers import Caller
from storage.engine import Connection


@dataclass(frozen=True, slots=True)
class Place:
    queue_id: QueueId
    placed: Placed
    priority: int = 0


async def place(
    connection: Connection,
    plans: Plans,
    live: LiveCall,
    caller: Caller | None,
    queues: Sequence[QueueId],
    now: datetime,
) -> Place:
    """`queues`: those there are, at least one, the one that was made first first. Reads nothing more without rules."""
    rules = plans.rules.rules
    facts = await facts_of(connection, live, caller) if rules else None
    rule = first_rule(rules, facts, queues, now, plans.hours) if facts else None
    if rule is None:
        default = plans.rules.default_queue_id
        return Place(default if default is not None and default in queues else queues[0], Placed(since=now))
    placed = Placed(rule_id=rule.id, rule_name=rule.name, since=now, steps=rule.steps, priority=rule.priority)
    return Place(rule.queue_id, placed, rule.priority)


async def facts_of(connection: Connection, live: LiveCall, caller: Caller | None) -> Facts:
    """What rules look at, of who calls and of their open conversation."""
    if caller is None:
        return Facts(channel=Channel.HOTLINE, account=live.account_id, kind="call")
    identities = await identity_store.by_customers(connection, [caller.customer_id])
    sheets = await record_store.sheets(connection, [identity.home_customer_id for identity in identities])
    whole = record_store.union(sheets.values())
    held = await routing.by_ids(connection, [caller.conversation_id] if caller.conversation_id else [])
    conversation = next(iter(held.values()), None)
    attributes = {key: plain(value) for key, value in whole.attributes.items()}
    return Facts(
        channel=Channel.HOTLINE,
        account=live.account_id,
        kind="call",
        tags=frozenset(plain(tag) for tag in (*whole.tags, *(conversation.tags if conversation else ()))),
        attributes=attributes,
        language=language_of(attributes, identities),
        lifecycle=conversation.lifecycle if conversation else None,
        known_customer=True,
    )
