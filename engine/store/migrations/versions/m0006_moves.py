"""Moves of cases to other versions of their process can be undone: the state before is kept until a step is taken.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "instance_move",
        sa.Column("instance_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_version_id", sa.BigInteger(), nullable=False),
        sa.Column("instance_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_version_id"], ["process_version.id"], name=op.f("fk_instance_move_from_version_id")
        ),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_instance_move_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_instance_move")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("instance_move")
