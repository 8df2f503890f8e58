"""What the rows of the dispatch table mean: from a type of unit, a grid, a component or a code to the unit that is responsible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.actors import unit_tree
from engine.bpmn import BpmnError
from engine.case import Case
from engine.messages import Message
from engine.store.units import Unit, UnitTree
from gis.places import NearComponent, Place
from handlers import city
from handlers.dispatch import reasons
from handlers.dispatch.facts import place_code
from handlers.dispatch.reasons import Reason
from handlers.dispatch.units import area_of, centre_of, is_centre, may_handle, responsible_unit

_ONLY_IF_FOUND = frozenset({"grid", "manager", "owner", "keeper"})
#: Whom a row may name. ``person`` leaves it to the dispatcher.
WAYS = ("type", "grid", "manager", "owner", "keeper", "unit", "person")


@dataclass(frozen=True)
class Row:
    """A row of the dispatch table that matches a case.

    Attributes:
        number: of the row, from 1.
        by: one of `WAYS`.
        target: with ``type`` and ``grid`` a type of unit, with ``unit`` the code of a unit, else empty.
        rank: rows with the lowest rank count.
        auto: whether the system may dispatch by it.
    """

    number: int
    description: str
    by: str
    target: str
    rank: int
    auto: bool


@dataclass(frozen=True)
class Named:
    """A unit that rows of the table name, with the first of these rows."""

    unit: Unit
    row: Row
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Verdict:
    """What the table says of a case.

    Attributes:
        rows: those that match and have the lowest rank.
        named: the different units that they name; several contradict each other.
        for_person: a row leaves it to the dispatcher.
    """

    rows: tuple[Row, ...]
    named: tuple[Named, ...]
    for_person: bool

    @property
    def conflict(self) -> list[int]:
        """The numbers of rows that contradict each other; empty where none do."""
        return [one.row.number for one in self.named] if len(self.named) > 1 else []


class Where:
    """The place of a case as dispatch sees it.

    Args:
        platform_id: the centre that dispatches.
        place: what there is at the case's point.
        component: the one that the case is about.
    """

    def __init__(
        self, case: Case, platform_id: int, place: Place | None, component: NearComponent | None = None
    ) -> None:
        self.case = case
        self.component = component
        self.platform_id = platform_id
        self.tree: UnitTree = unit_tree(case.uow)
        self.place = place
        self.code = place_code(case)

    def by_type(self, unit_type: str) -> tuple[Unit, list[Reason]] | None:
        """The unit of a type: by the responsibility grid of its profession, by area, else the centre that serves the place."""
        by_area = responsible_unit(
            self.tree, platform_id=self.platform_id, unit_type=unit_type, place_code=self.code
        )
        by_grid = self.by_grid(unit_type)
        if by_grid is not None:
            # Of two types of one profession the grid is that of its unit; the other type goes by area.
            other = by_grid[0].unit_type not in (None, unit_type) and by_area is not None
            if not (other and self._same_profession(by_grid[0].unit_type, unit_type)):
                return by_grid
        if by_area is not None:
            return by_area, [reasons.of_area(by_area, area_of(self.tree, by_area))]
        centre = centre_of(self.tree, self.platform_id, self.code)
        return None if centre is None else (centre, [reasons.of_centre()])

    def by_grid(self, unit_type: str) -> tuple[Unit, list[Reason]] | None:
        """The unit of the responsibility grid of a type's profession, or the centre below that it belongs to."""
        profession = self._profession(unit_type)
        return next(iter(self.by_grids(profession)), None) if profession else None

    def by_grids(self, profession: str | None = None) -> list[tuple[Unit, list[Reason]]]:
        """The units of the responsibility grids at the place, of one profession or of all, or the centres that they belong to."""
        found = []
        for grid in self.place.responsible if self.place else ():
            unit = self.tree.by_code.get(grid.unit_code)
            reached = self._within_reach(unit) if unit and profession in (None, grid.profession) else None
            if reached is not None:
                found.append((reached, [reasons.of_grid(grid)]))
        return found

    def by_component(self, role: str) -> tuple[Unit, list[Reason]] | None:
        """The unit that is the manager, owner or keeper of the case's component."""
        component = self.component
        if component is None:
            return None
        said: str = getattr(component, role)
        unit = self.tree.by_code.get(said) or self._called(said)
        found = None if unit is None else self._within_reach(unit)
        return None if found is None else (found, [reasons.of_component(component, role)])

    def _called(self, name: str) -> Unit | None:
        units = self.tree.by_id.values()
        return next((one for one in units if name and name in (one.name_zh, one.name_en)), None)

    def _within_reach(self, unit: Unit) -> Unit | None:
        """The unit itself where the centre may dispatch to it, else the centre below to which it belongs, or None."""
        if may_handle(self.tree, self.platform_id, unit):
            return unit
        line = self.tree.line(unit.id)
        return next((one for one in line if is_centre(self.tree, self.platform_id, one)), None)

    def _profession(self, unit_type: str) -> str:
        described = city.catalogue(self.case.uow).unit_types.get(unit_type)
        return described["profession"] if described else ""

    def _same_profession(self, one: str | None, other: str) -> bool:
        return self._profession(one or "") == self._profession(other)


def rows_of(given: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows that a diagram hands over, typed.

    Raises:
        BpmnError: ``bad_row``: an output is missing or is not what it must be; names the row.
    """
    return [_row(one) for one in given]


def _row(given: Mapping[str, Any]) -> Row:
    number = given.get("row", 0)
    by, target, rank, auto = (given.get(name) for name in ("by", "target", "rank", "auto"))
    if by not in WAYS or not isinstance(target, str) or type(rank) is not int or type(auto) is not bool:
        message = Message(
            "Row %(row)s of the dispatch table needs by (one of %(ways)s), target (a text), rank (a whole number) and auto (True or False).",
            row=number,
            ways=", ".join(WAYS),
        )
        raise BpmnError("bad_row", message)
    return Row(int(number), str(given.get("description", "")), by, target, rank, auto)


def judge(rows: Sequence[Row], where: Where) -> Verdict:
    """What the rows that match a case say together: those of the lowest rank count.

    A row by a grid or a component that finds no unit does not match.
    """
    found = [(row, _unit(row, where)) for row in rows]
    found = [(row, unit) for row, unit in found if unit is not None or row.by not in _ONLY_IF_FOUND]
    lowest = min((row.rank for row, _ in found), default=0)
    counting = [(row, unit) for row, unit in found if row.rank == lowest]
    named: dict[int, Named] = {}
    for row, unit in counting:
        if unit is not None:
            why = (*unit[1], reasons.of_row(row.number, row.description))
            named.setdefault(unit[0].id, Named(unit[0], row, why))
    for_person = any(row.by == "person" for row, _ in counting)
    return Verdict(tuple(row for row, _ in counting), tuple(named.values()), for_person)


def _unit(row: Row, where: Where) -> tuple[Unit, list[Reason]] | None:
    match row.by:
        case "type":
            return where.by_type(row.target)
        case "grid":
            return where.by_grid(row.target)
        case "manager" | "owner" | "keeper":
            return where.by_component(row.by)
        case "unit":
            unit = where.tree.by_code.get(row.target)
            fits = unit is not None and may_handle(where.tree, where.platform_id, unit)
            return (unit, []) if unit is not None and fits else None
    return None
