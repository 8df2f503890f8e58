"""Who may call a view. Each view is marked with one of these decorators; a test walks over all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Unauthorized

from web.installation import installation
from web.people import recognise

View = Callable[..., ResponseReturnValue]


def open_to_all(view: View) -> View:
    """A view that anybody may call. Its first argument is the unit of work of the request."""

    @wraps(view)
    def wrapped(**values: Any) -> ResponseReturnValue:
        take_in()
        with installation().database.unit_of_work() as uow:
            recognise(uow)
            return view(uow, **values)

    wrapped.access = "all"  # type: ignore[attr-defined]
    return wrapped


def for_people(view: View) -> View:
    """A view for people who are signed in. Its arguments are the unit of work of the request and the actor."""

    @wraps(view)
    def wrapped(**values: Any) -> ResponseReturnValue:
        take_in()
        with installation().database.unit_of_work() as uow:
            found = recognise(uow)
            if found is None:
                return ask_to_sign_in()
            return view(uow, found.actor, **values)

    wrapped.access = "people"  # type: ignore[attr-defined]
    return wrapped


def for_watchers(view: View) -> View:
    """A view for programs that watch over this one: it knows no person, and begins no transaction by itself."""

    @wraps(view)
    def wrapped(**values: Any) -> ResponseReturnValue:
        return view(**values)

    wrapped.access = "watchers"  # type: ignore[attr-defined]
    return wrapped


def take_in() -> None:
    """Read a request to its end before a transaction begins, for it may come slowly.

    Raises:
        BadRequest: its address has characters that no text has.
    """
    if any("\x00" in text for one in request.args.items(multi=True) for text in one):
        raise BadRequest
    if request.method == "POST":
        # Reading it is what counts; it is kept with the request.
        _ = request.form


def ask_to_sign_in() -> ResponseReturnValue:
    """Send a reader to the sign-in page and back after it; refuse anything else."""
    page = (
        request.method == "GET"
        and request.accept_mimetypes.accept_html
        and "HX-Request" not in request.headers
    )
    if not page:
        raise Unauthorized
    target = request.full_path.removesuffix("?")
    return redirect(url_for("session.sign_in", next=target), 303)
