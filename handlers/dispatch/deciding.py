"""Deciding: the candidates for a case with their reasons, best first, and whether the best one needs a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.store.units import Unit
from handlers.dispatch import learned, reasons
from handlers.dispatch.learned import Proposal
from handlers.dispatch.reasons import Reason
from handlers.dispatch.table import Row, Verdict, Where, judge
from handlers.dispatch.thresholds import Threshold, threshold_of
from handlers.dispatch.units import area_of, choices

#: A dispatcher reads no more than these, each with a key of its own.
MOST = 9


@dataclass(frozen=True)
class Candidate:
    """A unit that a case may go to.

    Attributes:
        row: the row of the table that names it, if one does.
        probability: by what was learned, if anything was.
    """

    unit: Unit
    reasons: tuple[Reason, ...]
    row: int | None = None
    probability: float | None = None

    def stored(self) -> dict[str, Any]:
        """As it is kept with the decision."""
        return {
            "unit_id": self.unit.id,
            "code": self.unit.code,
            "probability": self.probability,
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True)
class Proposed:
    """What is proposed for a case.

    Attributes:
        candidates: best first, at most `MOST`.
        automatic: whether the first one gets it without a person.
        how: who says so: ``table`` or ``learned``.
    """

    candidates: tuple[Candidate, ...]
    automatic: bool
    how: str


def propose(where: Where, rows: Sequence[Row], returned: Collection[int], *, ask: bool) -> Proposed:
    """Propose units for a case.

    The table decides where the rows that count name one unit; where they contradict each other or name none, what was learned
    comes first.

    Args:
        rows: of the table, that match the case.
        returned: units that have returned the case: they are proposed no more.
        ask: a person has to decide, whatever is proposed.
    """
    case = where.case
    verdict = judge(rows, where)
    named = [
        Candidate(one.unit, one.reasons, one.row.number)
        for one in verdict.named
        if one.unit.id not in returned
    ]
    allowed = _allowed(where, returned) if learned.anything() else {}
    likely = {one.unit_code: one for one in learned.proposals(case, where.place, allowed.keys())}
    certain = len(verdict.named) == 1 and len(named) == 1
    ranked = [_with(one, likely.pop(one.unit.code, None)) for one in named]
    ranked += [_alone(allowed[one.unit_code], one) for one in likely.values() if one.unit_code in allowed]
    if not certain:
        # By what was learned; rows of the table before units that only it knows, where it says nothing.
        ranked.sort(key=lambda one: -(one.probability or 0.0))
    if verdict.conflict and ranked:
        ranked[0] = replace(
            ranked[0], reasons=(*ranked[0].reasons, reasons.of_conflict(list(verdict.conflict)))
        )
    threshold = threshold_of(case.uow, case.scheme, case.kind, case.category)
    how = _how(verdict, threshold, ranked[0] if ranked else None, certain=certain)
    automatic = how is not None and not ask
    if not automatic:
        ranked += _besides(where, verdict, {*returned, *(one.unit.id for one in ranked)})
    return Proposed(tuple(ranked[:MOST]), automatic, how or "person")


def _besides(where: Where, verdict: Verdict, known: Collection[int]) -> list[Candidate]:
    """Whom a dispatcher would think of next: other units of the types that the table names, then whoever else is responsible here."""
    types = {one.unit.unit_type for one in verdict.named} - {None}
    units = choices(where.tree, where.platform_id) if types else []
    found = [
        (unit, [reasons.of_area(unit, area_of(where.tree, unit))])
        for unit in units
        if unit.unit_type in types and where.code.startswith(area_of(where.tree, unit))
    ]
    found += where.by_grids()
    besides = {unit.id: Candidate(unit, tuple(why)) for unit, why in reversed(found) if unit.id not in known}
    return list(reversed(besides.values()))


def _how(verdict: Verdict, threshold: Threshold, best: Candidate | None, *, certain: bool) -> str | None:
    """Who may decide without a person, if anybody."""
    if best is None or verdict.for_person or not all(row.auto for row in verdict.rows):
        return None
    if certain and threshold.table_certain:
        return "table"
    if (
        threshold.probability is not None
        and best.probability is not None
        and best.probability >= threshold.probability
    ):
        return "learned"
    return None


def _allowed(where: Where, returned: Collection[int]) -> dict[str, Unit]:
    """The units among which what was learned may choose, by code."""
    return {unit.code: unit for unit in choices(where.tree, where.platform_id) if unit.id not in returned}


def _with(named: Candidate, proposal: Proposal | None) -> Candidate:
    if proposal is None:
        return named
    return replace(named, probability=proposal.probability, reasons=(*named.reasons, *_alike(proposal)))


def _alone(unit: Unit, proposal: Proposal) -> Candidate:
    return Candidate(unit, _alike(proposal), None, proposal.probability)


def _alike(proposal: Proposal) -> tuple[Reason, ...]:
    return (reasons.of_alike(proposal.alike, proposal.alike_of),) if proposal.alike_of else ()
