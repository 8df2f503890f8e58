"""The catalogue: categories in numbered schemes, and the standards by which a case is filed and closed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    text,
)
from sqlalchemy.engine import Connection

from engine.store.metadata import metadata
from engine.store.rows import Row, every

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
    # Two cases of the category are likely the same problem within this distance and time.
    Column("similar_metres", Integer, nullable=False, server_default="50"),
    Column("similar_hours", Integer, nullable=False, server_default="24"),
    PrimaryKeyConstraint("scheme", "kind", "code"),
)

#: Categories that mean the same in two numberings; the other one need not be in the catalogue itself.
category_equivalent = Table(
    "category_equivalent",
    metadata,
    Column("scheme", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("other_scheme", Text, nullable=False),
    Column("other_code", Text, nullable=False),
    PrimaryKeyConstraint("scheme", "kind", "code", "other_scheme"),
    # The way back is as clear as the way there.
    UniqueConstraint("scheme", "kind", "other_scheme", "other_code"),
    ForeignKeyConstraint(
        ["scheme", "kind", "code"], ["category.scheme", "category.kind", "category.code"], ondelete="CASCADE"
    ),
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
    """One minor class with the standards under it, by number.

    Attributes:
        similar_metres, similar_hours: another case of it within this distance and time is likely the same problem.
        equivalents: its code in other schemes, by scheme.
    """

    scheme: str
    kind: str
    code: str
    major_code: str
    major_zh: str
    major_en: str
    name_zh: str
    name_en: str
    unit_type: str
    similar_metres: int
    similar_hours: int
    standards: Mapping[int, Standard]
    equivalents: Mapping[str, str]

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

    @cached_property
    def digest(self) -> str:
        """Of everything in it: it changes when the catalogue does, and only then."""
        parts = [sorted(self.unit_types.items()), sorted(self.categories.items(), key=lambda one: one[0])]
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @cached_property
    def _equivalents(self) -> Mapping[tuple[str, str, str, str], str]:
        """The code in a wanted scheme by scheme, kind, code and that scheme: both ways."""
        found = {}
        for (scheme, kind, code), one in self.categories.items():
            for other_scheme, other_code in one.equivalents.items():
                found[scheme, kind, code, other_scheme] = other_code
                found[other_scheme, kind, other_code, scheme] = code
        return found

    def equivalent(self, scheme: str, kind: str, code: str, wanted_scheme: str) -> str | None:
        """The code by which another scheme knows a category; None where it is not known to have one.

        A number says nothing without its scheme: event majors 04 and 05 are swapped between two of them.
        """
        if scheme == wanted_scheme:
            return code
        return self._equivalents.get((scheme, kind, code, wanted_scheme))


def read(conn: Connection) -> Catalogue:
    """Read the whole catalogue."""

    def rows(table: Table) -> list[Row]:
        return every(conn.execute(select(table)))

    return compose(rows(category), rows(standard), rows(unit_type), rows(category_equivalent))


def compose(
    categories: Iterable[Mapping[str, Any]],
    standards: Iterable[Mapping[str, Any]],
    unit_types: Iterable[Mapping[str, Any]],
    equivalents: Iterable[Mapping[str, Any]] = (),
) -> Catalogue:
    """A catalogue of rows as the tables have them."""
    judged: dict[Key, dict[int, Standard]] = {}
    for row in sorted(standards, key=lambda one: one["condition_no"]):
        values = dict(row)
        key = (values.pop("scheme"), values.pop("kind"), values.pop("code"))
        judged.setdefault(key, {})[values["condition_no"]] = Standard(**values)
    others: dict[Key, dict[str, str]] = {}
    for row in sorted(equivalents, key=lambda one: one["other_scheme"]):
        key = (row["scheme"], row["kind"], row["code"])
        others.setdefault(key, {})[row["other_scheme"]] = row["other_code"]
    found = {}
    for row in sorted(categories, key=lambda one: (one["kind"], one["code"], one["scheme"])):
        key = (row["scheme"], row["kind"], row["code"])
        found[key] = Category(**row, standards=judged.get(key, {}), equivalents=others.get(key, {}))
    return Catalogue(found, {row["code"]: dict(row) for row in unit_types})


def lock(conn: Connection) -> None:
    """Let nobody else put another catalogue in the place of this one until the transaction ends; reading goes on."""
    conn.execute(text("LOCK TABLE category IN SHARE ROW EXCLUSIVE MODE"))


def replace(
    conn: Connection,
    categories: Sequence[Mapping[str, Any]],
    standards: Sequence[Mapping[str, Any]],
    unit_types: Sequence[Mapping[str, Any]],
    equivalents: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Put this catalogue in the place of the one that is there."""
    for table in (category_equivalent, standard, category, unit_type):
        conn.execute(delete(table))
    for table, rows in (
        (unit_type, unit_types),
        (category, categories),
        (standard, standards),
        (category_equivalent, equivalents),
    ):
        if rows:
            conn.execute(insert(table), list(rows))
