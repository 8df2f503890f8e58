"""Layers: responsibility grids, components, roads and points of interest, and the time in which each row of a layer holds.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ALWAYS = "1970-01-01T00:00:00+00:00"


def upgrade() -> None:
    """Make the tables; the areas that are there hold from the first."""
    op.add_column("case", sa.Column("component_code", sa.Text(), nullable=True))
    op.add_column(
        "area", sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False, server_default=_ALWAYS)
    )
    op.alter_column("area", "valid_from", server_default=None)
    op.add_column("area", sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint("pk_area", "area")
    op.create_primary_key("pk_area", "area", ["kind", "code", "valid_from"])
    _responsibility_grid()
    _component()
    _road()
    _point_of_interest()


def _text(name: str, *, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _identity() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _held() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
    )


def _keys(table: str, *unique: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*unique, "valid_from", name=op.f("_".join(("uq", table, *unique, "valid_from")))),
    )


def _responsibility_grid() -> None:
    op.create_table(
        "responsibility_grid",
        _identity(),
        *map(_text, ("profession", "code", "name_zh", "name_en")),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("outline", sa.LargeBinary(), nullable=False),
        *_held(),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_responsibility_grid_unit_id")),
        *_keys("responsibility_grid", "profession", "code"),
    )
    op.create_index(
        "ix_responsibility_grid_valid",
        "responsibility_grid",
        ["profession", "code"],
        postgresql_where=sa.text("valid_to IS NULL"),
    )


def _component() -> None:
    op.create_table(
        "component",
        _identity(),
        *map(_text, ("code", "scheme", "category", "name_zh", "name_en")),
        *(_text(name, default="") for name in ("manager", "owner", "keeper")),
        _text("state", default="normal"),
        _text("address", default=""),
        sa.Column("outline", sa.LargeBinary(), nullable=False),
        *_held(),
        *_keys("component", "code"),
    )


def _road() -> None:
    op.create_table(
        "road",
        _identity(),
        *map(_text, ("code", "name_zh", "name_en")),
        sa.Column("outline", sa.LargeBinary(), nullable=False),
        *_held(),
        *_keys("road", "code"),
    )


def _point_of_interest() -> None:
    op.create_table(
        "point_of_interest",
        _identity(),
        *map(_text, ("code", "kind", "name_zh", "name_en")),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        *_held(),
        *_keys("point_of_interest", "code"),
    )


def downgrade() -> None:
    """Drop the tables and columns; of an area that was edited only what holds now is kept."""
    for table in ("point_of_interest", "road", "component", "responsibility_grid"):
        op.drop_table(table)
    op.execute("DELETE FROM area WHERE valid_to IS NOT NULL")
    op.drop_constraint("pk_area", "area")
    op.create_primary_key("pk_area", "area", ["kind", "code"])
    op.drop_column("area", "valid_to")
    op.drop_column("area", "valid_from")
    op.drop_column("case", "component_code")
