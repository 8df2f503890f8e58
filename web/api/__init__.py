"""The JSON API under `/api/v1`: the commands of the pages, for programs."""

from __future__ import annotations

from flask import Flask, Response, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from web.api import (
    cases,
    crews,
    hooks,
    incidents,
    me,
    moves,
    photos,
    reports,
    service_tasks,
    sightings,
    similar,
    work_items,
)
from web.api.blueprint import PREFIX, api
from web.api.callers import keep_rates
from web.api.document import document
from web.api.problems import answer_with_problems, handle_errors

__all__ = [
    "cases",
    "crews",
    "hooks",
    "incidents",
    "me",
    "moves",
    "photos",
    "register",
    "reports",
    "service_tasks",
    "sightings",
    "similar",
    "work_items",
]


def _describe() -> Response:
    response = jsonify(document())
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _lead_in() -> ResponseReturnValue:
    return redirect(url_for("api.openapi"))


handle_errors(api)
api.add_url_rule("", "root", _lead_in)
api.add_url_rule("/openapi.json", "openapi", _describe)


def register(app: Flask) -> None:
    """Serve the API from an application whose extension `gridcase` has `settings` and `database`."""
    keep_rates(app)
    answer_with_problems(app, PREFIX.rpartition("/")[0])
    app.register_blueprint(api)
