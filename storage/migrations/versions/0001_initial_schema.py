"""initial schema

Older releases that still run on this schema: none.
"""

import sqlalchemy as sa
from alembic import op

from storage.column_types import Json, Moment, Number

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("disabled_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("login", name=op.f("uq_agents_login")),
    )
    op.create_table(
        "blobs",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("mime", sa.String(length=127), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=True),
        sa.Column("origin", sa.String(length=63), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_blobs")),
    )
    with op.batch_alter_table("blobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blobs_created_at"), ["created_at"], unique=False)

    op.create_table(
        "channel_accounts",
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("alarm", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_accounts")),
    )
    op.create_table(
        "contact_points",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("identities", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", name=op.f("pk_contact_points")),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("current_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("name_folded", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("tags", Json, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customers_current_id"), ["current_id"], unique=False)

    op.create_table(
        "early_arrivals",
        sa.Column("account_id", sa.String(length=63), nullable=False),
        sa.Column("provider_message_id", sa.String(length=512), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "provider_message_id", "kind", name=op.f("pk_early_arrivals")),
    )
    with op.batch_alter_table("early_arrivals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_early_arrivals_at"), ["at"], unique=False)

    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "ledger",
        sa.Column("number", Number, sa.Identity(always=False), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("identity_a", sa.Uuid(), nullable=False),
        sa.Column("identity_b", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("cuts", Json, nullable=True),
        sa.Column("customers", Json, nullable=False),
        sa.Column("why", Json, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_id")),
    )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_identity_b"), ["identity_b"], unique=False)
        batch_op.create_index("ix_ledger_pair", ["identity_a", "identity_b"], unique=False)

    op.create_table(
        "log",
        sa.Column("offset", Number, sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.String(length=63), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=127), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("appended_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("offset", name=op.f("pk_log")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("log", schema=None) as batch_op:
        batch_op.create_index("ix_log_topic_partition_offset", ["topic", "partition", "offset"], unique=False)

    op.create_table(
        "media_queue",
        sa.Column("touchpoint_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("touchpoint_id", name=op.f("pk_media_queue")),
    )
    with op.batch_alter_table("media_queue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_queue_next_attempt_at"), ["next_attempt_at"], unique=False)

    op.create_table(
        "positions",
        sa.Column("group", sa.String(length=100), nullable=False),
        sa.Column("topic", sa.String(length=63), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("advanced_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("group", "topic", "partition", name=op.f("pk_positions")),
    )
    op.create_table(
        "queues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("offer_s", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queues")),
        sa.UniqueConstraint("name", name=op.f("uq_queues_name")),
    )
    op.create_table(
        "seen_events",
        sa.Column("account_id", sa.String(length=63), nullable=False),
        sa.Column("dedupe_key", sa.String(length=512), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "dedupe_key", name=op.f("pk_seen_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "channel_identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.String(length=63), nullable=False),
        sa.Column("external_id", sa.String(length=512), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("home_customer_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=True),
        sa.Column("name_folded", sa.String(length=200), nullable=True),
        sa.Column("name_rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("avatar_url", sa.Text(), nullable=True),
        sa.Column("locale", sa.String(length=35), nullable=True),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_inbound_at", Moment(), nullable=True),
        sa.Column("visitor_read_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("profile_asked_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_accounts.id"], name=op.f("fk_channel_identities_account_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_channel_identities_customer_id")),
        sa.ForeignKeyConstraint(
            ["home_customer_id"], ["customers.id"], name=op.f("fk_channel_identities_home_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_identities")),
        sa.UniqueConstraint("account_id", "external_id", name=op.f("uq_channel_identities_account_id_external_id")),
    )
    with op.batch_alter_table("channel_identities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_identities_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "consents",
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("given_at", Moment(), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["channel_identities.id"], name=op.f("fk_consents_identity_id")),
        sa.PrimaryKeyConstraint("identity_id", "text_version", "given_at", name=op.f("pk_consents")),
    )
    op.create_table(
        "presence",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("idle_since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_presence_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_presence")),
    )
    op.create_table(
        "queue_members",
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_queue_members_agent_id")),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name=op.f("fk_queue_members_queue_id")),
        sa.PrimaryKeyConstraint("queue_id", "agent_id", name=op.f("pk_queue_members")),
    )
    with op.batch_alter_table("queue_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_queue_members_agent_id"), ["agent_id"], unique=False)

    op.create_table(
        "sign_ins",
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("last_seen_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_sign_ins_agent_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sign_ins")),
    )
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_ins_agent_id"), ["agent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_ins_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("offered_to", sa.Uuid(), nullable=True),
        sa.Column("offer_expires_at", Moment(), nullable=True),
        sa.Column("last_agent_id", sa.Uuid(), nullable=True),
        sa.Column("why", Json, nullable=True),
        sa.Column("channels", Json, nullable=False),
        sa.Column("customer_name", sa.String(length=200), nullable=True),
        sa.Column("customer_phone", sa.String(length=20), nullable=True),
        sa.Column("phone_verified", sa.Boolean(), nullable=False),
        sa.Column("suggestions", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("waiting_since", Moment(), nullable=True),
        sa.Column("queued_at", Moment(), nullable=True),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("preview", Json, nullable=True),
        sa.Column("last_touch_at", Moment(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("closed_reason", sa.String(length=20), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("agent_active_at", Moment(), nullable=True),
        sa.Column("own", Json, nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_conversations_customer_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["channel_identities.id"], name=op.f("fk_conversations_identity_id")),
        sa.ForeignKeyConstraint(["offered_to"], ["agents.id"], name=op.f("fk_conversations_offered_to")),
        sa.ForeignKeyConstraint(["owner_id"], ["agents.id"], name=op.f("fk_conversations_owner_id")),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name=op.f("fk_conversations_queue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.create_index("ix_conversations_identity", ["identity_id", "opened_at"], unique=False)
        batch_op.create_index(
            "ix_conversations_merged_into",
            ["merged_into"],
            unique=False,
            sqlite_where=sa.text("merged_into IS NOT NULL"),
            postgresql_where=sa.text("merged_into IS NOT NULL"),
        )
        batch_op.create_index("ix_conversations_offered", ["offered_to"], unique=False)
        batch_op.create_index("ix_conversations_owner", ["owner_id", "status"], unique=False)
        batch_op.create_index(
            "ix_conversations_queue_touch", ["queue_id", "status", "last_touch_at", "id"], unique=False
        )
        batch_op.create_index("ix_conversations_status_queue", ["status", "queue_id", "queued_at", "id"], unique=False)
        batch_op.create_index("ix_conversations_touch", ["status", "last_touch_at", "id"], unique=False)
        batch_op.create_index(
            "uq_conversations_one_open",
            ["customer_id"],
            unique=True,
            sqlite_where=sa.text("status <> 'closed'"),
            postgresql_where=sa.text("status <> 'closed'"),
        )

    op.create_table(
        "evidence",
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("strength", sa.String(length=20), nullable=False),
        sa.Column("first_seen_at", Moment(), nullable=False),
        sa.Column("last_seen_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["channel_identities.id"], name=op.f("fk_evidence_identity_id")),
        sa.PrimaryKeyConstraint("identity_id", "kind", "value", "source", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index("ix_evidence_kind_value", ["kind", "value"], unique=False)

    op.create_table(
        "links",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("identity_a", sa.Uuid(), nullable=False),
        sa.Column("identity_b", sa.Uuid(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("cut_by", Json, nullable=False),
        sa.Column("weak_value", sa.String(length=320), nullable=True),
        sa.ForeignKeyConstraint(["identity_a"], ["channel_identities.id"], name=op.f("fk_links_identity_a")),
        sa.ForeignKeyConstraint(["identity_b"], ["channel_identities.id"], name=op.f("fk_links_identity_b")),
        sa.PrimaryKeyConstraint("entry_id", "identity_a", "identity_b", name=op.f("pk_links")),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_links_identity_a"), ["identity_a"], unique=False)
        batch_op.create_index(batch_op.f("ix_links_identity_b"), ["identity_b"], unique=False)

    op.create_table(
        "suggestions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_a", sa.Uuid(), nullable=False),
        sa.Column("identity_b", sa.Uuid(), nullable=False),
        sa.Column("why", Json, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("only_for", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["identity_a"], ["channel_identities.id"], name=op.f("fk_suggestions_identity_a")),
        sa.ForeignKeyConstraint(["identity_b"], ["channel_identities.id"], name=op.f("fk_suggestions_identity_b")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sa.UniqueConstraint("identity_a", "identity_b", name=op.f("uq_suggestions_identity_a_identity_b")),
    )
    with op.batch_alter_table("suggestions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suggestions_identity_b"), ["identity_b"], unique=False)

    op.create_table(
        "conversation_history",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=127), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_conversation_history_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_conversation_history")),
    )
    op.create_table(
        "touchpoints",
        sa.Column("number", Number, sa.Identity(always=False), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("identity_seq", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.String(length=63), nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(length=200), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("attachments", Json, nullable=False),
        sa.Column("reply_to", sa.Uuid(), nullable=True),
        sa.Column("call", Json, nullable=True),
        sa.Column("unsupported_kind", sa.String(length=100), nullable=True),
        sa.Column("edited_at", Moment(), nullable=True),
        sa.Column("occurred_at", Moment(), nullable=False),
        sa.Column("accepted_at", Moment(), nullable=False),
        sa.Column("delivery_state", sa.String(length=10), nullable=True),
        sa.Column("delivery_changed_at", Moment(), nullable=True),
        sa.Column("failure", sa.String(length=30), nullable=True),
        sa.Column("delivery_detail", sa.String(length=500), nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_touchpoints_conversation_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["channel_identities.id"], name=op.f("fk_touchpoints_identity_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_touchpoints")),
        sa.UniqueConstraint("id", name=op.f("uq_touchpoints_id")),
        sa.UniqueConstraint("identity_id", "client_id", name=op.f("uq_touchpoints_identity_id_client_id")),
        sa.UniqueConstraint("identity_id", "identity_seq", name=op.f("uq_touchpoints_identity_id_identity_seq")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("touchpoints", schema=None) as batch_op:
        batch_op.create_index("ix_touchpoints_conversation_seq", ["conversation_id", "seq"], unique=False)
        batch_op.create_index("ix_touchpoints_identity_number", ["identity_id", "number"], unique=False)
        batch_op.create_index(
            "ix_touchpoints_on_their_way",
            ["identity_id", "number"],
            unique=False,
            sqlite_where=sa.text("delivery_state IN ('sending', 'sent', 'delivered')"),
            postgresql_where=sa.text("delivery_state IN ('sending', 'sent', 'delivered')"),
        )

    op.create_table(
        "provider_messages",
        sa.Column("account_id", sa.String(length=63), nullable=False),
        sa.Column("provider_message_id", sa.String(length=512), nullable=False),
        sa.Column("touchpoint_number", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["touchpoint_number"], ["touchpoints.number"], name=op.f("fk_provider_messages_touchpoint_number")
        ),
        sa.PrimaryKeyConstraint("account_id", "provider_message_id", name=op.f("pk_provider_messages")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("provider_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provider_messages_touchpoint_number"), ["touchpoint_number"], unique=False)

    op.create_table(
        "reply_queue",
        sa.Column("touchpoint_number", Number, nullable=False),
        sa.Column("touchpoint_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.String(length=63), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("claimed_until", Moment(), nullable=True),
        sa.Column("next_attempt_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["touchpoint_number"], ["touchpoints.number"], name=op.f("fk_reply_queue_touchpoint_number")
        ),
        sa.PrimaryKeyConstraint("touchpoint_number", name=op.f("pk_reply_queue")),
        sa.UniqueConstraint("touchpoint_id", name=op.f("uq_reply_queue_touchpoint_id")),
    )
    with op.batch_alter_table("reply_queue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reply_queue_attempt_id"), ["attempt_id"], unique=False)
        batch_op.create_index("ix_reply_queue_due", ["state", "next_attempt_at"], unique=False)
        batch_op.create_index("ix_reply_queue_identity", ["identity_id", "touchpoint_number"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("reply_queue", schema=None) as batch_op:
        batch_op.drop_index("ix_reply_queue_identity")
        batch_op.drop_index("ix_reply_queue_due")
        batch_op.drop_index(batch_op.f("ix_reply_queue_attempt_id"))

    op.drop_table("reply_queue")
    with op.batch_alter_table("provider_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_provider_messages_touchpoint_number"))

    op.drop_table("provider_messages")
    with op.batch_alter_table("touchpoints", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_touchpoints_on_their_way",
            sqlite_where=sa.text("delivery_state IN ('sending', 'sent', 'delivered')"),
            postgresql_where=sa.text("delivery_state IN ('sending', 'sent', 'delivered')"),
        )
        batch_op.drop_index("ix_touchpoints_identity_number")
        batch_op.drop_index("ix_touchpoints_conversation_seq")

    op.drop_table("touchpoints")
    op.drop_table("conversation_history")
    with op.batch_alter_table("suggestions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_suggestions_identity_b"))

    op.drop_table("suggestions")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_links_identity_b"))
        batch_op.drop_index(batch_op.f("ix_links_identity_a"))

    op.drop_table("links")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index("ix_evidence_kind_value")

    op.drop_table("evidence")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_conversations_one_open",
            sqlite_where=sa.text("status <> 'closed'"),
            postgresql_where=sa.text("status <> 'closed'"),
        )
        batch_op.drop_index("ix_conversations_touch")
        batch_op.drop_index("ix_conversations_status_queue")
        batch_op.drop_index("ix_conversations_queue_touch")
        batch_op.drop_index("ix_conversations_owner")
        batch_op.drop_index("ix_conversations_offered")
        batch_op.drop_index(
            "ix_conversations_merged_into",
            sqlite_where=sa.text("merged_into IS NOT NULL"),
            postgresql_where=sa.text("merged_into IS NOT NULL"),
        )
        batch_op.drop_index("ix_conversations_identity")

    op.drop_table("conversations")
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_ins_expires_at"))
        batch_op.drop_index(batch_op.f("ix_sign_ins_agent_id"))

    op.drop_table("sign_ins")
    with op.batch_alter_table("queue_members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_queue_members_agent_id"))

    op.drop_table("queue_members")
    op.drop_table("presence")
    op.drop_table("consents")
    with op.batch_alter_table("channel_identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_channel_identities_customer_id"))

    op.drop_table("channel_identities")
    op.drop_table("seen_events")
    op.drop_table("queues")
    with op.batch_alter_table("media_queue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_media_queue_next_attempt_at"))

    op.drop_table("media_queue")
    with op.batch_alter_table("log", schema=None) as batch_op:
        batch_op.drop_index("ix_log_topic_partition_offset")

    op.drop_table("log")
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_pair")
        batch_op.drop_index(batch_op.f("ix_ledger_identity_b"))

    op.drop_table("ledger")
    op.drop_table("leases")
    with op.batch_alter_table("early_arrivals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_early_arrivals_at"))

    op.drop_table("early_arrivals")
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customers_current_id"))

    op.drop_table("customers")
    op.drop_table("contact_points")
    op.drop_table("channel_accounts")
    with op.batch_alter_table("blobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blobs_created_at"))

    op.drop_table("blobs")
    op.drop_table("agents")
