"""``gridcase crews``: the crews of the city from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from engine.actors import unit_tree
from engine.commands.opened import opened_unit_of_work
from handlers.crews.roster import Roster
from handlers.crews.situation import Situation
from handlers.crews.tables import export_crews, import_crews


@click.group()
def crews() -> None:
    """Look after the crews that handle cases on the street."""


@crews.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_file(file: Path) -> None:
    """Add or change the crews of a CSV file, each with its unit.

    Columns: code, name_zh, name_en, parent_code, skills (types of units, professions, scheme/kind/code; with semicolons), shift_begins,
    shift_ends, days (working, every), home_lon, home_lat (WGS-84), kmh, capacity. Nothing is changed if any row is wrong.
    """
    with opened_unit_of_work() as uow:
        count = import_crews(uow, file)
    click.echo(f"{count} crews")


@crews.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export_file(file: Path) -> None:
    """Write all crews into a CSV file, so that it can be edited and read in again."""
    with opened_unit_of_work() as uow:
        count = export_crews(uow, file)
    click.echo(f"{count} crews")


@crews.command("list")
def list_crews() -> None:
    """Print each crew with its unit, its shift and how many cases it has in hand."""
    with opened_unit_of_work() as uow:
        tree = unit_tree(uow)
        hands = Situation(uow, Roster(uow).members.values()).hands.values()
        for hand in sorted(hands, key=lambda one: one.member.unit.code):
            unit, row = hand.member.unit, hand.member.row
            above = tree[unit.parent_id].code if unit.parent_id is not None else ""
            shift = f"{row['shift_begins']:%H:%M}-{row['shift_ends']:%H:%M}"
            click.echo(f"{unit.code:<36} {above:<30} {shift}  {hand.count:>3}  {unit.name_zh}")
