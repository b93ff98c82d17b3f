"""Customers, the identities they write from, and what is known of both."""

import sqlalchemy as sa

from storage.column_types import Json, Moment
from storage.tables.base import Id, metadata

# A record per first touchpoint of a channel identity. Merging joins records, it never empties one: what was written
# on a record stays on it, so undoing a merge restores it by itself.
customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("current_id", Id, nullable=False, index=True),  # the record that stands for this one now; itself if none
    sa.Column("name", sa.String(200)),  # given by staff; otherwise shown from a channel profile
    sa.Column("name_folded", sa.String(200)),
    sa.Column("note", sa.Text),
    sa.Column("tags", Json, nullable=False),  # tag -> [is it on, since when]; the newest word of all records counts
    sa.Column("attributes", Json, nullable=False, server_default="{}"),  # key -> [value or null, since when]; likewise
    sa.Column("made_by", Id),  # the agent who made this record by hand
    sa.Column("created_at", Moment, nullable=False),
    # What the shop keeps of this record, or whose record it is, changed: systems that copy customers go by it.
    sa.Column("changed_at", Moment),
    sa.Index("ix_customers_changed", "changed_at", "id"),
)

channel_identities = sa.Table(
    "channel_identities",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("account_id", sa.String(63), sa.ForeignKey("channel_accounts.id"), nullable=False),
    sa.Column("external_id", sa.String(512), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("home_customer_id", Id, sa.ForeignKey("customers.id"), nullable=False),
    sa.Column("customer_id", Id, sa.ForeignKey("customers.id"), nullable=False, index=True),
    sa.Column("display_name", sa.String(200)),
    sa.Column("name_folded", sa.String(200)),
    sa.Column("name_rank", sa.Integer, nullable=False, server_default="0"),  # how good a source the name has
    sa.Column("avatar_url", sa.Text),
    sa.Column("locale", sa.String(35)),
    sa.Column("page_url", sa.Text),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("last_inbound_at", Moment),  # reply windows count from here
    # What it brings into whatever conversation is its customer's: see identity/said.py. All by `identity_seq`.
    sa.Column("answered_seq", sa.Integer, nullable=False, server_default="0"),  # up to here, on this very channel
    sa.Column("settled_seq", sa.Integer, nullable=False, server_default="0"),  # up to here: it was resolved then
    sa.Column("covered_by", Id),  # another identity, whose answer was for this one too while they are one customer
    sa.Column("covered_seq", sa.Integer, nullable=False, server_default="0"),  # up to here
    sa.Column("unread", sa.Integer, nullable=False, server_default="0"),
    sa.Column("touched_at", Moment),  # its last entry, or the last change of it that lists show
    sa.Column("visitor_read_seq", sa.Integer, nullable=False, server_default="0"),
    sa.Column("profile_asked_at", Moment),  # the provider last answered, maybe that it shows no profile
    sa.Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("account_id", "external_id"),
)

# Who agreed to which text, for good: consent must be provable.
consents = sa.Table(
    "consents",
    metadata,
    sa.Column("identity_id", Id, sa.ForeignKey("channel_identities.id"), primary_key=True),
    sa.Column("text_version", sa.String(40), primary_key=True),
    sa.Column("given_at", Moment, primary_key=True),
    sa.Column("page_url", sa.Text),
)

# One row per phone or e-mail anybody ever had: what concurrent resolvers lock, in order of (kind, value).
contact_points = sa.Table(
    "contact_points",
    metadata,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("value", sa.String(320), primary_key=True),
    sa.Column("shared", sa.Boolean, nullable=False),  # an agent or the policy says: not one person's
    sa.Column("identities", sa.Integer, nullable=False, server_default="0"),  # how many ever gave it
    sa.Column("created_at", Moment, nullable=False),
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("identity_id", Id, sa.ForeignKey("channel_identities.id"), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("value", sa.String(320), primary_key=True),  # E.164, folded mailbox, or signed user id
    sa.Column("source", sa.String(30), primary_key=True),
    sa.Column("strength", sa.String(20), nullable=False),
    sa.Column("first_seen_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
    sa.Index("ix_evidence_kind_value", "kind", "value"),
)

# What a shop writes down of its customers, besides name, numbers and mailboxes.
attribute_definitions = sa.Table(
    "attribute_definitions",
    metadata,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),  # text, number, date, choice; never changes
    sa.Column("label_vi", sa.String(80), nullable=False),
    sa.Column("label_en", sa.String(80), nullable=False),
    sa.Column("choices", Json, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("retired_at", Moment),  # not asked for and not shown any more; values stay
    sa.Column("created_at", Moment, nullable=False),
)

# What was bought elsewhere. An order belongs for ever to the channel identity that placed it, as a message does.
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("external_id", sa.String(200), nullable=False, unique=True),  # the shop system's own
    sa.Column("identity_id", Id, sa.ForeignKey("channel_identities.id"), nullable=False),
    sa.Column("status", sa.String(60), nullable=False),
    sa.Column("total", sa.String(24)),  # a decimal number as text: exact on both databases
    sa.Column("currency", sa.String(3)),
    sa.Column("items", Json, nullable=False),
    sa.Column("recipient_name", sa.String(200)),
    sa.Column("recipient_phone", sa.String(64)),  # as the shop system shows it, maybe masked
    sa.Column("tracking_code", sa.String(100)),
    sa.Column("placed_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Index("ix_orders_identity_placed", "identity_id", "placed_at"),
    sa.Index("ix_orders_changed", "changed_at", "id"),
)
