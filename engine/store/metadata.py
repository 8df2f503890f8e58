"""The one metadata that every table of the program stands on, and the column shapes that many share."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def identity() -> Column[int]:
    """A surrogate key that the database counts."""
    return Column("id", BigInteger, Identity(always=False), primary_key=True)


def instant(name: str, *, nullable: bool = False) -> Column[object]:
    """A point in time, stored with its zone."""
    return Column(name, DateTime(timezone=True), nullable=nullable)
