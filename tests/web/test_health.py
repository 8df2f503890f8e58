"""What programs that watch over this one are told: that it lives, that it can work, and why not."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from engine.settings import Settings
from engine.store.database import Database
from tests.web.conftest import Town
from web.app import create_app


@pytest.fixture
def watcher(town: Town) -> FlaskClient:
    """A program that watches over the city's installation, where a worker has just given a sign of life."""
    _say(town.database, "INSERT INTO procrastinate_workers DEFAULT VALUES")
    return town.app.test_client()


@pytest.fixture
def lost(settings: Settings) -> FlaskClient:
    """A program that watches over an installation whose database is gone."""
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/none", time_zone=ZoneInfo("UTC"))
    return create_app(settings, gone).test_client()


def _say(database: Database, statement: str) -> None:
    with database.unit_of_work() as uow:
        uow.conn.exec_driver_sql(statement)


def test_it_lives(watcher: FlaskClient) -> None:
    response = watcher.get("/healthz")

    assert (response.status_code, response.data) == (200, b"ok\n")


def test_it_lives_without_its_database(lost: FlaskClient) -> None:
    assert lost.get("/healthz").status_code == 200


def test_it_is_ready(watcher: FlaskClient) -> None:
    response = watcher.get("/readyz")

    assert (response.status_code, response.data) == (200, b"ok\n")


def test_it_is_not_ready_without_its_database(lost: FlaskClient) -> None:
    response = lost.get("/readyz")

    assert response.status_code == 503
    assert "GRIDCASE_DATABASE_URL" in response.text


def test_it_is_not_ready_on_a_schema_of_another_version(watcher: FlaskClient, town: Town) -> None:
    with town.database.unit_of_work() as uow:
        newest = uow.conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    _say(town.database, "UPDATE alembic_version SET version_num = '0000'")

    try:
        response = watcher.get("/readyz")
    finally:
        _say(town.database, f"UPDATE alembic_version SET version_num = '{newest}'")

    assert response.status_code == 503
    assert "gridcase db upgrade" in response.text


def test_it_is_not_ready_without_a_worker(town: Town) -> None:
    response = town.app.test_client().get("/readyz")

    assert response.status_code == 503
    assert "gridcase worker" in response.text


def test_a_worker_that_fell_silent_is_none(watcher: FlaskClient, town: Town) -> None:
    _say(town.database, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '16 seconds'")

    assert watcher.get("/readyz").status_code == 503


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_no_answer_is_kept_for_later(watcher: FlaskClient, path: str) -> None:
    assert watcher.get(path).headers["Cache-Control"] == "no-store"
