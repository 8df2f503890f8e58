"""What docs/ gives to whoever runs an installation: units for systemd that fit the program."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from engine.command import main
from engine.supervisor import STOP_SECONDS

UNITS = sorted((Path(__file__).parents[1] / "docs" / "systemd").glob("*.service"))


def _unit(path: Path) -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, encoding="utf-8")
    return parser


def test_there_is_a_unit_for_each_process() -> None:
    assert [path.stem for path in UNITS] == ["gridcase-scheduler", "gridcase-web", "gridcase-worker"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_command_that_is_there(path: Path) -> None:
    program, command, *options = _unit(path)["Service"]["ExecStart"].split()

    found = main.get_command(None, command)  # type: ignore[arg-type]
    assert program.endswith("/bin/gridcase")
    assert path.stem == f"gridcase-{command}"
    assert found is not None
    assert {one for one in options if one.startswith("--")} <= {
        name for one in found.params for name in one.opts
    }


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_gives_what_is_under_way_its_time(path: Path) -> None:
    assert int(_unit(path)["Service"]["TimeoutStopSec"]) >= STOP_SECONDS


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_reads_the_unit(path: Path, tmp_path: Path) -> None:
    # The program is where no installation of this machine has it.
    unit = tmp_path / path.name
    text = path.read_text(encoding="utf-8")
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )

    assert [line for line in done.stderr.splitlines() if path.name in line] == []
