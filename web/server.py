"""The web server: gunicorn in this process, with a master that replaces a worker that dies."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from engine.commands.opened import opened_database
from engine.settings import Settings
from engine.store.database import Database
from handlers import city
from web.app import create_app

THREADS = 8


class ServerLog(Logger):  # type: ignore[misc]
    """What gunicorn says of itself goes where the rest of the program's log goes, in the same form."""

    def setup(self, cfg: Any) -> None:
        """Take the level and the place from the program's log, instead of a level and a place of its own."""
        super().setup(cfg)
        self.error_log.setLevel(logging.NOTSET)
        self.error_log.handlers = []
        self.error_log.propagate = True

    def exception(self, msg: str, *_values: Any, **options: Any) -> None:
        """Say what broke, without the address of the request: a follow link is a secret."""
        super().exception(msg.partition("%")[0].strip(), **options)

    def _set_handler(self, *_arguments: Any, **_options: Any) -> None:
        """None of its own."""


class Server(BaseApplication):  # type: ignore[misc]
    """Serves the pages and the API of an installation.

    Args:
        settings: of the installation; its host and port are bound.
        url: of its database; each worker opens connections of its own.
        workers: processes, with `THREADS` threads each.
    """

    def __init__(self, settings: Settings, url: str, workers: int = 1) -> None:
        self._settings = settings
        self._url = url
        self._workers = workers
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its configuration."""
        options: dict[str, Any] = {
            "bind": _address(self._settings),
            "workers": self._workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 60,
            "graceful_timeout": 20,
            "keepalive": 20,
            "max_requests": 0,
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "accesslog": None,
            "logger_class": ServerLog,
            "proc_name": "gridcase web",
            "control_socket_disable": True,
        }
        if self._settings.proxies:
            # Nobody else reaches this server, so that whether a page came over HTTPS is theirs to say.
            options["forwarded_allow_ips"] = "*"
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application of one worker: made after the fork, for connections do not survive one."""
        settings = self._settings
        database = Database(self._url, time_zone=settings.time_zone, pool_size=THREADS, cache=settings.cache)
        app = create_app(settings, database)
        # Read before the first request comes, which would wait for it: a city's layers take a second.
        with database.unit_of_work() as uow:
            city.locator(uow)
            city.catalogue(uow)
        return app


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def serve(settings: Settings, workers: int = 1) -> None:
    """Serve an installation until the process is told to end.

    Raises:
        ConfigurationError: the database or its schema is not as this program needs it.
    """
    # Held open until the end, so that an embedded database outlives the workers.
    with opened_database(settings) as database:
        database.engine.dispose()
        Server(settings, database.url, workers).run()
