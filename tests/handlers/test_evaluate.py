"""``gridcase dispatch evaluate``: past cases of any city, from a file, and what it says of files that do not fit."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.command import main
from handlers.dispatch.learning import reading
from tests.handlers.made_lessons import lessons

NAMED = ["--time", "at", "--target", "unit", "--input", "category", "--input", "text"]
PLACE = ["--input", "lon", "--input", "lat"]


def rows(count: int = 700) -> list[dict[str, Any]]:
    made = lessons(count)
    cases = made.cases
    begin = datetime(2011, 7, 1)  # noqa: DTZ001 - local time
    return [
        {
            "at": (begin + timedelta(hours=at)).isoformat(sep=" "),
            "category": cases.values["category"][at],
            "text": cases.values["text"][at],
            "lon": cases.lon[at],
            "lat": cases.lat[at],
            "closed": "later",
            "unit": made.codes[made.units[at]],
        }
        for at in range(count)
    ]


def write(path: Path, found: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(found[0]))
        writer.writeheader()
        writer.writerows(found)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["dispatch", "evaluate", *map(str, arguments)])


def test_it_prints_accuracy_and_coverage_together_and_writes_the_curve(tmp_path: Path) -> None:
    file, curve, plot = write(tmp_path / "c.csv", rows()), tmp_path / "curve.json", tmp_path / "curve.png"

    done = run(file, *NAMED, *PLACE, "--curve", curve, "--plot", plot, "--accuracy", "0.95")

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["accuracy"] > 0.85
    assert {"coverage", "accuracy_when_automatic", "top3_accuracy", "calibration_error"} <= told.keys()
    assert told["cases"] == 211
    assert told["roles"]["main"] == "category"
    assert told["roles"]["place"] == ["lon", "lat"]
    points = json.loads(curve.read_text("utf-8"))
    assert points[-1]["coverage"] == 1
    assert points[-1]["accuracy"] == pytest.approx(told["accuracy"], abs=1e-4)
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_columns_that_are_not_named_and_the_order_of_rows_change_nothing(tmp_path: Path) -> None:
    plain = rows(400)
    turned = [{**row, "closed": str(at)} for at, row in enumerate(reversed(plain))]
    columns = reading.Columns("at", "unit", ("category", "text", "lon", "lat"))

    first = reading.read(write(tmp_path / "a.csv", plain), columns)
    second = reading.read(write(tmp_path / "b.csv", turned), columns)

    assert first.lessons.cases.values == second.lessons.cases.values
    assert (first.lessons.units == second.lessons.units).all()
    assert (first.lessons.cases.lon == second.lessons.cases.lon).all()


def test_a_zip_archive_with_one_file_is_read(tmp_path: Path) -> None:
    plain = write(tmp_path / "c.csv", rows(20))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.write(plain, "c.csv")

    found = reading.read(tmp_path / "c.zip", reading.Columns("at", "unit", ("category",)))

    assert len(found.lessons) == 20


def test_a_column_of_many_values_is_a_text_and_one_may_be_called_so(tmp_path: Path) -> None:
    found = [{**row, "door": f"{at} Main St"} for at, row in enumerate(rows(700))]
    columns = reading.Columns("at", "unit", ("category", "text", "door"))

    past = reading.read(write(tmp_path / "c.csv", found), columns)

    assert reading.roles(past, (), None, 700).texts == ("door",)
    assert reading.roles(past, ("text",), "category", 700).texts == ("text", "door")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"at": "yesterday"}, "line 3: at is 'yesterday'"),
        ({"lon": "east"}, "lon has 'east'"),
        ({"lon": "1089000"}, "write degrees"),
        ({"lon": "nan"}, "write degrees"),
    ],
)
def test_a_value_that_does_not_fit_is_told_in_one_line(
    tmp_path: Path, change: dict[str, str], said: str
) -> None:
    found = rows(10)
    found[1] |= change

    done = run(write(tmp_path / "c.csv", found), *NAMED, *PLACE)

    assert done.exit_code == 2
    assert said.lower() in done.output.lower()
    assert len(done.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--time", "at", "--target", "unit", "--input", "kind"], "no column kind"),
        (["--time", "at", "--target", "unit", "--input", "unit"], "cannot be an input"),
        (["--time", "at", "--target", "unit"], "with --input"),
        ([*NAMED, "--lon", "lon"], "--lon and --lat together"),
        ([*NAMED, "--main", "lon"], "with --input"),
        (NAMED, "too few rows"),
        ([*NAMED, "--curve", "/nowhere/at/all.json"], "no folder"),
    ],
)
def test_what_cannot_be_measured_is_told_in_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = run(write(tmp_path / "c.csv", rows(10)), *arguments)

    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"at,unit,category,text\n\xff\xfe,a,b,c\n", "not UTF-8"),
        (b"at,unit,category,text\n2011-07-01,a,b\n", "3 values"),
        (b"at,unit,category,text,text\n", "twice"),
        (b"", "no column"),
        (b'at,unit,category,text\n2011-07-01,a,b,"' + b"x" * 200_000 + b'"\n', "field larger"),
    ],
)
def test_a_file_that_is_no_table_is_told_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "c.csv"
    file.write_bytes(content)

    done = run(file, *NAMED)

    assert done.exit_code == 2
    assert said in done.output


def test_more_than_there_may_be_inside_an_archive_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c.csv", "at,unit,category,text\n" + "0" * 5_000_000)
    monkeypatch.setattr(reading, "MAX_CONTENT", 1_000_000)

    done = run(tmp_path / "bomb.zip", *NAMED)

    assert done.exit_code == 2
    assert "larger than" in done.output


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_refused_in_one_line(tmp_path: Path, packed: int) -> None:
    file = write(tmp_path / "c.csv", rows(20))
    with zipfile.ZipFile(tmp_path / "c.zip", "w", packed) as archive:
        archive.write(file, "c.csv")
    damaged = bytearray((tmp_path / "c.zip").read_bytes())
    damaged[60:70] = b"\xff" * 10
    (tmp_path / "c.zip").write_bytes(damaged)

    done = run(tmp_path / "c.zip", *NAMED)

    assert done.exit_code == 2
    assert "cannot be unpacked" in done.output


def test_more_rows_than_there_may_be_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 5)

    done = run(write(tmp_path / "c.csv", rows(10)), *NAMED)

    assert "more than 5 rows" in done.output


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    done = run(tmp_path / "none.csv", *NAMED)

    assert done.exit_code == 2
    assert "no file" in done.output
