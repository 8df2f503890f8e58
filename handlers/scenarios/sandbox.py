"""A sandbox: tables of its own in the installation's database, gone without a trace when it is left.

Everything happens in one transaction that is rolled back, in a schema made for it, so that scenarios neither see nor
hold up the cases that are being worked at the same time.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from engine.clock import SteppedClock
from engine.errors import ConfigurationError
from engine.store.database import Database
from engine.store.metadata import metadata
from engine.store.unit_of_work import UnitOfWork


class _Leave(Exception):
    """Ends the transaction without keeping it."""


class Sandbox:
    """An empty installation inside a transaction.

    Attributes:
        clock: gives every unit of work its now.
    """

    def __init__(self, whole: UnitOfWork, clock: SteppedClock) -> None:
        self._whole = whole
        self.clock = clock

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return self._whole.database.time_zone

    def set_local(self, at: datetime) -> None:
        """Set the clock to a local time of the city."""
        self.clock.set(at.replace(tzinfo=self.zone))

    def unit_of_work(self) -> UnitOfWork:
        """A unit of work for one command; what it writes lasts until the sandbox, or the attempt around it, is left."""
        uow = UnitOfWork(self._whole.database, self._whole.conn, self.clock.now())
        uow.rehearsal = True
        return uow

    @contextmanager
    def attempt(self, *, keep: bool = True) -> Iterator[UnitOfWork]:
        """A unit of work of which nothing is kept if it raises, or in any case with `keep` false."""
        held = dict(self._whole.database.held)
        try:
            with self._whole.savepoint():
                yield self.unit_of_work()
                if not keep:
                    raise _Leave
        except BaseException as error:
            # Reference data read meanwhile may be of rows that are no more.
            self._whole.database.held.clear()
            self._whole.database.held.update(held)
            if not isinstance(error, _Leave):
                raise


@contextmanager
def opened(database: Database) -> Iterator[Sandbox]:
    """Open a sandbox on the server of a database; nothing in that database is read or changed.

    Raises:
        ConfigurationError: the database's user may not make a schema.
    """
    clock = SteppedClock(datetime(2000, 1, 1, tzinfo=UTC))
    own = Database(database.url, clock, time_zone=database.time_zone, pool_size=1)
    try:
        with own.unit_of_work() as whole:
            _make_tables(whole)
            yield Sandbox(whole, clock)
            raise _Leave
    except _Leave:
        pass
    finally:
        own.close()


def _make_tables(whole: UnitOfWork) -> None:
    allowed = whole.conn.exec_driver_sql("SELECT has_database_privilege(current_database(), 'CREATE')")
    if not allowed.scalar():
        raise ConfigurationError(
            "scenarios need tables of their own, and this database user may not make any: "
            "GRANT CREATE ON DATABASE to it, or run them without GRIDCASE_DATABASE_URL"
        )
    name = f"gridcase_scenarios_{secrets.token_hex(6)}"
    whole.conn.exec_driver_sql(f"CREATE SCHEMA {name}")
    whole.conn.exec_driver_sql(f"SET LOCAL search_path TO {name}")
    metadata.create_all(whole.conn, checkfirst=False)
