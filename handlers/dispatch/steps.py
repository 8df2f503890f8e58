"""Service tasks of dispatch: propose units, give the case to one, note whom a dispatcher chose, take the case back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.actors import unit_tree
from engine.case import Case
from engine.store.units import Unit
from engine.tasks import service_task
from handlers import city, clock
from handlers.components import component_of
from handlers.dispatch.deciding import Proposed, propose
from handlers.dispatch.facts import place_code
from handlers.dispatch.reasons import Reason
from handlers.dispatch.table import Where, rows_of
from handlers.dispatch.units import commanding, is_centre, responsible_unit
from handlers.store import dispatch as stored


@dataclass(frozen=True)
class Suggested:
    """The best proposal for a case; all but ``auto`` and ``how`` None or empty where there is none.

    Attributes:
        auto: whether the case goes there without a person.
        how: who says so: ``table``, ``learned`` or ``person``, who has to decide.
        probability: by what was learned.
        reasons: of the best candidate, see `handlers.dispatch.reasons`.
    """

    auto: bool
    how: str
    unit_id: int | None
    code: str | None
    name_zh: str | None
    name_en: str | None
    probability: float | None
    reasons: list[Reason]


@dataclass(frozen=True)
class Assigned:
    """The responsible unit; all None where there is none.

    Attributes:
        centre: whether it is a centre below, which dispatches the case on.
        handed_down: whether the centre that dispatched is itself below the one of the case.
    """

    unit_id: int | None = None
    code: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    centre: bool = False
    handed_down: bool = False


@service_task("dispatch.suggest", title={"zh": "推荐处置部门", "en": "Propose the responsible unit"})
def suggest(case: Case, rows: list[Any]) -> Suggested:
    """Propose units by the rows of the dispatch table that match, and by what was learned where these contradict or say nothing.

    The candidates are kept with their reasons, for the dispatcher or as the decision that the system makes. A unit that returned
    the case is proposed no more, and a case that was dispatched before is dispatched by a person. A row without the outputs
    ``by``, ``target``, ``rank`` and ``auto`` ends the step with the error ``bad_row``.
    """
    tree = unit_tree(case.uow)
    platform_id = commanding(tree, case.platform_id, case.unit_id)
    before = _earlier(case)
    returned = {row["unit_id"] for row in before if row["returned_at"] is not None}
    again = any(row["platform_id"] == platform_id for row in before)
    where = Where(case, platform_id, city.place(case.uow, case.lon, case.lat), component_of(case))
    found = propose(where, rows_of(rows), returned, ask=again)
    _keep(case, platform_id, found)
    best = found.candidates[0] if found.candidates else None
    if best is None:
        return Suggested(False, "person", None, None, None, None, None, [])
    unit = best.unit
    return Suggested(
        auto=found.automatic,
        how=found.how if found.automatic else "person",
        unit_id=unit.id,
        code=unit.code,
        name_zh=unit.name_zh,
        name_en=unit.name_en,
        probability=best.probability,
        reasons=list(best.reasons),
    )


@service_task("dispatch.assign", title={"zh": "确定处置部门", "en": "Assign the responsible unit"})
def assign(case: Case, unit_type: str | None = None, unit_id: int | None = None) -> Assigned:
    """Make a unit responsible: the one given, else the one of a type that serves the case's place.

    By type, units of the case's own platform come first, then those of the platform above it, so a district's own department
    goes before the city's. Among these the one with the smallest area that holds the place counts. Without a unit and a type, or
    where no unit fits, nobody is responsible (``unit_id`` is None), and it is for the dispatcher to choose.
    """
    tree = unit_tree(case.uow)
    platform_id = commanding(tree, case.platform_id, case.unit_id)
    if unit_id is not None:
        found = tree.by_id.get(unit_id)
    else:
        found = responsible_unit(
            tree, platform_id=platform_id, unit_type=unit_type or "", place_code=place_code(case)
        )
    if found is None:
        case.set(unit_id=None)
        return Assigned()
    case.set(unit_id=found.id)
    return _assigned(case, found, platform_id)


@service_task("dispatch.chosen", title={"zh": "登记派遣决定", "en": "Note the dispatcher's decision"})
def chosen(case: Case, decision: str) -> Assigned:
    """Note whom the dispatcher chose, after the form has made this unit responsible.

    With another decision than ``assign`` the case stays with whom it had before; the result tells who that is.
    """
    tree = unit_tree(case.uow)
    before = case.before["unit_id"]
    platform_id = commanding(tree, case.platform_id, before)
    if decision != "assign":
        case.set(unit_id=before)
    if case.unit_id is None:
        return Assigned()
    unit = tree[case.unit_id]
    if decision == "assign":
        _note_choice(case, platform_id, unit)
    return _assigned(case, unit, platform_id)


@service_task("dispatch.take_back", title={"zh": "撤回派遣", "en": "Take the case back from its unit"})
def take_back(case: Case, returned: bool = False) -> None:
    """Take the case from its unit, so that it can be dispatched anew; what was handled is to be handled again.

    The case goes back to the centre that dispatched it: where that is one below the case's own, this centre has it now, else
    nobody.

    Args:
        returned: the unit said that the case is not its own: the dispatch was wrong, and is kept as a lesson.
    """
    clock.handle_again(case)
    before = case.before["unit_id"] or case.unit_id
    if before is None:
        case.set(unit_id=None)
        return
    if returned:
        platform_id = stored.give_back(case.uow.conn, case.id, before, case.now, _reason(case))
    else:
        platform_id = stored.dispatched_by(case.uow.conn, case.id, before)
    case.set(unit_id=None if platform_id in (None, case.platform_id) else platform_id)


def _earlier(case: Case) -> Sequence[Mapping[str, Any]]:
    """What was decided of the case before."""
    if case.before["filed_at"] is None and case.filed_at is not None:
        # It is filed in this very command, and nothing is dispatched before: most cases need not be asked for.
        return ()
    return stored.earlier(case.uow.conn, case.id)


def _note_choice(case: Case, platform_id: int, unit: Unit) -> None:
    person_id = case.actor.person_id
    if stored.choose(case.uow.conn, case.id, unit.id, person_id, case.now):
        return
    # It came to the dispatcher on a diagram that proposes nothing.
    row = _row(case, platform_id, Proposed((), False, "person"))
    decided = {"unit_id": unit.id, "how": "person", "person_id": person_id, "decided_at": case.now}
    stored.add(case.uow.conn, {**row, **decided})


def _reason(case: Case) -> str:
    """What the person who gives it back has written."""
    for entry in reversed(case.entries):
        if entry.data.get("reason"):
            return str(entry.data["reason"])
    return ""


def _assigned(case: Case, unit: Unit, platform_id: int) -> Assigned:
    tree = unit_tree(case.uow)
    centre = is_centre(tree, platform_id, unit)
    return Assigned(
        unit.id, unit.code, unit.name_zh, unit.name_en, centre, handed_down=platform_id != case.platform_id
    )


def _keep(case: Case, platform_id: int, found: Proposed) -> None:
    row = _row(case, platform_id, found)
    if found.automatic:
        row = {**row, "unit_id": row["proposed_unit_id"], "how": found.how, "decided_at": case.now}
    stored.add(case.uow.conn, row)


def _row(case: Case, platform_id: int, found: Proposed) -> Mapping[str, Any]:
    best = found.candidates[0] if found.candidates else None
    candidates: Sequence[Mapping[str, Any]] = [one.stored() for one in found.candidates]
    return {
        "case_id": case.id,
        "at": case.now,
        "platform_id": platform_id,
        "scheme": case.scheme,
        "kind": case.kind,
        "category": case.category,
        "proposed_unit_id": best.unit.id if best else None,
        "probability": best.probability if best else None,
        "row": best.row if best else None,
        "unit_id": None,
        "how": None,
        "person_id": None,
        "decided_at": None,
        "candidates": candidates,
        "reasons": list(best.reasons) if best else [],
    }
