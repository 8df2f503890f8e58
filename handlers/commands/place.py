"""A place as lines of text, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from gis.places import Place


def lines(place: Place) -> Iterator[str]:
    """The areas, the largest first, then the responsibility grids, the components and the address."""
    areas = {kind: getattr(place, kind) for kind in ("district", "street", "community", "cell")}
    for kind, area in [*areas.items(), *(("zone", zone) for zone in place.zones)]:
        if area is not None:
            yield f"{kind:<10} {area.code:<16}  {area.name}{_made(area.made)}"
    for grid in place.responsible:
        yield f"{'grid':<10} {grid.code:<16}  {grid.profession}: {grid.name}, {grid.unit_code}{_made(grid.made)}"
    for component in place.components:
        departments = " / ".join(filter(None, (component.manager, component.owner, component.keeper)))
        known = f"{component.name}, {component.state}" + (f", {departments}" if departments else "")
        yield f"{'component':<10} {component.code:<16}  {component.metres:.1f} m: {known}"
    yield f"{'address':<10} {place.address}"


def _made(made: bool) -> str:
    return " (made)" if made else ""
