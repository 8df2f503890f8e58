"""Stamping: an authority of the city's choice confirms by RFC 3161 when a bundle was there.

A bundle is evidence without a stamp, too: the authority is asked after it was kept, outside of any transaction, again while it does not
answer, and once more each night. Why there is no stamp yet is noted with the bundle.
"""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from engine.errands import errand
from engine.housekeeping import chore
from engine.settings import Settings
from engine.store.database import Database
from engine.time_stamping import Authority
from handlers.evidence.keeping import folder_of
from handlers.outbound import MAX_ANSWER, RefusedError, post, target_of
from handlers.store import evidence
from vision.evidence import layout, stamp
from vision.evidence.decision import add, manifest_of
from vision.evidence.keys import Signer
from vision.evidence.stamp import StampError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

logger = structlog.get_logger()

#: Of one request to the authority, in seconds.
TIMEOUT = 20.0
_BATCH = 200
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


@errand("evidence.stamp")
def put_stamp(database: Database, settings: Settings, bundle_id: int) -> None:
    """Have a bundle stamped; done twice it is stamped once.

    Raises:
        StampError: the authority gave none; the reason is noted, and the next attempt may succeed.
    """
    if settings.tsa is None:
        return
    with database.unit_of_work() as uow:
        row = evidence.read(uow.conn, bundle_id)
    if row is None or row["removed_at"] is not None or row["stamped_at"] is not None:
        return
    folder = folder_of(settings, row)
    manifest, roots = manifest_of(folder), roots_of(settings)
    try:
        before = stamp.of_folder(folder, manifest, roots)
        answer = b"" if before else asked(settings.tsa, manifest, roots)
    except StampError as error:
        logger.warning("no time stamp", bundle=bundle_id, kind=error.kind, reason=str(error))
        with database.unit_of_work() as uow:
            evidence.set_stamp(uow.conn, bundle_id, None, error.kind)
        raise
    _keep(database, settings, bundle_id, folder, answer)


@chore("time stamps of evidence")
def stamp_missing(database: Database, settings: Settings) -> int:
    """Have those bundles stamped that could not be, until the authority fails; gives how many were."""
    after = done = 0
    while settings.tsa is not None:
        with database.unit_of_work() as uow:
            found = evidence.unstamped(uow.conn, after, _BATCH)
        if not found:
            break
        for after in found:
            try:
                put_stamp(database, settings, after)
            except StampError:
                return done
            done += 1
    return done


def roots_of(settings: Settings) -> Sequence[Certificate]:
    """The certificates to which stamps must lead; none where the city gave none.

    Raises:
        vision.errors.VisionError: their file cannot be used.
    """
    roots = settings.tsa.roots if settings.tsa is not None else None
    return [] if roots is None else stamp.read_roots(roots)


def asked(authority: Authority, manifest: bytes, roots: Sequence[Certificate]) -> bytes:
    """The stamp that an authority gives for a manifest.

    Raises:
        StampError: it gave none; of the kind ``away`` where it could not be asked, or not in time.
    """
    request = stamp.request(manifest)
    try:
        target = target_of(authority.url, [authority.receiver])
        answer = post(target, request.content, _HEADERS, timeout=TIMEOUT)
    except (RefusedError, OSError, http.client.HTTPException) as error:
        raise StampError("away", f"{authority.receiver.host}: {error}") from error
    if answer.status != http.client.OK:
        raise StampError("away", f"{authority.receiver.host} answered with the status {answer.status}")
    if answer.body is None:
        raise StampError("no_stamp", f"the answer is larger than {MAX_ANSWER} bytes")
    stamp.examined(answer.body, manifest, roots, request.nonce)
    return answer.body


def _keep(database: Database, settings: Settings, bundle_id: int, folder: Path, answer: bytes) -> None:
    """Put a stamp beside its manifest and note it; under the lock of the row, so that two of them never mix."""
    with database.unit_of_work() as uow:
        row = evidence.read(uow.conn, bundle_id, lock=True)
        if row is None or row["removed_at"] is not None:
            return
        if not (folder / layout.STAMP).is_file():
            add(folder, layout.STAMP, answer, Signer.of(settings.home))
        evidence.set_stamp(uow.conn, bundle_id, _at(folder), "")


def _at(folder: Path) -> datetime:
    found = stamp.of_folder(folder, manifest_of(folder))
    assert found is not None, "it was put there"
    return found.at
