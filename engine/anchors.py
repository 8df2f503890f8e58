"""Anchors: every hour, the log entries written since the anchor before are tied together, over all cases, in one root.

``root = SHA-256(previous root + hashes of the entries in the order of their positions + body)``, the body being canonical JSON of
``at``, ``entries`` (how many) and ``up_to`` (the position of the last); the first anchor follows 32 zero bytes. Chains of cases show
that a log was changed; anchors show that a whole case is missing, or that somebody computed its chain anew. A root that was noted
outside the database shows the same of the anchors themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.errors import Conflict
from engine.messages import Message
from engine.store import log_entries
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

GENESIS = bytes(32)


def anchor(database: Database) -> bytes:
    """Tie together what was written since the last anchor; gives the root.

    Raises:
        Conflict: somebody writes for so long that the log does not come to rest, or another process did this meanwhile.
    """
    # Others wait while the position is settled, and no longer.
    with database.unit_of_work() as uow:
        up_to = log_entries.settled_position(uow.conn)
    with database.unit_of_work() as uow:
        last = log_entries.last_anchor(uow.conn)
        previous = bytes(last["root"]) if last else GENESIS
        after = last["up_to"] or 0 if last else 0
        row: dict[str, Any] = {"at": uow.now, "up_to": max(after, up_to), "previous": previous}
        row["root"], row["entries"] = _root(uow, row, after)
        if not log_entries.add_anchor(uow.conn, row):
            raise Conflict(Message("Another process anchored the logs at this moment."))
        return bytes(row["root"])


def body_of(row: Mapping[str, Any], entries: int) -> bytes:
    """What an anchor says besides the hashes: the exact text that is hashed."""
    at: datetime = row["at"]
    said = {"at": at.astimezone(UTC).isoformat(), "entries": entries, "up_to": row["up_to"]}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def _root(uow: UnitOfWork, row: Mapping[str, Any], after: int) -> tuple[bytes, int]:
    digest, entries = hashlib.sha256(bytes(row["previous"])), 0
    for one in log_entries.hashes(uow.conn, after, row["up_to"]):
        digest.update(one)
        entries += 1
    digest.update(body_of(row, entries))
    return digest.digest(), entries


@dataclass(frozen=True)
class Loose:
    """An anchor that does not hold."""

    anchor_id: int
    at: datetime
    problem: str


def verify(uow: UnitOfWork) -> Iterator[Loose]:
    """Compute the root of every anchor anew from the entries it holds, and see that each follows the one before."""
    previous, after = GENESIS, 0
    for row in log_entries.anchors(uow.conn):
        for problem in _problems(uow, row, previous, after):
            yield Loose(row["id"], row["at"], problem)
        previous, after = bytes(row["root"]), row["up_to"] or after


def _problems(uow: UnitOfWork, row: Mapping[str, Any], previous: bytes, after: int) -> Iterator[str]:
    if bytes(row["previous"]) != previous:
        yield Message("it does not follow the anchor before it")
    # From before entries had positions: what it held cannot be known any more.
    if row["up_to"] is None:
        return
    root, entries = _root(uow, row, after)
    if entries != row["entries"]:
        yield Message(
            "it holds %(held)d entries, and there are %(found)d", held=row["entries"], found=entries
        )
    if root != bytes(row["root"]):
        yield Message("its root does not fit the entries")


def has_root(uow: UnitOfWork, root: bytes) -> bool:
    """Whether an anchor with this root is there."""
    return any(bytes(row["root"]) == root for row in log_entries.anchors(uow.conn))
