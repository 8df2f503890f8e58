"""The blueprint of the API: every request is authenticated, read strictly and run in one unit of work, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, ValidationError

from web.api.bodies import parse_json, read_body, read_form, read_json
from web.api.callers import Call, SignedCall, authenticate, bearer_token, recognise_sender
from web.api.languages import language
from web.api.problems import KINDS, MEDIA_TYPE, NOWHERE, Refusal
from web.api.validation import refusal_of
from web.installation import installation

PREFIX = "/api/v1"
TOKEN, SESSION, SIGNATURE = "token", "session", "signature"

Model = type[BaseModel]


@dataclass(frozen=True)
class Shapes:
    """The models that the parts of a request must fit; None for a part that is not read."""

    header: Model | None
    path: Model | None
    query: Model | None
    form: Model | None
    body: Model | None

    def read(self, content: bytes | None = None) -> dict[str, Any]:
        """The parts that come over the wire, unchecked, read before any transaction begins; the body may be read already."""
        parts: dict[str, Any] = {}
        if self.header:
            names = [field.alias or name for name, field in self.header.model_fields.items()]
            parts["header"] = {name: request.headers[name] for name in names if name in request.headers}
        if self.path:
            parts["path"] = dict(request.view_args or {})
        if self.query:
            parts["query"] = request.args.to_dict()
        if self.form:
            parts["form"] = read_form()
        if self.body:
            parts["body"] = read_json() if content is None else parse_json(content)
        return parts

    def fit(self, parts: Mapping[str, Any]) -> dict[str, BaseModel]:
        """The parts as their models.

        Raises:
            Refusal: with a message for each field that does not fit; an address that does not fit is none.
        """
        fitted, errors = {}, []
        for name, given in parts.items():
            model: Model = getattr(self, name)
            try:
                fitted[name] = model.model_validate(given)
            except ValidationError as error:
                if name == "path":
                    raise Refusal(404, NOWHERE) from error
                errors.append(error)
        if errors:
            raise refusal_of(errors)
        return fitted


class Api(APIBlueprint):
    """A blueprint whose views take a `Call` and the models of their request, and give a model and a status.

    The describing of the views is the library's; the reading of requests is not: it takes a string of JSON for JSON, and
    malformed JSON for none.
    """

    @staticmethod
    def create_view_func(  # type: ignore[override,no-untyped-def]
        func, header, _cookie, path, query, form, body, *_raw, **_options
    ) -> Callable[..., Response]:
        """The function that Flask calls for a view."""
        shapes = Shapes(header, path, query, form, body)

        @wraps(func)
        def view(**_values: Any) -> Response:
            return _answer(func, shapes)

        return view


def outside_transaction(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view that takes long and needs no database: it gets the caller, and no unit of work."""
    view.outside_transaction = True  # type: ignore[attr-defined]
    return view


def signed(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view that is called by a sender with its signature, and not for a person: it gets a `SignedCall`."""
    view.signed = True  # type: ignore[attr-defined]
    return view


def _answer_signed(func: Callable[..., Any], shapes: Shapes) -> Response:
    content = read_body()
    with installation().database.unit_of_work() as uow:
        sender = recognise_sender(uow, content)
        fitted = shapes.fit(shapes.read(content))
        result = func(SignedCall(uow, sender), **fitted)
    return _response(result)


def _answer(func: Callable[..., Any], shapes: Shapes) -> Response:
    if hasattr(func, "signed"):
        return _answer_signed(func, shapes)
    token = bearer_token()
    parts = shapes.read()
    with installation().database.unit_of_work() as uow:
        caller = authenticate(uow, token)
        fitted = shapes.fit(parts)
        result = None if hasattr(func, "outside_transaction") else func(Call(uow, caller), **fitted)
    return _response(func(caller, **fitted) if result is None else result)


def _response(result: BaseModel | tuple[BaseModel, int]) -> Response:
    model, status = result if isinstance(result, tuple) else (result, 200)
    response = Response(model.model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Language"] = language()
    response.vary.add("Accept-Language")
    return response


def refusals(*statuses: int) -> ResponseDict:
    """The problems that a view may answer with, for its description."""
    return {
        status: {
            "description": str(KINDS[status][1]),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def _operation_id(name: str, path: str, method: str) -> str:
    return name


REPORTS = Tag(name="reports", description="Say that something is wrong.")
WORK = Tag(name="work items", description="See, take and complete what waits for a person.")
CASES = Tag(name="cases", description="Look at cases and their logs, and act on them.")
CREWS = Tag(name="crews", description="Where crews are, and what they have in hand.")
INCIDENTS = Tag(
    name="incidents", description="See to processes that stopped by no fault of whoever moved them."
)
MESSAGES = Tag(name="messages", description="Send messages to cases that wait for them, signed.")
REFERENCE = Tag(name="reference", description="What the other addresses refer to.")

api = Api(
    "api",
    __name__,
    url_prefix=PREFIX,
    abp_security=[{TOKEN: []}, {SESSION: []}],
    abp_responses=refusals(401, 405, 422, 429, 500, 503),
    operation_id_callback=_operation_id,
)
