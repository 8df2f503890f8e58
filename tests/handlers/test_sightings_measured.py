"""What reviewers answered is the measured precision and the training set."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from engine.clock import SteppedClock
from engine.errors import Invalid
from engine.store.database import Database
from handlers.commands.sightings import sightings as command
from handlers.sightings import precision
from handlers.sightings.precision import Measured
from handlers.sightings.training import Exported, export
from tests.handlers import sights
from tests.handlers.sights import MODEL, Sights


@pytest.fixture
def road(database: Database, processes: Path, tmp_path: Path, clock: SteppedClock) -> Sights:
    """A camera that saw three things: two were answered with yes, one a week later with no, and one waits."""
    found = sights.installed(database, processes, tmp_path / "home")
    for number, decision in enumerate(("yes", "yes", "no", None)):
        if decision == "no":
            clock.advance(timedelta(days=7))
        left = 0.2 * number
        found.sees(clock.now(), slot=f"s{number}", box=(left, 0.5, left + 0.1, 0.7))
        if decision is not None:
            found.does(int(found.rows()[-1]["case_id"]), decision=decision)
    return found


@pytest.mark.parametrize(
    ("right", "wrong", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (10, 0, 0.722, 1.0),
        (0, 10, 0.0, 0.278),
        (81, 19, 0.722, 0.875),
        (48, 2, 0.865, 0.989),
    ],
)
def test_the_interval_is_wilsons(right: int, wrong: int, low: float, high: float) -> None:
    assert Measured(right, wrong).interval == pytest.approx((low, high), abs=6e-4)


@pytest.mark.parametrize(
    ("right", "wrong", "enough"),
    [(49, 0, False), (50, 0, True), (48, 2, False), (97, 3, True), (900, 100, False)],
)
def test_a_rule_files_by_itself_only_if_it_has_proved_right(right: int, wrong: int, enough: bool) -> None:
    assert Measured(right, wrong).enough is enough


def test_precision_is_told_by_rule_model_and_camera_and_by_week(road: Sights) -> None:
    with road.database.unit_of_work() as uow:
        found = precision.overview(uow, road.actor("reviewer"))

    (rule,), (model,), (camera,) = found["rule"], found["model"], found["camera"]
    assert [rule.key, model.key, camera.name] == ["parking", "nanodet", "西一路东口"]
    assert (rule.whole.right, rule.whole.wrong) == (2, 1)
    assert [(one.right, one.wrong) for _, one in rule.weeks] == [(2, 0), (0, 1)]
    assert rule.weeks[0][0].isoformat() == "2026-11-23"


def test_precision_of_other_units_is_not_told(road: Sights) -> None:
    with road.database.unit_of_work() as uow:
        found = precision.overview(uow, road.actor("handler"))

    assert found == {"rule": [], "model": [], "camera": []}


def test_what_was_answered_before_the_period_does_not_count(road: Sights, clock: SteppedClock) -> None:
    clock.advance(precision.PERIOD - timedelta(days=1))

    with road.database.unit_of_work() as uow:
        (rule,) = precision.overview(uow, road.actor("reviewer"))["rule"]

    assert (rule.whole.right, rule.whole.wrong) == (0, 1)


def test_a_rule_is_measured_by_its_version_and_the_weights_of_the_model(road: Sights) -> None:
    with road.database.unit_of_work() as uow:
        found = [
            precision.of_rule(uow, "parking", version, model)
            for version, model in ((1, MODEL), (2, MODEL), (1, "cd" * 32))
        ]

    assert [one.answers for one in found] == [3, 0, 0]


def test_the_training_set_labels_what_was_confirmed_and_nothing_else(road: Sights, tmp_path: Path) -> None:
    folder = tmp_path / "set"

    done = export(road.database, road.settings, folder)

    labels = [path.read_text() for path in sorted((folder / "labels").iterdir())]
    assert done == Exported(2, 1, 0)
    assert labels == [
        "0 0.050000 0.600000 0.100000 0.200000\n",
        "0 0.250000 0.600000 0.100000 0.200000\n",
        "",
    ]
    assert yaml.safe_load((folder / "data.yaml").read_text())["names"] == {0: "car"}
    assert {path.stem for path in (folder / "images").iterdir()} == {
        path.stem for path in (folder / "labels").iterdir()
    }
    assert next((folder / "images").iterdir()).read_bytes() == sights.picture(70)


def test_a_sighting_whose_picture_is_gone_is_told(road: Sights, tmp_path: Path) -> None:
    first, *_ = sorted(
        road.settings.evidence.glob("**/*-alarm.jpg"), key=lambda path: path.stat().st_mtime_ns
    )
    first.unlink()

    assert export(road.database, road.settings, tmp_path / "set") == Exported(1, 1, 1)


def test_nothing_is_written_over(road: Sights, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(Invalid) as refused:
        export(road.database, road.settings, tmp_path)

    assert "folder" in refused.value.fields
    assert not (tmp_path / "images").exists()


def test_the_command_says_what_it_wrote(
    road: Sights, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", database_url)
    monkeypatch.setenv("GRIDCASE_HOME", str(road.settings.home))

    result = CliRunner().invoke(command, ["export", str(tmp_path / "set")])

    assert (result.exit_code, result.stdout) == (0, "2 confirmed, 1 rejected, 0 without their picture\n")
