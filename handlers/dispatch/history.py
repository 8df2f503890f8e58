"""How a case was dispatched so far, for those who look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.store.unit_of_work import UnitOfWork
from handlers.store import dispatch as stored


@dataclass(frozen=True)
class History:
    """The proposals and decisions of a case.

    Attributes:
        candidates: of the proposal that waits for a dispatcher, best first: ``unit_id``, ``code``, ``probability``,
            ``reasons``; empty where none waits.
        decided: the latest decision that was not returned (a row of ``dispatch_decision``), or None.
    """

    candidates: Sequence[Mapping[str, Any]]
    decided: Mapping[str, Any] | None


def history(uow: UnitOfWork, case_id: int) -> History:
    """How a case was dispatched so far; whoever asks has seen to it that the reader may see the case."""
    rows = stored.of_case(uow.conn, case_id)
    waiting = rows[-1]["candidates"] if rows and rows[-1]["decided_at"] is None else ()
    kept = [row for row in rows if row["decided_at"] is not None and row["returned_at"] is None]
    return History(waiting, kept[-1] if kept else None)


def goes_by_levels(uow: UnitOfWork, case_id: int) -> bool:
    """Whether a case waits at dispatch on a diagram in which centres below dispatch on what they are given.

    Those propose units to the dispatcher. Older ones, on which cases may be under way for months, propose none.
    """
    return stored.is_proposed(uow.conn, case_id)
