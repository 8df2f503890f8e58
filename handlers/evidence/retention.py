"""Retention: the files of evidence are removed some time after their case ended; the row with the digest stays, and so does the chain."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.housekeeping import chore
from engine.settings import Settings
from engine.store.database import Database
from handlers.evidence.keeping import folder_of
from handlers.evidence.publishing import public_folder
from handlers.store import evidence

#: So many are looked up at a time.
_BATCH = 200
#: A folder that no row names is one whose writer was cut off, or was not the quickest; after this long it is nobody's.
_STRAY = timedelta(days=2)


@chore("evidence whose time is over")
def remove_over(database: Database, settings: Settings) -> int:
    """Remove the files of bundles whose time is over, and what was left behind half-written; gives how many bundles and strays went."""
    removed = 0
    while found := _over(database, settings):
        for bundle_id, folders in found:
            # The files first: what is noted as removed is, and what is cut off here is done the next night.
            for folder in folders:
                if folder.exists():
                    shutil.rmtree(folder)
            with database.unit_of_work() as uow:
                evidence.remove(uow.conn, bundle_id, uow.now)
            removed += 1
    return removed + _remove_strays(database, settings)


def _over(database: Database, settings: Settings) -> list[tuple[int, Sequence[Path]]]:
    with database.unit_of_work() as uow:
        rejected = uow.now - timedelta(days=settings.evidence_rejected_days)
        closed = uow.now - timedelta(days=settings.evidence_days)
        rows = evidence.over(uow.conn, rejected, closed, _BATCH)
    return [(row["id"], (folder_of(settings, row), public_folder(settings, row))) for row in rows]


def _remove_strays(database: Database, settings: Settings) -> int:
    before = database.clock.now() - _STRAY
    old = [
        path
        for path in sorted(settings.evidence.glob("*/*"))
        if path.is_dir() and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    ]
    names = {str(path.relative_to(settings.evidence)): path for path in old}
    with database.unit_of_work() as uow:
        # A database that knows of none is hardly the one that these belong to.
        if not evidence.exist(uow.conn):
            return 0
        named = evidence.named(uow.conn, sorted(names))
    for name in set(names) - named:
        shutil.rmtree(names[name])
    return len(set(names) - named)
