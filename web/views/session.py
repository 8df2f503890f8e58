"""The front door: the first page, signing in and out, and the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.actors import roles, unit_tree
from engine.errors import NotFound
from engine.messages import Message
from engine.store import people as stored_people
from engine.store.unit_of_work import UnitOfWork
from web import limits
from web.access import open_to_all
from web.languages import LANGUAGES, language, named
from web.people import begin_session, check_password, end_session, is_demonstration, person
from web.rendering import local, page

blueprint = Blueprint("session", __name__)

#: The order in which a case meets the roles; others follow by their code.
_ROLES = (
    "acceptor",
    "collector",
    "shift_leader",
    "dispatcher",
    "handler",
    "supervisor",
    "examiner",
    "reviewer",
)


@blueprint.get("/")
@open_to_all
def start(uow: UnitOfWork) -> ResponseReturnValue:
    """The inbox of a person, a way in for everybody else."""
    if person() is not None:
        return redirect(url_for("inbox.show"))
    return page(uow, "start.html")


@blueprint.get("/sign-in")
@open_to_all
def sign_in(uow: UnitOfWork) -> ResponseReturnValue:
    """The sign-in page; in a demonstration it lists the people to be."""
    if person() is not None:
        return redirect(local(request.args.get("next")) or url_for("inbox.show"))
    return _form(uow)


def _failed(response: Response) -> bool:
    return response.status_code != 303


def _login() -> str:
    return f"login:{request.form.get('login', '').strip().casefold()[:100]}"


@blueprint.post("/sign-in")
@limits.limiter.limit(limits.SIGN_IN, deduct_when=_failed)
@limits.limiter.limit(limits.SIGN_IN_OF_ONE, key_func=_login, deduct_when=_failed)
@open_to_all
def enter(uow: UnitOfWork) -> ResponseReturnValue:
    """Sign in with a login and a password."""
    login = request.form.get("login", "").strip()
    row = check_password(uow, login[:100], request.form.get("password", ""))
    if row is None:
        return _form(uow, 422, error=_("This login and this password do not belong together."), login=login)
    return _welcome(uow, row)


@blueprint.post("/sign-in/demonstration")
@limits.limiter.limit(limits.SIGN_IN, deduct_when=_failed)
@open_to_all
def enter_demonstration(uow: UnitOfWork) -> ResponseReturnValue:
    """Become one of the people of the demonstration city.

    Raises:
        NotFound: there is no such person, or this is no demonstration.
    """
    wanted = request.form.get("person", type=int)
    row = next((one for one in _demonstration(uow) if one["id"] == wanted), None)
    if row is None:
        raise NotFound(Message("There is no such person in the demonstration."))
    return _welcome(uow, row)


@blueprint.post("/sign-out")
@open_to_all
def leave(uow: UnitOfWork) -> ResponseReturnValue:
    """Sign out, on every device."""
    end_session(uow)
    return redirect(url_for("session.start"), 303)


@blueprint.post("/language")
@open_to_all
def choose_language(uow: UnitOfWork) -> ResponseReturnValue:
    """Keep the chosen language: in the session, and with the person who is signed in."""
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
        found = person()
        if found is not None:
            stored_people.set_language(uow.conn, found.id, chosen)
    return redirect(local(request.form.get("next")) or url_for("session.start"), 303)


def _welcome(uow: UnitOfWork, row: Mapping[str, Any]) -> ResponseReturnValue:
    begin_session(uow, row)
    return redirect(local(request.form.get("next")) or url_for("inbox.show"), 303)


def _form(uow: UnitOfWork, status: int = 200, **values: Any) -> ResponseReturnValue:
    target = local(request.values.get("next")) or ""
    return page(uow, "sign_in.html", status, next=target, cast=_cast(uow), **values)


def _demonstration(uow: UnitOfWork) -> list[Mapping[str, Any]]:
    """The people of the demonstration, where this machine alone can reach the server; else nobody."""
    return list(stored_people.demonstration(uow.conn)) if is_demonstration() else []


def _cast(uow: UnitOfWork) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The people of the demonstration by the name of their first role, each with ``id``, ``name`` and ``unit``."""
    tree, known = unit_tree(uow), roles(uow)
    order = {role: place for place, role in enumerate(_ROLES)}
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in _demonstration(uow):
        held = sorted(row["grants"], key=lambda grant: order.get(grant[0], len(order)))
        if held and held[0][0] in known:
            role, unit_id = held[0]
            one = {"id": row["id"], "name": row["name"], "unit": tree[unit_id].name(language())}
            groups.setdefault(role, []).append(one)
    found = sorted(groups, key=lambda role: (order.get(role, len(order)), role))
    return [(named(known[role]), groups[role]) for role in found]
