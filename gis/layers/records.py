"""Records: the features of a file as rows of a layer, each value read and each fault told by feature and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from gis.arrangement import Geometries
from gis.codes import STANDARD, CodeScheme
from gis.errors import CodeError
from gis.layers.kinds import LayerKind, text
from gis.layers.outlines import Bounds, canonical, flaws
from gis.layers.problems import Problems
from gis.layers.reading import Portion

_NESTED = ("street", "community", "cell")

Record = dict[str, Any]


class Reader:
    """Makes rows of features.

    Args:
        kind: of the layer.
        mapping: the field of the file for each column, as `LayerKind.mapping` gives it.
        city: the box of the city, where there is one.
        may_miss: whether areas may be known by name only.
        scheme: how codes of areas are made.
    """

    def __init__(
        self,
        kind: LayerKind,
        mapping: Mapping[str, str],
        city: Bounds | None,
        *,
        may_miss: bool = False,
        scheme: CodeScheme = STANDARD,
    ) -> None:
        self._kind = kind
        self._mapping = mapping
        self._city = city if kind.within_city else None
        self._may_miss = may_miss
        self._scheme = scheme

    def read(self, portion: Portion, problems: Problems) -> list[Record]:
        """The rows of some features, each with ``row``, its number in the file, and ``outline``, well-known binary.

        What is wrong is added to `problems`; the rows are of use only where there is nothing. Points of interest have
        ``lon`` and ``lat`` in the place of an outline.
        """
        outlines = canonical(portion.outlines)
        for flaw in flaws(outlines, self._kind.shapes, self._city, may_miss=self._may_miss):
            problems.add(portion.first + flaw.index, "outline", flaw.text)
        columns = {column.name: self._values(portion, column.name, problems) for column in self._kind.columns}
        if problems:
            return []
        columns |= self._placed(outlines)
        columns["row"] = list(range(portion.first, portion.first + len(portion)))
        names = list(columns)
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        return list(self._completed(rows, problems))

    def _values(self, portion: Portion, name: str, problems: Problems) -> list[Any]:
        column = next(one for one in self._kind.columns if one.name == name)
        field = self._mapping.get(name)
        given: Sequence[Any] = [None] * len(portion) if field is None else portion.fields[field]
        found: list[Any] = []
        # Most values of a column are few different ones, or all different: those that came before are not read again.
        known: dict[str, Any] = {}
        for row, value in enumerate(map(text, given), start=portion.first):
            if value in known:
                found.append(known[value])
                continue
            try:
                if not value and column.required:
                    raise ValueError("is empty")
                read = column.parse(value or column.default)
            except ValueError as error:
                problems.add(row, name, _told(error))
                read = None
            else:
                if len(known) < 1000:
                    known[value] = read
            found.append(read)
        return found

    def _placed(self, outlines: Geometries) -> dict[str, list[Any]]:
        if self._kind.name == "poi":
            return {"lon": shapely.get_x(outlines).tolist(), "lat": shapely.get_y(outlines).tolist()}
        written = shapely.to_wkb(outlines, byte_order=1)
        if self._may_miss:
            # An area without an outline has an empty one in the table.
            written[np.asarray(shapely.is_missing(outlines) | shapely.is_empty(outlines))] = b""
        found: list[Any] = written.tolist()
        return {"outline": found}

    def _completed(self, rows: list[Record], problems: Problems) -> Iterator[Record]:
        """What follows from the code, for what the file does not say."""
        name = self._kind.name
        for row in rows:
            row["name_en"] = row["name_en"] or row["name_zh"]
            if name in _NESTED:
                parent = self._scheme.parent(row["code"])
                if row["parent_code"] and row["parent_code"] != parent:
                    problems.add(
                        row["row"],
                        "parent_code",
                        f"{row['parent_code']!r} is not {parent!r}, with which the code begins",
                    )
                row["parent_code"] = parent
                if name == "cell" and not row["name_zh"]:
                    digits = row["code"][-self._scheme.sequence :]
                    row["name_zh"], row["name_en"] = f"单元网格 {digits}", f"Cell {digits}"
            elif name == "component":
                row["category"] = row["category"] or row["code"][6:10]
            yield row


def _told(error: ValueError) -> str:
    if isinstance(error, CodeError):
        # The column is named already.
        return str(error).removeprefix(f"{error.field}: ").rstrip(".")
    return str(error)
