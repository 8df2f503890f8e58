"""Verifying: whether a bundle is what was signed, with nothing but the bundle and the public key."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from vision.errors import VisionError
from vision.evidence import layout, stamp
from vision.evidence.decision import manifest_of
from vision.evidence.keys import PublicKeys

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Problem:
    """Why a bundle does not stand.

    Attributes:
        file: its name; of the whole bundle, or of a chain, the folder's.
        template: what is wrong, in English, with ``%(name)s`` places.
        values: what goes there.
    """

    file: str
    template: str
    values: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return f"{self.file}: " + (self.template % dict(self.values))


def verify(folder: Path, keys: PublicKeys, roots: Sequence[Certificate] = ()) -> list[Problem]:
    """All that is wrong with a bundle; none if every byte is what was signed.

    Bounded: in the number and the size of files and in the size of the manifest; no picture is decoded.

    Args:
        roots: to which the certificate of a time stamp must lead; with none, the authority's own signature is not verified.

    Raises:
        VisionError: there is no bundle; names `folder`.
    """
    content = manifest_of(folder)
    manifest = _statement(content)
    if manifest is None:
        return [Problem(layout.MANIFEST, "It is no manifest of this format.")]
    key = keys.get(manifest["signed_by"])
    if key is None:
        known = ", ".join(sorted(keys)) or "-"
        values = (("key", manifest["signed_by"]), ("known", known))
        return [
            Problem(layout.MANIFEST, "It is signed by %(key)s, and the keys given are %(known)s.", values)
        ]
    if not key.signed(content, _signature(folder, layout.MANIFEST)):
        return [Problem(layout.MANIFEST, "Its signature is not that of its bytes.")]
    return [
        *_other_files(folder, manifest),
        *(problem for said in manifest["files"] for problem in _file(folder, said)),
        *_added_later(folder, layout.DECISION, content, keys),
        *_added_later(folder, layout.STAMP, content, keys),
        *_stamp(folder, content, roots),
    ]


def verify_chain(
    folders: Sequence[Path], keys: PublicKeys, roots: Sequence[Certificate] = ()
) -> list[Problem]:
    """All that is wrong with some bundles, each by itself and as the chains of their cameras.

    That one is missing between two is no problem of those that are there: their time may be over. Two that follow each other must
    be linked, and none may stand at a place twice.
    """
    problems: list[Problem] = []
    chains: dict[str, dict[int, tuple[Path, str, str]]] = defaultdict(dict)
    for folder in folders:
        found = [
            Problem(f"{folder.name}/{one.file}", one.template, one.values)
            for one in verify(folder, keys, roots)
        ]
        problems.extend(found)
        content = manifest_of(folder)
        manifest = _statement(content)
        if found or manifest is None:
            continue
        chain, number = chains[manifest["camera"]["code"]], manifest["chain"]["number"]
        if number in chain:
            values = (("number", number), ("other", chain[number][0].name))
            problems.append(
                Problem(
                    folder.name, "It has the number %(number)s in its camera's chain, as %(other)s.", values
                )
            )
        chain[number] = folder, manifest["chain"]["previous"], layout.digest(content)
    for chain in chains.values():
        problems.extend(_unlinked(chain))
    return problems


def _unlinked(chain: dict[int, tuple[Path, str, str]]) -> Iterator[Problem]:
    for number, (folder, previous, _) in sorted(chain.items()):
        before = chain.get(number - 1)
        if before is not None and before[2] != previous:
            values = (("other", before[0].name),)
            yield Problem(folder.name, "It does not follow %(other)s, which is before it.", values)


def _statement(content: bytes) -> dict[str, Any] | None:
    """A manifest as it was written; None if it lacks what every manifest has."""
    try:
        found = orjson.loads(content)
        files, chain = found["files"], found["chain"]
        right = (
            found["format"] == layout.FORMAT
            and isinstance(found["signed_by"], str)
            and isinstance(found["camera"]["code"], str)
            and isinstance(chain["number"], int)
            and layout.SHA256.fullmatch(chain["previous"])
            and 0 < len(files) <= layout.MAX_FILES
            and all(layout.NAME.fullmatch(one["name"]) for one in files)
            and all(isinstance(one["bytes"], int) and 0 <= one["bytes"] <= layout.MAX_FILE for one in files)
            and sum(one["bytes"] for one in files) <= layout.MAX_BUNDLE
            and all(layout.SHA256.fullmatch(one["sha256"]) for one in files)
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None
    return found if right else None


def _other_files(folder: Path, manifest: dict[str, Any]) -> Iterator[Problem]:
    """What lies there and nobody signed."""
    signed = {name for one in layout.SIGNED for name in (one, layout.signature_of(one))}
    known = signed | {one["name"] for one in manifest["files"]}
    for number, path in enumerate(sorted(folder.iterdir())):
        if number > 2 * layout.MAX_FILES:
            yield Problem(folder.name, "It holds too many files.")
            return
        if path.name not in known:
            yield Problem(path.name, "The manifest does not name it.")


def _file(folder: Path, said: dict[str, Any]) -> Iterator[Problem]:
    path = folder / said["name"]
    if path.is_symlink() or not path.is_file():
        yield Problem(said["name"], "It is missing.")
    elif path.stat().st_size != said["bytes"]:
        yield Problem(said["name"], "It has another size than the manifest says.")
    elif _digest(path) != said["sha256"]:
        yield Problem(said["name"], "Its content is not what was signed.")


def _digest(path: Path) -> str:
    running = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            running.update(piece)
    return running.hexdigest()


def _added_later(folder: Path, name: str, manifest: bytes, keys: PublicKeys) -> Iterator[Problem]:
    """A decision or a time stamp, which was signed together with the digest of the manifest."""
    content = _added(folder, name)
    if content is None:
        return
    signature = _signature(folder, name)
    if not any(key.signed(layout.bound(manifest, name, content), signature) for key in keys.values()):
        yield Problem(name, "Its signature is not that of its bytes beside this manifest.")


def _stamp(folder: Path, manifest: bytes, roots: Sequence[Certificate]) -> Iterator[Problem]:
    """Whether a time stamp, where there is one, is of this manifest, and its authority one of those that are trusted."""
    try:
        stamp.of_folder(folder, manifest, roots)
    except stamp.StampError as error:
        if error.kind == "wrong":
            yield Problem(
                layout.STAMP, "It is no time stamp of this manifest by an authority that is trusted."
            )
        else:
            yield Problem(layout.STAMP, "It is no time stamp that can be read.")


def _added(folder: Path, name: str) -> bytes | None:
    """What was added under a name; None where neither it nor a signature of it is there."""
    path = folder / name
    if not path.is_file() or path.is_symlink():
        return b"" if (folder / layout.signature_of(name)).exists() else None
    with path.open("rb") as file:
        return file.read(layout.MAX_MANIFEST)


def _signature(folder: Path, name: str) -> bytes:
    path = folder / layout.signature_of(name)
    if path.is_symlink():
        return b""
    try:
        with path.open("rb") as file:
            return file.read(65)
    except OSError:
        return b""


def bundles_in(folder: Path) -> list[Path]:
    """The bundles of a folder: itself, or those below it, by their names.

    Raises:
        VisionError: there is none; names `folder`.
    """
    if (folder / layout.MANIFEST).is_file():
        return [folder]
    found = sorted(path.parent for path in folder.glob(f"**/{layout.MANIFEST}")) if folder.is_dir() else []
    if not found:
        raise VisionError(
            "%(folder)s holds no bundle of evidence: name a folder with a manifest.json.",
            field="folder",
            folder=folder,
        )
    return found
