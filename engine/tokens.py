"""Tokens: how a program acts for a person. Only a digest is kept, so that a copy of the database lets nobody in."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engine.actors import Actor
from engine.errors import Invalid
from engine.messages import Message
from engine.store import people
from engine.store.unit_of_work import UnitOfWork

#: What every token begins with, so that one left in a file or a log is found and known for what it is.
PREFIX = "gct_"
LONGEST_LIFETIME = timedelta(days=3660)
MAX_NAME = 60
_FORM = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}", re.ASCII)


def issue(uow: UnitOfWork, person_id: int, name: str, lifetime: timedelta) -> str:
    """Make a token that stands for a person; it is told here and never again.

    Args:
        name: what it is for, by which it is revoked.
        lifetime: how long it is good for, at most `LONGEST_LIFETIME`.

    Raises:
        Invalid: names ``name`` or ``lifetime``.
    """
    name = name.strip()
    errors = {}
    if not name or len(name) > MAX_NAME or not name.isprintable():
        errors["name"] = Message("Give a name of 1 to %(n)s characters that can be shown.", n=MAX_NAME)
    if not timedelta(0) < lifetime <= LONGEST_LIFETIME:
        errors["lifetime"] = Message("Give more than 0 days and at most %(n)s days.", n=LONGEST_LIFETIME.days)
    if errors:
        raise Invalid(Message("The token was not made: see its fields."), errors)
    token = PREFIX + secrets.token_urlsafe(32)
    row = {
        "person_id": person_id,
        "digest": _digest(token),
        "name": name,
        "created_at": uow.now,
        "expires_at": uow.now + lifetime,
    }
    people.add_token(uow.conn, row)
    return token


def person_of_token(uow: UnitOfWork, token: str) -> Mapping[str, Any] | None:
    """The person for whom a token stands, as `engine.store.people.read` gives them.

    None where the token is unknown, expired or revoked, or the person no longer active: the reasons are not told apart.
    """
    if not _FORM.fullmatch(token):
        return None
    row = people.read_by_token(uow.conn, _digest(token), uow.now)
    return dict(row) if row is not None and row["active"] else None


def actor_of_token(uow: UnitOfWork, token: str) -> Actor | None:
    """The person for whom a token stands, as the one who gives a command; None as `person_of_token`."""
    row = person_of_token(uow, token)
    return None if row is None else Actor.of(row)


def revoke(uow: UnitOfWork, person_id: int, name: str | None = None) -> int:
    """End the tokens of a person, or those with this name; gives how many there were."""
    return people.remove_tokens(uow.conn, person_id, name)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
