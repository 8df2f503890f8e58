"""The database of an installation: its connections, and the one place where a transaction begins and ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from engine.clock import Clock, SystemClock
from engine.errors import Conflict, Invalid, Stopped, Unavailable
from engine.messages import Message
from engine.settings import Settings
from engine.store import incidents
from engine.store.embedded import EmbeddedServer
from engine.store.unit_of_work import UnitOfWork

#: The database did not answer, or not in time: it is nobody's mistake, and the same may succeed a moment later.
Unreachable = OperationalError

# A command that cannot get its row in this time gives up: its caller is told, and nothing was written.
_SESSION_OPTIONS = "-c timezone=UTC -c lock_timeout=5000 -c statement_timeout=30000"


def _dump(value: Any) -> str:
    return orjson.dumps(value, default=_text).decode()


def _text(value: object) -> str:
    """Bytes and exact numbers as PostgreSQL writes them in text."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of JSON")


class Database:
    """Connections to the PostgreSQL database of an installation.

    Args:
        url: SQLAlchemy URL (``postgresql+psycopg://``).
        clock: what gives each unit of work its ``now``.
        time_zone: the city's zone, in which days and working hours are counted.
        pool_size: connections that are kept open.
        cache: folder for what this machine can make anew from the database; None to keep nothing there.
    """

    def __init__(
        self,
        url: str,
        clock: Clock | None = None,
        *,
        time_zone: ZoneInfo = ZoneInfo("Asia/Shanghai"),  # noqa: B008 - immutable
        pool_size: int = 5,
        cache: Path | None = None,
    ) -> None:
        self.url = url
        self.cache = cache
        self.time_zone = time_zone
        self.clock: Clock = clock or SystemClock()
        #: Reference data by name with the revision it was read at; see `UnitOfWork.reference`.
        self.held: dict[str, tuple[int, Any]] = {}
        self._server: EmbeddedServer | None = None
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=False,
            # What a statement is about stands in no log: names, telephone numbers, hashes of passwords.
            hide_parameters=True,
            json_serializer=_dump,
            json_deserializer=orjson.loads,
            connect_args={"options": _SESSION_OPTIONS, "connect_timeout": 10},
        )

    @classmethod
    def of(cls, settings: Settings, clock: Clock | None = None, *, pool_size: int = 5) -> Database:
        """The database that the settings name; the embedded server is started if they name none."""
        zone, cache = settings.time_zone, settings.cache
        if settings.database_url is not None:
            return cls(settings.database_url, clock, time_zone=zone, pool_size=pool_size, cache=cache)
        server = EmbeddedServer(settings.home).start()
        database = cls(server.url, clock, time_zone=zone, pool_size=pool_size, cache=cache)
        database._server = server
        return database

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """Begin a transaction, commit it when the block ends, roll all of it back when it raises.

        A process that stopped in it leaves an incident, written in a transaction of its own after the other was rolled back.

        Raises:
            Unavailable: the database cannot be reached, or its disk is full.
            Conflict: another command held the same case for longer than a command may wait.
            Invalid: a number is too large for its column, or a text has a zero byte, and nothing said so before.
        """
        try:
            with self.connection() as conn, UnitOfWork(self, conn, self.clock.now()).kept() as uow:
                yield uow
        except Stopped as stop:
            with self.connection() as conn:
                incidents.note(conn, stop.incident, self.clock.now())
            raise

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """The bare transaction of a unit of work, for what looks after the database itself; raises the same."""
        try:
            with self.engine.begin() as conn:
                yield conn
        except DataError as error:
            if _sqlstate(error) in _UNFIT:
                raise Invalid(
                    Message("A number is too large, or a text has characters that cannot be stored.")
                ) from error
            raise
        except OperationalError as error:
            code = _sqlstate(error)
            if code in ("55P03", "40P01"):  # lock_not_available, deadlock_detected
                raise Conflict(
                    Message("Somebody else is working on this case at this moment: try again.")
                ) from error
            if code == _DISK_FULL:
                raise Unavailable(
                    Message("The disk of the database is full: make room there. Nothing was written.")
                ) from error
            if error.connection_invalidated or code is None:
                raise Unavailable(
                    Message(
                        "The database cannot be reached: see that PostgreSQL runs and GRIDCASE_DATABASE_URL is right."
                    )
                ) from error
            raise

    def tend(self) -> None:
        """Start the embedded server again if it ended by itself; a server of the city's own is the city's to tend.

        Raises:
            Unavailable: it does not start still.
        """
        if self._server is not None:
            self._server.tend()

    def close(self) -> None:
        """Close all connections, and let go of the embedded server."""
        self.engine.dispose()
        if self._server is not None:
            self._server.stop()
            self._server = None


_DISK_FULL = "53100"

#: numeric_value_out_of_range, character_not_in_repertoire, untranslatable_character (a zero byte in JSON); the driver
#: itself refuses zero bytes, without a code.
_UNFIT = ("22003", "22021", "22P05", None)


def _sqlstate(error: DBAPIError) -> str | None:
    found: str | None = getattr(error.orig, "sqlstate", None)
    return found


def is_duplicate(error: IntegrityError, constraint: str) -> bool:
    """Whether an insert failed because a row with the same unique value is there."""
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None) == constraint
