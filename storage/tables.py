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

import sqlalchemy as sa

from storage.column_types import Json, Moment, Number

Id = sa.Uuid

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- the log -----------------------------------------------------------------------------------------------------

# Embedded: the log itself. Cluster: the outbox, emptied by the relay into Kafka.
log = sa.Table(
    "log",
    metadata,
    sa.Column("offset", Number, sa.Identity(always=False), primary_key=True),
    sa.Column("topic", sa.String(63), nullable=False),
    sa.Column("partition", sa.Integer, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("type", sa.String(127), nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Column("appended_at", Moment, nullable=False),
    sa.Index("ix_log_topic_partition_offset", "topic", "partition", "offset"),
    sqlite_autoincrement=True,  # an offset is never given twice, even after the newest rows were trimmed
)

positions = sa.Table(
    "positions",
    metadata,
    sa.Column("group", sa.String(100), primary_key=True),
    sa.Column("topic", sa.String(63), primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("next_offset", sa.BigInteger, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),  # grows with every change of owner
    sa.Column("owner", sa.String(100), nullable=False),
    sa.Column("advanced_at", Moment, nullable=False),
)

# One active router per pool, one relay per database: held by whoever renews in time.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("owner", sa.String(100), nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)

# --- channels ----------------------------------------------------------------------------------------------------

channel_accounts = sa.Table(
    "channel_accounts",
    metadata,
    sa.Column("id", sa.String(63), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("display_name", sa.String(200), nullable=False),
    sa.Column("settings", sa.LargeBinary, nullable=False),  # encrypted JSON, see storage/secrets.py
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("alarm", sa.Text),  # why it does not work at the moment, for the ops person
    sa.Column("version", sa.Integer, nullable=False),  # grows with each change of settings
    sa.Column("created_at", Moment, nullable=False),
)

seen_events = sa.Table(
    "seen_events",
    metadata,
    sa.Column("account_id", sa.String(63), primary_key=True),
    sa.Column("dedupe_key", sa.String(512), primary_key=True),
    sa.Column("seen_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

# --- people ------------------------------------------------------------------------------------------------------

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

# --- customers in bulk ---------------------------------------------------------------------------------------------

# A file of customers, from its upload to its report. `rows_done` moves in the transaction of the rows themselves.
imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("state", sa.String(12), nullable=False),  # draft, running, done, failed, cancelled, undoing, undone
    sa.Column("file", sa.String(32), nullable=False),  # in the blob store
    sa.Column("file_name", sa.String(255), nullable=False),
    sa.Column("layout", Json, nullable=False),  # how the file is read: format, encoding, delimiter, headers
    sa.Column("mapping", Json, nullable=False),  # for each column what it is, or null
    sa.Column("rows_total", sa.Integer, nullable=False),
    sa.Column("rows_done", sa.Integer, nullable=False),
    sa.Column("created", sa.Integer, nullable=False),
    sa.Column("updated", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    sa.Column("joined", sa.Integer, nullable=False),
    sa.Column("reverted", sa.Integer, nullable=False),
    sa.Column("kept", sa.Integer, nullable=False),  # changed since the import: its undoing left them alone
    sa.Column("error", sa.String(60)),
    sa.Column("created_by", Id, nullable=False),
    sa.Column("created_at", Moment, nullable=False, index=True),
    sa.Column("started_at", Moment),
    sa.Column("finished_at", Moment),
)

# What an import did to each record, to be undone, and to tell a row that comes twice.
import_rows = sa.Table(
    "import_rows",
    metadata,
    sa.Column("import_id", Id, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("identity_id", Id, primary_key=True),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("was_new", sa.Boolean, nullable=False),
    sa.Column("before", Json, nullable=False),
    sa.Column("after", Json, nullable=False),
    sa.Index("ix_import_rows_import_row", "import_id", "row"),
)

import_faults = sa.Table(
    "import_faults",
    metadata,
    sa.Column("import_id", Id, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True),  # as a spreadsheet counts them: the heading is 1
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("column", sa.String(200)),
    sa.Column("value", sa.String(200)),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("params", Json, nullable=False),
)

# Other systems that may use the API. Only the SHA-256 of a key is kept.
api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("hint", sa.String(12), nullable=False),  # how the key begins
    sa.Column("sha256", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("created_by", Id, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_used_at", Moment),
    sa.Column("revoked_at", Moment),
)

# Who did what that leaves the house or changes many at once. Append-only.
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("number", Number, sa.Identity(always=False), primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("actor", sa.String(63), nullable=False),  # agent:<id>, key:<id>, or hub
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("detail", Json, nullable=False),
)

# --- work --------------------------------------------------------------------------------------------------------

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

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("token_sha256", sa.LargeBinary(32), primary_key=True),
    sa.Column("agent_id", Id, sa.ForeignKey("agents.id"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False, index=True),
    sa.Column("user_agent", sa.String(200), nullable=False),
)

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

# What each automation rule did, and what it left. Append-only.
automation_log = sa.Table(
    "automation_log",
    metadata,
    sa.Column("number", Number, sa.Identity(always=False), primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("rule_id", sa.String(63), nullable=False),
    sa.Column("rule_name", sa.String(100), nullable=False),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), nullable=False, index=True),
    # What set it off: the event; of a missed call its entry; of silence an id made of who was silent since when.
    sa.Column("event_id", Id, nullable=False, index=True),
    sa.Column("event_type", sa.String(127), nullable=False),
    sa.Column("depth", sa.SmallInteger, nullable=False, server_default="0"),  # 1: what set it off was a rule's doing
    sa.Column("outcome", sa.String(20), nullable=False),  # done, failed, skipped
    sa.Column("actions", Json, nullable=False),
    sa.Column("detail", sa.String(500)),
    sa.UniqueConstraint("rule_id", "event_id"),
)

# Up to which moment a rule of silence has looked: who fell silent before is not found again.
automation_looks = sa.Table(
    "automation_looks",
    metadata,
    sa.Column("rule_id", sa.String(63), primary_key=True),
    sa.Column("looked_until", Moment, nullable=False),
)

# What automation tells other systems. Settled calls stay for a while, to be looked at in the log.
webhook_calls = sa.Table(
    "webhook_calls",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("rule_id", sa.String(63), nullable=False),
    sa.Column("event_id", Id, nullable=False, index=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # queued, taken, failed
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Moment, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("problem", sa.String(200)),
    sa.Index("ix_webhook_calls_due", "state", "next_attempt_at"),
)

# What happened to a conversation besides touchpoints: offered, assigned, merged, closed. Timeline and audit.
# Who may see a conversation because they were asked about it: an index of conversations.consulted.
consults = sa.Table(
    "consults",
    metadata,
    sa.Column("agent_id", Id, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), primary_key=True, index=True),
)

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

ON_THEIR_WAY = "delivery_state IN ('sending', 'sent', 'delivered')"  # queries repeat it word for word

touchpoints = sa.Table(
    "touchpoints",
    metadata,
    sa.Column("number", Number, sa.Identity(always=False), primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("identity_id", Id, sa.ForeignKey("channel_identities.id"), nullable=False),
    sa.Column("identity_seq", sa.Integer, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),  # of the conversation, when added or last changed
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("account_id", sa.String(63), nullable=False),
    sa.Column("author", sa.String(10), nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("author_name", sa.String(200)),
    sa.Column("text", sa.Text),
    sa.Column("attachments", Json, nullable=False),
    sa.Column("reply_to", Id),
    sa.Column("call", Json),
    sa.Column("unsupported_kind", sa.String(100)),
    sa.Column("edited_at", Moment),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("accepted_at", Moment, nullable=False),
    sa.Column("delivery_state", sa.String(10)),
    sa.Column("delivery_changed_at", Moment),
    sa.Column("failure", sa.String(30)),
    sa.Column("delivery_detail", sa.String(500)),
    sa.Column("client_id", sa.String(64)),
    sa.UniqueConstraint("identity_id", "identity_seq"),
    sa.UniqueConstraint("identity_id", "client_id"),
    sa.Index("ix_touchpoints_identity_number", "identity_id", "number"),
    sa.Index("ix_touchpoints_conversation_seq", "conversation_id", "seq"),
    # A watermark receipt looks for replies on their way; without this it would read the whole history.
    sa.Index(
        "ix_touchpoints_on_their_way",
        "identity_id",
        "number",
        sqlite_where=sa.text(ON_THEIR_WAY),
        postgresql_where=sa.text(ON_THEIR_WAY),
    ),
    sqlite_autoincrement=True,
)

# The provider's ids of a touchpoint: receipts, echoes, quotes and call steps find it by them. A call is "call:<id>".
provider_messages = sa.Table(
    "provider_messages",
    metadata,
    sa.Column("account_id", sa.String(63), primary_key=True),
    sa.Column("provider_message_id", sa.String(512), primary_key=True),
    sa.Column("touchpoint_number", Number, sa.ForeignKey("touchpoints.number"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

# What a provider told before the message it is about was known here: receipts, edits, recordings. Whoever stores the
# message's provider id takes them (storage/early.py).
early_arrivals = sa.Table(
    "early_arrivals",
    metadata,
    sa.Column("account_id", sa.String(63), primary_key=True),
    sa.Column("provider_message_id", sa.String(512), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),  # receipt, edit, recording
    sa.Column("identity_id", Id, nullable=False),  # whoever else takes them, they were not meant for
    sa.Column("data", Json, nullable=False),
    sa.Column("at", Moment, nullable=False, index=True),
)

# Replies not settled yet. A row leaves when the provider took the reply or refused it.
reply_queue = sa.Table(
    "reply_queue",
    metadata,
    sa.Column("touchpoint_number", Number, sa.ForeignKey("touchpoints.number"), primary_key=True),
    sa.Column("touchpoint_id", Id, nullable=False, unique=True),
    sa.Column("identity_id", Id, nullable=False),
    sa.Column("account_id", sa.String(63), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # queued, sending, unknown
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("attempt_id", Id, index=True),
    sa.Column("claimed_by", sa.String(100)),
    sa.Column("claimed_until", Moment),
    sa.Column("next_attempt_at", Moment, nullable=False),
    sa.Index("ix_reply_queue_identity", "identity_id", "touchpoint_number"),
    sa.Index("ix_reply_queue_due", "state", "next_attempt_at"),
)

# --- files -------------------------------------------------------------------------------------------------------

# What is known of a file; its bytes are in the blob store under the same name. A row appears after its file.
blobs = sa.Table(
    "blobs",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),  # 128 random bits, never from a customer's file name
    sa.Column("mime", sa.String(127), nullable=False),  # by content, see storage/media_types.py
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.LargeBinary(32), nullable=False),
    sa.Column("file_name", sa.String(255)),
    sa.Column("origin", sa.String(63), nullable=False),  # webhook, fetched, upload, visitor, agent:<id>
    sa.Column("created_at", Moment, nullable=False, index=True),
)

# Touchpoints whose files are still at the provider. A claim moves next_attempt_at on, so that a fetch that was cut off
# is made again.
media_queue = sa.Table(
    "media_queue",
    metadata,
    sa.Column("touchpoint_id", Id, primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Moment, nullable=False, index=True),
)
