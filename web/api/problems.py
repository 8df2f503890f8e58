"""Problems: every refusal of the API as `application/problem+json` (RFC 9457), in the language that the client asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, request
from pydantic import BaseModel, Field
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from engine.errors import Conflict, Forbidden, GridcaseError, Invalid, NotFound, Stopped
from engine.messages import Message
from web.api.languages import language, say
from web.stuck import STUCK, why

logger = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
_URN = "urn:gridcase:problem:"

#: What each kind of problem is called, by its status. The names are part of the API: see docs/api.md.
KINDS: Mapping[int, tuple[str, Message]] = {
    400: ("malformed", Message("The request cannot be read")),
    401: ("unauthenticated", Message("A valid token is needed")),
    403: ("forbidden", Message("This is not allowed")),
    404: ("not-found", Message("Not found")),
    405: ("method-not-allowed", Message("This address does not take this method")),
    409: ("conflict", Message("Somebody else was first")),
    413: ("too-large", Message("The request is too large")),
    415: ("media-type", Message("This media type is not taken here")),
    422: ("invalid", Message("The request does not fit")),
    429: ("too-many-requests", Message("Too many requests")),
    500: ("internal", Message("Something went wrong in the program")),
    503: ("unavailable", Message("The service cannot answer now")),
}

NOWHERE = Message("There is nothing at this address: see the list of addresses in /api/v1/openapi.json.")

_DETAILS: Mapping[int, Message] = {
    404: NOWHERE,
    405: Message("Use one of the methods that the header Allow names."),
    413: Message("Send less: the bounds stand in /api/v1/openapi.json."),
    503: Message("The installation is not ready: its log says why. Send the request again later."),
    500: Message("It was written to the log. Nothing of the request was kept; send it again later."),
}


class FieldProblem(BaseModel):
    """What is wrong with one field of the request."""

    field: str = Field(description="Path of the field, parts joined by dots: `category.code`, `photos.0`.")
    message: str = Field(description="What is wrong and what to do about it.")


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    type: str = Field(description="Which kind of problem, for programs.")
    title: str = Field(description="The kind of problem, for people.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong this time, and what to do about it.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[FieldProblem] = Field(default=[], description="The fields that do not fit.")
    holder: str | None = Field(default=None, description="Of a conflict: who has it or did it.")
    since: datetime | None = Field(default=None, description="Of a conflict: since when.")


class Refusal(Exception):
    """What a view or the reading of a request refuses by itself.

    Args:
        status: one of `KINDS`.
        detail: the whole in one sentence.
        fields: for each field its own message.
        headers: to send along.
    """

    def __init__(
        self,
        status: int,
        detail: Message,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})


def problem(
    status: int,
    detail: str = "",
    fields: Mapping[str, str] | None = None,
    *,
    holder: str | None = None,
    since: datetime | None = None,
) -> Response:
    """The response for a problem."""
    name, title = KINDS.get(status) or ("other", Message(HTTPStatus(status).phrase))
    body = Problem(
        type=_URN + name,
        title=say(title),
        status=status,
        detail=say(detail) or say(title),
        instance=request.path,
        errors=[FieldProblem(field=field, message=say(text)) for field, text in (fields or {}).items()],
        holder=holder,
        since=since,
    )
    response = Response(body.model_dump_json(exclude_none=True), status, mimetype=MEDIA_TYPE)
    response.headers["Content-Language"] = language()
    response.vary.add("Accept-Language")
    response.headers["Cache-Control"] = "no-store"
    return response


def _of_refusal(error: Refusal) -> Response:
    response = problem(error.status, error.detail, error.fields)
    response.headers.update(error.headers)
    return response


def _of_engine(error: GridcaseError) -> Response:
    detail = error.args[0] if error.args else ""
    if isinstance(error, Invalid):
        return problem(422, detail, error.fields)
    if isinstance(error, Conflict):
        return problem(409, detail, holder=error.holder, since=error.since)
    if isinstance(error, NotFound):
        return problem(404, detail)
    if isinstance(error, Forbidden):
        return problem(403, detail)
    if isinstance(error, Stopped):
        logger.error("the process cannot go on", error=error.incident["message"])
        return problem(500, detail)
    logger.error("not configured", error=str(error))
    return problem(503, _DETAILS[503])


def _of_refused_by_flask(error: HTTPException) -> Response:
    return _of_refusal(of_http(error))


def _of_diagram(error: Exception) -> Response:
    logger.error("the process cannot go on", error=str(error))
    return problem(500, why(error))


def _of_fault(error: Exception) -> Response:
    logger.exception("unforeseen", exc_info=error)
    return problem(500, _DETAILS[500])


def handle_errors(blueprint: Blueprint) -> None:
    """Answer what the views of a blueprint refuse as problems."""
    handlers: Mapping[type[Exception], Callable[[Any], Response]] = {
        Refusal: _of_refusal,
        GridcaseError: _of_engine,
        **dict.fromkeys(STUCK, _of_diagram),
        HTTPException: _of_refused_by_flask,
        Exception: _of_fault,
    }
    for kind, handler in handlers.items():
        blueprint.register_error_handler(kind, handler)


def answer_with_problems(app: Flask, prefix: str) -> None:
    """Make a problem of every error under a prefix that is none yet.

    Refusals of the routing, the server and the rest of the application do not pass through the blueprint: an unknown address, a
    wrong method, a program's fault.
    """

    def convert(response: Response) -> Response:
        under = request.path == prefix or request.path.startswith(f"{prefix}/")
        if not under or response.status_code < 400 or response.mimetype == MEDIA_TYPE:
            return response
        made = problem(response.status_code, _DETAILS.get(response.status_code, ""))
        if isinstance(request.routing_exception, MethodNotAllowed):
            made.allow.update(request.routing_exception.valid_methods or ())
        return made

    app.after_request(convert)


def of_http(error: HTTPException) -> Refusal:
    """The refusal for an exception of the HTTP library, raised while a request is read."""
    status = error.code or 500
    return Refusal(status, _DETAILS.get(status, KINDS.get(status, KINDS[400])[1]))
