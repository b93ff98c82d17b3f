"""Older messages, many at once: what a hub has after months, without the months.

Rows as the hub writes them, put in by bulk: customers who wrote MESSAGES_EACH messages and whose conversation was
closed. Nothing of it stands in the log, which is trimmed after days.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bench.webhooks import ACCOUNT_ID, LINES
from hub.events import Author, Channel, ConversationStatus
from hub.ids import new_id
from storage import routing, tables
from storage.unit_of_work import Units

MESSAGES_EACH = 50
CHUNK_CUSTOMERS = 200  # of one transaction
AGE = timedelta(days=90)
CHANNEL = Channel.FACEBOOK.value

Rows = dict[str, list[dict[str, Any]]]  # table -> rows


async def store_history(units: Units, messages: int) -> None:
    """At least `messages` of them."""
    customers = -(-messages // MESSAGES_EACH)
    began = units.clock.now() - AGE
    async with units.database.reading() as connection:
        queue_id = next(iter(await routing.queues_of(connection)))
    for first in range(0, customers, CHUNK_CUSTOMERS):
        numbers = range(first, min(first + CHUNK_CUSTOMERS, customers))
        async with units.begin() as work:
            for name, rows in _chunk(numbers, queue_id, began).items():
                await work.connection.execute(sa.insert(tables.metadata.tables[name]), rows)
            await work.commit()


def _chunk(customers: Sequence[int], queue_id: Any, began: datetime) -> Rows:
    """Tables in an order in which their rows may be inserted."""
    chunk: Rows = {
        "customers": [],
        "channel_identities": [],
        "conversations": [],
        "touchpoints": [],
        "provider_messages": [],
        "seen_events": [],
    }
    for customer in customers:
        for name, row in _rows_of(customer, queue_id, began + timedelta(seconds=customer)):
            chunk[name].append(row)
    return chunk


def _rows_of(customer: int, queue_id: Any, at: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    customer_id, identity_id, conversation_id = new_id(), new_id(), new_id()
    external_id = f"{6_000_000_000 + customer}"
    yield "customers", {"id": customer_id, "current_id": customer_id, "tags": {}, "created_at": at}
    yield (
        "channel_identities",
        {
            "id": identity_id, "account_id": ACCOUNT_ID, "external_id": external_id, "channel": CHANNEL,
            "home_customer_id": customer_id, "customer_id": customer_id, "last_seq": MESSAGES_EACH,
            "settled_seq": MESSAGES_EACH, "last_inbound_at": at, "created_at": at,
        },
    )  # fmt: skip
    yield (
        "conversations",
        {
            "id": conversation_id, "customer_id": customer_id, "identity_id": identity_id,
            "status": ConversationStatus.CLOSED.value, "seq": MESSAGES_EACH + 2, "queue_id": queue_id,
            "channels": [CHANNEL], "phone_verified": False, "suggestions": 0, "opened_at": at, "unread": 0,
            "last_touch_at": at, "closed_at": at, "closed_reason": "resolved",
        },
    )  # fmt: skip
    for seq in range(1, MESSAGES_EACH + 1):
        number, mid = customer * MESSAGES_EACH + seq, f"m_old_{customer}_{seq}"
        yield (
            "touchpoints",
            {
                "number": number, "id": new_id(), "conversation_id": conversation_id, "identity_id": identity_id,
                "identity_seq": seq, "seq": seq + 1, "channel": CHANNEL, "account_id": ACCOUNT_ID,
                "author": Author.CUSTOMER.value, "text": LINES[number % len(LINES)], "attachments": [],
                "occurred_at": at, "accepted_at": at,
            },
        )  # fmt: skip
        yield (
            "provider_messages",
            {"account_id": ACCOUNT_ID, "provider_message_id": mid, "touchpoint_number": number},
        )
        yield "seen_events", {"account_id": ACCOUNT_ID, "dedupe_key": mid, "seen_at": at}
