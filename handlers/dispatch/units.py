"""Which unit a platform may give a case to, and which one serves a place."""

from __future__ import annotations

from engine.store.units import Unit, UnitTree

#: Kinds of units that work on the street.
HANDLING_KINDS = frozenset({"department", "street", "zone", "crew"})


def responsible_unit(tree: UnitTree, *, platform_id: int, unit_type: str, place_code: str) -> Unit | None:
    """The unit of a type that serves a place for a platform, or None.

    Args:
        place_code: of the smallest area that is known of the place; areas of a larger kind begin its code.
    """
    if not unit_type:
        return None
    line = [one.id for one in tree.line(platform_id)]
    found = []
    for unit in tree.by_id.values():
        if unit.unit_type != unit_type or unit.kind not in HANDLING_KINDS:
            continue
        platform = tree.platform(unit.id).id
        area = _area(tree, unit)
        if platform in line and place_code.startswith(area):
            found.append((line.index(platform), -len(area), len(tree.line(unit.id)), unit.code, unit))
    return min(found, key=lambda one: one[:4])[4] if found else None


def _area(tree: UnitTree, unit: Unit) -> str:
    """The code of the area that a unit serves: its own, else that of the nearest unit above that has one."""
    return next((one.area_code for one in tree.line(unit.id) if one.area_code), "")


def may_handle(tree: UnitTree, platform_id: int, unit: Unit) -> bool:
    """Whether a platform may give its cases to a unit: one below it, or one of the platforms above, or a zone beside it."""
    if unit.kind not in HANDLING_KINDS:
        return False
    if unit.id in tree.below(platform_id):
        return True
    # A development zone is a platform of its own, but to others it is a unit of whoever it belongs to.
    start = unit.parent_id if unit.kind == "zone" and unit.parent_id is not None else unit.id
    return tree.platform(start) in tree.line(platform_id)


def choices(tree: UnitTree, platform_id: int) -> list[Unit]:
    """The units that a dispatcher of a platform may choose, the platform's own first, by code."""
    below = tree.below(platform_id)
    fitting = [unit for unit in tree.by_id.values() if may_handle(tree, platform_id, unit)]
    return sorted(fitting, key=lambda unit: (unit.id not in below, unit.code))
