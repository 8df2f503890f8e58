"""The city on a map: its layers as GeoJSON, where a point lies, and what a typed address may mean."""

from __future__ import annotations

import gzip

import orjson
from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from engine.errors import Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.city import Box
from web import limits
from web.access import open_to_all
from web.languages import language

blueprint = Blueprint("areas", __name__)

#: How fine the outlines of a layer are drawn, in metres; cells come as they are.
_FINENESS = {"district": 10.0, "street": 2.0, "community": 1.0}
SUGGESTIONS = 10
_YEAR = 365 * 24 * 3600


@blueprint.get("/map/<kind>.geojson")
@limits.limiter.limit(limits.LOOK_UPS)
@open_to_all
def layer(uow: UnitOfWork, kind: str) -> ResponseReturnValue:
    """A layer as GeoJSON: the whole of it, or what touches the ``box`` of the address (west,south,east,north)."""
    digest = city.layers(uow).digest
    response = Response(mimetype="application/geo+json")
    tag = f"{digest[:16]}-{kind}"
    response.set_etag(tag)
    if tag in request.if_none_match:
        return response.make_conditional(request)
    box = _box(request.args.get("box"))
    drawn = city.geojson(uow, kind, box=box, simplify_metres=0.0 if box else _FINENESS.get(kind, 0.0))
    body = orjson.dumps(drawn)
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip"):
        body = gzip.compress(body, 6, mtime=0)
        response.content_encoding = "gzip"
    response.set_data(body)
    if request.args.get("v") == digest[:12]:
        # The address names the content: it never changes.
        response.cache_control.public = True
        response.cache_control.max_age = _YEAR
        response.cache_control.immutable = True
    return response


@blueprint.get("/report/locate")
@limits.limiter.limit(limits.LOOK_UPS)
@open_to_all
def locate(uow: UnitOfWork) -> ResponseReturnValue:
    """The areas that hold a point (``lon``, ``lat`` in WGS-84), as a part of the report page."""
    lon, lat = request.args.get("lon", type=float), request.args.get("lat", type=float)
    if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        message = Message("Give lon and lat in decimal degrees.")
        raise Invalid(message, {"lon": message})
    place = city.place(uow, lon, lat)
    address = city.address_of(place, language()) if place else ""
    return render_template("report/place.html", place=place, address=address)


@blueprint.get("/report/suggestions")
@limits.limiter.limit(limits.LOOK_UPS)
@open_to_all
def suggestions(uow: UnitOfWork) -> ResponseReturnValue:
    """Areas that a typed address may mean, as a part of the report page."""
    text = request.args.get("address", "").strip()
    found = city.suggest(uow, text, language(), SUGGESTIONS) if len(text) > 1 else []
    return render_template("report/suggestions.html", suggestions=found, chosen="", text=text)


def _box(text: str | None) -> Box | None:
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        message = Message("Give west, south, east and north in degrees, in this order.")
        raise Invalid(message, {"box": message}) from error
    return (west, south, east, north)
