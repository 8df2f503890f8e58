"""Sealed stills: pictures of cameras at the check of a case, and who looked at the unblurred ones.

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sealed_still",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("copy_sha256", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_sealed_still_camera_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_sealed_still_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_still")),
        sa.UniqueConstraint("case_id", "sha256", name=op.f("uq_sealed_still_case_id_sha256")),
    )
    op.create_table(
        "sealed_still_view",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("still_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sealed_still_view_person_id")),
        sa.ForeignKeyConstraint(
            ["still_id"], ["sealed_still.id"], name=op.f("fk_sealed_still_view_still_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_still_view")),
    )
    op.create_index("ix_sealed_still_view_still_id", "sealed_still_view", ["still_id"], unique=False)


def downgrade() -> None:
    """Remove them."""
    op.drop_table("sealed_still_view")
    op.drop_table("sealed_still")
