"""Callers: for whom the API is called, by the token of a program or the session of a page, and how often they may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from engine import program_log
from engine.actors import Actor
from engine.messages import Message
from engine.senders import Signature
from engine.senders import recognise as recognise_signature
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from engine.tokens import person_of_token
from web.api.problems import Refusal
from web.limits import sender
from web.people import Person, admits, has_session, recognise

#: Requests that one person's programs may send to one process of the server, and refused tokens from one address.
RATE, REFUSED_RATE = "API_RATE", "API_REFUSED_RATE"
RATES = {RATE: "1200/minute", REFUSED_RATE: "60/minute"}
_EXTENSION = "gridcase.api.rates"

#: Of the three headers of a signature together.
MAX_SIGNATURE = 2000

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="gridcase"'}
_REFUSED = {"WWW-Authenticate": 'Bearer realm="gridcase", error="invalid_token"'}


@dataclass(frozen=True)
class Call:
    """One authenticated request inside its unit of work: what every view gets first."""

    uow: UnitOfWork
    caller: Person

    @property
    def actor(self) -> Actor:
        """The caller, as the one who gives the command."""
        return self.caller.actor


@dataclass(frozen=True)
class SignedCall:
    """One request that a sender signed, inside its unit of work.

    Attributes:
        sender: a row of `engine.store.senders`.
    """

    uow: UnitOfWork
    sender: Row


def recognise_sender(uow: UnitOfWork, content: bytes) -> Row:
    """The sender named by the address, that signed these bytes.

    Raises:
        Refusal: it is unknown, or the signature wrong or too old, or it or the address sent too many requests.
    """
    name = str((request.view_args or {}).get("sender", ""))
    given = (request.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    signature = Signature(*given)
    usable = "\x00" not in name and len("".join(vars(signature).values())) <= MAX_SIGNATURE
    found = recognise_signature(uow, name, signature, content) if usable else None
    if found is None:
        _count(REFUSED_RATE, sender())
        detail = Message(
            "The sender is unknown, or the signature is wrong or older than five minutes: sign by Standard Webhooks."
        )
        raise Refusal(401, detail)
    _count(RATE, f"sender:{found['name']}")
    return found


def bearer_token() -> str | None:
    """The token of the request, not yet looked up; None where it comes with a session of the pages instead.

    Raises:
        Refusal: it has neither.
    """
    given = request.authorization
    if given is None and "Authorization" not in request.headers and has_session():
        return None
    if given is None or given.type != "bearer" or not given.token:
        detail = Message(
            "Send the header `Authorization: Bearer <token>`; `gridcase people token` makes a token."
        )
        raise Refusal(401, detail, headers=_CHALLENGE)
    return given.token


def authenticate(uow: UnitOfWork, token: str | None) -> Person:
    """The person for whom a token stands; without one, the person of the session.

    Raises:
        Refusal: it lets nobody in, or its person or the address sent too many requests.
    """
    found = recognise(uow) if token is None else _person_of(uow, token)
    if found is None:
        _count(REFUSED_RATE, sender())
        detail = Message(
            "This token or session is unknown, expired or revoked: ask for a new token, or sign in again."
        )
        raise Refusal(401, detail, headers=_REFUSED)
    _count(RATE, str(found.id))
    return found


def _person_of(uow: UnitOfWork, token: str) -> Person | None:
    row = person_of_token(uow, token)
    if row is None or not admits(row):
        return None
    program_log.note(person=row["id"])
    return Person(row["id"], row["login"], row["name"], row["language"], Actor.of(row))


def keep_rates(app: Any) -> None:
    """Give an application its own counts; its configuration may set `API_RATE` and `API_REFUSED_RATE`."""
    for name, rate in RATES.items():
        app.config.setdefault(name, rate)
    app.extensions[_EXTENSION] = FixedWindowRateLimiter(MemoryStorage())


def _count(name: str, whose: str) -> None:
    limiter: FixedWindowRateLimiter = current_app.extensions[_EXTENSION]
    rate = parse(current_app.config[name])
    if not limiter.hit(rate, name, whose):
        detail = Message(
            "More than %(rate)s requests: wait a little, then go on.", rate=current_app.config[name]
        )
        raise Refusal(429, detail, headers={"Retry-After": str(rate.get_expiry())})
