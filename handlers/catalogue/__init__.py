"""The catalogue as files that a city edits, a workbook or a folder of CSV: read whole or not at all, and written out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import processes
from engine.errors import Conflict, Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.catalogue.changes import Changes, compare
from handlers.catalogue.reading import Given, read_book, read_path
from handlers.catalogue.tables import Problem, Refused
from handlers.catalogue.writing import write_book, write_folder
from handlers.store import catalogue as catalogues

__all__ = [
    "FOLDER",
    "Changes",
    "Given",
    "Preview",
    "Problem",
    "Refused",
    "export_catalogue",
    "import_catalogue",
    "preview",
    "read_book",
    "read_path",
    "store",
    "write_book",
]

#: The catalogue that the program brings along.
FOLDER = Path(processes.__path__[0]) / "catalogue"

_TOLD = 5


@dataclass(frozen=True)
class Preview:
    """What the import of a catalogue would do.

    Attributes:
        categories, standards: how many there would be.
        before: the digest of the catalogue that it was compared with.
    """

    categories: int
    standards: int
    changes: Changes
    before: str


def import_catalogue(uow: UnitOfWork, source: Path = FOLDER) -> tuple[int, int]:
    """Put the catalogue of a folder or a workbook in the place of the one that is there.

    Returns:
        How many categories and standards there are now.

    Raises:
        Refused: something is wrong with it; ``problems`` and ``fields`` have a message for each place. Nothing was changed.
        Invalid: there is no such file.
        Conflict: it lacks a category or condition of which there are open cases.
    """
    given = read_path(source)
    store(uow, given)
    return len(given.rows["categories"]), len(given.rows["standards"])


def preview(uow: UnitOfWork, given: Given) -> Preview:
    """What a catalogue would change; nothing is changed."""
    before, after = city.catalogue(uow), _as_catalogue(given)
    return Preview(
        categories=len(after.categories),
        standards=sum(len(one.standards) for one in after.categories.values()),
        changes=compare(uow, before, after),
        before=before.digest,
    )


def store(uow: UnitOfWork, given: Given, *, compared_with: str | None = None) -> None:
    """Put a catalogue in the place of the one that is there.

    Args:
        compared_with: the digest of the catalogue that somebody saw it compared with, if so.

    Raises:
        Conflict: the catalogue is another one by now, or there are open cases of what would be gone.
    """
    catalogues.lock(uow.conn)
    there = catalogues.read(uow.conn)
    if compared_with is not None and compared_with != there.digest:
        raise Conflict(Message("The catalogue was changed meanwhile: look at the changes again."))
    in_use = compare(uow, there, _as_catalogue(given)).in_use
    if in_use:
        raise Conflict(_still_used(in_use))
    rows = given.rows
    catalogues.replace(
        uow.conn, rows["categories"], rows["standards"], rows["unit_types"], rows["equivalents"]
    )
    uow.changed(catalogues.REVISION)


def export_catalogue(uow: UnitOfWork, target: Path) -> list[Path]:
    """Write the catalogue as `import_catalogue` reads it; gives the files, which are written over.

    Args:
        target: a workbook if its name ends in ``.xlsx``, else a folder.

    Raises:
        Invalid: its name is that of another kind of file; nothing was written.
    """
    if target.suffix.lower() not in ("", ".xlsx") and not target.is_dir():
        raise Invalid(
            Message(
                "%(name)s is neither a folder nor a workbook: give a name that ends in .xlsx.",
                name=target.name,
            )
        )
    if target.suffix.lower() != ".xlsx":
        return write_folder(city.catalogue(uow), target)
    target.write_bytes(write_book(city.catalogue(uow)))
    return [target]


def _as_catalogue(given: Given) -> catalogues.Catalogue:
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = given.rows
    return catalogues.compose(rows["categories"], rows["standards"], rows["unit_types"], rows["equivalents"])


def _still_used(in_use: Mapping[tuple[catalogues.Key, int | None], int]) -> Message:
    told = [
        f"{' '.join(key)}{'' if condition is None else f' / {condition}'} ({count})"
        for (key, condition), count in in_use.items()
    ]
    return Message(
        "The catalogue was not imported: there are open cases of categories or conditions that it lacks: %(told)s. "
        "Keep these until the cases are closed.",
        told=", ".join(told[:_TOLD]) + (" …" if len(told) > _TOLD else ""),
    )
