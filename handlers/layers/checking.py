"""The layers of the city are checked: each by itself, against the one above it, and against what else the city knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import shapely

from engine.actors import unit_tree
from engine.store.unit_of_work import UnitOfWork
from gis.arrangement import Geometries, IntArray
from gis.layers import checking
from gis.layers.checking import Finding, Ground
from gis.layers.kinds import kinds
from gis.layers.pictures import features, page
from handlers import city
from handlers.layers.exporting import read_columns
from handlers.layers.responsibility import professions
from handlers.store.layer_changes import allow_time
from handlers.store.layer_tables import STORED

_ABOVE = {"street": "district", "community": "street", "cell": "community"}
_WHOSE = ("manager", "owner", "keeper")


class Layer:
    """A layer as it holds at an instant: its columns, and those rows that have an outline."""

    def __init__(self, uow: UnitOfWork, kind: str, at: datetime) -> None:
        names = [column.name for column in kinds()[kind].columns]
        columns, outlines = read_columns(uow, kind, at, names)
        there = ~(shapely.is_missing(outlines) | shapely.is_empty(outlines))
        self.kind = kind
        self.columns = columns
        self.codes: list[str] = columns["code"]
        #: Indices of the rows that have an outline.
        self.drawn: IntArray = np.flatnonzero(there).astype(np.int64)
        self.outlines: Geometries = outlines

    def column(self, name: str) -> list[Any]:
        """The values of a column where there is an outline."""
        return [self.columns[name][index] for index in self.drawn.tolist()]


class Check:
    """The check of the city's layers at an instant.

    Args:
        at: the layers are those that hold then.
    """

    def __init__(self, uow: UnitOfWork, at: datetime) -> None:
        allow_time(uow.conn)
        self._uow = uow
        self._at = at
        self._layers: dict[str, Layer] = {}
        self._flat: dict[str, Geometries] = {}

    def layer(self, kind: str) -> Layer:
        """One layer, read once."""
        if kind not in self._layers:
            self._layers[kind] = Layer(self._uow, kind, self._at)
        return self._layers[kind]

    @cached_property
    def ground(self) -> Ground:
        """The plane of the city."""
        return Ground(self.layer("district").outlines)

    def flat(self, kind: str) -> Geometries:
        """The outlines of a layer in metres, of those rows that have one."""
        if kind not in self._flat:
            one = self.layer(kind)
            self._flat[kind] = self.ground.flat(one.outlines[one.drawn])
        return self._flat[kind]

    @cached_property
    def city(self) -> Any:
        """The ground of all districts in metres; empty without any."""
        return shapely.union_all(self.flat("district"))

    def findings(self, wanted: Sequence[str] = ()) -> Iterator[Finding]:
        """What there is to say about layers, or about all of them, the largest first."""
        checks: Mapping[str, Callable[[], Iterator[Finding]]] = {
            "responsibility": self._responsibility,
            "component": self._components,
            "road": lambda: self._out_of_city("road"),
            "poi": lambda: self._out_of_city("poi"),
        }
        for kind in wanted or STORED:
            yield from checks[kind]() if kind in checks else self._areas(kind)

    def _areas(self, kind: str) -> Iterator[Finding]:
        one, flat = self.layer(kind), self.flat(kind)
        codes = one.column("code")
        severity: checking.Severity = "information" if kind == "zone" else "error"
        yield from self._codes(kind)
        yield from checking.overlaps(self.ground, kind, codes, flat, severity)
        yield from checking.slivers(self.ground, kind, codes, flat)
        if kind == "district":
            yield from checking.holes(self.ground, kind, flat)
        elif kind == "zone":
            yield from self._out_of_city(kind)
        else:
            above = self.layer(_ABOVE[kind])
            names = above.column("code")
            places = {code: index for index, code in enumerate(names)}
            owner = np.array([places.get(code, -1) for code in one.column("parent_code")], dtype=np.int64)
            parents = list(zip(names, self.flat(_ABOVE[kind]), strict=True))
            yield from checking.nesting(self.ground, kind, codes, flat, parents, owner)

    def _codes(self, kind: str) -> Iterator[Finding]:
        one = self.layer(kind)
        if kind not in _ABOVE:
            return
        known = set(self.layer(_ABOVE[kind]).codes)
        lengths = {len(code) for code in one.codes}
        for code, parent in zip(one.codes, one.columns["parent_code"], strict=True):
            if parent not in known:
                yield Finding("error", "code", kind, (code,), f"{code} lies in {parent}, which is not there")
            elif not (code.isascii() and code.isdigit() and code.startswith(parent)):
                yield Finding(
                    "error", "code", kind, (code,), f"{code} does not begin with {parent}, in which it lies"
                )
        if len(lengths) > 1:
            told = ", ".join(str(length) for length in sorted(lengths))
            yield Finding("warning", "code", kind, (), f"codes of one kind have {told} digits")

    def _responsibility(self) -> Iterator[Finding]:
        one, flat = self.layer("responsibility"), self.flat("responsibility")
        codes = one.column("code")
        of = np.array(one.column("profession"), dtype=object)
        yield from self._out_of_city("responsibility")
        yield from self._units_of_grids(one, flat)
        for profession in professions(self._uow):
            where = np.flatnonzero(of == profession)
            if not len(where):
                yield Finding(
                    "information",
                    "uncovered",
                    "responsibility",
                    (profession,),
                    f"{profession}: there is no responsibility grid",
                )
                continue
            names = [f"{profession} {codes[index]}" for index in where.tolist()]
            yield from checking.overlaps(self.ground, "responsibility", names, flat[where], "information")
            yield from checking.uncovered(self.ground, "responsibility", profession, self.city, flat[where])

    def _units_of_grids(self, one: Layer, flat: Geometries) -> Iterator[Finding]:
        units, types = unit_tree(self._uow).by_code, city.catalogue(self._uow).unit_types
        rows = zip(one.column("code"), one.column("profession"), one.column("unit_code"), flat, strict=True)
        for code, profession, unit_code, shape in rows:
            kind = units[unit_code].unit_type if unit_code in units else None
            works_at = types[kind]["profession"] if kind is not None and kind in types else None
            if works_at != profession:
                text = f"{profession} {code} is of {unit_code}, whose work is {works_at or 'not told'}"
                yield self.ground.finding("warning", "unit", "responsibility", (code, unit_code), text, shape)

    def _components(self) -> Iterator[Finding]:
        one, flat = self.layer("component"), self.flat("component")
        categories, units = city.catalogue(self._uow).categories, unit_tree(self._uow).by_code
        yield from self._out_of_city("component")
        names = self.layer("district").column("code")
        lies_in = checking.holding(list(self.flat("district")), flat).tolist()
        rows = zip(one.drawn.tolist(), flat, lies_in, strict=True)
        for index, shape, district in rows:
            row = {name: values[index] for name, values in one.columns.items()}
            code = row["code"]
            if (row["scheme"], "component", row["category"]) not in categories:
                text = f"{code}: scheme {row['scheme']} has no category {row['category']}"
                yield self.ground.finding("error", "category", "component", (code,), text, shape)
            elif code[6:10] != row["category"]:
                text = f"{code} is numbered as {code[6:10]} and is of category {row['category']}"
                yield self.ground.finding("warning", "category", "component", (code,), text, shape)
            if district >= 0 and not code.startswith(names[district]):
                text = f"{code} stands in {names[district]}"
                yield self.ground.finding("warning", "code", "component", (code,), text, shape)
            for whose in _WHOSE:
                # The name of somebody who is no unit is written in letters that no code has.
                if row[whose] and row[whose].isascii() and row[whose] not in units:
                    text = f"{code}: there is no unit {row[whose]}, its {whose}"
                    yield self.ground.finding("warning", "unit", "component", (code,), text, shape)

    def _out_of_city(self, kind: str) -> Iterator[Finding]:
        if self.city.is_empty:
            return
        one, flat = self.layer(kind), self.flat(kind)
        shapely.prepare(self.city)
        codes = one.column("code")
        inside = shapely.intersects(self.city, flat)
        for index in np.flatnonzero(~inside).tolist():
            metres = shapely.distance(self.city, flat[index])
            text = f"{codes[index]} lies {metres:,.0f} m out of the city"
            yield self.ground.finding("error", "outside", kind, (codes[index],), text, flat[index])


def drawn(checked: Check, findings: Sequence[Finding], wanted: Sequence[str], form: str) -> str:
    """A map of findings as the text of a file.

    Args:
        wanted: the layers that were checked, whose outlines are drawn below; districts in any case.
        form: ``.html`` or ``.geojson``.
    """
    if form == ".geojson":
        return orjson.dumps(features(findings)).decode()
    below = [
        "district",
        "street",
        "community",
        *(kind for kind in wanted if kind not in ("district", "street", "community")),
    ]
    parts = [one.outlines[one.drawn] for one in map(checked.layer, below)]
    return page(findings, np.concatenate(parts), f"Layers: {', '.join(wanted) or 'all'}")
