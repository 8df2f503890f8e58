"""Which unit a platform may give a case to, and which one serves a place.

The city's centre dispatches to its own units and to the centres of districts and zones, a district's centre to its own units
and those of the city; what lies below another centre is for that centre to dispatch.
"""

from __future__ import annotations

from functools import lru_cache

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
        area = area_of(tree, unit)
        if platform in line and place_code.startswith(area):
            found.append((line.index(platform), -len(area), len(tree.line(unit.id)), unit.code, unit))
    return min(found, key=lambda one: one[:4])[4] if found else None


def area_of(tree: UnitTree, unit: Unit) -> str:
    """The code of the area that a unit serves: its own, else that of the nearest unit above that has one."""
    return next((one.area_code for one in tree.line(unit.id) if one.area_code), "")


def is_centre(tree: UnitTree, platform_id: int, unit: Unit) -> bool:
    """Whether a unit is a centre below a platform, which dispatches on what it is given."""
    return unit.is_platform and unit.id != platform_id and unit.id in tree.below(platform_id)


def centre_of(tree: UnitTree, platform_id: int, place_code: str) -> Unit | None:
    """The centre below a platform that serves a place: the one with the smallest area that holds it, or None."""
    found = [
        unit
        for unit in tree.by_id.values()
        if unit.area_code and place_code.startswith(unit.area_code) and is_centre(tree, platform_id, unit)
    ]
    return max(found, key=lambda unit: (len(unit.area_code or ""), -unit.id), default=None)


def commanding(tree: UnitTree, platform_id: int, unit_id: int | None) -> int:
    """The platform that dispatches a case: the centre that it was given to, else its own."""
    if unit_id is not None and is_centre(tree, platform_id, tree[unit_id]):
        return unit_id
    return platform_id


def may_handle(tree: UnitTree, platform_id: int, unit: Unit, *, levels: bool = True) -> bool:
    """Whether a platform may give its cases to a unit: its own, those of the platforms above, a zone beside it, a centre below.

    Args:
        levels: whether a centre below dispatches on what it is given. Where the diagram of the case knows nothing of that, a
            centre would have to handle the case, which it cannot: then it gets none, and its own units get them at once.
    """
    if levels and is_centre(tree, platform_id, unit):
        return True
    if unit.kind not in HANDLING_KINDS:
        return False
    if not levels and unit.id in tree.below(platform_id):
        return True
    # A development zone is a platform of its own, but to others it is a unit of whoever it belongs to.
    start = unit.parent_id if unit.kind == "zone" and unit.parent_id is not None else unit.id
    return tree.platform(start) in tree.line(platform_id)


def choices(tree: UnitTree, platform_id: int, *, levels: bool = True) -> list[Unit]:
    """The units that a dispatcher of a platform may choose, the platform's own first, by code; `levels` as in `may_handle`."""
    return list(_choices(tree, platform_id, levels))


# A tree never changes: another one takes its place.
@lru_cache(maxsize=64)
def _choices(tree: UnitTree, platform_id: int, levels: bool) -> tuple[Unit, ...]:
    below = tree.below(platform_id)
    fitting = [unit for unit in tree.by_id.values() if may_handle(tree, platform_id, unit, levels=levels)]
    return tuple(sorted(fitting, key=lambda unit: (unit.id not in below, unit.code)))
