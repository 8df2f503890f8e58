"""The log of a case: entries chained by SHA-256, so that none can be changed, removed or put in between unseen.

``hash = SHA-256(previous hash + body)``, the body being canonical JSON (sorted keys, no spaces, UTF-8); the first entry
follows 32 zero bytes. The head of the chain also stands on the case, and `engine.anchors` ties the logs of all cases together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.messages import Message
from engine.store import log_entries
from engine.store.unit_of_work import UnitOfWork

GENESIS = bytes(32)


@dataclass(frozen=True)
class Entry:
    """One thing that happened to a case."""

    at: datetime
    person_id: int | None
    actor: str
    action: str
    element_id: str | None
    data: Mapping[str, Any]


def chained(case_id: int, seq: int, head: bytes, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Rows for the log that continue a chain after an entry number and its hash."""
    rows = []
    for entry in entries:
        seq += 1
        body = _body(case_id, seq, entry)
        head = hashlib.sha256(head + body.encode()).digest()
        rows.append(
            {
                "case_id": case_id,
                "seq": seq,
                "at": entry.at,
                "person_id": entry.person_id,
                "action": entry.action,
                "element_id": entry.element_id,
                "body": body,
                "hash": head,
            }
        )
    return rows


def _body(case_id: int, seq: int, entry: Entry) -> str:
    said = {
        "action": entry.action,
        "actor": entry.actor,
        "at": entry.at.astimezone(UTC).isoformat(),
        "case": case_id,
        "data": entry.data,
        "element": entry.element_id,
        "person": entry.person_id,
        "seq": seq,
    }
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()


def data_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a stored entry says besides who and when."""
    data: dict[str, Any] = orjson.loads(row["body"])["data"]
    return data


@dataclass(frozen=True)
class Break:
    """A place where a log does not verify."""

    case_id: int
    seq: int
    problem: str


def verify(uow: UnitOfWork, case_id: int | None = None) -> Iterator[Break]:
    """Check every entry's hash, that none is missing, and that each chain ends where its case says; for one case or all."""
    heads = ((row["id"], row["log_seq"], row["log_hash"]) for row in log_entries.heads(uow.conn, case_id))
    rows = iter(log_entries.stream(uow.conn, case_id))
    row = next(rows, None)
    for case, last_seq, last_hash in list(heads):
        seq, head = 0, GENESIS
        while row is not None and row["case_id"] == case:
            yield from _check(row, seq, head)
            seq, head = row["seq"], bytes(row["hash"])
            row = next(rows, None)
        if (seq, head) != (last_seq, bytes(last_hash)):
            yield Break(
                case,
                seq,
                Message("the log ends at entry %(seq)d, the case says %(last)d", seq=seq, last=last_seq),
            )


def _check(row: Mapping[str, Any], seq: int, head: bytes) -> Iterable[Break]:
    if row["seq"] != seq + 1:
        yield Break(row["case_id"], row["seq"], Message("entries after %(seq)d are missing", seq=seq))
    body = orjson.loads(row["body"])
    same = (body["case"], body["seq"], body["action"], body["person"]) == (
        row["case_id"],
        row["seq"],
        row["action"],
        row["person_id"],
    ) and datetime.fromisoformat(body["at"]) == row["at"]
    if not same:
        yield Break(row["case_id"], row["seq"], Message("the columns differ from what was hashed"))
    if hashlib.sha256(head + row["body"].encode()).digest() != bytes(row["hash"]):
        yield Break(row["case_id"], row["seq"], Message("the hash does not fit"))
