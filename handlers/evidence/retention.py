"""Retention: the files of evidence and their public copies are removed some time after their case ended.

The row with the digest stays, and so does the chain.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from engine.housekeeping import chore
from engine.settings import Settings
from engine.store import attachments
from engine.store.database import Database
from engine.store.rows import Row
from handlers.evidence import stills
from handlers.evidence.keeping import folder_of
from handlers.evidence.publishing import public_folder
from handlers.store import evidence, sealed_stills

#: So many are looked up at a time.
_BATCH = 200
#: A folder that no row names is one whose writer was cut off, or was not the quickest; after this long it is nobody's.
_STRAY = timedelta(days=2)


@chore("evidence whose time is over")
def remove_over(database: Database, settings: Settings) -> int:
    """Remove the files of bundles and stills whose time is over, with their public copies, and what was left behind half-written.

    Gives how many bundles, stills and strays went.
    """
    removed = _remove_bundles(database, settings) + _remove_stills(database, settings)
    return removed + _remove_strays(database, settings) + _remove_stray_stills(database, settings)


def _remove_bundles(database: Database, settings: Settings) -> int:
    removed = 0
    while found := _over(database, settings):
        for row in found:
            # The files first: what is noted as removed is, and what is cut off here is done the next night.
            for folder in (folder_of(settings, row), public_folder(settings, row)):
                if folder.exists():
                    shutil.rmtree(folder)
            copies = [one["photo"] for one in row["files"] if one.get("photo")]
            with database.unit_of_work() as uow:
                evidence.remove(uow.conn, row["id"], uow.now)
                if row["case_id"] is not None:
                    attachments.remove(uow.conn, row["case_id"], copies)
            removed += 1
    return removed


def _over(database: Database, settings: Settings) -> Sequence[Row]:
    with database.unit_of_work() as uow:
        rejected = uow.now - timedelta(days=settings.evidence_rejected_days)
        closed = uow.now - timedelta(days=settings.evidence_days)
        return evidence.over(uow.conn, rejected, closed, _BATCH)


def _remove_stills(database: Database, settings: Settings) -> int:
    removed = 0
    while True:
        with database.unit_of_work() as uow:
            found = sealed_stills.over(uow.conn, uow.now - timedelta(days=settings.evidence_days), _BATCH)
        if not found:
            return removed
        for row in found:
            stills.path_of(settings, row).unlink(missing_ok=True)
            with database.unit_of_work() as uow:
                sealed_stills.remove(uow.conn, row["id"], uow.now)
                attachments.remove(uow.conn, row["case_id"], [row["copy_sha256"] or ""])
            removed += 1


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


def _remove_stray_stills(database: Database, settings: Settings) -> int:
    before = database.clock.now() - _STRAY
    old = {
        path.name.strip(".").removesuffix(".jpg"): path
        for path in sorted(stills.folder_of(settings).glob("*/*"))
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    }
    with database.unit_of_work() as uow:
        if not sealed_stills.exist(uow.conn):
            return 0
        named = sealed_stills.named(uow.conn, sorted(old))
    strays = [path for digest, path in old.items() if digest not in named]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)
