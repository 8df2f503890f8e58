"""``gridcase verify-log``: check that no log was changed."""

from __future__ import annotations

import click

from engine import log
from engine.commands.opened import opened_unit_of_work


@click.command("verify-log")
@click.option(
    "--case",
    "case_id",
    type=click.IntRange(1, 2**63 - 1),
    help="Identifier of one case; all cases if none is named.",
)
def verify_log(case_id: int | None) -> None:
    """Verify the hash chains of the logs; exit code 1 if any is broken."""
    with opened_unit_of_work() as uow:
        broken = list(log.verify(uow, case_id))
    for one in broken:
        click.echo(f"case {one.case_id}, entry {one.seq}: {one.problem}", err=True)
    if broken:
        raise SystemExit(1)
    click.echo("every chain verifies")
