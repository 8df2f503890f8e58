"""Messages and signals: what cases wait for, the inbox of messages, what begins cases, and who may send.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "subscription",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_subscription_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_subscription_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "task_id", "kind", "name", name=op.f("pk_subscription")),
    )
    op.create_index("ix_subscription_name", "subscription", ["kind", "name", "key"], unique=False)
    op.create_table(
        "message_inbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("platform_id", sa.BigInteger(), nullable=True),
        sa.Column("from_case_id", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_message_inbox_case_id")),
        sa.ForeignKeyConstraint(["from_case_id"], ["case.id"], name=op.f("fk_message_inbox_from_case_id")),
        sa.ForeignKeyConstraint(["platform_id"], ["unit.id"], name=op.f("fk_message_inbox_platform_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_inbox")),
        sa.UniqueConstraint("sender", "message_id", name=op.f("uq_message_inbox_sender_message_id")),
    )
    op.create_index(
        "ix_message_inbox_waiting",
        "message_inbox",
        ["name", "key", "id"],
        unique=False,
        postgresql_where=sa.text("taken_at IS NULL"),
    )
    op.create_index("ix_message_inbox_expires_at", "message_inbox", ["expires_at"], unique=False)
    op.create_table(
        "start_message",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_start_message")),
    )
    op.create_table(
        "sender",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("platform_id", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["platform_id"], ["unit.id"], name=op.f("fk_sender_platform_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sender")),
    )


def downgrade() -> None:
    """Nothing is taken away again: restore the backup that was made before the upgrade."""
