"""The invariants of ARCHITECTURE counted from the rows alone, by none of the program's own code.

1: what was acknowledged is there, and every case can go on. 2: a work item is completed once. 3: an effect is recorded once.
5: nothing is gone from the logs, and their chains are whole.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from engine.store.database import Database
from tests.faults.clients import Ledger


@dataclass
class Auditor:
    """Counts again and again in the same installation, and remembers what it found the time before.

    Attributes:
        attempts: the file in which the background task notes its attempts; None where there is none.
        task: the background task.
    """

    database: Database
    ledger: Ledger
    attempts: Path | None = None
    task: str = "load.work"
    audits: int = 0
    entries: dict[int, bytes] = field(default_factory=dict)

    def audit(self) -> None:
        """Count once, while the program works on; fails with all that does not fit."""
        reports, completed = self.ledger.copy()
        with self.database.engine.connect() as opened:
            conn = opened.execution_options(isolation_level="REPEATABLE READ")
            with conn.begin():
                found = [
                    *_lost(conn, reports),
                    *_stuck(conn),
                    *_doubled(conn, completed),
                    *self._effects(conn),
                    *self._logs(conn),
                ]
        assert found == []
        self.audits += 1

    def audit_all(self) -> None:
        """Count when all is over: nothing is there but what was acknowledged, and nothing waits."""
        self.audit()
        reports, completed = self.ledger.copy()
        with self.database.engine.connect() as conn:
            assert self.ledger.failures == []
            assert set(self.ledger.closed) == set(reports.values()), "each client saw its cases closed"
            done = _column(
                conn, "SELECT id FROM work_item WHERE state = 'done' AND case_id = ANY(:cases)", self
            )
            assert Counter(done) == Counter(completed)
            states = _column(conn, 'SELECT status FROM "case" WHERE id = ANY(:cases)', self)
            assert Counter(states) == {"closed": len(reports)}
            fired = _column(
                conn, "SELECT case_id FROM log_entry WHERE action = 'timer' AND case_id = ANY(:cases)", self
            )
            # Without an entry of its own where somebody's step moved the case when the timer was due and no sweep had come yet.
            assert set(Counter(fired).values()) <= {1}

    def _effects(self, conn: Connection) -> Iterator[str]:
        """3: one key for each case, one receipt for each key, taken into the log of its case once."""
        receipts = _rows(conn, _RECEIPTS, task=self.task)
        for case, number in Counter(case for case, _, _ in receipts).items():
            if number > 1:
                yield f"case {case} has {number} receipts"
        logged = Counter(case for (case,) in _rows(conn, _RESULTS, task=self.task))
        if logged != Counter(case for case, _, taken in receipts if taken):
            yield "the log has other results than were recorded"
        if self.attempts is None:
            return
        asked = {tuple(line.split()) for line in self.attempts.read_text().splitlines()}
        keys = Counter(case for case, _ in asked)
        yield from (
            f"case {case} was asked for under {number} keys" for case, number in keys.items() if number > 1
        )
        for case, key, _ in receipts:
            if (str(case), key) not in asked:
                yield f"{key} was recorded and never attempted"

    def _logs(self, conn: Connection) -> Iterator[str]:
        """5: each entry follows the one before, its case knows the last one, and what was there is there."""
        heads = {case: (0, bytes(32)) for (case,) in _rows(conn, 'SELECT id FROM "case"')}
        found: dict[int, bytes] = {}
        for case, seq, body, digest, position in _rows(
            conn, "SELECT case_id, seq, body, hash, position FROM log_entry ORDER BY case_id, seq"
        ):
            last, head = heads[case]
            computed = hashlib.sha256(head + body.encode()).digest()
            if (last + 1, computed) != (seq, bytes(digest)) or json.loads(body)["seq"] != seq:
                yield f"case {case}: entry {seq} does not follow"
            heads[case] = seq, computed
            found[position] = computed
        known = {
            case: (seq, bytes(head))
            for case, seq, head in _rows(conn, 'SELECT id, log_seq, log_hash FROM "case"')
        }
        if heads != known:
            yield "a case names another last entry than its log has"
        gone = {position for position, digest in self.entries.items() if found.get(position) != digest}
        if gone:
            yield f"entries {sorted(gone)} were there and are gone"
        self.entries = found


def _lost(conn: Connection, reports: dict[str, int]) -> Iterator[str]:
    """1: every acknowledged report is there once, with the case that was named."""
    rows = [
        (key.rpartition(":")[2], case)
        for key, case in _rows(conn, "SELECT submission_key, case_id FROM report")
    ]
    stored = dict(rows)
    yield from (
        f"report {key} of case {case} is lost" for key, case in reports.items() if stored.get(key) != case
    )
    twice = [key for key, number in Counter(key for key, _ in rows).items() if number > 1]
    if twice:
        yield f"reports are there twice: {twice}"


_RECEIPTS = "SELECT case_id, key, taken_at IS NOT NULL FROM effect_receipt WHERE task = :task"
_RESULTS = """
SELECT case_id FROM log_entry WHERE action = 'service' AND body::jsonb->'data'->>'task' = :task
"""
_STUCK = """
SELECT c.id FROM "case" c LEFT JOIN instance i ON i.case_id = c.id
WHERE i.id IS NULL OR (i.status = 'running') <> (c.status = 'open')
OR i.status = 'running' AND NOT (
    EXISTS (SELECT FROM work_item w WHERE w.case_id = c.id AND w.state = 'open')
    OR EXISTS (SELECT FROM timer t WHERE t.case_id = c.id)
    OR EXISTS (SELECT FROM incident n WHERE n.case_id = c.id AND n.closed_at IS NULL)
    OR EXISTS (
        SELECT FROM procrastinate_jobs j WHERE j.status IN ('todo', 'doing')
        AND (j.lock = 'case:' || c.id OR (j.args->>'request')::jsonb->>'case_id' = c.id::text)
    )
)
"""
_LEFT = """
SELECT DISTINCT i.case_id FROM instance i WHERE i.status = 'ended' AND (
    EXISTS (SELECT FROM work_item w WHERE w.case_id = i.case_id AND w.state = 'open')
    OR EXISTS (SELECT FROM timer t WHERE t.case_id = i.case_id)
)
"""


def _stuck(conn: Connection) -> Iterator[str]:
    """1: whatever is open waits for somebody or something, and nothing waits of what is over."""
    yield from (f"case {case} waits for nothing" for case in _column(conn, _STUCK))
    yield from (f"case {case} is over and something of it waits" for case in _column(conn, _LEFT))


def _doubled(conn: Connection, completed: list[int]) -> Iterator[str]:
    """2: every acknowledged completion is there, and as many are done as the log tells of."""
    done = dict(_rows(conn, "SELECT id, case_id FROM work_item WHERE state = 'done'"))
    yield from (f"work item {item} was completed, and is not" for item in completed if item not in done)
    if len(completed) != len(set(completed)):
        yield "a work item was completed twice"
    logged = Counter(_column(conn, "SELECT case_id FROM log_entry WHERE action = 'completed'"))
    if logged != Counter(done.values()):
        yield "the log tells of other completions than there are"
    steps = _rows(
        conn, "SELECT instance_id, task_id, count(*) FROM work_item GROUP BY 1, 2 HAVING count(*) > 1"
    )
    yield from (f"step {task} has {number} work items" for _, task, number in steps)


def _rows(conn: Connection, statement: str, **values: Any) -> list[Any]:
    return list(conn.execute(text(statement), values).all())


def _column(conn: Connection, statement: str, auditor: Auditor | None = None) -> list[Any]:
    values = {} if auditor is None else {"cases": list(auditor.ledger.reports.values())}
    return [row[0] for row in _rows(conn, statement, **values)]
