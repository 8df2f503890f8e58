"""Whether an installation is in use, and whether what is in it is the demonstration."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, func, inspect, select
from sqlalchemy.engine import Connection

from engine.store.cases import case
from engine.store.people import person
from engine.store.revisions import revision

#: The revision that is raised when the demonstration is complete.
COMPLETE = "demonstration"


@dataclass(frozen=True)
class Contents:
    """What there is in an installation.

    Attributes:
        people, cases: whether there are any.
        demonstration: whether some of the people are those of the demonstration.
        complete: whether the demonstration was made to its end.
    """

    people: bool
    cases: bool
    demonstration: bool
    complete: bool


def contents(conn: Connection) -> Contents:
    """Look into an installation; one without tables is empty."""
    if not inspect(conn).has_table(person.name):
        return Contents(False, False, False, False)
    statement = select(
        exists(select(person.c.id)),
        exists(select(case.c.id)),
        exists(select(person.c.id).where(person.c.is_demo)),
        exists(select(revision.c.name).where(revision.c.name == COMPLETE)),
    )
    people, cases, demonstration, complete = conn.execute(statement).one()
    return Contents(people, cases, demonstration, complete)


def wait_for_disk(conn: Connection, wait: bool) -> None:
    """Say whether a commit waits until it is on disk, from now on and for this connection.

    Making the demonstration has nobody who was told that something was kept, until it is complete: the last commit waits
    again, and with it all before it are on disk.
    """
    conn.execute(select(func.set_config("synchronous_commit", "on" if wait else "off", False)))
