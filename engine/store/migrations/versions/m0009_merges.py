"""Cases that are about the same problem become one, and two again: who went into whom, and what it was before.

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and make the table."""
    op.add_column("case", sa.Column("merged_into_id", sa.BigInteger()))
    op.create_foreign_key(op.f("fk_case_merged_into_id"), "case", "case", ["merged_into_id"], ["id"])
    op.create_index(
        "ix_case_merged_into",
        "case",
        ["merged_into_id"],
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.add_column("report", sa.Column("from_case_id", sa.BigInteger()))
    op.create_foreign_key(op.f("fk_report_from_case_id"), "report", "case", ["from_case_id"], ["id"])
    op.create_index(
        "ix_report_from_case",
        "report",
        ["from_case_id"],
        postgresql_where=sa.text("from_case_id IS NOT NULL"),
    )
    op.create_table(
        "case_merge",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("instance_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_merge_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_case_merge_instance_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_merge")),
    )


def downgrade() -> None:
    """Drop the table and the columns."""
    op.drop_table("case_merge")
    op.drop_column("report", "from_case_id")
    op.drop_column("case", "merged_into_id")
