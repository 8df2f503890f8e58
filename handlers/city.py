"""The city as every command sees it: its catalogue, its areas, and where a point or a typed address lies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from shapely import STRtree

from engine.errors import ConfigurationError, Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from gis.addresses import AddressIndex
from gis.areas import Area, Layers, single
from gis.codes import KINDS, Kind
from gis.geojson import feature_collection
from gis.locate import Locator
from gis.names import AreaName
from gis.places import Place
from handlers.store import areas
from handlers.store import catalogue as catalogues
from handlers.store.catalogue import Catalogue

#: No answer with outlines holds more areas than this.
MAX_FEATURES = 5000
MAX_SUGGESTIONS = 20

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class City:
    """The areas of a city, read once and asked often.

    Attributes:
        layers: those that have an outline.
        names: of all areas except cells, with an outline or without.
        digest: of everything in them: it changes when they do, and only then.
    """

    layers: Layers
    names: tuple[AreaName, ...]
    digest: str

    @cached_property
    def locator(self) -> Locator:
        """Finds the areas that hold a point."""
        return Locator(self.layers)

    @cached_property
    def addresses(self) -> AddressIndex:
        """Finds areas by what somebody types."""
        return AddressIndex(self.names, self.layers)

    @cached_property
    def communities(self) -> Mapping[str, Area]:
        """The communities that have an outline, by code."""
        return {area.code: area for area in self.layers.communities}

    @cached_property
    def named(self) -> Mapping[str, AreaName]:
        """The names of all areas except cells, by code."""
        return {name.code: name for name in self.names}

    @cached_property
    def trees(self) -> dict[str, STRtree]:
        """An index of the outlines of each kind."""
        return {kind: STRtree([area.polygon for area in self.layers.of(kind)]) for kind in KINDS}

    @cached_property
    def drawn(self) -> dict[tuple[str, str, float], dict[str, Any]]:
        """Layers as they were answered before, by kind, code they lie in, and simplification."""
        return {}


def catalogue(uow: UnitOfWork) -> Catalogue:
    """The whole catalogue, as this process holds it."""
    return uow.reference(catalogues.REVISION, catalogues.read)


def layers(uow: UnitOfWork) -> City:
    """The areas of the city, as this process holds them; a city without any has empty layers."""
    return uow.reference(areas.REVISION, _read)


def require_layers(uow: UnitOfWork) -> City:
    """The areas of the city.

    Raises:
        ConfigurationError: none were imported.
    """
    city = layers(uow)
    if not city.layers.districts:
        raise ConfigurationError(
            Message("The city has no layers yet: import them, for a try by `gridcase layers demo`.")
        )
    return city


def place(uow: UnitOfWork, lon: float, lat: float) -> Place | None:
    """Where a point in WGS-84 lies; None outside the city."""
    return layers(uow).locator.locate(lon, lat)


def address_of(found: Place, language: str = "zh") -> str:
    """The address of a place without a house number, in one of the languages of the pages."""
    return found.address_in(language)


@dataclass(frozen=True)
class AddressSuggestion:
    """An area that a typed text may mean.

    Attributes:
        kind: district, street or community.
        label: its name with those above it.
        lon, lat: a point inside of it in WGS-84; None where its own outline is not known.
    """

    kind: str
    code: str
    label: str
    lon: float | None
    lat: float | None


def suggest(uow: UnitOfWork, text: str, language: str = "zh", limit: int = 8) -> list[AddressSuggestion]:
    """Areas that a typed text may mean, the likeliest first.

    Args:
        text: in Chinese or Latin letters; only its first hundred characters are looked at.
        limit: how many at most, up to `MAX_SUGGESTIONS`.
    """
    found = layers(uow).addresses.suggest(text, max(1, min(limit, MAX_SUGGESTIONS)))
    return [
        AddressSuggestion(
            one.kind,
            one.code,
            one.label_en if language == "en" else one.label,
            one.lon if one.point_of == one.code else None,
            one.lat if one.point_of == one.code else None,
        )
        for one in found
    ]


def geojson(
    uow: UnitOfWork, kind: str, *, within: str = "", box: Box | None = None, simplify_metres: float = 0.0
) -> dict[str, Any]:
    """A layer as a GeoJSON FeatureCollection; each feature says whether its outline was made for a demonstration.

    Args:
        kind: district, street, community or cell.
        within: the code of an area: only what lies in it.
        box: (west, south, east, north) in degrees: only what touches it.
        simplify_metres: leave out what is finer, 0 to 1000; not together with a box.

    Raises:
        Invalid: a field does not fit, or the answer would be too large.
    """
    if kind not in KINDS:
        message = Message("Use one of %(known)s.", known=", ".join(KINDS))
        raise Invalid(message, {"kind": message})
    if not 0.0 <= simplify_metres <= 1000.0:
        message = Message("Give 0 to 1000 metres.")
        raise Invalid(message, {"simplify_metres": message})
    city = layers(uow)
    if box is not None:
        return _bounded(_touching(city, kind, _checked(box)), within, 0.0)
    key = (kind, within, simplify_metres)
    if key not in city.drawn:
        drawn = _bounded(city.layers.of(kind), within, simplify_metres)
        if len(city.drawn) >= 64:
            city.drawn.clear()
        city.drawn[key] = drawn
    return city.drawn[key]


def _bounded(found: Sequence[Area], within: str, simplify_metres: float) -> dict[str, Any]:
    inside = [area for area in found if area.code.startswith(within)]
    if len(inside) > MAX_FEATURES:
        message = Message(
            "These are %(found)d areas: ask for a part of at most %(limit)d by the code of an area or a box.",
            found=len(inside),
            limit=MAX_FEATURES,
        )
        raise Invalid(message, {"within": message})
    return feature_collection(inside, simplify_metres=simplify_metres)


def _checked(box: Box) -> Box:
    west, south, east, north = box
    # A comparison with NaN is false.
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        message = Message("Give west, south, east and north in degrees, in this order.")
        raise Invalid(message, {"box": message})
    return box


def _touching(city: City, kind: Kind, box: Box) -> list[Area]:
    found = city.trees[kind].query(shapely.box(*box), predicate="intersects")
    of_kind = city.layers.of(kind)
    return [of_kind[index] for index in sorted(found.tolist())]


def _read(conn: Any) -> City:
    digest = hashlib.sha256()
    outlined: dict[str, list[Area]] = {kind: [] for kind in KINDS}
    names: list[AreaName] = []
    rows = list(areas.read(conn))
    outlines = _outlines([row["outline"] for row in rows])
    for row, outline in zip(rows, outlines, strict=True):
        kind, code, name, name_en = row["kind"], row["code"], row["name_zh"], row["name_en"]
        digest.update(f"{kind}|{code}|{name}|{name_en}|{row['made']}|".encode() + row["outline"])
        if outline is not None:
            outlined[kind].append(Area(kind, code, name, outline, row["made"], name_en))
        if kind != "cell":
            names.append(AreaName(kind, code, name, name_en, row["parent_code"]))
    found = Layers(
        districts=tuple(outlined["district"]),
        streets=tuple(outlined["street"]),
        communities=tuple(outlined["community"]),
        cells=tuple(outlined["cell"]),
    )
    return City(found, tuple(names), digest.hexdigest())


def _outlines(stored: Sequence[bytes]) -> list[Any]:
    """Geometries of stored outlines, None for an empty one; a multipolygon of one part comes as a polygon."""
    geometries = shapely.from_wkb(np.array([one or None for one in stored], dtype=object))
    several = shapely.get_num_geometries(geometries) == 1
    multi = shapely.get_type_id(geometries) == shapely.GeometryType.MULTIPOLYGON
    for index in np.flatnonzero(several & multi).tolist():
        geometries[index] = single(shapely.get_parts(geometries[index]))
    found: list[Any] = geometries.tolist()
    return found
