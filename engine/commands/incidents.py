"""``gridcase incidents``: where processes stopped, listed and seen to from the command line."""

from __future__ import annotations

import json

import click

from engine import incidents as engine_incidents
from engine import reroutes
from engine.actors import SYSTEM, Actor
from engine.commands.opened import opened_database, opened_unit_of_work
from engine.errors import Invalid, NotFound
from engine.messages import Message
from engine.store import people
from engine.store.unit_of_work import UnitOfWork

_BY = click.option(
    "--by", "login", required=True, metavar="LOGIN", help="Who decides it: supervisor or admin."
)
_REASON = click.option("--reason", required=True, help="Why; the log of the case keeps it.")


@click.group()
def incidents() -> None:
    """See to processes that stopped by no fault of whoever moved them."""


@incidents.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@click.option("--traceback", is_flag=True, help="Print the traceback of each, too.")
def list_open(limit: int, traceback: bool) -> None:
    """Print the open incidents, newest first."""
    with opened_unit_of_work() as uow:
        found = engine_incidents.listed(uow, SYSTEM, limit=limit)
    for one in found:
        at = f"{one['opened_at']:%Y-%m-%d %H:%M}"
        place = f"{one['process_key']}:{one['element_id'] or '?'}"
        case = one["case_number"] or "no case"
        click.echo(
            f"{one['id']}\t{at}\t{one['kind']}\t{case}\t{place}\t{one['attempts']} attempts\t{one['message']}"
        )
        if traceback:
            click.echo(one["traceback"])


@incidents.command()
@click.argument("incident_id", metavar="ID", type=int)
@click.option(
    "--alike", is_flag=True, help="All that stopped at the same element for the same kind of work, too."
)
@_BY
@_REASON
def retry(incident_id: int, alike: bool, login: str, reason: str) -> None:
    """Let the process of incident ID try again."""
    with opened_database() as database:
        with database.unit_of_work() as uow:
            actor = _actor(uow, login)
        if alike:
            done, refused = engine_incidents.retry_alike(database, incident_id, actor, reason)
            click.echo(f"{done} retried, {refused} refused")
            return
        with database.unit_of_work() as uow:
            click.echo(engine_incidents.retry(uow, incident_id, actor, reason))


@incidents.command()
@click.argument("incident_id", metavar="ID", type=int)
@click.option("--value", required=True, metavar="JSON", help="The result that the task would have given.")
@_BY
@_REASON
def complete(incident_id: int, value: str, login: str, reason: str) -> None:
    """Give the background task of incident ID its result by hand."""
    try:
        result = json.loads(value)
    except ValueError as error:
        raise Invalid(
            Message('The value is not JSON: write a text as "…", nothing as null.'),
        ) from error
    with opened_unit_of_work() as uow:
        engine_incidents.complete(uow, incident_id, _actor(uow, login), result, reason)
    click.echo("completed")


@incidents.command()
@click.argument("incident_id", metavar="ID", type=int)
@click.option(
    "--to", "element_id", required=True, metavar="ELEMENT", help="The id of the element in its diagram."
)
@_BY
@_REASON
def move(incident_id: int, element_id: str, login: str, reason: str) -> None:
    """Let the case of incident ID go on at another element."""
    with opened_unit_of_work() as uow:
        reroutes.reroute(uow, incident_id, _actor(uow, login), element_id, reason)
    click.echo("moved")


def _actor(uow: UnitOfWork, login: str) -> Actor:
    row = people.read_by_login(uow.conn, login)
    if row is None:
        raise NotFound(Message("There is no person %(login)s.", login=login))
    return Actor.of(row)
