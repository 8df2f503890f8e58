"""Categories: what counts as the same problem, the number of the same category in another scheme, and drafts of a catalogue.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns and the tables."""
    for name, default in (("similar_metres", "50"), ("similar_hours", "24")):
        op.add_column("category", sa.Column(name, sa.Integer(), nullable=False, server_default=default))
    key = ("scheme", "kind", "code")
    op.create_table(
        "category_equivalent",
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*key, "other_scheme", "other_code")),
        sa.PrimaryKeyConstraint(*key, "other_scheme", name=op.f("pk_category_equivalent")),
        sa.UniqueConstraint(
            "scheme",
            "kind",
            "other_scheme",
            "other_code",
            name=op.f("uq_category_equivalent_scheme_kind_other_scheme_other_code"),
        ),
        sa.ForeignKeyConstraint(
            key,
            [f"category.{name}" for name in key],
            name=op.f("fk_category_equivalent_scheme_kind_code"),
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "catalogue_draft",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_catalogue_draft_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_catalogue_draft")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("catalogue_draft")
    op.drop_table("category_equivalent")
    op.drop_column("category", "similar_hours")
    op.drop_column("category", "similar_metres")
