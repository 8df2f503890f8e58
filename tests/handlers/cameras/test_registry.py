"""The registry: what is wrong is refused by field, what is changed gets its next version and is told to the watches."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.command import main
from engine.errors import Invalid, NotFound
from engine.store import revisions
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import groups, registry
from handlers.cameras.reading import read_group
from handlers.cameras.tables import import_cameras
from handlers.store import camera_registry
from handlers.store.cameras import REVISION
from tests.handlers.cameras.conftest import ZONE, add_camera
from vision.zones import Hours


def test_a_camera_that_is_added_is_watched(uow: UnitOfWork) -> None:
    camera = add_camera(uow, "one", interval=2.0)

    (watched,) = read_group(uow, 1).values()
    assert (watched.id, watched.code, watched.interval) == (camera, "one", 2.0)


def test_a_zone_is_read_as_it_was_drawn(uow: UnitOfWork) -> None:
    hours = [{"begin": "07:00", "end": "22:00", "days": [0, 1]}]
    camera = add_camera(uow, "one")
    registry.save_zone(uow, camera, {**ZONE, "hours": hours})

    (watched,) = read_group(uow, 1).values()
    (zone,) = watched.zones

    assert (zone.key, zone.rules, zone.version) == ("kerb", ("standing",), 1)
    assert zone.hours == (Hours(time(7), time(22), frozenset({0, 1})),)
    assert set(watched.rules) == {"standing"}


def test_a_zone_that_is_drawn_anew_is_the_next_version(uow: UnitOfWork) -> None:
    camera = add_camera(uow, "one")

    versions = [registry.save_zone(uow, camera, {**ZONE, "dwell": dwell}) for dwell in (10.0, 20.0)]

    (watched,) = read_group(uow, 1).values()
    assert versions == [1, 2]
    assert [(zone.version, zone.dwell) for zone in watched.zones] == [(2, 20.0)]


def test_what_is_not_said_of_a_zone_stays_as_it_was(uow: UnitOfWork) -> None:
    camera = add_camera(uow, "one")
    registry.save_zone(uow, camera, {**ZONE, "lon": 108.95, "lat": 34.26})

    registry.save_zone(uow, camera, {**ZONE, "dwell": 20.0})

    kept = camera_registry.zone(uow.conn, camera, "kerb")
    assert kept is not None
    assert (kept["lon"], kept["lat"], kept["dwell"]) == (108.95, 34.26, 20.0)


def test_a_zone_that_is_removed_is_not_looked_at(uow: UnitOfWork) -> None:
    camera = add_camera(uow, "one")
    registry.save_zone(uow, camera, ZONE)

    registry.remove_zone(uow, camera, "kerb")

    (watched,) = read_group(uow, 1).values()
    assert watched.zones == ()
    with pytest.raises(NotFound):
        registry.remove_zone(uow, camera, "kerb")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "no spaces please"),
        ("code", ""),
        ("name", ""),
        ("lon", 200.0),
        ("lat", float("nan")),
        ("interval", 0.0),
        ("unit_id", -1),
        ("source", "webcam"),
        ("url", ""),
    ],
)
def test_a_camera_that_is_wrong_is_refused_by_field(uow: UnitOfWork, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        add_camera(uow, **{"code": "one", field: value})

    assert field in refused.value.fields
    assert camera_registry.all_cameras(uow.conn) == []


def test_no_two_cameras_have_one_code(uow: UnitOfWork) -> None:
    add_camera(uow, "one")

    with pytest.raises(Invalid) as refused:
        add_camera(uow, "one")
    assert "code" in refused.value.fields


def test_name_and_password_of_an_address_are_kept_apart(uow: UnitOfWork) -> None:
    add_camera(uow, "one", source="rtsp", url="rtsp://watch:secret@10.20.0.7/stream")

    row = camera_registry.of_code(uow.conn, "one")
    assert row is not None
    assert (row["url"], row["login"], row["password"]) == ("rtsp://10.20.0.7/stream", "watch", "secret")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("key", {"key": "Two Words"}),
        ("type", {"type": "garden"}),
        ("outline", {"outline": [[0.1, 0.1], [0.2, 0.2]]}),
        ("outline", {"outline": [[0.1, 0.1], [0.2, 0.2], [0.3]]}),
        ("outline", {"outline": [[0.1, 0.1], [2.0, 0.2], [0.3, 0.9]]}),
        ("rules", {"rules": ["nothing"]}),
        ("rules", {"rules": ["vendor"]}),
        ("dwell", {"dwell": -1.0}),
        ("auto_score", {"auto_score": 7.0}),
    ],
)
def test_a_zone_that_is_wrong_is_refused_by_field(
    uow: UnitOfWork, field: str, values: dict[str, Any]
) -> None:
    camera = add_camera(uow, "one")

    with pytest.raises(Invalid) as refused:
        registry.save_zone(uow, camera, {**ZONE, **values})

    assert field in refused.value.fields
    assert camera_registry.zone(uow.conn, camera, "kerb") is None


def test_every_change_is_told_to_the_watches(uow: UnitOfWork) -> None:
    camera = add_camera(uow, "one")
    told = [revisions.read(uow.conn)[REVISION]]
    for change in (
        lambda: registry.change(uow, camera, {"interval": 9.0}),
        lambda: registry.save_zone(uow, camera, ZONE),
        lambda: registry.remove_zone(uow, camera, "kerb"),
        lambda: registry.set_state(uow, camera, "paused"),
    ):
        change()
        told.append(revisions.read(uow.conn)[REVISION])

    assert told == sorted(set(told))


def test_the_products_own_rules_are_entered_once(uow: UnitOfWork) -> None:
    add_camera(uow, "one")

    assert registry.seed_rules(uow) == 0


def test_groups_are_filled_before_another_is_begun(uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "SIZE", 2)

    for number in range(5):
        add_camera(uow, f"camera-{number}")

    assert [row["group_no"] for row in camera_registry.all_cameras(uow.conn)] == [1, 1, 2, 2, 3]
    assert groups.keys(uow) == ["1", "2", "3"]


def test_a_group_of_paused_cameras_needs_no_watch(uow: UnitOfWork) -> None:
    registry.set_state(uow, add_camera(uow, "one"), "paused")

    assert groups.keys(uow) == []


HEAD = "code,name,unit_code,lon,lat,source,url,interval,paused\n"


def _table(folder: Path, *rows: str) -> Path:
    path = folder / "cameras.csv"
    path.write_text(HEAD + "\n".join(rows), encoding="utf-8")
    return path


def test_a_table_of_cameras_is_read(uow: UnitOfWork, tmp_path: Path) -> None:
    add_camera(uow, "one")
    path = _table(
        tmp_path,
        "one,路口一,west,108.9,34.2,rtsp,rtsp://10.20.0.7/1,5,",
        "two,路口二,west,108.9,34.2,snapshot,http://10.20.0.8/jpg,,yes",
    )

    assert import_cameras(uow, path) == 2
    found = {row["code"]: (row["source"], row["state"]) for row in camera_registry.all_cameras(uow.conn)}
    assert found == {"one": ("rtsp", "active"), "two": ("snapshot", "paused")}


def test_a_table_with_a_wrong_row_is_refused_whole(database: Database, tmp_path: Path) -> None:
    with database.unit_of_work() as uow:
        add_camera(uow, "one")
    path = _table(
        tmp_path,
        "two,路口二,west,108.9,34.2,rtsp,rtsp://10.20.0.7/1,5,",
        "two,路口二,west,108.9,34.2,rtsp,rtsp://10.20.0.7/1,5,",
        "three,路口三,nowhere,108.9,34.2,rtsp,rtsp://10.20.0.7/1,5,",
        "four,路口四,west,108.9,134.2,rtsp,rtsp://10.20.0.7/1,5,",
    )

    with pytest.raises(Invalid) as refused, database.unit_of_work() as uow:
        import_cameras(uow, path)

    assert set(refused.value.fields) == {"row 3, code", "row 4, unit_code", "row 5, lat"}
    with database.unit_of_work() as uow:
        assert [row["code"] for row in camera_registry.all_cameras(uow.conn)] == ["one"]


@pytest.fixture
def command(database: Database, database_url: str, tmp_path: Path) -> Any:
    """Runs ``gridcase cameras`` on a city of one camera."""
    with database.unit_of_work() as uow:
        registry.save_zone(uow, add_camera(uow, "one"), ZONE)

    def run(*arguments: str) -> Result:
        environment = {"GRIDCASE_DATABASE_URL": database_url, "GRIDCASE_HOME": str(tmp_path)}
        return CliRunner().invoke(main, ["cameras", *arguments], env=environment)

    return run


ADDED = ("--name", "路口", "--unit", "west", "--lon", "108.9", "--lat", "34.2", "--url", "rtsp://10.20.0.7/1")


@pytest.mark.usefixtures("log_as_before")
def test_a_camera_is_added_paused_and_listed(command: Any) -> None:
    assert command("add", "two", "--source", "rtsp", *ADDED).exit_code == 0
    assert command("pause", "two").exit_code == 0

    listed = command("list").output

    assert [line.split()[:3] for line in listed.splitlines()] == [
        ["one", "1", "silent"],
        ["two", "1", "paused"],
    ]


@pytest.mark.usefixtures("log_as_before")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("pause", "seven"), "There is no camera seven."),
        (("try", "seven"), "There is no camera seven."),
        (("add", "one", "--source", "rtsp", *ADDED), "There is a camera with this code."),
        (
            ("add", "two", "--source", "rtsp", *ADDED[:3], "moon", *ADDED[4:]),
            "moon is not the code of a platform.",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(command: Any, arguments: tuple[str, ...], told: str) -> None:
    done = command(*arguments)

    assert done.exit_code == 2
    assert told in done.output
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("log_as_before")
def test_trying_a_camera_tells_what_ails_it(command: Any) -> None:
    done = command("try", "one")

    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "no picture: unreachable: one is not there")
