"""The Flask application."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface

from engine.settings import Settings
from engine.store.database import Database
from web import errors, languages, limits, metrics, rendering, request_log, security, views
from web.built import Built
from web.identifiers import Identifier
from web.installation import EXTENSION, Installation
from web.people import IDLE
from web.secret_key import secret_key

#: Of one request with everything in it.
MAX_BYTES = 64 * 1024 * 1024
MAX_FORM_BYTES = 256 * 1024
MAX_FORM_PARTS = 200


class _Sessions(SecureCookieSessionInterface):
    """Sessions whose cookie is sent over HTTPS only, where the page came over HTTPS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def create_app(settings: Settings, database: Database) -> Flask:
    """The application of an installation: its pages, and the API where there is one.

    Args:
        settings: of the installation; the key of its sessions is made under `Settings.home` if there is none.
        database: the one it works on, whose schema is the newest.

    Raises:
        ConfigurationError: the key of sessions cannot be used.
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=secret_key(settings.home),
        MAX_CONTENT_LENGTH=MAX_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        SESSION_COOKIE_NAME="gridcase",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=IDLE + timedelta(hours=1),
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.session_interface = _Sessions()
    app.url_map.converters["int"] = Identifier
    app.extensions[EXTENSION] = Installation(settings, database, Built())
    request_log.init_app(app)
    metrics.init_app(app)
    languages.init_app(app, settings)
    rendering.init_app(app)
    security.init_app(app)
    limits.limiter.init_app(app)
    errors.init_app(app)
    views.init_app(app)
    if find_spec("web.api") is not None:
        import_module("web.api").register(app)
    return app
