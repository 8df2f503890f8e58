"""Drafts: a workbook that somebody sends is compared with the catalogue, and takes its place when they say so."""

from __future__ import annotations

from engine.actors import Actor, unit_tree
from engine.errors import Forbidden, NotFound
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers.catalogue import Given, Preview, preview, read_book, store
from handlers.store import catalogue_drafts

#: Who keeps the catalogue, if they hold the role at the city itself.
ROLES = ("admin", "designer")
MAX_NAME = 100


def keeps(uow: UnitOfWork, actor: Actor) -> bool:
    """Whether somebody may put another catalogue in the place of the city's: it is one for all districts."""
    tree = unit_tree(uow)
    return any(
        role in ROLES and unit_id in tree.by_id and tree[unit_id].parent_id is None
        for role, unit_id in actor.grants
    )


def send(uow: UnitOfWork, actor: Actor, name: str, content: bytes) -> None:
    """Keep a workbook as the draft of somebody who keeps the catalogue.

    Raises:
        Forbidden: they do not.
        Refused: something is wrong with it; nothing is kept.
    """
    _require(uow, actor)
    read_book(content, name[-MAX_NAME:])
    catalogue_drafts.save(uow.conn, actor.person_id or 0, name[-MAX_NAME:], content, uow.now)


def look(uow: UnitOfWork, actor: Actor) -> tuple[Given, Preview]:
    """The draft of somebody, and what it would change.

    Raises:
        Forbidden: they do not keep the catalogue.
        NotFound: they sent none.
    """
    _require(uow, actor)
    row = catalogue_drafts.read(uow.conn, actor.person_id or 0)
    if row is None:
        raise NotFound(Message("There is no catalogue that you sent."))
    given = read_book(row["content"], row["name"])
    return given, preview(uow, given)


def adopt(uow: UnitOfWork, actor: Actor, compared_with: str) -> int:
    """Put the draft of somebody in the place of the catalogue; gives how many categories there are now.

    Args:
        compared_with: the digest of the catalogue with which they saw it compared.

    Raises:
        Forbidden: they do not keep the catalogue.
        NotFound: they sent none.
        Conflict: the catalogue is another one by now, or there are open cases of what would be gone.
    """
    given, _ = look(uow, actor)
    store(uow, given, compared_with=compared_with)
    catalogue_drafts.drop(uow.conn, actor.person_id or 0)
    return len(given.rows["categories"])


def discard(uow: UnitOfWork, actor: Actor) -> None:
    """Throw the draft of somebody away.

    Raises:
        Forbidden: they do not keep the catalogue.
    """
    _require(uow, actor)
    catalogue_drafts.drop(uow.conn, actor.person_id or 0)


def _require(uow: UnitOfWork, actor: Actor) -> None:
    if not keeps(uow, actor):
        raise Forbidden(Message("This needs the role %(roles)s at the city itself.", roles=", ".join(ROLES)))
