"""The unit of work: one short transaction with one ``now``, opened at the edge and handed to every command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.engine import Connection

from engine.errors import Conflict
from engine.messages import Message
from engine.store import revisions
from engine.store.writes import Writes

if TYPE_CHECKING:
    from engine.store.database import Database

Value = TypeVar("Value")


class UnitOfWork:
    """One transaction. Commands take it; none of them opens, commits or rolls back one.

    Attributes:
        conn: the connection, inside the transaction.
        now: the instant at which everything in it happens.
        database: where it belongs.
        writes: what commands have changed of their cases and not sent yet.
        rehearsal: whether nothing is to happen outside of it: no job is enqueued.
    """

    def __init__(self, database: Database, conn: Connection, now: datetime) -> None:
        self.database = database
        self.conn = conn
        self.now = now
        self.writes = Writes()
        self.rehearsal = False
        self._gathering = False
        self._revisions: Mapping[str, int] | None = None
        self._changed: set[str] = set()

    @contextmanager
    def kept(self) -> Iterator[UnitOfWork]:
        """Forget what was read of reference data that this transaction changed if it is rolled back in the end."""
        try:
            yield self
        except BaseException:
            for name in self._changed:
                self.database.held.pop(name, None)
            raise

    def send(self) -> None:
        """Send the writes of a command; inside `gathering` they wait for those of the others.

        Raises:
            Conflict: somebody else moved a case since it was read; the transaction must be rolled back.
        """
        if self._gathering:
            return
        writes, self.writes = self.writes, Writes()
        if not writes.send(self.conn, self.now):
            raise Conflict(Message("Somebody else moved this case a moment ago: look at it again."))

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Send the writes of all commands of this block together at its end.

        Each command must be about a case of its own, which is locked: what one reads does not have the writes of another.

        Raises:
            Conflict: as `send`.
        """
        self._gathering = True
        try:
            yield
        finally:
            self._gathering = False
        self.send()

    def reference(self, name: str, load: Callable[[Connection], Value]) -> Value:
        """Reference data that rarely changes (units, calendars, catalogue): read again only when its revision moved.

        Args:
            name: the revision's name, which whoever writes the data raises by `changed`.
            load: reads the data; called when this process has none or an older revision.
        """
        if self._revisions is None:
            self._revisions = revisions.read(self.conn)
        number = self._revisions.get(name, 0)
        held: dict[str, tuple[int, Any]] = self.database.held
        if name not in held or held[name][0] != number:
            held[name] = (number, load(self.conn))
        value: Value = held[name][1]
        return value

    def know_revisions(self, found: Mapping[str, int]) -> None:
        """Take revisions that came along with another row, and spare the statement that would read them."""
        self._revisions = found

    def changed(self, name: str) -> None:
        """Say that reference data changed: every process reads it again, this one at once."""
        revisions.bump(self.conn, name)
        self._changed.add(name)
        self.database.held.pop(name, None)
        self._revisions = None

    def savepoint(self) -> Any:
        """A part of the transaction that may fail without taking the rest with it (a context manager)."""
        return self.conn.begin_nested()

    @property
    def driver(self) -> Any:
        """The psycopg connection of the transaction: a job enqueued on it is there if and only if the rest is."""
        return self.conn.connection.driver_connection
