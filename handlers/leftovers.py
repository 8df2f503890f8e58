"""Photographs that no case took: uploaded and never sent with a report or a step, or sent with one that was refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.housekeeping import chore
from engine.settings import Settings
from engine.store import attachments
from engine.store.database import Database
from handlers import photos

#: A photograph that was uploaded can be named for a day; nobody can name one that is older than this.
KEPT_FOR = timedelta(days=2)


@chore("photographs that no case took")
def remove_leftovers(database: Database, settings: Settings) -> int:
    """Remove the photographs that lie there for longer than `KEPT_FOR` and belong to no case; gives how many files went."""
    before = database.clock.now() - KEPT_FOR
    with database.unit_of_work() as uow:
        # A database that knows of none is hardly the one that these belong to.
        if not attachments.exist(uow.conn):
            return 0
    return sum(
        _clear(folder, database, before) for folder in sorted(settings.photos.glob("[0-9a-f][0-9a-f]"))
    )


def _clear(folder: Path, database: Database, before: datetime) -> int:
    old = list(_old(folder, before))
    with database.unit_of_work() as uow:
        named = attachments.named(uow.conn, sorted({_hash(path) for path in old}))
    removed = 0
    # Nobody begins to use one of them between the last look at it and its end.
    with photos.alone(folder.parent):
        for path in old:
            if _hash(path) not in named and _is_old(path, before):
                path.unlink()
                removed += 1
    return removed


def _old(folder: Path, before: datetime) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if _is_old(path, before))


def _is_old(path: Path, before: datetime) -> bool:
    return path.is_file() and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before


def _hash(path: Path) -> str:
    """The hash of the photograph to which a file belongs; that of a file left half-written is nobody's."""
    return path.name.partition(".")[0]
