"""Who sends a request: a person with a session of this program, or anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import g, session

from engine import program_log
from engine.actors import PUBLIC, Actor
from engine.organisation import MAX_PASSWORD
from engine.store import people
from engine.store.unit_of_work import UnitOfWork
from web.installation import installation
from web.limits import for_this_machine

IDLE = timedelta(hours=12)
# A session that is used says so to its cookie, but not with every request.
_RENEWED_EVERY = timedelta(minutes=5)

_hasher = PasswordHasher()
# Verified when there is no such person, so that the time of an answer does not tell who exists.
_NOBODY = _hasher.hash("nobody has this password")


@dataclass(frozen=True)
class Person:
    """The person who is signed in."""

    id: int
    login: str
    name: str
    language: str | None
    actor: Actor


def person() -> Person | None:
    """The person of the current request."""
    found: Person | None = g.get("person")
    return found


def visitor() -> Actor:
    """On whose behalf the current request acts."""
    found = person()
    return found.actor if found else PUBLIC


def has_session() -> bool:
    """Whether the request comes with a session that was begun by signing in; `recognise` says whether it still holds."""
    return "person" in session


def recognise(uow: UnitOfWork) -> Person | None:
    """Find the person of the session; a session that is over or was ended is emptied.

    A session ends after `IDLE` without a request, when its person may no longer come in, and when all sessions of the person were
    ended: a new password does that, and so does signing out.
    """
    held = session.get("person")
    if held is None:
        return None
    seen = datetime.fromisoformat(session["seen"])
    row = people.read(uow.conn, held) if uow.now - seen <= IDLE else None
    if row is None or not admits(row) or row["session_epoch"] != session["epoch"]:
        _empty()
        return None
    if not timedelta() <= uow.now - seen < _RENEWED_EVERY:
        session["seen"] = uow.now.isoformat()
    program_log.note(person=row["id"])
    g.person = Person(row["id"], row["login"], row["name"], row["language"], Actor.of(row))
    return person()


def admits(row: Mapping[str, Any]) -> bool:
    """Whether a person may come in at all; those of the demonstration only where nobody but this machine can reach it."""
    return bool(row["active"]) and (not row["is_demo"] or is_demonstration())


def is_demonstration() -> bool:
    """Whether the people of the demonstration are let in: everybody knows their password, or needs none.

    The server must listen to this machine alone, and the request must be for it: a proxy in front of it serves others, and a page of
    another site can have its own name lead here.
    """
    return installation().settings.loopback and for_this_machine()


def check_password(uow: UnitOfWork, login: str, password: str) -> Mapping[str, Any] | None:
    """The person with this login and password, or None; both answers take the same time."""
    row = None if "\x00" in login else people.read_by_login(uow.conn, login)
    try:
        _hasher.verify(row["password_hash"] if row else _NOBODY, password[:MAX_PASSWORD])
    except (VerificationError, InvalidHashError):
        return None
    if row is None or not admits(row):
        return None
    if _hasher.check_needs_rehash(row["password_hash"]):
        people.set_password(uow.conn, row["id"], _hasher.hash(password), end_sessions=False)
    return row


def begin_session(uow: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Sign a person in: what was in the session before is gone, but the language chosen on the way."""
    program_log.note(person=row["id"])
    language = row["language"] or session.get("language")
    _empty()
    session.permanent = True
    session["person"], session["epoch"] = row["id"], row["session_epoch"]
    session["seen"] = uow.now.isoformat()
    if language:
        session["language"] = language


def end_session(uow: UnitOfWork) -> None:
    """Sign out, everywhere: the cookie of a session holds it, and a copy of that must be worth nothing from now on."""
    found, language = person(), session.get("language")
    if found is not None:
        people.end_sessions(uow.conn, found.id)
    _empty()
    if language:
        session["language"] = language


def _empty() -> None:
    session.clear()
    g.pop("person", None)
