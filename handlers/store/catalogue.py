"""The catalogue: categories in numbered schemes, and the standards by which a case is filed and closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    delete,
    insert,
    select,
)
from sqlalchemy.engine import Connection

from engine.store.metadata import metadata

REVISION = "catalogue"

category = Table(
    "category",
    metadata,
    # A code means nothing without its scheme, and components and events share the same numbers.
    Column("scheme", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("major_code", Text, nullable=False),
    Column("major_zh", Text, nullable=False),
    Column("major_en", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("unit_type", Text, nullable=False),
    PrimaryKeyConstraint("scheme", "kind", "code"),
)

standard = Table(
    "standard",
    metadata,
    Column("scheme", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("condition_no", Integer, nullable=False),
    Column("condition_zh", Text, nullable=False),
    Column("condition_en", Text, nullable=False),
    Column("limit", Numeric, nullable=False),
    Column("unit_of_time", Text, nullable=False),
    Column("closing_zh", Text, nullable=False),
    Column("closing_en", Text, nullable=False),
    Column("unit_type", Text, nullable=False),
    PrimaryKeyConstraint("scheme", "kind", "code", "condition_no"),
    ForeignKeyConstraint(
        ["scheme", "kind", "code"], ["category.scheme", "category.kind", "category.code"], ondelete="CASCADE"
    ),
)

unit_type = Table(
    "unit_type",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("profession", Text, nullable=False),
)

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Standard:
    """One filing condition with its limit and the type of unit that is responsible."""

    condition_no: int
    condition_zh: str
    condition_en: str
    limit: Decimal
    unit_of_time: str
    closing_zh: str
    closing_en: str
    unit_type: str


@dataclass(frozen=True)
class Category:
    """One minor class with the standards under it, by number."""

    scheme: str
    kind: str
    code: str
    major_code: str
    major_zh: str
    major_en: str
    name_zh: str
    name_en: str
    unit_type: str
    standards: Mapping[int, Standard]

    def name(self, language: str) -> str:
        """Its name in a language of the UI."""
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True)
class Catalogue:
    """The whole catalogue as one immutable value."""

    categories: Mapping[Key, Category]
    unit_types: Mapping[str, Mapping[str, str]]

    def get(self, scheme: str, kind: str, code: str) -> Category | None:
        """One category, or None."""
        return self.categories.get((scheme, kind, code))


def read(conn: Connection) -> Catalogue:
    """Read the whole catalogue."""
    standards: dict[Key, dict[int, Standard]] = {}
    for row in conn.execute(select(standard).order_by(standard.c.condition_no)).mappings():
        values = dict(row)
        key = (values.pop("scheme"), values.pop("kind"), values.pop("code"))
        standards.setdefault(key, {})[values["condition_no"]] = Standard(**values)
    categories = {}
    for row in conn.execute(select(category).order_by(category.c.kind, category.c.code)).mappings():
        key = (row["scheme"], row["kind"], row["code"])
        categories[key] = Category(**row, standards=standards.get(key, {}))
    types = {row["code"]: dict(row) for row in conn.execute(select(unit_type)).mappings()}
    return Catalogue(categories, types)


def replace(
    conn: Connection,
    categories: Sequence[Mapping[str, Any]],
    standards: Sequence[Mapping[str, Any]],
    unit_types: Sequence[Mapping[str, Any]],
) -> None:
    """Put this catalogue in the place of the one that is there."""
    for table in (standard, category, unit_type):
        conn.execute(delete(table))
    for table, rows in ((unit_type, unit_types), (category, categories), (standard, standards)):
        if rows:
            conn.execute(insert(table), list(rows))
