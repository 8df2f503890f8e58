"""Rows as the rest of the program sees them: read-only mappings from column names, with nothing of SQLAlchemy about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from sqlalchemy import Result

Row = Mapping[str, Any]


def first(result: Result[Any]) -> Row | None:
    """The only row of a result, or None if it is empty."""
    return cast("Row | None", result.mappings().one_or_none())


def every(result: Result[Any]) -> list[Row]:
    """All rows of a result."""
    return cast("list[Row]", list(result.mappings()))


def stream(result: Result[Any]) -> Iterator[Row]:
    """The rows of a result one by one."""
    yield from cast("Iterator[Row]", result.mappings())


def number(result: Result[Any]) -> int:
    """The only value of a result, a whole number."""
    return int(result.scalar_one())
