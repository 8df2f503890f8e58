"""Labelled pictures: a folder with COCO's JSON, or with YOLO's text files."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vision.errors import VisionError
from vision.frame import Box

MAX_FILE_BYTES = 500_000_000
MAX_PICTURES = 200_000
_PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


@dataclass(frozen=True)
class Thing:
    """What somebody marked in a picture.

    Attributes:
        crowd: whether the box holds many of them; it is neither to be found nor wrong to find.
    """

    name: str
    box: Box
    crowd: bool = False


@dataclass(frozen=True)
class Labels:
    """A data set.

    Attributes:
        name: of its folder.
        pictures: the files, each with what is in it.
        sha256: of the labels, in hexadecimal.
    """

    name: str
    pictures: Mapping[Path, Sequence[Thing]]
    sha256: str


def read(folder: Path) -> Labels:
    """The labels of a folder: one ``*.json`` of COCO in it or in ``annotations/``, else YOLO's ``labels/`` beside ``images/``.

    Raises:
        VisionError: it has none, or they are damaged; names the file.
    """
    coco = sorted([*folder.glob("*.json"), *folder.glob("annotations/*.json")])
    if len(coco) > 1:
        raise VisionError(
            "%(folder)s has more than one file of labels: leave one.", field="DIR", folder=folder
        )
    pictures, digest = _coco(folder, coco[0]) if coco else _yolo(folder)
    if not pictures:
        raise VisionError(
            "%(folder)s has no labelled pictures: give a folder with COCO's *.json, or with images/ and labels/ of YOLO.",
            field="DIR",
            folder=folder,
        )
    return Labels(folder.resolve().name, pictures, digest)


def _coco(folder: Path, file: Path) -> tuple[dict[Path, list[Thing]], str]:
    content = _content(file)
    try:
        whole = json.loads(content)
        names = {one["id"]: str(one["name"]) for one in whole["categories"]}
        sizes = {one["id"]: (float(one["width"]), float(one["height"])) for one in whole["images"]}
        things: dict[Any, tuple[Path, list[Thing]]] = {
            one["id"]: (_picture(folder, str(one["file_name"]), file), []) for one in whole["images"]
        }
        for one in whole["annotations"]:
            (width, height), (left, top, wide, high) = sizes[one["image_id"]], map(float, one["bbox"])
            box = (left / width, top / height, (left + wide) / width, (top + high) / height)
            thing = Thing(names[one["category_id"]], _inside(box), bool(one.get("iscrowd", 0)))
            things[one["image_id"]][1].append(thing)
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError, RecursionError) as error:
        if isinstance(error, VisionError):
            raise
        raise _damaged(file, repr(error)) from error
    return dict(things.values()), hashlib.sha256(content).hexdigest()


def _yolo(folder: Path) -> tuple[dict[Path, list[Thing]], str]:
    names = _names(folder)
    digest = hashlib.sha256()
    found: dict[Path, list[Thing]] = {}
    pictures = sorted(one for one in (folder / "images").rglob("*") if one.suffix.lower() in _PICTURES)
    for picture in pictures[:MAX_PICTURES]:
        file = (folder / "labels" / picture.relative_to(folder / "images")).with_suffix(".txt")
        # A picture without a file of labels has nothing in it.
        content = _content(file) if file.exists() else b""
        digest.update(picture.name.encode() + b"\0" + content)
        found[picture] = [
            _line(file, line, names)
            for line in content.decode("utf-8", "replace").splitlines()
            if line.strip()
        ]
    return found, digest.hexdigest()


def _line(file: Path, line: str, names: Mapping[int, str]) -> Thing:
    try:
        number, across, down, wide, high = (float(one) for one in line.split())
        name = names.get(int(number), str(int(number)))
        return Thing(name, _inside((across - wide / 2, down - high / 2, across + wide / 2, down + high / 2)))
    except (ValueError, OverflowError) as error:
        raise _damaged(file, line[:80]) from error


def _names(folder: Path) -> dict[int, str]:
    """What a data set's YAML file calls the classes; none without one."""
    files = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    if not files:
        return {}
    try:
        names = yaml.safe_load(_content(files[0]))["names"]
        pairs = names.items() if isinstance(names, dict) else enumerate(names)
        return {int(number): str(name) for number, name in pairs}
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise _damaged(files[0], "it has no list `names`") from error


def _picture(folder: Path, name: str, file: Path) -> Path:
    """Where a picture of COCO lies: beside the labels, or in a folder ``images``."""
    for base in (folder, folder / "images"):
        path = base / name
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            return path
    raise _damaged(file, f"there is no picture {name[:100]}")


def _inside(box: Sequence[float]) -> Box:
    if not all(math.isfinite(edge) for edge in box):
        raise ValueError("a box must have finite numbers")
    left, top, right, bottom = (min(max(edge, 0.0), 1.0) for edge in box)
    return left, top, right, bottom


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise VisionError("%(file)s is too large.", field="DIR", file=file)
        return file.read_bytes()
    except OSError as error:
        raise _damaged(file, error.strerror or "it cannot be read") from error


def _damaged(file: Path, problem: str) -> VisionError:
    return VisionError("%(file)s cannot be read: %(problem)s.", field="DIR", file=file, problem=problem[:200])
