"""``gridcase layers check`` and ``gridcase layers generate``: what is wrong with layers, and unit grids that are made."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
import orjson

from engine.commands.opened import opened_unit_of_work
from gis.codes import CodeScheme
from gis.layers.checking import Finding
from gis.layers.pictures import told
from handlers.layers.checking import Check, drawn
from handlers.layers.generating import (
    Laying,
    communities_of,
    lay,
    store_cells,
    stored_communities,
    write_cells,
)
from handlers.layers.importing import Taking, instant_of
from handlers.store.layer_changes import Changes
from handlers.store.layer_tables import STORED

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("kinds", nargs=-1, type=click.Choice(tuple(STORED)), metavar="[KIND]...")
@click.option("--at", help="As they hold at this time; without it, now.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each finding.")
@click.option(
    "--map", "picture", type=_FILE, help="Write a map of the findings: .html to look at, or .geojson."
)
def check(kinds: tuple[str, ...], at: str | None, as_json: bool, picture: Path | None) -> None:
    """Look for overlaps, gaps, slivers, wrong codes and what lies outside, in all layers or in those of KIND.

    The exit code is 1 where there are errors; warnings and information leave it at 0.
    """
    if picture is not None and picture.suffix not in (".html", ".geojson"):
        raise click.BadParameter("The file must end in .html or .geojson.", param_hint="--map")
    with opened_unit_of_work() as uow:
        checked = Check(uow, instant_of(uow, at))
        findings = list(checked.findings(kinds))
        if picture is not None:
            picture.write_text(drawn(checked, findings, kinds, picture.suffix), "utf-8")
    for one in findings:
        click.echo(orjson.dumps(told(one)).decode() if as_json else _line(one))
    counts = Counter(one.severity for one in findings)
    errors, warnings = counts["error"], counts["warning"]
    noted = f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}, {counts['information']} for information"
    click.echo(noted, err=True)
    if errors:
        raise SystemExit(1)


@click.command()
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
        crs=text_of(options["crs"]),
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
        at = instant_of(uow, text_of(options["valid_from"]))
        taking = Taking(at, replace=True, within=tuple(one.code for one in communities))
        tell(store_cells(uow, cells, laying.scheme, taking), False)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _line(finding: Finding) -> str:
    place = "" if finding.lon is None else f"  {finding.lon:.6f}, {finding.lat:.6f}"
    return f"{finding.severity:<11}  {finding.layer:<14}  {finding.rule:<9}  {finding.text}{place}"


def text_of(value: object) -> str | None:
    """The value of an option as text, where it was given."""
    return None if value is None else str(value)


def tell(changes: Changes, dry_run: bool) -> None:
    """Tell what an import changed, or would."""
    click.echo(
        f"{'would be ' if dry_run else ''}added {changes.added}, changed {changes.changed}, "
        f"ended {changes.ended}, unchanged {changes.unchanged}"
    )
    for word in ("added", "changed", "ended"):
        codes, count = getattr(changes, f"{word}_codes"), getattr(changes, word)
        if dry_run and codes:
            click.echo(f"{word}: {', '.join(codes)}{' …' if count > len(codes) else ''}")
