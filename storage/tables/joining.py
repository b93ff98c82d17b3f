"""Which identities are one person: what was decided, what is suggested, and by which policy."""

import sqlalchemy as sa

from storage.column_types import Json, Moment, Number
from storage.tables.base import Id, metadata

# Append-only. A merge says "these two identities are one person"; a split cuts merges; an undo revokes one entry.
ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("number", Number, sa.Identity(always=False), primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("kind", sa.String(10), nullable=False),  # merge, split, move, undo
    # Of an undo: those of the merge or split at the root of its chain, so that one look finds the whole chain.
    sa.Column("identity_a", Id, nullable=False),
    sa.Column("identity_b", Id, nullable=False, index=True),
    sa.Column("target_id", Id),  # undo: the entry it revokes, which may be an undo itself
    sa.Column("cuts", Json),  # split: the links it cut, as [entry_id, identity_a, identity_b]
    sa.Column("customers", Json, nullable=False),  # ids of the customers as they stood before
    sa.Column("why", Json, nullable=False),  # Explanation
    sa.Column("evidence", Json, nullable=False),
    sa.Column("before", Json, nullable=False),  # open conversations as they stood, to restore
    sa.Column("agent_id", Id),  # None: the resolver
    sa.Column("at", Moment, nullable=False),
    sa.Column("run_id", Id),  # which application of a changed policy made it
    sa.Index("ix_ledger_pair", "identity_a", "identity_b"),
    sa.Index("ix_ledger_run", "run_id", "number"),
)

# What the ledger amounts to. In force: neither revoked nor cut. Customers are the connected components of the links in
# force. A split may own links too: those that keep each of its sides together.
links = sa.Table(
    "links",
    metadata,
    sa.Column("entry_id", Id, primary_key=True),
    sa.Column("identity_a", Id, sa.ForeignKey("channel_identities.id"), primary_key=True, index=True),
    sa.Column("identity_b", Id, sa.ForeignKey("channel_identities.id"), primary_key=True, index=True),
    sa.Column("revoked", sa.Boolean, nullable=False),  # its entry is undone
    sa.Column("cut_by", Json, nullable=False),  # the splits in force that cut it
    sa.Column("lapsed_by", Json, nullable=False, server_default="[]"),  # as cut_by, but by the policy alone
    sa.Column("kept", sa.Boolean, nullable=False, server_default=sa.false()),  # an agent restored it: no policy cuts it
    sa.Column("weak_value", sa.String(320)),  # a claim made it: the number or mailbox claimed
)

suggestions = sa.Table(
    "suggestions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("identity_a", Id, sa.ForeignKey("channel_identities.id"), nullable=False),  # identity_a < identity_b
    sa.Column("identity_b", Id, sa.ForeignKey("channel_identities.id"), nullable=False, index=True),
    sa.Column("why", Json, nullable=False),
    sa.Column("evidence", Json, nullable=False),
    sa.Column("status", sa.String(10), nullable=False),  # open, accepted, rejected, obsolete
    sa.Column("entry_id", Id),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("settled_at", Moment),
    sa.Column("settled_by", Id),
    sa.Column("only_for", Id),  # the claimant: nobody else is told of an anonymous claim
    sa.Column("rank", sa.Integer, nullable=False, server_default="0"),  # the likelier, the higher: identity/ranking.py
    sa.UniqueConstraint("identity_a", "identity_b"),
    sa.Index("ix_suggestions_rank", "status", "rank", "id"),
)

# For supervisors: a value that too many gave, an identity that gives very many. `subject` names it, once and for all.
claim_alarms = sa.Table(
    "claim_alarms",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),  # crowded, many_numbers
    sa.Column("subject", sa.String(350), nullable=False, unique=True),
    sa.Column("value", sa.String(320)),
    sa.Column("identity_id", Id, sa.ForeignKey("channel_identities.id")),
    sa.Column("count", sa.Integer, nullable=False),  # when it was raised
    sa.Column("raised_at", Moment, nullable=False),
    sa.Column("seen_at", Moment),
    sa.Column("seen_by", Id),
    sa.Index("ix_claim_alarms_seen", "seen_at", "raised_at"),
)

# Every policy there was: append-only, so it tells who changed what and when. Without a row the defaults hold.
policies = sa.Table(
    "policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("rules", Json, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", Id, sa.ForeignKey("agents.id"), nullable=False),
    sa.Column("note", sa.String(500)),
    sa.Column("run_id", Id, nullable=False),  # what brings those who are known already into line
)

# A policy tried (dry_run), brought to those who are known already (apply), or taken back (undo), in the background.
policy_runs = sa.Table(
    "policy_runs",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),  # queued, running, done, cancelled, failed
    sa.Column("base_version", sa.Integer, nullable=False),  # the policy that held when it was asked for; 0: defaults
    sa.Column("base_rules", Json, nullable=False),
    sa.Column("rules", Json, nullable=False),
    sa.Column("target_id", Id),  # undo: the run it takes back
    sa.Column("made_by", Id, sa.ForeignKey("agents.id"), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("cursor", Json),  # how far it has come; None: not begun
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("joins", sa.Integer, nullable=False),
    sa.Column("splits", sa.Integer, nullable=False),
    sa.Column("skipped", sa.Integer, nullable=False),  # values in neighbourhoods too entangled to be judged
    sa.Column("examples", Json, nullable=False),
    sa.Column("problem", sa.String(500)),
    sa.Index("ix_policy_runs_made", "made_at", "id"),
)
