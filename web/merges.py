"""Merges as the page of a case shows them: where its reports are followed, or which cases were merged into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import merging
from engine.actors import Actor
from engine.cases import CaseView
from engine.store import cases, instances
from engine.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Merge:
    """A case that was merged into another one.

    Attributes:
        undoable: whether the reader may undo it now.
    """

    case: Mapping[str, Any]
    into: Mapping[str, Any]
    undoable: bool


def merges_of(uow: UnitOfWork, actor: Actor, found: CaseView) -> list[Merge]:
    """The case that goes on in the place of this one; or those that were merged into it, which its log knows of."""
    case = found.document
    if case["merged_into_id"] is not None:
        into = cases.read(uow.conn, case["merged_into_id"])
        return [Merge(case, into, merging.may_undo(uow, case, actor))] if into else []
    if not any(row["action"] == "took_in" for row in found.log):
        return []
    rows = [instances.of_case(uow.conn, one["id"]) for one in cases.merged_into(uow.conn, case["id"])]
    return [Merge(row, case, merging.may_undo(uow, row, actor)) for row in rows if row is not None]
