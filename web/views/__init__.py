"""The views, one file for one noun; each checks the person, reads the request, gives one command or query, and renders."""

from __future__ import annotations

from flask import Flask

from web.views import (
    areas,
    camera_rules,
    camera_trials,
    camera_watches,
    camera_zones,
    cameras,
    case,
    cases,
    catalogue,
    crews,
    dispatch,
    evidence,
    health,
    inbox,
    incidents,
    map_page,
    map_parts,
    metrics,
    photos,
    report,
    review,
    session,
    similar,
    work,
)

BLUEPRINTS = (
    session.blueprint,
    health.blueprint,
    metrics.blueprint,
    report.blueprint,
    similar.blueprint,
    areas.blueprint,
    map_page.blueprint,
    map_parts.blueprint,
    inbox.blueprint,
    incidents.blueprint,
    crews.blueprint,
    dispatch.blueprint,
    cases.blueprint,
    catalogue.blueprint,
    case.blueprint,
    work.blueprint,
    photos.blueprint,
    review.blueprint,
    evidence.blueprint,
    cameras.blueprint,
    camera_trials.blueprint,
    camera_watches.blueprint,
    camera_zones.blueprint,
    camera_rules.blueprint,
)


def init_app(app: Flask) -> None:
    """Give an application all pages."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
