"""What is to be done: conversations, calls, tasks."""

import sqlalchemy as sa

from storage.column_types import Json, Moment
from storage.tables.base import Id, metadata

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("customer_id", Id, sa.ForeignKey("customers.id"), nullable=False),  # while open: who stands for them now
    # Whose first touchpoint opened it. A closed conversation belongs to whoever this identity belongs to, so merging
    # and undoing touch no closed conversation.
    sa.Column("identity_id", Id, sa.ForeignKey("channel_identities.id"), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),  # also the version that compare-and-set compares
    sa.Column("queue_id", Id, sa.ForeignKey("queues.id"), nullable=False),
    sa.Column("owner_id", Id, sa.ForeignKey("agents.id")),
    sa.Column("offered_to", Id, sa.ForeignKey("agents.id")),
    sa.Column("offer_expires_at", Moment),
    sa.Column("last_agent_id", Id),
    sa.Column("why", Json),
    sa.Column("channels", Json, nullable=False),
    # What lists show of the customer, kept here so that a list of a million rows joins nothing.
    sa.Column("customer_name", sa.String(200)),
    sa.Column("customer_phone", sa.String(20)),
    sa.Column("phone_verified", sa.Boolean, nullable=False),
    sa.Column("suggestions", sa.Integer, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("waiting_since", Moment),
    sa.Column("queued_at", Moment),  # its place in the queue; kept when an offer fails or an agent vanishes
    sa.Column("unread", sa.Integer, nullable=False),
    sa.Column("preview", Json),
    sa.Column("last_touch_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),
    sa.Column("closed_reason", sa.String(20)),
    sa.Column("merged_into", Id),
    sa.Column("route", Json),  # the rule that placed it and since when; null: the router has yet to place it
    sa.Column("priority", sa.SmallInteger, nullable=False, server_default="0"),  # -1 low, 0, 1 high, 2 urgent
    sa.Column("tags", Json, nullable=False, server_default="[]"),
    sa.Column("lifecycle", sa.String(40)),
    sa.Column("disposition", sa.String(40)),
    sa.Column("snoozed_until", Moment),  # no work until then, and holds no room; null: not put off
    sa.Column("consulted", Json, nullable=False, server_default="[]"),  # agents who were asked; see consults
    sa.Column("sla", Json),  # its clocks, see hub.events.state.SlaClock
    sa.Column("sla_wake_at", Moment),  # when the next of them warns or breaches; null: none runs
    sa.Column("sla_due_at", Moment),  # of those that run, the first; it stays when it is past
    sa.Column("agent_active_at", Moment),  # an agent last wrote here; of two merged owners the later keeps it
    sa.Column("own", Json),  # what it was before another was merged into it, preview included, to give back by undo
    sa.Index("ix_conversations_identity", "identity_id", "opened_at"),
    sa.Index(
        "uq_conversations_one_open",
        "customer_id",
        unique=True,
        sqlite_where=sa.text("status <> 'closed'"),
        postgresql_where=sa.text("status <> 'closed'"),
    ),
    sa.Index("ix_conversations_status_queue", "status", "queue_id", "queued_at", "id"),
    sa.Index("ix_conversations_owner", "owner_id", "status"),
    sa.Index("ix_conversations_offered", "offered_to"),
    # The console's lists: newest first, all together or per queue.
    sa.Index("ix_conversations_touch", "status", "last_touch_at", "id"),
    sa.Index("ix_conversations_queue_touch", "queue_id", "status", "last_touch_at", "id"),
    sa.Index(
        "ix_conversations_sla_wake",
        "sla_wake_at",
        sqlite_where=sa.text("sla_wake_at IS NOT NULL"),
        postgresql_where=sa.text("sla_wake_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_conversations_sla_due",
        "sla_due_at",
        "id",
        sqlite_where=sa.text("sla_due_at IS NOT NULL"),
        postgresql_where=sa.text("sla_due_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_conversations_snoozed",
        "snoozed_until",
        sqlite_where=sa.text("snoozed_until IS NOT NULL"),
        postgresql_where=sa.text("snoozed_until IS NOT NULL"),
    ),
    # Who fell silent since an agent's last word; written by agents' answers alone.
    sa.Index(
        "ix_conversations_agent_active",
        "agent_active_at",
        sqlite_where=sa.text("agent_active_at IS NOT NULL"),
        postgresql_where=sa.text("agent_active_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_conversations_merged_into",
        "merged_into",
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    ),
)

# What happened to a conversation besides touchpoints: offered, assigned, merged, closed. Timeline and audit.
conversation_history = sa.Table(
    "conversation_history",
    metadata,
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("type", sa.String(127), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("data", Json, nullable=False),
)

# By tag, lifecycle and urgency; see storage.conversation_labels.
conversation_labels = sa.Table(
    "conversation_labels",
    metadata,
    sa.Column("is_open", sa.Boolean, primary_key=True),
    sa.Column("label", sa.String(200), primary_key=True),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), primary_key=True),
)

# Who may see a conversation because they were asked about it: an index of conversations.consulted.
consults = sa.Table(
    "consults",
    metadata,
    sa.Column("agent_id", Id, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), primary_key=True, index=True),
)

# Live calls that ring at an agent or are talked: each agent has at most one. A row leaves with its call, or at `until`.
call_legs = sa.Table(
    "call_legs",
    metadata,
    sa.Column("agent_id", Id, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("account_id", sa.String(63), nullable=False),
    sa.Column("call_id", sa.String(200), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # ringing, talking
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False, index=True),
    sa.UniqueConstraint("account_id", "call_id"),
)

# Calls that asked whom to ring: those in line or talked, and for a day those that are over, for what a wait may last.
calls = sa.Table(
    "calls",
    metadata,
    sa.Column("account_id", sa.String(63), primary_key=True),
    sa.Column("call_id", sa.String(200), primary_key=True),
    sa.Column("caller", sa.String(512), nullable=False),  # the channel identity
    sa.Column("customer_id", Id),  # as known when the call came
    sa.Column("queue_id", Id, sa.ForeignKey("queues.id"), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # waiting, ringing, talking, leaving, over
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("route", Json),  # router.plan.rules.Placed
    sa.Column("last_agent_id", Id),
    sa.Column("tried", Json, nullable=False),  # agent -> when they were last rung in vain
    sa.Column("agent_id", Id, sa.ForeignKey("agents.id")),  # who is rung, talks, or talked
    sa.Column("wants_callback", sa.Boolean, nullable=False),
    sa.Column("asked_at", Moment, nullable=False),  # its place in line
    sa.Column("answered_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("until", Moment, nullable=False),  # not heard of again by then, it is over
    sa.Index("ix_calls_queue_state", "queue_id", "state", "asked_at"),
    sa.Index("ix_calls_state_until", "state", "until"),
)

# What somebody is to do at a time: a reminder, a call back.
tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),  # reminder, callback
    sa.Column("state", sa.String(10), nullable=False),  # open, done, cancelled
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), nullable=False, index=True),
    sa.Column("queue_id", Id, sa.ForeignKey("queues.id")),
    sa.Column("agent_id", Id, sa.ForeignKey("agents.id")),  # null: whoever serves the queue
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("phone", sa.String(20)),
    sa.Column("note", sa.String(500)),
    sa.Column("made_by", Id),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("told_at", Moment),  # that it is due
    sa.Column("ended_at", Moment),
    sa.Index("ix_tasks_state_due", "state", "due_at"),
    sa.Index("ix_tasks_agent_state", "agent_id", "state", "due_at"),
)
