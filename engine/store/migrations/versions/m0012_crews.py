"""Crews, where they are, and the cases that are placed with them.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "crew",
        sa.Column("unit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("skills", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("shift_begins", sa.Time(), nullable=False),
        sa.Column("shift_ends", sa.Time(), nullable=False),
        sa.Column("days", sa.Text(), nullable=False),
        sa.Column("home_lon", sa.Double(), nullable=False),
        sa.Column("home_lat", sa.Double(), nullable=False),
        sa.Column("kmh", sa.Double(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_crew_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_crew")),
    )
    op.create_table(
        "crew_position",
        sa.Column("crew_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        _of_crew("crew_position"),
        sa.PrimaryKeyConstraint("crew_id", name=op.f("pk_crew_position")),
    )
    op.create_table(
        "placement",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("crew_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Double(), nullable=False),
        sa.Column("arrival", sa.DateTime(timezone=True), nullable=False),
        sa.Column("metres", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("reasons", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_placement_case_id_case")),
        _of_crew("placement"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_placement")),
    )
    op.create_index("ix_placement_crew_id", "placement", ["crew_id"])


def _of_crew(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_crew_id_crew")
    return sa.ForeignKeyConstraint(["crew_id"], ["crew.unit_id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    """Remove the tables."""
    for table in ("placement", "crew_position", "crew"):
        op.drop_table(table)
