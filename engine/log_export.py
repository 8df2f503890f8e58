"""The log of cases as JSON Lines, for whoever keeps or checks it elsewhere: see docs/operations.md for what a line says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from engine import anchors
from engine.log import GENESIS
from engine.store import log_entries
from engine.store.database import Database


def lines(database: Database, case_id: int | None = None, since: datetime | None = None) -> Iterator[bytes]:
    """The log as lines without their ends: entries in the order in which they were written, each anchor behind what it holds.

    Entries are read in portions, each in a short transaction: however slow the reader is, nobody waits for it.

    Args:
        case_id: the entries of this case alone, without anchors.
        since: everything from the first entry on that is not older than this.

    Raises:
        Conflict: somebody writes for so long that the log does not come to rest.
    """
    with database.unit_of_work() as uow:
        up_to = log_entries.settled_position(uow.conn)
    with database.unit_of_work() as uow:
        first = 0 if since is None else log_entries.first_position(uow.conn, since)
        tied = [row for row in log_entries.anchors(uow.conn) if row["up_to"] is not None]
    if first is None:
        return
    waiting = [] if case_id is not None else [row for row in tied if first <= row["up_to"] <= up_to]
    for row in _entries(database, first - 1, up_to, case_id):
        while waiting and waiting[0]["up_to"] < row["position"]:
            yield _anchor_line(waiting.pop(0))
        yield _entry_line(row)
    yield from map(_anchor_line, waiting)


def _entries(database: Database, after: int, up_to: int, case_id: int | None) -> Iterator[Mapping[str, Any]]:
    while True:
        with database.unit_of_work() as uow:
            found = log_entries.portion(uow.conn, after, up_to, case_id)
        yield from found
        if len(found) < log_entries.PORTION:
            return
        after = found[-1]["position"]


def _entry_line(row: Mapping[str, Any]) -> bytes:
    return orjson.dumps(
        {
            "type": "entry",
            "position": row["position"],
            "case": row["case_id"],
            "number": row["number"],
            "seq": row["seq"],
            "previous": bytes(row["previous"] or GENESIS).hex(),
            "hash": bytes(row["hash"]).hex(),
            "body": row["body"],
        }
    )


def _anchor_line(row: Mapping[str, Any]) -> bytes:
    return orjson.dumps(
        {
            "type": "anchor",
            "id": row["id"],
            "up_to": row["up_to"],
            "previous": bytes(row["previous"]).hex(),
            "root": bytes(row["root"]).hex(),
            "body": anchors.body_of(row, row["entries"]).decode(),
        }
    )
