"""Error pages: what went wrong, and what to do about it, in the language of the reader."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import Flask, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, InternalServerError

from engine.errors import ConfigurationError, Conflict, Forbidden, GridcaseError, Invalid, NotFound, Stopped
from web.languages import moment, say
from web.lists import listed
from web.stuck import STUCK, why

logger = structlog.get_logger()

_STATUS: dict[type[Exception], int] = {
    NotFound: 404,
    Forbidden: 403,
    Invalid: 422,
    Conflict: 409,
    ConfigurationError: 503,
    Stopped: 500,
}


@dataclass(frozen=True)
class Explained:
    """An error as its page says it.

    Attributes:
        title: what happened.
        remedy: what to do now.
    """

    title: str
    remedy: str


def init_app(app: Flask) -> None:
    """Give an application its error pages."""
    app.register_error_handler(GridcaseError, refused)
    app.register_error_handler(HTTPException, failed)
    for error in STUCK:
        app.register_error_handler(error, stuck)
    app.register_error_handler(Exception, broken)


def refused(error: GridcaseError) -> ResponseReturnValue:
    """Say why a command was refused."""
    status = status_of(error)
    if isinstance(error, ConfigurationError):
        logger.error("not configured", error=str(error))
    if isinstance(error, Stopped):
        logger.error("the process cannot go on", error=error.incident["message"])
    details = [say(message) for message in error.fields.values()] if isinstance(error, Invalid) else []
    if isinstance(error, Conflict) and error.since is not None:
        details.append(_("Since %(at)s.", at=moment(error.since)))
    return _page(status, said=say(_message(error)), details=details)


def status_of(error: GridcaseError) -> int:
    """The status with which a refusal is answered."""
    return next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)


def _message(error: GridcaseError) -> str:
    first: str = error.args[0] if error.args else ""
    return first


def failed(error: HTTPException) -> ResponseReturnValue:
    """Say what Werkzeug or Flask refused."""
    status = error.code or 500
    if status < 400:
        return error.get_response()
    return _page(status)


def stuck(error: Exception) -> ResponseReturnValue:
    """Say that the diagram of a case cannot go on; nothing was changed."""
    logger.error("the process cannot go on", error=str(error))
    return _page(500, said=say(why(error)))


def broken(error: Exception) -> ResponseReturnValue:
    """Log what nobody foresaw, and show none of it."""
    logger.exception("unforeseen", exc_info=error)
    return _page(InternalServerError.code)


def explain(status: int) -> Explained:
    """What a status means to the reader of a page."""
    explained = {
        400: Explained(_("This request cannot be read"), _("Go back, reload the page and try again.")),
        401: Explained(_("You are not signed in"), _("Sign in and try again.")),
        403: Explained(
            _("This is not yours to do"),
            _("Ask somebody who holds the role. If you came from another site, do it from the page itself."),
        ),
        404: Explained(
            _("There is nothing here for you"),
            _("See that the address is right. What belongs to other units is not shown."),
        ),
        405: Explained(_("This cannot be done this way"), _("Go back and use the button of the page.")),
        409: Explained(_("Somebody else was first"), _("Look at it again: it has changed.")),
        413: Explained(
            _("This is too large"),
            _("Send at most %(n)s photographs, and together less than %(mb)s MB.", n=6, mb=64),
        ),
        422: Explained(_("Something does not fit"), _("Go back and correct it.")),
        429: Explained(_("That was too often"), _("Wait a minute and try again.")),
        503: Explained(
            _("The service is not ready"),
            _("Try again in a minute. If it stays so, tell whoever looks after this installation."),
        ),
    }
    unforeseen = Explained(
        _("Something went wrong here"),
        _(
            "It is not your fault, and nothing was changed. Try again; if it stays so, tell whoever looks after it."
        ),
    )
    return explained.get(status, unforeseen if status >= 500 else explained[400])


def _page(status: int, said: str = "", details: list[str] | None = None) -> ResponseReturnValue:
    explained = explain(status)
    return (
        render_template(
            "error.html",
            status=status,
            explained=explained,
            said=said,
            details=details or [],
            back=_back(status),
            written=g.get("written", []) if status == 409 else [],
        ),
        status,
    )


def _back(status: int) -> tuple[str, str]:
    """Where to go from here: address and name."""
    case_id = (request.view_args or {}).get("case_id")
    if case_id is None and status == 409:
        case_id = request.form.get("case", type=int)
    if case_id and g.get("person") and status != 404:
        return url_for("case.show", case_id=case_id, **listed()), _("Back to the case")
    if g.get("person"):
        return url_for("inbox.show", **listed()), _("To the inbox")
    return url_for("session.start"), _("To the first page")
