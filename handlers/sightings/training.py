"""The training set: what reviewers answered, as pictures with labels in the format of YOLO.

``images/ID.jpg`` is the picture of the alarm as the camera sent it, ``labels/ID.txt`` has a line ``class x y width height`` (the middle and the size of the box as
shares of the picture) for what was confirmed, and none for what was not: a negative. ``data.yaml`` names the classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from engine.errors import Invalid
from engine.messages import Message
from engine.settings import Settings
from engine.store.database import Database
from engine.store.rows import Row
from handlers.evidence import keeping
from handlers.store import evidence, sightings

_AT_ONCE = 200


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        confirmed, rejected: pictures with and without a label.
        lost: sightings whose picture is not kept any more.
    """

    confirmed: int
    rejected: int
    lost: int


def export(
    database: Database, settings: Settings, folder: Path, tell: Callable[[int], None] = lambda count: None
) -> Exported:
    """Write the training set into a folder that is new or empty.

    The class of a sighting is what the detector called it, or the key of its rule where none looked.

    Args:
        tell: is called with the number of sightings that were looked at, now and then.

    Raises:
        Invalid: the folder has something in it already; names ``folder``.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = Message("%(path)s is not empty: name a new folder.", path=str(folder))
        raise Invalid(message, {"folder": message})
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    classes: list[str] = []
    counts = {"yes": 0, "no": 0, "lost": 0}
    last = 0
    while rows := _portion(database, last):
        for row, bundle in rows:
            kept = keeping.folder_of(settings, bundle) if bundle else None
            counts[_write(folder, row, kept, classes)] += 1
        last = rows[-1][0]["id"]
        tell(sum(counts.values()))
    described = {"path": ".", "train": "images", "val": "images", "names": dict(enumerate(classes))}
    (folder / "data.yaml").write_text(
        yaml.safe_dump(described, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    return Exported(counts["yes"], counts["no"], counts["lost"])


def _portion(database: Database, after: int) -> list[tuple[Row, Row | None]]:
    """The next sightings that were answered, each with its bundle."""
    with database.unit_of_work() as uow:
        found = sightings.answered(uow.conn, after, _AT_ONCE)
        return [(row, evidence.of_sighting(uow.conn, row["id"])) for row in found]


def _write(folder: Path, row: Row, kept: Path | None, classes: list[str]) -> str:
    """Write one sighting; says whether it was confirmed (``yes``), rejected (``no``) or its picture is ``lost``.

    Args:
        kept: the folder of its bundle.
    """
    pictures = sorted(kept.glob("*-alarm.jpg")) if kept is not None else []
    if not pictures:
        return "lost"
    (folder / "images" / f"{row['id']}.jpg").write_bytes(pictures[-1].read_bytes())
    text = ""
    if row["answer"] == "yes":
        name = row["name"] or row["rule_key"]
        if name not in classes:
            classes.append(name)
        text = _line(classes.index(name), row["box"])
    (folder / "labels" / f"{row['id']}.txt").write_text(text, encoding="utf-8")
    return str(row["answer"])


def _line(number: int, box: list[float]) -> str:
    left, top, right, bottom = box
    shares = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
    return f"{number} {' '.join(f'{share:.6f}' for share in shares)}\n"
