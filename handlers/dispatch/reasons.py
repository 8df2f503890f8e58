"""Reasons of a dispatch: short facts that are kept with the decision and put into words where they are shown.

Each is a mapping whose ``what`` says which fact it is: ``row`` of the table, ``grid`` of a profession, ``component`` and whose it
is, ``area`` that a unit serves, ``centre`` below, ``alike`` cases of before, ``conflict`` of rows. The placing of a case adds ``crew``.
"""

from __future__ import annotations

from typing import Any

from engine.store.units import Unit
from gis.places import NearComponent, Responsible

Reason = dict[str, Any]


def of_row(number: int, description: str) -> Reason:
    """A row of the dispatch table named it."""
    return {"what": "row", "row": number, "description": description}


def of_grid(grid: Responsible) -> Reason:
    """The place lies in a responsibility grid of its unit."""
    return {
        "what": "grid",
        "profession": grid.profession,
        "code": grid.code,
        "name": grid.name,
        "name_en": grid.name_en,
    }


def of_component(component: NearComponent, role: str) -> Reason:
    """It is the manager, owner or keeper of the component that the case is about."""
    return {
        "what": "component",
        "role": role,
        "code": component.code,
        "name": component.name,
        "name_en": component.name_en,
    }


def of_area(unit: Unit, area_code: str) -> Reason:
    """Of its type it is the unit that serves the smallest area which holds the place."""
    return {"what": "area", "code": area_code, "unit_type": unit.unit_type}


def of_centre() -> Reason:
    """It is the centre below that serves the place."""
    return {"what": "centre"}


def of_alike(count: int, of: int) -> Reason:
    """Of the cases of before that are like this one it ended so many."""
    return {"what": "alike", "count": count, "of": of}


def of_conflict(rows: list[int]) -> Reason:
    """Rows of the table name different units."""
    return {"what": "conflict", "rows": rows}
