"""Originals: the pictures of a sighting exactly as the camera sent them, with what was seen and what was answered beside them.

A folder a sighting, under ``evidence`` of the installation's home: ``1-before.jpg`` and so on, ``clip.mp4`` where the camera gives a stream,
``sighting.json`` and, once a person has answered, ``decision.json``. Nothing of it is served by itself.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from engine.settings import Settings
from handlers.cameras.letters import to_plain
from vision.sighting import Sighting

SIGHTING, DECISION = "sighting.json", "decision.json"


def folder_of(settings: Settings, camera_id: int, rule: str, slot: str) -> Path:
    """The folder of the sighting of a slot; the name of a slot is not to be trusted as that of a file."""
    name = hashlib.sha256(f"{rule}\n{slot}".encode()).hexdigest()[:32]
    return settings.home / "evidence" / "originals" / str(camera_id) / name


def keep(settings: Settings, camera_id: int, sighting: Sighting, clip: bytes | None) -> Path:
    """Keep the pictures of an alarm on the disk for good; kept twice they are there once."""
    folder = folder_of(settings, camera_id, sighting.rule, sighting.slot)
    folder.mkdir(parents=True, exist_ok=True)
    for number, still in enumerate(sighting.stills, start=1):
        _write(folder / f"{number}-{still.role}.jpg", still.jpeg)
    if clip is not None:
        _write(folder / "clip.mp4", clip)
    _write(folder / SIGHTING, orjson.dumps(to_plain(sighting), option=orjson.OPT_INDENT_2))
    return folder


def decide(folder: Path, decision: Mapping[str, Any]) -> str:
    """Write down what was decided, with the SHA-256 of each file that it is about; gives the SHA-256 of that.

    Raises:
        FileNotFoundError: there are no originals.
    """
    if not (folder / SIGHTING).is_file():
        raise FileNotFoundError(folder / SIGHTING)
    files = {name: hashlib.sha256(content).hexdigest() for name, content in contents(folder)}
    whole = orjson.dumps({**decision, "files": files}, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    _write(folder / DECISION, whole)
    return hashlib.sha256(whole).hexdigest()


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a folder but for the decision, by name."""
    for path in sorted(folder.iterdir()):
        if path.name != DECISION and not path.name.startswith("."):
            yield path.name, path.read_bytes()


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, so that it survives a crash of the machine once this returns."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
