"""Outlines drawn on the map: read from GeoJSON and told what is wrong with them, and written again."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from engine.errors import Invalid
from engine.messages import Message
from gis.areas import SNAP_DECIMALS, Outline, single

#: Of one outline that is drawn by hand.
MAX_POINTS = 4000
MAX_TEXT = 250_000
#: So much of an outline may lie outside the city: borders of different origin never meet exactly.
OUTSIDE_SHARE = 0.001

_PLACE = re.compile(r"^(?P<what>[^\[]+)\[(?P<lon>\S+) (?P<lat>\S+)\]$")


def read(text: str, city: BaseGeometry) -> Outline:
    """An outline drawn on the map, its coordinates rounded as those of all areas.

    Args:
        text: a GeoJSON geometry in WGS-84: a Polygon or a MultiPolygon.
        city: the outline of the city.

    Raises:
        Invalid: naming `outline`, with the place of what is wrong.
    """
    outline = _parsed(text)
    points = int(shapely.get_num_coordinates(outline))
    if points > MAX_POINTS:
        raise _wrong(
            Message(
                "The outline has %(found)d points: draw it with at most %(limit)d.",
                found=points,
                limit=MAX_POINTS,
            )
        )
    if not shapely.is_valid(outline):
        raise _wrong(_crossing(outline))
    outside = outline.difference(city)
    if outside.area > OUTSIDE_SHARE * outline.area:
        at = outside.representative_point()
        message = Message(
            "%(share)s %% of the outline lie outside the city, for one at %(lon)s, %(lat)s: draw it inside.",
            share=f"{100 * outside.area / outline.area:.1f}",
            lon=f"{at.x:.5f}",
            lat=f"{at.y:.5f}",
        )
        raise _wrong(message)
    return outline


def geometry(outline: BaseGeometry) -> dict[str, Any]:
    """A geometry as GeoJSON."""
    found: dict[str, Any] = orjson.loads(shapely.to_geojson(outline))
    return found


def _parsed(text: str) -> Outline:
    if not text:
        raise _wrong(Message("Draw the outline first."))
    try:
        if len(text) > MAX_TEXT:
            raise ValueError("too long")
        given = orjson.loads(text)
        if given["type"] not in {"Polygon", "MultiPolygon"}:
            raise ValueError(given["type"])
        found = shapely.from_geojson(orjson.dumps(given))
        at = shapely.get_coordinates(found)
        if not len(at) or not np.isfinite(at).all():
            raise ValueError("no coordinates")
    except (KeyError, TypeError, ValueError, shapely.errors.ShapelyError) as error:
        raise _wrong(Message("The outline is no polygon in GeoJSON.")) from error
    if not ((abs(at[:, 0]) <= 180).all() and (abs(at[:, 1]) <= 90).all()):
        raise _wrong(Message("The outline has coordinates that are no degrees."))
    rounded = shapely.transform(shapely.force_2d(found), lambda xy: np.round(xy, SNAP_DECIMALS))
    return single(shapely.orient_polygons(shapely.get_parts(rounded)).tolist())


def _crossing(outline: Outline) -> Message:
    reason = _PLACE.match(shapely.is_valid_reason(outline))
    if reason is None:
        return Message("The outline crosses or touches itself.")
    return Message(
        "The outline crosses or touches itself at %(lon)s, %(lat)s.",
        lon=f"{float(reason['lon']):.5f}",
        lat=f"{float(reason['lat']):.5f}",
    )


def _wrong(message: Message) -> Invalid:
    return Invalid(message, {"outline": message})
