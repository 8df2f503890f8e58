"""The city as every command sees it: its catalogue, its areas, and where a point or a typed address lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import ConfigurationError, Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from gis.arrangement import IntArray
from gis.codes import KINDS
from gis.geojson import feature_collection
from gis.index.locator import MOST_COMPONENTS, Locator
from gis.places import NearComponent, Place
from handlers import areas, nearby
from handlers.areas import City
from handlers.holdings import held
from handlers.store import areas as stored_areas
from handlers.store import catalogue as catalogues
from handlers.store.catalogue import Catalogue

#: No answer with outlines holds more areas than this.
MAX_FEATURES = 5000
MAX_SUGGESTIONS = 20

Box = tuple[float, float, float, float]


def catalogue(uow: UnitOfWork) -> Catalogue:
    """The whole catalogue, as this process holds it."""
    return uow.reference(catalogues.REVISION, catalogues.read)


def layers(uow: UnitOfWork) -> City:
    """The areas of the city, as this process holds them; a city without any has empty layers."""
    return held(uow, stored_areas.REVISION, areas.read)


def locator(uow: UnitOfWork) -> Locator:
    """Finds everything that the layers know of a point, as this process holds them."""
    known = layers(uow).areas
    return Locator(
        known,
        nearby.grids(uow),
        nearby.components(uow, known.plane),
        nearby.roads(uow, known.plane),
        nearby.landmarks(uow, known.plane),
    )


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
    """What there is at a point in WGS-84; None outside the city."""
    return locator(uow).locate(lon, lat)


def components_near(
    uow: UnitOfWork, lon: float, lat: float, metres: float, most: int = MOST_COMPONENTS
) -> tuple[NearComponent, ...]:
    """The components within so many metres of a point in WGS-84, the nearest first, so many at most."""
    return locator(uow).components_near(lon, lat, metres, most)


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
    table = city.tables[kind]
    if box is not None:
        found = city.touching(kind, *_checked(box))
        return feature_collection([table[at] for at in _bounded(found[table.lie_within(within, found)])])
    key = (kind, within, simplify_metres)
    if key not in city.drawn:
        inside = _bounded(np.flatnonzero(table.lie_within(within)))
        drawn = feature_collection([table[at] for at in inside], simplify_metres=simplify_metres)
        if len(city.drawn) >= 64:
            city.drawn.clear()
        city.drawn[key] = drawn
    return city.drawn[key]


def _bounded(found: IntArray) -> list[int]:
    if len(found) > MAX_FEATURES:
        message = Message(
            "These are %(found)d areas: ask for a part of at most %(limit)d by the code of an area or a box.",
            found=len(found),
            limit=MAX_FEATURES,
        )
        raise Invalid(message, {"within": message})
    rows: list[int] = found.tolist()
    return rows


def _checked(box: Box) -> Box:
    west, south, east, north = box
    # A comparison with NaN is false.
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        message = Message("Give west, south, east and north in degrees, in this order.")
        raise Invalid(message, {"box": message})
    return box
