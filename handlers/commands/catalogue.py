"""``gridcase catalogue``: categories and standards from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.opened import opened_unit_of_work
from handlers.catalogue import FOLDER, export_catalogue, import_catalogue


@click.group()
def catalogue() -> None:
    """Read in and write out the categories and standards of the city."""


@catalogue.command("import")
@click.argument("folder", type=click.Path(path_type=Path), default=FOLDER)
def import_folder(folder: Path) -> None:
    """Put the catalogue of FOLDER in the place of the one that is there: unit_types.csv, categories.csv, standards.csv.

    Without FOLDER it is the catalogue that the program brings along. Nothing is changed if any row is wrong.
    """
    with opened_unit_of_work() as uow:
        categories, standards = import_catalogue(uow, folder)
    click.echo(f"{categories} categories, {standards} standards")


@catalogue.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export_folder(folder: Path) -> None:
    """Write the catalogue into FOLDER, so that it can be edited and read in again.

    Columns that the program does not read are not written: keep them in a file of your own.
    """
    with opened_unit_of_work() as uow:
        for file in export_catalogue(uow, folder):
            click.echo(file)
