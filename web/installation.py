"""What the pages stand on: the settings, the database and the files that the build made, kept on the Flask application."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from engine.settings import Settings
from engine.store.database import Database
from web.built import Built

EXTENSION = "gridcase"


@dataclass(frozen=True)
class Installation:
    """The parts of one installation that a request needs."""

    settings: Settings
    database: Database
    built: Built


def installation() -> Installation:
    """The installation that the current application serves."""
    found: Installation = current_app.extensions[EXTENSION]
    return found
