"""Photographs on disk: once for each content, whole or not at all, found again by their hash alone."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import Invalid, NotFound
from engine.messages import Message
from handlers.photos import path_of, store


def jpeg(colour: str = "red", size: tuple[int, int] = (640, 480)) -> bytes:
    """A photograph of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "JPEG")
    return stream.getvalue()


def files(folder: Path) -> set[str]:
    """Everything that lies in a folder."""
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_a_photograph_is_found_by_the_hash_of_what_is_kept(tmp_path: Path) -> None:
    row = store(tmp_path, jpeg(), "report")

    kept = path_of(tmp_path, row["sha256"]).read_bytes()
    assert (hashlib.sha256(kept).hexdigest(), len(kept)) == (row["sha256"], row["bytes"])


def test_the_row_describes_it(tmp_path: Path) -> None:
    row = store(tmp_path, jpeg(), "check")

    assert {
        name: row[name] for name in ("media_type", "width", "height", "purpose", "taken_at", "lon", "lat")
    } == {
        "media_type": "image/jpeg",
        "width": 640,
        "height": 480,
        "purpose": "check",
        "taken_at": None,
        "lon": None,
        "lat": None,
    }


def test_a_thumbnail_lies_beside_it(tmp_path: Path) -> None:
    row = store(tmp_path, jpeg(), "report")

    with Image.open(path_of(tmp_path, row["sha256"], thumbnail=True)) as small:
        assert small.size == (320, 240)


def test_the_same_photograph_is_kept_once(tmp_path: Path) -> None:
    first = store(tmp_path, jpeg(), "report")
    second = store(tmp_path, jpeg(), "report")

    assert first == second
    assert len(files(tmp_path)) == 2


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    rows = [store(tmp_path, jpeg(colour), "report") for colour in ("red", "green")]

    expected = {
        path_of(tmp_path, row["sha256"], thumbnail=small).name for row in rows for small in (True, False)
    }
    assert files(tmp_path) == expected


def test_what_is_no_photograph_is_refused_by_field_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        store(tmp_path, b"#!/bin/sh", "report")

    assert isinstance(refused.value.fields["photos"], Message)
    assert files(tmp_path) == set()


def test_a_disk_that_fails_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", fail)

    with pytest.raises(OSError, match="no space"):
        store(tmp_path, jpeg(), "report")
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    "name", ["", "../../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "/" + "a" * 63]
)
def test_only_a_hash_names_a_photograph(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        path_of(tmp_path, name)


def test_a_purpose_is_one_of_the_known(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="selfie"):
        store(tmp_path, jpeg(), "selfie")
