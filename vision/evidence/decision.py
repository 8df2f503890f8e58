"""What is added to a bundle later: a person's decision, or a time stamp, each signed by itself and naming the manifest."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from vision.errors import VisionError
from vision.evidence import layout
from vision.evidence.bundle import put, settle
from vision.evidence.keys import Signer


def decide(folder: Path, answer: str, by: str, at: datetime, reason: str, signer: Signer) -> None:
    """Add the decision of a person to a bundle.

    Args:
        answer: such as ``yes`` or ``no``.
        by: who decided: a name that the city knows.

    Raises:
        VisionError: there is no bundle, or a decision already.
    """
    statement = {
        "format": layout.FORMAT,
        "manifest_sha256": layout.digest(manifest_of(folder)),
        "answer": answer,
        "by": by,
        "at": at.isoformat(),
        "reason": reason,
        "signed_by": signer.public.id,
    }
    add(folder, layout.DECISION, layout.written(statement), signer)


def manifest_of(folder: Path) -> bytes:
    """The bytes of the manifest of a bundle.

    Raises:
        VisionError: there is none, or one that is too large; names `folder`.
    """
    try:
        with (folder / layout.MANIFEST).open("rb") as file:
            content = file.read(layout.MAX_MANIFEST + 1)
    except OSError as error:
        raise VisionError("%(folder)s holds no manifest.", field="folder", folder=folder) from error
    if len(content) > layout.MAX_MANIFEST:
        raise VisionError("The manifest of %(folder)s is too large.", field="folder", folder=folder)
    return content


def add(folder: Path, name: str, content: bytes, signer: Signer) -> None:
    """Add a signed file to a bundle; its signature comes first, so that a file without one was never whole.

    Raises:
        VisionError: there is one already; names the file.
    """
    if (folder / name).exists():
        raise VisionError("%(folder)s has %(name)s already.", field=name, folder=folder, name=name)
    signature = folder / layout.signature_of(name)
    # Left behind by an attempt that was cut off before the file itself was there.
    signature.unlink(missing_ok=True)
    put(signature, signer.sign(layout.bound(manifest_of(folder), name, content)))
    part = folder / f".{name}.part"
    part.unlink(missing_ok=True)
    put(part, content)
    part.rename(folder / name)
    settle(folder)
