"""The first tables, and on PostgreSQL the wall between accounts."""

import sqlalchemy as sa
from alembic import op

from recstore.catalog.columns import Instant
from recstore.catalog.written import SealedText


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    make_the_front_desk()
    make_settings()
    make_people_and_calls()
    make_items_and_ties()
    make_sealed()
    make_text_keys()
    make_the_journal()
    make_operators_and_consents()
    if op.get_bind().dialect.name == "postgresql":
        raise_walls()


def make_the_front_desk() -> None:
    """Make the tables of `catalog.desk`."""
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_check", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name_key"),
    )
    op.create_table(
        "failed_sign_ins",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("failed_sign_ins_by_key", "failed_sign_ins", ["key", "at"], unique=False)
    op.create_table(
        "credentials",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("email_key", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_index(op.f("ix_credentials_email_key"), "credentials", ["email_key"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )


def make_settings() -> None:
    """Make the tables of `catalog.account_tables`."""
    op.create_table(
        "account_settings",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("recording_off_at", Instant(), nullable=True),
        sa.Column("chat_off_at", Instant(), nullable=True),
        sa.Column("auto_share", sa.Boolean(), nullable=False),
        sa.Column("download", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "switch_intervals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("off_at", Instant(), nullable=False),
        sa.Column("on_at", Instant(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "domains",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("domain", SealedText(), nullable=False),
        sa.Column("domain_key", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.Column("proven_at", Instant(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "domain_key"),
    )


def make_people_and_calls() -> None:
    """Make the tables of `catalog.tables` that items point to."""
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", SealedText(), nullable=False),
        sa.Column("email_key", sa.LargeBinary(), nullable=False),
        sa.Column("domain_key", sa.LargeBinary(), nullable=True),
        sa.Column("name", SealedText(), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("inactive_since", Instant(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "email_key"),
    )
    op.create_index("users_of_domain", "users", ["account_id", "domain_key"], unique=False)
    op.create_table(
        "vmrs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", SealedText(), nullable=False),
        sa.Column("ref_key", sa.LargeBinary(), nullable=False),
        sa.Column("title", SealedText(), nullable=False),
        sa.Column("link", SealedText(), nullable=True),
        sa.Column("organizer_id", sa.Uuid(), nullable=True),
        sa.Column("auto_share", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organizer_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "ref_key"),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", SealedText(), nullable=False),
        sa.Column("ref_key", sa.LargeBinary(), nullable=False),
        sa.Column("vmr_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("responsible_id", sa.Uuid(), nullable=True),
        sa.Column("room_title", SealedText(), nullable=True),
        sa.Column("notice", SealedText(), nullable=True),
        sa.Column("document", SealedText(), nullable=False),
        sa.Column("document_key", sa.LargeBinary(), nullable=False),
        sa.Column("occurrence", Instant(), nullable=True),
        sa.Column("organizer_key", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by_key", sa.LargeBinary(), nullable=True),
        sa.Column("handed_over_at", Instant(), nullable=False),
        sa.Column("handed_over_by", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["responsible_id"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["vmr_id"],
            ["vmrs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "ref_key"),
    )
    op.create_index("calls_of_room", "calls", ["account_id", "vmr_id", "started_at"], unique=False)
    op.create_table(
        "participants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("ref", SealedText(), nullable=False),
        sa.Column("ref_key", sa.LargeBinary(), nullable=False),
        sa.Column("name", SealedText(), nullable=False),
        sa.Column("authenticated", SealedText(), nullable=True),
        sa.Column("identity_key", sa.LargeBinary(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("was_present", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["call_id"],
            ["calls.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("call_id", "ref_key"),
    )


def make_items_and_ties() -> None:
    """Make the other tables of `catalog.tables`."""
    op.create_table(
        "items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("ref", SealedText(), nullable=False),
        sa.Column("ref_key", sa.LargeBinary(), nullable=False),
        sa.Column("title", SealedText(), nullable=True),
        sa.Column("responsible_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("media_type", sa.String(length=128), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message_counts", SealedText(), nullable=True),
        sa.Column("handed_over_at", Instant(), nullable=False),
        sa.Column("account_auto_share", sa.Boolean(), nullable=False),
        sa.Column("vmr_auto_share", sa.Boolean(), nullable=False),
        sa.Column("auto_share", sa.Boolean(), nullable=False),
        sa.Column("download", sa.Boolean(), nullable=False),
        sa.Column("download_chosen", sa.Boolean(), nullable=False),
        sa.Column("processing", sa.Boolean(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("binned_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("destroyed_at", Instant(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["call_id"],
            ["calls.id"],
        ),
        sa.ForeignKeyConstraint(
            ["responsible_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "call_id", "kind", "ref_key"),
    )
    op.create_index("items_newest_first", "items", ["account_id", "kind", "started_at", "id"], unique=False)
    op.create_table(
        "ties",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("download", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
        ),
        sa.ForeignKeyConstraint(
            ["viewer_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "viewer_id", "item_id", "relation"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ties_newest_first",
        "ties",
        ["account_id", "viewer_id", "relation", "kind", "started_at", "item_id", "until"],
        unique=False,
    )
    op.create_index("ties_of_item", "ties", ["account_id", "item_id"], unique=False)
    op.create_table(
        "openings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("generation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("openings_of_session", "openings", ["account_id", "item_id", "session"], unique=False)
    op.create_table(
        "access_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asker_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("note", SealedText(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("declined_at", Instant(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asker_id"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("access_requests_of_asker", "access_requests", ["account_id", "asker_id"], unique=False)
    op.create_index("access_requests_of_item", "access_requests", ["account_id", "item_id"], unique=False)


def make_sealed() -> None:
    """Make the tables of `catalog.sealed_tables`."""
    op.create_table(
        "account_keys",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.String(length=16), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("destroyed_at", Instant(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_table(
        "custodies",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("paired_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_data_keys_item_id"), "data_keys", ["item_id"], unique=False)
    op.create_table(
        "shreds",
        sa.Column("data_key_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("shredded_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
        ),
        sa.PrimaryKeyConstraint("data_key_id"),
    )
    op.create_index("data_keys_of_version", "data_keys", ["account_id", "key_id", "id"], unique=False)
    op.create_table(
        "segments",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blob", sa.String(length=128), nullable=False),
        sa.Column("sealed_length", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plain_length", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("data_key_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
        ),
        sa.PrimaryKeyConstraint("item_id", "generation", "index"),
        sa.UniqueConstraint("blob"),
    )


def make_text_keys() -> None:
    """Make the table of `catalog.text_tables`."""
    op.create_table(
        "text_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("lasting", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.String(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("text_keys_to_settle", "text_keys", ["account_id", "settled_at"], unique=False)


def make_the_journal() -> None:
    """Make the tables of `catalog.journal_tables`."""
    op.create_table(
        "journal_entries",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("private", SealedText(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "index"),
    )
    op.create_index("journal_of_item", "journal_entries", ["account_id", "item_id", "index"], unique=False)
    op.create_table(
        "journal_heads",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("account_id"),
    )


def make_operators_and_consents() -> None:
    """Make the tables of `catalog.operators` and `catalog.consents`."""
    op.create_table(
        "operators",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("inactive_since", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_key"),
    )
    op.create_table(
        "operator_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "operator_accounts",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "account_id"),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("not_after", Instant(), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("expiry_noted", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "nonce"),
    )
    op.create_table(
        "support_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("ticket", sa.String(length=40), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"]),
        sa.PrimaryKeyConstraint("id"),
    )


WALLED = (
    "account_settings",
    "switch_intervals",
    "domains",
    "account_keys",
    "custodies",
    "users",
    "vmrs",
    "calls",
    "participants",
    "items",
    "ties",
    "data_keys",
    "shreds",
    "segments",
    "text_keys",
    "openings",
    "access_requests",
    "consents",
    "support_requests",
    "journal_entries",
    "journal_heads",
)


def raise_walls() -> None:
    """Show each connection the rows of the account it named, and no others.

    Without a named account a query fails: there is no default. FORCE binds the tables' owner too.
    """
    for table in WALLED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY account_wall ON {table}"
            " USING (account_id = current_setting('recstore.account')::uuid)"
        )
