"""Who works here: where their work waits, what they take, and what supervisors set up."""

import sqlalchemy as sa

from storage.column_types import Json, Moment
from storage.tables.base import Id, metadata

# What supervisors set up: routing rules, hours, words for work. One document of each kind is in force, the newest; the
# older ones are its history. Their meaning is router.plan's.
plans = sa.Table(
    "plans",
    metadata,
    sa.Column("kind", sa.String(30), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("document", Json, nullable=False),
    sa.Column("made_by", Id),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("note", sa.String(200)),
)

queues = sa.Table(
    "queues",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("pool", sa.String(63), nullable=False),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("offer_s", sa.Integer, nullable=False),
    sa.Column("settings", Json, nullable=False, server_default="{}"),  # router.plan.queues.QueueSettings
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),  # of all of it, who serves it included
)

agents = sa.Table(
    "agents",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("login", sa.String(100), nullable=False, unique=True),  # lower case
    sa.Column("display_name", sa.String(100), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),  # agent, supervisor, admin
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("capacity", sa.Integer, nullable=False),  # chats at once; other work weighs as router.plan.work says
    sa.Column("limits", Json, nullable=False, server_default="{}"),  # work class -> most of it at once
    sa.Column("skills", Json, nullable=False, server_default="{}"),  # skill -> level 1 to 5
    sa.Column("auto_accept", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("locale", sa.String(5), nullable=False),
    sa.Column("disabled_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
)

queue_members = sa.Table(
    "queue_members",
    metadata,
    sa.Column("queue_id", Id, sa.ForeignKey("queues.id"), primary_key=True),
    sa.Column("agent_id", Id, sa.ForeignKey("agents.id"), primary_key=True, index=True),
)

presence = sa.Table(
    "presence",
    metadata,
    sa.Column("agent_id", Id, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(40)),  # of router.plan.work.WorkWords.presence_reasons
    sa.Column("wrap_up_until", Moment),  # nothing is offered before
    sa.Column("since", Moment, nullable=False),
    sa.Column("idle_since", Moment, nullable=False),  # longest idle first: last time work was taken or finished
)
