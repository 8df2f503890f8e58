"""What holds for the repository as a whole: its layout, its packages, its dependencies and what it carries."""

import json
import re
import subprocess
from configparser import ConfigParser
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {"engine", "gis", "handlers", "processes", "vision", "web"}
BESIDE_THE_ROOMS = {
    *{".ci", "benchmarks", "docs", "tests"},
    *{".gitignore", "LICENSE", "Makefile", "NOTICE", "README.md"},
    *{
        "constraints.txt",
        "constraints-yolo.txt",
        "package-lock.json",
        "package.json",
        "pyproject.toml",
        "setup.cfg",
    },
}
LARGEST_FILE = 400 * 1024


def _setup() -> ConfigParser:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def _entry_points() -> list[EntryPoint]:
    groups = dict(_setup()["options.entry_points"])
    declared = [
        (group, *line.partition("=")[::2])
        for group, lines in groups.items()
        for line in lines.strip().splitlines()
    ]
    return [EntryPoint(name.strip(), value.strip(), group) for group, name, value in declared]


def _requirements() -> list[Requirement]:
    config = _setup()
    texts = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    return [Requirement(line) for text in texts for line in text.strip().splitlines()]


def _pins() -> dict[str, str]:
    names = ("constraints-yolo.txt", "constraints.txt")
    lines = [line for name in names for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def _javascript_dependencies() -> list[str]:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    return [*package["dependencies"], *package["devDependencies"]]


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    files = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [file for file in files if file.exists()]


def test_top_level_holds_the_rooms_and_little_else(tracked: list[Path]) -> None:
    top = {file.relative_to(ROOT).parts[0] for file in tracked}

    assert top <= ROOMS | BESIDE_THE_ROOMS


def test_setup_lists_every_package_there_is() -> None:
    found = {
        ".".join(file.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for file in (ROOT / room).rglob("__init__.py")
        if "node_modules" not in file.parts
    }

    listed = set(_setup()["options"]["packages"].split())

    assert listed == found


def test_every_python_file_of_a_room_lies_in_a_package() -> None:
    folders = {file.parent for room in ROOMS for file in (ROOT / room).rglob("*.py")}

    without = [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()]

    assert without == []


def test_every_data_file_of_a_room_is_shipped(tracked: list[Path]) -> None:
    patterns = _setup()["options.package_data"]
    shipped = {
        file for room in patterns for glob in patterns[room].split() for file in (ROOT / room).glob(glob)
    }
    sources_of_assets = ROOT / "web" / "assets"

    left_out = [
        str(file.relative_to(ROOT))
        for file in tracked
        if file.relative_to(ROOT).parts[0] in ROOMS
        and file.suffix != ".py"
        and file not in shipped
        and sources_of_assets not in file.parents
    ]

    assert left_out == []


@pytest.mark.parametrize("point", _entry_points(), ids=lambda point: point.name)
def test_entry_point_loads(point: EntryPoint) -> None:
    loaded = point.load()

    if point.group == "gridcase.commands":
        assert isinstance(loaded, click.Command)
        assert loaded.help


@pytest.mark.parametrize("group", sorted({point.group for point in _entry_points()}))
def test_installed_entry_points_are_those_of_setup(group: str) -> None:
    installed = {
        (point.name, point.value)
        for point in entry_points(group=group)
        if point.dist is not None and point.dist.name == "gridcase"
    }

    declared = {(point.name, point.value) for point in _entry_points() if point.group == group}

    assert installed == declared, "run: make test"


@pytest.mark.parametrize("requirement", _requirements(), ids=lambda requirement: requirement.name)
def test_constraints_pin_each_dependency_inside_its_range(requirement: Requirement) -> None:
    pinned = _pins()[canonicalize_name(requirement.name)]

    assert pinned in requirement.specifier


def test_locks_name_no_place_to_download_from() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    assert "://" not in text
    assert [name for name, item in packages.items() if "resolved" in item] == []


_DEPENDENCIES = [*(item.name for item in _requirements()), *_javascript_dependencies()]


@pytest.mark.parametrize("name", sorted(set(_DEPENDENCIES)))
def test_dependency_is_accounted_for(name: str) -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")

    rows = re.findall(rf"^\| `{re.escape(name)}` \| ([^|]+) \|", text, flags=re.MULTILINE)

    # A format may have a package of the same name for Python and for the pages.
    assert len(rows) == _DEPENDENCIES.count(name)


def test_no_file_is_larger_than_a_reader_would_open(tracked: list[Path]) -> None:
    large = {
        str(file.relative_to(ROOT)): size for file in tracked if (size := file.stat().st_size) > LARGEST_FILE
    }

    assert large == {}


def test_no_bundle_of_other_authors_is_carried(tracked: list[Path]) -> None:
    scripts = [file for file in tracked if file.suffix in {".js", ".mjs", ".css"}]

    bundles = [
        str(file.relative_to(ROOT))
        for file in scripts
        if ".min." in file.name
        or max(map(len, file.read_text(encoding="utf-8").splitlines()), default=0) > 500
    ]

    assert bundles == []


def test_the_releases_of_ultralytics_are_renewed_by_what_was_installed(tmp_path: Path) -> None:
    place = tmp_path / "checkout"
    (place / ".ci").mkdir(parents=True)
    script = place / ".ci" / "yolo"
    script.write_bytes((ROOT / ".ci" / "yolo").read_bytes())
    script.chmod(0o755)
    pins = place / "constraints-yolo.txt"
    pins.write_text("# Made by `make lock-yolo`.\ntorch==1.0\n", encoding="utf-8")
    pip = tmp_path / "made" / "bin" / "pip"
    pip.parent.mkdir(parents=True)
    installed = "torch==2.13.0+cpu\\nPyYAML==6.0.3\\nnvidia-cublas==13.1\\npolars_runtime==2.1\\n"
    pip.write_text(
        f'#!/bin/sh\ncase "$*" in *freeze) printf "{installed}";; *) echo "$*" >>{tmp_path}/asked;; esac\n',
        encoding="utf-8",
    )
    pip.chmod(0o755)

    for more in ([], ["renew"]):
        subprocess.run([script, "python3", tmp_path / "made", *more], check=True, capture_output=True)

    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert ["--constraint" in line for line in asked] == [True] * 3 + [False] * 3
    assert pins.read_text(encoding="utf-8").splitlines() == [
        *["# Made by `make lock-yolo`.", "polars-runtime==2.1", "pyyaml==6.0.3", "torch==2.13.0"]
    ]
