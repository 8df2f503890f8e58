"""``gridcase people``: the people of a city, their roles and their tokens from the command line."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from engine import organisation, tokens
from engine.commands.opened import opened_unit_of_work
from engine.errors import NotFound
from engine.messages import Message
from engine.store import people as people_store


@click.group()
def people() -> None:
    """Look after people, their roles and their tokens."""


@people.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_people(file: Path) -> None:
    """Add or change the people of a CSV file: login, name, role, unit_code, password; a row for each role.

    Nothing is changed if any row is wrong.
    """
    with opened_unit_of_work() as uow:
        count = organisation.import_people(uow, file)
    click.echo(f"{count} people")


@people.command()
@click.argument("login")
@click.argument("name")
@click.option(
    "--role", "granted", multiple=True, metavar="ROLE@UNIT", help="A role at a unit; may be repeated."
)
def add(login: str, name: str, granted: tuple[str, ...]) -> None:
    """Add a person, or change their name and password, and give them roles.

    The password is asked for; where nobody sits before the screen it is the first line of the standard input. It is no argument,
    for those can be read by everybody on this machine.
    """
    password = _password()
    with opened_unit_of_work() as uow:
        person_id = organisation.save_person(uow, login, name, password)
        for pair in granted:
            role, separator, unit = pair.partition("@")
            if not separator:
                raise NotFound(Message("%(pair)s is not ROLE@UNIT.", pair=pair))
            organisation.grant(uow, person_id, role, unit)
    click.echo(f"{login}: saved")


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


@people.command()
@click.argument("login")
def dismiss(login: str) -> None:
    """Let a person in no longer: end their sessions, tokens and roles. What they did stays."""
    with opened_unit_of_work() as uow:
        organisation.dismiss(uow, login)
    click.echo(f"{login}: dismissed")


@people.command()
@click.argument("login")
@click.option("--name", help='What the token is for; "command line" if it is not said.')
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, 3660), help="How long it is good for."
)
@click.option("--revoke", is_flag=True, help="End the person's tokens, or those with this name.")
def token(login: str, name: str | None, days: int, revoke: bool) -> None:
    """Print a new token with which a program acts for a person; it is shown this once."""
    with opened_unit_of_work() as uow:
        person = people_store.read_by_login(uow.conn, login)
        if person is None:
            raise NotFound(Message("There is no person %(login)s.", login=login))
        if revoke:
            count = tokens.revoke(uow, person["id"], name)
            click.echo(f"{login}: {count} {'token' if count == 1 else 'tokens'} revoked")
            return
        name = "command line" if name is None else name
        click.echo(tokens.issue(uow, person["id"], name, timedelta(days=days)))
