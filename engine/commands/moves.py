"""``gridcase move-cases``: cases under way go over to another version of their process, tried out first."""

from __future__ import annotations

from collections.abc import Iterable

import click

from engine import moves
from engine.actors import Actor
from engine.commands.opened import opened_database
from engine.errors import Invalid, NotFound
from engine.messages import Message
from engine.store import people
from engine.store.unit_of_work import UnitOfWork


@click.command()
@click.option(
    "--process", "process_key", default="case", show_default=True, metavar="KEY", help="Of this process."
)
@click.option("--to", required=True, type=click.IntRange(1), metavar="N", help="The version they go over to.")
@click.option("--from", "only_from", type=click.IntRange(1), metavar="N", help="Only those on this version.")
@click.option("--case", "numbers", multiple=True, metavar="NUMBER", help="Only this case; may be repeated.")
@click.option("--yes", is_flag=True, help="Move them; without it they are only tried out.")
@click.option(
    "--undo", is_flag=True, help="Put those back that went over to this version and took no step since."
)
@click.option("--by", "login", required=True, metavar="LOGIN", help="Who decides it: designer or admin.")
@click.option(
    "--reason", default="", help="Why; the logs of the cases keep it. Needed with --yes and --undo."
)
def move_cases(
    process_key: str,
    to: int,
    only_from: int | None,
    numbers: tuple[str, ...],
    yes: bool,
    undo: bool,
    login: str,
    reason: str,
) -> None:
    """Let cases under way go over to another version of their process.

    Prints a line for each case: its number, the versions, and yes, or no with the reasons. Without --yes nothing is changed.
    Ends with 0 if every case can go over or did, with 1 if one cannot.
    """
    if undo and (yes or only_from is not None):
        raise Invalid(Message("Give --undo without --yes and --from."))
    wanted = moves.Wanted(process_key, to, only_from, numbers)
    with opened_database() as database:
        with database.unit_of_work() as uow:
            actor = _actor(uow, login)
        if undo:
            refused = _print(moves.undo_all(database, wanted, actor, reason), "put back", numbers)
        elif yes:
            refused = _print(moves.move_all(database, wanted, actor, reason), "moved", numbers)
        else:
            refused = _print(moves.check_all(database, wanted, actor), "can go over", numbers)
            click.echo("nothing was changed: repeat with --yes and --reason to move them", err=True)
    if refused:
        raise SystemExit(1)


def _print(verdicts: Iterable[moves.Verdict], done: str, named: Iterable[str]) -> int:
    """A line for each, and how many at the end; gives how many were refused."""
    seen = set()
    good = refused = 0
    for one in verdicts:
        seen.add(one.number)
        said = "no: " + " ".join(one.reasons) if one.reasons else "yes"
        click.echo(f"{one.number}\t{one.before} -> {one.after}\t{said}")
        refused += bool(one.reasons)
        good += not one.reasons
    for number in dict.fromkeys(named):
        if number not in seen:
            refused += 1
            click.echo(f"{number}\t-\tno: There is no such case under way that this is about.")
    click.echo(f"{good} {done}, {refused} refused", err=True)
    return refused


def _actor(uow: UnitOfWork, login: str) -> Actor:
    row = people.read_by_login(uow.conn, login)
    if row is None:
        raise NotFound(Message("There is no person %(login)s.", login=login))
    return Actor.of(row)
