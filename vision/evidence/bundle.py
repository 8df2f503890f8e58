"""Bundles: written whole or not at all, and never again afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.errors import VisionError
from vision.evidence import layout
from vision.evidence.clip import check_clip
from vision.evidence.drawing import annotated
from vision.evidence.facts import Facts
from vision.evidence.keys import Signer
from vision.sighting import Still


@dataclass(frozen=True)
class Link:
    """The place of a bundle in the chain of its camera.

    Attributes:
        number: from 1.
        previous: the digest of the bundle before; `layout.GENESIS` for the first one.
    """

    number: int = 1
    previous: str = layout.GENESIS


@dataclass(frozen=True)
class Bundle:
    """A bundle that was written.

    Attributes:
        digest: SHA-256 of its manifest, in hexadecimal: the next one of the camera holds it.
        files: what the manifest says of each file.
    """

    folder: Path
    digest: str
    files: tuple[Mapping[str, Any], ...]


def write(
    folder: Path, facts: Facts, stills: Sequence[Still], clip: bytes | None, signer: Signer, link: Link
) -> Bundle:
    """Write a bundle.

    Args:
        folder: to be made; its parent is made where there is none.
        stills: the frames that show the sighting, in the order of their time; one at least.
        clip: the original packets as MP4; None where the camera gives single pictures.

    Raises:
        VisionError: there is no frame, too many, or what should be a clip is none; nothing was written.
        FileExistsError: there is a bundle already.
    """
    if not 1 <= len(stills) <= layout.MAX_FILES // 2 - 1:
        raise VisionError("Give 1 to %(most)d frames.", field="stills", most=layout.MAX_FILES // 2 - 1)
    contents, files = _files(facts, stills, clip)
    manifest = layout.written(
        {
            "format": layout.FORMAT,
            **facts.statement(),
            "files": files,
            "chain": {"number": link.number, "previous": link.previous},
            "signed_by": signer.public.id,
        }
    )
    contents[layout.MANIFEST] = manifest
    contents[layout.signature_of(layout.MANIFEST)] = signer.sign(manifest)
    _put(folder, contents)
    return Bundle(folder, layout.digest(manifest), tuple(files))


def frame_name(number: int, still: Still) -> str:
    """The name of the file of a frame: the first of a bundle has the number 1."""
    return f"{number:02d}-{still.role}.jpg"


def _files(
    facts: Facts, stills: Sequence[Still], clip: bytes | None
) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """The contents of all files by name, and what the manifest says of each."""
    contents: dict[str, bytes] = {}
    files: list[dict[str, Any]] = []

    def add(name: str, content: bytes, **said: Any) -> None:
        media_type = layout.MEDIA_TYPES[name.rpartition(".")[2]]
        contents[name] = content
        told = {"name": name, "media_type": media_type, "bytes": len(content)}
        files.append({**told, "sha256": layout.digest(content), **said})

    for number, still in enumerate(stills, 1):
        shown = {"role": still.role, "at": still.at.isoformat()}
        name = frame_name(number, still)
        add(name, still.jpeg, kind="frame", original=still.original, **shown)
        drawn = annotated(still, facts)
        add(name.replace(".jpg", "-annotated.jpg"), drawn, kind="annotated", original=False, **shown)
    if clip is not None:
        check_clip(clip)
        add("clip.mp4", clip, kind="clip", original=True)
    return contents, files


def _put(folder: Path, contents: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    try:
        for name, content in contents.items():
            put(making / name, content)
        making.chmod(0o750)
        if folder.exists():
            raise FileExistsError(f"{folder} is there already")
        os.rename(making, folder)
        settle(folder.parent)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def put(path: Path, content: bytes) -> None:
    """Write a new file, readable by the installation alone, so that it is on the disk when this returns."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def settle(folder: Path) -> None:
    """See that the names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
