"""``gridcase layers`` from the command line: what is done is told, and what is refused is told in one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.errors import Invalid
from engine.store.database import Database
from handlers.commands.layers import layers
from handlers.layers import store_layers
from handlers.store.layer_tables import STORED
from tests.handlers.conftest import UNDRAWN, toy_layers


@pytest.fixture
def stored(database: Database) -> Database:
    """The layers of the toy city, in the database for whoever connects to it."""
    with database.unit_of_work() as uow:
        store_layers(uow, toy_layers(), UNDRAWN)
    return database


def _run(stored: Database, *arguments: str | Path) -> Result:
    found = CliRunner().invoke(
        layers, list(map(str, arguments)), env={"GRIDCASE_DATABASE_URL": stored.url.replace("+psycopg", "")}
    )
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def _count(stored: Database, kind: str) -> int:
    # The command has the machine's clock, and what it changed holds from that instant on.
    with stored.unit_of_work() as uow:
        return len(list(STORED[kind].read(uow.conn, datetime.now(UTC))))


def test_what_was_exported_is_imported_without_a_change(stored: Database, tmp_path: Path) -> None:
    assert _run(stored, "export", "cell", tmp_path / "a.gpkg").output == "8 features\n"

    told = _run(stored, "import", "cell", tmp_path / "a.gpkg", "--replace").output

    assert told == "added 0, changed 0, ended 0, unchanged 8\n"


def test_a_dry_run_names_what_would_change(stored: Database, tmp_path: Path) -> None:
    table = tmp_path / "zones.csv"
    table.write_text(
        'BH,MC,wkt\ngx,高新区,"POLYGON ((108.9 34.2, 108.901 34.2, 108.901 34.201, 108.9 34.2))"\n', "utf-8"
    )

    options = ("--crs", "cgcs2000", "--column", "code=BH", "--column", "name_zh=MC", "--valid-from", "always")
    told = _run(stored, "import", "zone", table, *options, "--dry-run").output
    done = _run(stored, "import", "zone", table, *options).output

    assert told == "would be added 1, changed 0, ended 0, unchanged 0\nadded: gx\n"
    assert (done, _count(stored, "zone")) == ("added 1, changed 0, ended 0, unchanged 0\n", 1)


def test_a_refusal_changes_nothing(stored: Database, tmp_path: Path) -> None:
    table = tmp_path / "zones.csv"
    table.write_text('code,name_zh,wkt\ngx,高新区,"POINT (108.9 34.2)"\n', "utf-8")

    with pytest.raises(Invalid, match="feature 1, outline: it is a point, and must be a polygon"):
        _run(stored, "import", "zone", table, "--crs", "wgs84")

    assert _count(stored, "zone") == 0


def test_a_column_without_a_field_is_refused(stored: Database, tmp_path: Path) -> None:
    assert _run(stored, "import", "zone", tmp_path / "a.csv", "--column", "code").exit_code == 2


def test_the_check_ends_with_one_where_there_are_errors(stored: Database, tmp_path: Path) -> None:
    assert _run(stored, "check", "cell").exit_code == 0

    moved = tmp_path / "a.csv"
    moved.write_text(
        'code,wkt\n610102001001001,"POLYGON ((108.9 34.2005, 108.901 34.2005, 108.901 34.202, 108.9 34.202, 108.9 34.2005))"\n'
    )
    _run(stored, "import", "cell", moved, "--crs", "wgs84")
    found = _run(stored, "check", "cell", "--json", "--map", tmp_path / "map.html")

    assert found.exit_code == 1
    assert json.loads(found.stdout.splitlines()[0])["rule"] == "overlap"
    assert (tmp_path / "map.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_grid_is_made_and_stored(stored: Database, tmp_path: Path) -> None:
    told = _run(
        stored, "generate", "--within", "610102001", "--metres", "50", "--out", tmp_path / "g.geojson"
    ).output
    done = _run(
        stored, "generate", "--within", "610102001", "--metres", "50", "--digits", "4", "--store"
    ).output

    count = int(told.split()[0])
    assert told == f"{count} cells in 2 communities\n"
    assert done.splitlines()[1] == f"added {count}, changed 0, ended 4, unchanged 0"
    assert _count(stored, "cell") == count + 4


@pytest.mark.parametrize(
    "options", [("--out", "a.gpkg"), ("--within", "610102"), ("--within", "6", "--area", "a", "--store")]
)
def test_a_grid_of_nothing_or_for_nobody_is_refused(stored: Database, options: tuple[str, ...]) -> None:
    assert _run(stored, "generate", *options).exit_code == 2
