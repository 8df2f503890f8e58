"""``gridcase verify-log`` and ``gridcase export-log``: check that no log was changed, and take the logs elsewhere."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from engine import anchors, log, log_export
from engine.commands.opened import opened_database
from engine.errors import Invalid
from engine.messages import Message
from engine.store import log_entries

_one_case = click.option(
    "--case",
    "case_id",
    type=click.IntRange(1, 2**63 - 1),
    help="Identifier of one case; all cases if none is named.",
)


@click.command("verify-log")
@_one_case
@click.option(
    "--anchors", "with_anchors", is_flag=True, help="Verify the hourly anchors over all cases as well."
)
@click.option(
    "--root",
    metavar="HEX",
    help="A root that was noted elsewhere: fail if no anchor has it (with --anchors).",
)
def verify_log(case_id: int | None, with_anchors: bool, root: str | None) -> None:
    """Verify the hash chains of the logs; exit code 1 if any is broken."""
    wanted = _digest(root)
    with opened_database() as database, database.unit_of_work() as uow:
        log_entries.freeze(uow.conn)
        problems = [f"case {one.case_id}, entry {one.seq}: {one.problem}" for one in log.verify(uow, case_id)]
        if with_anchors or wanted is not None:
            loose = anchors.verify(uow)
            problems += [f"anchor {one.anchor_id} of {one.at.isoformat()}: {one.problem}" for one in loose]
        if wanted is not None and not anchors.has_root(uow, wanted):
            problems.append(f"no anchor has the root {root}")
        newest = log_entries.last_anchor(uow.conn)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)
    click.echo("every chain verifies")
    if with_anchors:
        said = f"{bytes(newest['root']).hex()} of {newest['at'].isoformat()}" if newest else "none yet"
        click.echo(f"every anchor holds; the newest root: {said}")


@click.command("export-log")
@_one_case
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="Everything from the first entry on that is not older than this, in the city's time.",
)
def export_log(case_id: int | None, since: datetime | None) -> None:
    """Print the logs as JSON Lines; docs/operations.md has a script that verifies them."""
    with opened_database() as database:
        begin = since.replace(tzinfo=database.time_zone) if since else None
        for line in log_export.lines(database, case_id, begin):
            sys.stdout.buffer.write(line + b"\n")


def _digest(root: str | None) -> bytes | None:
    if root is None:
        return None
    try:
        return bytes.fromhex(root)
    except ValueError as error:
        message = Message("Give the 64 hexadecimal digits of a root.")
        raise Invalid(message, {"--root": message}) from error
