"""``gridcase catalogue``: categories and standards from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.opened import opened_unit_of_work
from handlers.catalogue import (
    FOLDER,
    Changes,
    Given,
    export_catalogue,
    preview,
    read_path,
    store,
)


@click.group()
def catalogue() -> None:
    """Read in and write out the categories and standards of the city."""


@catalogue.command("import")
@click.argument("source", type=click.Path(path_type=Path), default=FOLDER)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def import_source(source: Path, dry_run: bool) -> None:
    """Put the catalogue of SOURCE in the place of the one that is there.

    SOURCE is a workbook (XLSX) with the sheets unit_types, categories, standards and, if there are any, equivalents, or a folder
    with a CSV file for each of them. Without SOURCE it is the catalogue that the program brings along. Nothing is changed if any
    row is wrong, or if open cases are of a category or a condition that it lacks.
    """
    given = read_path(source)
    with opened_unit_of_work() as uow:
        seen = preview(uow, given)
        if not dry_run:
            store(uow, given)
    _tell_mended(given)
    if dry_run:
        _tell_changes(seen.changes)
    click.echo(f"{seen.categories} categories, {seen.standards} standards")


@catalogue.command("export")
@click.argument("target", type=click.Path(path_type=Path))
def export_target(target: Path) -> None:
    """Write the catalogue into TARGET, so that it can be edited and read in again.

    TARGET is a workbook if its name ends in .xlsx, else a folder for CSV files. Columns that the program does not read are not
    written: keep them in a file of your own.
    """
    with opened_unit_of_work() as uow:
        for file in export_catalogue(uow, target):
            click.echo(file)


def _tell_mended(given: Given) -> None:
    for one in given.mended:
        click.echo(f"{one.place}: {one.said}", err=True)


def _tell_changes(changes: Changes) -> None:
    for category in changes.added:
        click.echo(f"added: {category.scheme} {category.kind} {category.code} {category.name_zh}")
    for one in changes.changed:
        parts = [
            *(f"{name} {was!r} -> {will!r}" for name, (was, will) in one.fields.items()),
            *(f"condition {number} added" for number in one.added),
            *(f"condition {number} removed" for number in one.removed),
            *(f"condition {number} changed" for number in one.changed),
        ]
        key = f"{one.category.scheme} {one.category.kind} {one.category.code}"
        click.echo(f"changed: {key} {one.category.name_zh}: {'; '.join(parts)}")
    for category in changes.removed:
        click.echo(f"removed: {category.scheme} {category.kind} {category.code} {category.name_zh}")
    for code in changes.unit_types:
        click.echo(f"changed: type of unit {code}")
    for ((scheme, kind, code), condition), count in changes.in_use.items():
        of = "" if condition is None else f" condition {condition}"
        click.echo(f"still used by {count} open case(s), so not to be imported: {scheme} {kind} {code}{of}")
