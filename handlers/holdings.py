"""What a process holds of the layers of the city between one command and the next.

A layer is read when it is first asked for, and again when its revision moved or an instant is past from which other rows hold. The
database tells first by a hash what the content is: what is held of the same content stays, and what a file in the cache
has of it is taken from there, in a fraction of the time that its rows take.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog

from engine.store.unit_of_work import UnitOfWork
from gis.errors import SnapshotError
from gis.snapshot import FORMAT, load_arrays, save_arrays
from gis.texts import Arrays
from handlers.store import digests

Value = TypeVar("Value")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Held(Generic[Value]):
    """Something made of a layer.

    Attributes:
        token: stands for the revision that it was made at.
        since, until: it holds from the one instant on, and until before the other.
    """

    token: object
    since: datetime
    until: datetime | None
    value: Value

    def fits(self, token: object, at: datetime) -> bool:
        """Whether it is what would be made now."""
        return token is self.token and self.since <= at and (self.until is None or at < self.until)


@dataclass
class Shelf:
    """Everything that a process holds of the layers of one database.

    Attributes:
        lock: held by who makes something anew; the others wait for it instead of making it too.
        made: by the revision of its layer.
        tables: the latest content of each layer with its hash.
    """

    lock: threading.RLock = field(default_factory=threading.RLock)
    made: dict[str, Held[Any]] = field(default_factory=dict)
    tables: dict[str, tuple[str, Any]] = field(default_factory=dict)


def shelf(uow: UnitOfWork) -> Shelf:
    """The shelf of this process; it is there for good, for its revision never moves."""
    return uow.reference("shelf of layers", lambda _: Shelf())


def held(uow: UnitOfWork, revision: str, make: Callable[[UnitOfWork, Value | None], Value]) -> Value:
    """What was made of a layer at its present revision and at an instant at which the same rows hold.

    Args:
        revision: of the layer, as ``AREAS``.
        make: makes it, from what was there before if anything was.
    """
    own = shelf(uow)
    token = uow.reference(revision, lambda _: object())
    found: Held[Value] | None = own.made.get(revision)
    if found is None or not found.fits(token, uow.now):
        with own.lock:
            found = own.made.get(revision)
            if found is None or not found.fits(token, uow.now):
                value = make(uow, found.value if found else None)
                found = Held(token, *digests.period(uow.conn, revision, uow.now), value)
                own.made[revision] = found
    return found.value


def table(
    uow: UnitOfWork,
    name: str,
    digest: str,
    read: Callable[[], Arrays],
    stored: Callable[[Arrays], Value],
) -> Value:
    """The content of a layer with this hash: the one held, else from the file in the cache, else read, and kept in the cache.

    Args:
        name: of the layer, for the file.
        read: gives the layer as arrays.
        stored: makes the content of the arrays.
    """
    tables = shelf(uow).tables
    if name not in tables or tables[name][0] != digest:
        folder = uow.database.cache
        arrays = read() if folder is None else _cached(folder, name, digest, read)
        tables[name] = (digest, stored(arrays))
    value: Value = tables[name][1]
    return value


def _cached(folder: Path, name: str, digest: str, read: Callable[[], Arrays]) -> Arrays:
    file = folder / f"layer-{name}-{FORMAT}-{digest}.npz"
    if file.exists():
        try:
            return load_arrays(file)
        except SnapshotError as error:
            # Also when another process took it away since: it has made a newer one.
            _log.warning("a layer in the cache cannot be used and is made anew", problem=str(error))
    arrays = read()
    try:
        save_arrays(arrays, file)
        for old in folder.glob(f"layer-{name}-*.npz"):
            if old != file:
                old.unlink(missing_ok=True)
    except OSError as error:
        # A full disk or a folder that may not be written costs time at the next start, nothing else.
        _log.warning("a layer cannot be kept in the cache", file=str(file), problem=str(error))
    return arrays
