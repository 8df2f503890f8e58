"""What changes in a layer: what is told of it beforehand, and how a transaction prepares for it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Table, text
from sqlalchemy.engine import Connection


@dataclass(frozen=True)
class Changes:
    """What a draft would change.

    Attributes:
        added, changed, ended, unchanged: how many rows of the layer.
        added_codes, changed_codes, ended_codes: the first of them, by code.
    """

    added: int
    changed: int
    ended: int
    unchanged: int
    added_codes: tuple[str, ...]
    changed_codes: tuple[str, ...]
    ended_codes: tuple[str, ...]

    @property
    def none(self) -> bool:
        """Whether it would change nothing."""
        return not (self.added or self.changed or self.ended)


@dataclass(frozen=True)
class Ending:
    """Which rows of a layer end when they are missing from a draft of it.

    Attributes:
        within: those whose codes begin with one of these.
        professions: those of these professions; None where the layer has none.
    """

    within: tuple[str, ...] = ("",)
    professions: tuple[str, ...] | None = None


def allow_time(conn: Connection) -> None:
    """Let the statements of this transaction take as long as a million rows do, and its program as long between them."""
    conn.execute(text("SET LOCAL statement_timeout = '10min'"))
    conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10min'"))


def lock(conn: Connection, table: Table) -> None:
    """Let nobody else change a layer's table until the transaction ends; it can be read all the while."""
    conn.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))
