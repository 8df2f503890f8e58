"""The office in which a run's cases are worked: the town of the scenarios, its people, and the web application."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection

import processes
from benchmarks.lives.life import Life, Values
from benchmarks.measuring.server import Server
from benchmarks.measuring.spent import Meter
from engine import work
from engine.actors import SYSTEM, Actor
from engine.deployment import deploy, read_folder
from engine.settings import Settings
from engine.store import work_items
from engine.store.database import Database
from engine.tokens import issue
from handlers.scenarios.town import build
from web.app import create_app

CITY = Path(processes.__path__[0]) / "case" / "scenarios" / "city"

Item = tuple[int, Actor]


class Office:
    """A town with one process deployed, on a server of its own.

    Attributes:
        life: of its cases.
        opened: how many cases were opened so far.
    """

    def __init__(self, server: Server, life: Life) -> None:
        self.server = server
        self.life = life
        self.opened = 0
        self.database = Database(server.url)
        self.meter = Meter(server, self.database)
        with self.database.unit_of_work() as uow:
            self.town = build(uow, CITY)
            deploy(uow, read_folder(life.folder), SYSTEM)

    def open(self) -> int:
        """Open the next case; gives its identifier."""
        self.opened += 1
        with self.database.unit_of_work() as uow:
            return self.life.open(uow, self.town, self.opened)

    def waiting(self, case_id: int) -> Item:
        """The only open work item of a case, and who does it."""
        with self.database.unit_of_work() as uow:
            (row,) = work_items.open_of_case(uow.conn, case_id)
        return row["id"], self.town.actors[row["role"], row["unit_id"]]

    def complete(self, item: Item, values: Values) -> None:
        """Complete a work item, in a transaction of its own."""
        item_id, actor = item
        with self.database.unit_of_work() as uow:
            work.complete(uow, item_id, actor, values)

    def play(self, case_id: int, steps: Sequence[Values]) -> None:
        """Take a case through some steps."""
        for values in steps:
            self.complete(self.waiting(case_id), values)

    @cached_property
    def app(self) -> Flask:
        """The web application, without its limits of requests a minute."""
        settings = Settings(self.server.home, self.server.url, "127.0.0.1", 8000, self.database.time_zone)
        app = create_app(settings, self.database)
        app.config["API_RATE"] = "100000000/minute"
        return app

    @cached_property
    def _tokens(self) -> dict[int, str]:
        with self.database.unit_of_work() as uow:
            ids = [cast(int, actor.person_id) for actor in self.town.actors.values()]
            return {one: issue(uow, one, "benchmark", timedelta(days=1)) for one in ids}

    def post(self, client: FlaskClient, item: Item, values: Values) -> None:
        """Complete a work item by the API."""
        item_id, actor = item
        headers = {"Authorization": f"Bearer {self._tokens[cast(int, actor.person_id)]}"}
        answer: Any = client.post(
            f"/api/v1/work-items/{item_id}/complete", json={"values": dict(values)}, headers=headers
        )
        if answer.status_code != 200:
            raise RuntimeError(f"the API refused a step: {answer.text}")

    def browser(self, actor: Actor) -> FlaskClient:
        """A browser in which a person is signed in."""
        with self.database.engine.begin() as conn:
            conn.exec_driver_sql("UPDATE person SET is_demo = true")
        client = self.app.test_client()
        answer = client.post("/sign-in/demonstration", data={"person": actor.person_id})
        if answer.status_code != 303:
            raise RuntimeError(f"signing in was refused: {answer.text}")
        return client

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """A connection outside any transaction, for as long as what it does may take: the server's housekeeping."""
        with self.database.engine.connect() as conn:
            free = conn.execution_options(isolation_level="AUTOCOMMIT")
            free.exec_driver_sql("SET statement_timeout = 0")
            yield free
            free.exec_driver_sql("RESET statement_timeout")

    def vacuum(self) -> None:
        """Make the room of rows that are gone free for others."""
        with self.outside() as conn:
            conn.exec_driver_sql("VACUUM")

    def close(self) -> None:
        """Close all connections."""
        self.database.close()


@contextmanager
def office(server: Server, life: Life) -> Iterator[Office]:
    """An office that is closed at the end."""
    one = Office(server, life)
    try:
        yield one
    finally:
        one.close()
