"""Categories: what counts as the same problem, and the number of the same category in another scheme.

Revision: 0010, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns and the table."""
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


def downgrade() -> None:
    """Drop them."""
    op.drop_table("category_equivalent")
    op.drop_column("category", "similar_hours")
    op.drop_column("category", "similar_metres")
