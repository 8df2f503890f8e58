"""Fixtures of the eyes' tests: real pictures and videos, where they are to be had."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from vision import processors
from vision.detect import Detector


@pytest.fixture(scope="session", autouse=True)
def one_processor() -> None:
    """Tests run side by side, each on one processor: threads that wait for each other would cost time of all."""
    processors.take(1)


@pytest.fixture(scope="session")
def opencv_doc() -> Path:
    """The example pictures and videos of Debian's package opencv-doc; skipped where they could not be had."""
    folder = os.environ.get("OPENCV_DOC", "")
    if not folder or not (Path(folder) / "vtest.avi").is_file():
        pytest.skip("needs the pictures of Debian's opencv-doc: OPENCV_DOC=$(.ci/opencv-doc)")
    return Path(folder)


@pytest.fixture(scope="session")
def clips() -> Path:
    """A folder of real street videos named by DATA; skipped without."""
    folder = os.environ.get("DATA", "")
    if not folder or not (Path(folder) / "bgslib_video.avi").is_file():
        pytest.skip("needs real street videos: DATA=FOLDER with bgslib_video.avi and the clips of Intel")
    return Path(folder)


@pytest.fixture(scope="session")
def shipped_models() -> Path:
    """A home whose registry has the models that the product ships; skipped where they cannot be fetched.

    It is shared by all runs of this environment, and read only.
    """
    from vision.detect.packages import Unreachable
    from vision.detect.shipped import fetch, shipped

    home = Path(sys.prefix) / "share" / "gridcase"
    try:
        for key in shipped():
            fetch(home, key)
    except Unreachable as error:
        pytest.skip(f"needs the shipped models: {error}")
    return home


@pytest.fixture(scope="session")
def nanodet(shipped_models: Path) -> Detector:
    """The shipped detector."""
    from vision.detect.models import active

    found = active(shipped_models)
    assert found is not None
    return found
