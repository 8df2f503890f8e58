"""``gridcase people``: the people of a city, their roles and their tokens from the command line."""

from __future__ import annotations

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
@click.password_option(help="Asked for when it is not given.")
def add(login: str, name: str, granted: tuple[str, ...], password: str) -> None:
    """Add a person, or change their name and password, and give them roles."""
    with opened_unit_of_work() as uow:
        person_id = organisation.save_person(uow, login, name, password)
        for pair in granted:
            role, separator, unit = pair.partition("@")
            if not separator:
                raise NotFound(Message("%(pair)s is not ROLE@UNIT.", pair=pair))
            organisation.grant(uow, person_id, role, unit)
    click.echo(f"{login}: saved")


@people.command()
@click.argument("login")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, 3660), help="How long it is good for."
)
def token(login: str, name: str, days: int) -> None:
    """Print a new token with which a program acts for a person; it is shown this once."""
    with opened_unit_of_work() as uow:
        person = people_store.read_by_login(uow.conn, login)
        if person is None:
            raise NotFound(Message("There is no person %(login)s.", login=login))
        click.echo(tokens.issue(uow, person["id"], name, timedelta(days=days)))
