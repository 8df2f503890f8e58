"""``gridcase cameras rules``: what is looked for, from the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.opened import opened_unit_of_work

if TYPE_CHECKING:
    from handlers.cameras.rulebook import Planned


@click.group()
def rules() -> None:
    """Look after the rules by which cameras are watched; docs/rules.md says what they may say."""


@rules.command("list")
def list_rules() -> None:
    """Print each rule: its version, whether it is on, its dwell, category, types of zones and title."""
    from handlers.cameras import registry, rulebook

    with opened_unit_of_work() as uow:
        registry.seed_rules(uow)
        for row in rulebook.known(uow).values():
            state = "on" if row["active"] else "off"
            verified = "verified" if row["verify"] else "-"
            click.echo(
                f"{row['key']:<20} {row['version']:>3} {state:<3} {row['dwell']:>6.0f} s {row['category']:<6} {verified:<8} "
                f"{' '.join(row['zone_types']):<24} {row['title_zh']}"
            )


@rules.command("export")
@click.option("--format", "kind", type=click.Choice(["yaml", "csv"]), default="yaml", show_default=True)
def export_rules(kind: str) -> None:
    """Print all rules in their newest versions, so that they can be edited and read in again."""
    from handlers.cameras import registry, rule_files

    with opened_unit_of_work() as uow:
        registry.seed_rules(uow)
        click.echo(rule_files.exported(uow, kind), nl=False)


@rules.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_rules(file: Path) -> None:
    """Read in the rules of a YAML or CSV file (.csv).

    A rule that differs from the one that is there gets its next version, which the watches take up within moments; one that says the
    same stays, and so do those that the file does not name. Where a rule of the file has a version, it must be the one that is there.
    Nothing is changed if any of them is wrong.
    """
    from handlers.cameras import registry, rule_files

    with opened_unit_of_work() as uow:
        registry.seed_rules(uow)
        planned = rule_files.import_rules(uow, file)
    _tell(planned)


@rules.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def check_rules(file: Path) -> None:
    """Say what is wrong with the rules of a file, or what reading them in would change; nothing is changed."""
    from handlers.cameras import registry, rule_files

    with opened_unit_of_work() as uow:
        registry.seed_rules(uow)
        planned = rule_files.plan(uow, file)
    _tell(planned)


def _tell(planned: Sequence[Planned]) -> None:
    for one in planned:
        if one.change != "same":
            click.echo(
                f"{one.change}: {one.row['key']} version {one.version}{'' if one.row['active'] else ', off'}"
            )
    counts = Counter(one.change for one in planned)
    click.echo(", ".join(f"{counts[name]} {name}" for name in ("new", "changed", "same")))
