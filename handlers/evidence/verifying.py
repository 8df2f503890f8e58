"""Verifying the evidence that is kept here: each bundle by its signature, and against the digest that the database has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.messages import Message
from engine.settings import Settings
from handlers.evidence.keeping import folder_of
from handlers.evidence.stamping import roots_of
from vision.errors import VisionError
from vision.evidence import keys, layout
from vision.evidence.decision import manifest_of
from vision.evidence.verify import verify


def problems_of(settings: Settings, row: Mapping[str, Any]) -> list[tuple[str, Message]]:
    """All that is wrong with a bundle as (file, what); none if every byte is what was signed.

    Args:
        row: of `handlers.store.evidence`.
    """
    folder = folder_of(settings, row)
    try:
        found = verify(folder, keys.of_home(settings.home), roots_of(settings))
        problems = [(one.file, Message(one.template, **dict(one.values))) for one in found]
        if layout.digest(manifest_of(folder)) != row["digest"]:
            problems.append(
                (layout.MANIFEST, Message("It is not the manifest that was noted when it was made."))
            )
        problems += _taken_away(folder, row)
    except VisionError as error:
        return [(error.field, Message(error.template, **{**error.values, "folder": row["folder"]}))]
    return problems


def _taken_away(folder: Path, row: Mapping[str, Any]) -> Iterator[tuple[str, Message]]:
    """What was added to a bundle by what the database knows, and is not there: no signature tells that of a file that may be missing."""
    if row["answer"] in ("yes", "no") and not (folder / layout.DECISION).is_file():
        yield layout.DECISION, Message("It is missing, or not written yet: that takes some seconds.")
    if row["stamped_at"] is not None and not (folder / layout.STAMP).is_file():
        yield layout.STAMP, Message("It is missing.")
