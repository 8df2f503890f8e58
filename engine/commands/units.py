"""``gridcase units``: the organisation of a city from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from engine import organisation
from engine.commands.opened import opened_unit_of_work


@click.group()
def units() -> None:
    """Look after the units and roles of the city."""


@units.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_units(file: Path) -> None:
    """Add or change the units of a CSV file: code, name_zh, name_en, kind, parent_code, is_platform, area_code, unit_type.

    Nothing is changed if any row is wrong.
    """
    with opened_unit_of_work() as uow:
        count = organisation.import_units(uow, file)
    click.echo(f"{count} units")


@units.command("roles")
@click.argument("file", type=click.Path(path_type=Path))
def import_roles(file: Path) -> None:
    """Add or change the roles of a CSV file: code, name_zh, name_en, sees (none, offered, unit or below)."""
    with opened_unit_of_work() as uow:
        count = organisation.import_roles(uow, file)
    click.echo(f"{count} roles")
