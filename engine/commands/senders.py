"""``gridcase senders``: the foreign programs that may send messages."""

from __future__ import annotations

import click

from engine import senders as sending
from engine.commands.opened import opened_unit_of_work
from engine.store import senders as stored


@click.group()
def senders() -> None:
    """Look after the foreign programs that may send messages to cases."""


@senders.command()
@click.argument("name")
@click.option(
    "--platform",
    required=True,
    metavar="CODE",
    help="The unit at whose cases, and those below it, its messages are taken.",
)
@click.option(
    "--message",
    "messages",
    required=True,
    multiple=True,
    metavar="NAME",
    help="A message that it may send, or the beginning of several and *; may be repeated.",
)
def add(name: str, platform: str, messages: tuple[str, ...]) -> None:
    """Add a sender, or give one a new secret, and print the secret; it is shown this once."""
    with opened_unit_of_work() as uow:
        secret = sending.save(uow, name, platform, messages)
    click.echo(secret)


@senders.command("list")
def list_senders() -> None:
    """Show every sender with its platform and its messages."""
    with opened_unit_of_work() as uow:
        rows = stored.listed(uow.conn)
    for row in rows:
        state = "" if row["revoked_at"] is None else "  revoked"
        click.echo(f"{row['name']}  {row['unit_code']}  {' '.join(row['messages'])}{state}")


@senders.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Take no more messages of a sender, and forget its secret."""
    with opened_unit_of_work() as uow:
        sending.revoke(uow, name)
    click.echo(f"{name}: revoked")
