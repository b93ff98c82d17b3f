"""The schema, as SQLAlchemy tables, the same on SQLite and PostgreSQL. Migrations (storage/migrations) build it; a test
compares what they build with what stands here.

What holds the promises is a constraint here, not a check elsewhere:
- one event once:              seen_events primary key (account_id, dedupe_key)
- one open conversation each:  unique index on conversations.customer_id where status <> 'closed'
- no hole, no double, per identity:  unique (identity_id, identity_seq)
- one reply per click:         unique (identity_id, client_id)
- one suggestion per pair:     unique (identity_a, identity_b)
Messages never move: `touchpoints.identity_id` is final; whose they are follows from channel_identities.customer_id,
which only the ledger changes.
"""

from storage.tables.access import api_keys, audit_log, sign_ins
from storage.tables.automation import automation_log, automation_looks, webhook_calls
from storage.tables.base import Id, metadata
from storage.tables.bulk import import_faults, import_rows, imports
from storage.tables.channels import channel_accounts, seen_events
from storage.tables.files import blobs, media_queue
from storage.tables.joining import claim_alarms, ledger, links, policies, policy_runs, suggestions
from storage.tables.messages import ON_THEIR_WAY, early_arrivals, provider_messages, reply_queue, touchpoints
from storage.tables.people import (
    attribute_definitions,
    channel_identities,
    consents,
    contact_points,
    customers,
    evidence,
    orders,
)
from storage.tables.staff import agents, plans, presence, queue_members, queues
from storage.tables.transport import leases, log, positions
from storage.tables.work import (
    call_legs,
    calls,
    consults,
    conversation_history,
    conversation_labels,
    conversations,
    tasks,
)

__all__ = [
    "ON_THEIR_WAY",
    "Id",
    "agents",
    "api_keys",
    "attribute_definitions",
    "audit_log",
    "automation_log",
    "automation_looks",
    "blobs",
    "call_legs",
    "calls",
    "channel_accounts",
    "channel_identities",
    "claim_alarms",
    "consents",
    "consults",
    "contact_points",
    "conversation_history",
    "conversation_labels",
    "conversations",
    "customers",
    "early_arrivals",
    "evidence",
    "import_faults",
    "import_rows",
    "imports",
    "leases",
    "ledger",
    "links",
    "log",
    "media_queue",
    "metadata",
    "orders",
    "plans",
    "policies",
    "policy_runs",
    "positions",
    "presence",
    "provider_messages",
    "queue_members",
    "queues",
    "reply_queue",
    "seen_events",
    "sign_ins",
    "suggestions",
    "tasks",
    "touchpoints",
    "webhook_calls",
]
