"""Unit grids are made for communities: squares cut by borders and roads, numbered inside each community."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from engine.errors import Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from gis.areas import Area
from gis.codes import STANDARD, CodeScheme
from gis.errors import GisError
from gis.layers.kinds import kinds
from gis.layers.outlines import canonical
from gis.layers.problems import Problems
from gis.layers.reading import opened
from gis.layers.records import Reader, Record
from gis.layers.reference import asked
from gis.layers.writing import write
from gis.tessellation import lay_cells
from handlers.layers.exporting import read_columns
from handlers.layers.importing import Taking, refuse, take_rows
from handlers.store.layer_changes import Changes

_AT_ONCE = 10_000


@dataclass(frozen=True)
class Laying:
    """How a unit grid is to be laid.

    Attributes:
        metres: the side of a square.
        roads: a file of lines by which squares are cut, ``stored`` for the roads of the city; None for none.
        scheme: how the cells are numbered.
        crs: the reference system of files that do not tell theirs.
    """

    metres: float = 100.0
    roads: Path | None = None
    scheme: CodeScheme = STANDARD
    crs: str | None = None


#: In the place of a file of roads: those of the city.
STORED_ROADS = Path("stored")


def stored_communities(uow: UnitOfWork, within: str) -> list[Area]:
    """The communities that hold now, have an outline, and lie in the area of a code.

    Raises:
        Invalid: there is none.
    """
    columns, outlines = read_columns(uow, "community", uow.now, ["code", "name_zh", "name_en", "made"])
    rows = zip(*columns.values(), outlines, strict=True)
    found = [
        Area("community", code, name, outline, made, name_en)
        for code, name, name_en, made, outline in rows
        if code.startswith(within) and outline is not None
    ]
    if not found:
        raise Invalid(
            Message("No community in %(code)s has an outline: import communities first.", code=within)
        )
    return found


def communities_of(path: Path, crs: str | None = None) -> list[Area]:
    """The communities of a file, by code.

    Raises:
        Invalid: it cannot be read, or something in it is wrong.
    """
    # One that is known by name only has no cells.
    records = [one for one in _records(path, "community", crs) if one["outline"]]
    outlines: Any = shapely.from_wkb([one["outline"] for one in records]) if records else []
    made = [
        Area("community", one["code"], one["name_zh"], outline, one["made"], one["name_en"])
        for one, outline in zip(records, outlines, strict=True)
    ]
    return sorted(made, key=lambda area: area.code)


def lay(uow: UnitOfWork, communities: Sequence[Area], laying: Laying) -> tuple[Area, ...]:
    """The unit grid of communities.

    Raises:
        Invalid: the roads cannot be read, or a community would have more cells than its codes can number.
    """
    with _told():
        return lay_cells(communities, laying.metres, _roads(uow, laying), laying.scheme)


def write_cells(cells: Sequence[Area], path: Path, crs: str = "wgs84") -> None:
    """Write cells into a new file, as an export does; raises `Invalid`."""
    outlines = np.array([cell.polygon for cell in cells], dtype=object)
    columns: dict[str, Sequence[Any]] = {
        "code": [cell.code for cell in cells],
        "name_zh": [cell.name for cell in cells],
        "name_en": [cell.name_en for cell in cells],
        "made": [cell.made for cell in cells],
    }
    with _told():
        write(path, kinds()["cell"], columns, outlines, asked(crs))


def store_cells(uow: UnitOfWork, cells: Sequence[Area], scheme: CodeScheme, taking: Taking) -> Changes:
    """Put cells in force; what ends for them says `taking`. Raises as `import_layer`."""

    def rows(_problems: Problems) -> Iterator[list[Record]]:
        for start in range(0, len(cells), _AT_ONCE):
            some = cells[start : start + _AT_ONCE]
            outlines = shapely.to_wkb(
                canonical(np.array([one.polygon for one in some], dtype=object)), byte_order=1
            )
            yield [
                _row(cell, outline, number, scheme)
                for number, (cell, outline) in enumerate(
                    zip(some, outlines.tolist(), strict=True), start=start + 1
                )
            ]

    return take_rows(uow, "cell", "the unit grid", rows, taking)


def _row(cell: Area, outline: bytes, number: int, scheme: CodeScheme) -> dict[str, Any]:
    return {
        "code": cell.code,
        "name_zh": cell.name,
        "name_en": cell.name_en,
        "parent_code": scheme.parent(cell.code),
        "outline": outline,
        "made": cell.made,
        "row": number,
    }


def _roads(uow: UnitOfWork, laying: Laying) -> list[Any]:
    if laying.roads is None:
        return []
    if laying.roads == STORED_ROADS:
        _, outlines = read_columns(uow, "road", uow.now, [])
        return list(outlines)
    return [shapely.from_wkb(one["outline"]) for one in _records(laying.roads, "road", laying.crs)]


def _records(path: Path, kind: str, crs: str | None) -> list[Record]:
    problems, found = Problems(), []
    with _told(), opened(path, crs=crs) as file:
        one = kinds()[kind]
        reader = Reader(one, one.mapping(file.fields, {}), None, may_miss=kind == "community")
        for portion in file.portions():
            found += reader.read(portion, problems)
    refuse(path.name, problems)
    return found


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except GisError as error:
        raise Invalid(Message("%(problem)s", problem=str(error))) from error
