"""The map page of the operators, and the tiles that it draws."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import orjson
import shapely
from flask import Blueprint, Response, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound as NoSuchPage

from engine.actors import Actor
from engine.store.unit_of_work import UnitOfWork
from gis.errors import LayerError
from gis.tiles import Tile
from handlers import city
from handlers.layers.responsibility import professions
from handlers.map import grids, live_cases, tile_files
from handlers.map.tilesets import TILESETS
from handlers.reporting import SCHEME
from handlers.store.case_places import LIGHTS, Wanted
from web import categories, labels, security
from web.access import for_people
from web.installation import installation
from web.rendering import page

blueprint = Blueprint("map", __name__)

#: For so many seconds a browser shows the cases of a tile without asking again.
CASES_SECONDS = 20
_YEAR = 365 * 24 * 3600
_FILE = re.compile(r"[a-z]+-[0-9a-f]{16}")
#: Where nothing is known of a city, the country.
_ANYWHERE = (73.5, 18.0, 135.0, 53.5)


@dataclass(frozen=True)
class Layer:
    """A layer as the page lists it.

    Attributes:
        shown: whether it is at first.
        ready: whether there are tiles of it.
    """

    name: str
    title: str
    shown: bool
    ready: bool


@blueprint.get("/map")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The page."""
    settings = installation().settings
    files = tile_files.present(settings.home)
    if settings.base_map is not None:
        security.allow_tiles_of(settings.base_map.origin)
    return page(
        uow,
        "map.html",
        layers=_layers(files),
        tiles=_addresses(files),
        bounds=_bounds(uow),
        lights=LIGHTS,
        groups=categories.groups(uow),
        professions=professions(uow),
        may_edit=bool(grids.editable_units(uow, actor)),
        base_map=settings.base_map,
    )


@blueprint.get("/map/cases/<int:z>/<int:x>/<int:y>.mvt")
@for_people
def cases(uow: UnitOfWork, actor: Actor, z: int, x: int, y: int) -> ResponseReturnValue:
    """The live cases of a tile that the person may see; 204 where there is none."""
    try:
        wanted_tile = Tile(z, x, y)
    except LayerError as error:
        raise NoSuchPage from error
    wanted = _wanted()
    # Nothing ticked shows nothing, and does not show everything.
    nothing = bool(request.args.getlist("due")) and not wanted.lights
    body = b"" if nothing else live_cases.tile(uow, actor, wanted_tile, wanted)
    response = Response(body, mimetype="application/vnd.mapbox-vector-tile", status=200 if body else 204)
    response.cache_control.private = True
    response.cache_control.max_age = CASES_SECONDS
    response.vary.add("Cookie")
    if not body:
        return response
    response.set_etag(hashlib.blake2b(body, digest_size=12).hexdigest())
    return response.make_conditional(request)


@blueprint.get("/map/tiles/<name>.pmtiles")
@for_people
def tiles(uow: UnitOfWork, actor: Actor, name: str) -> ResponseReturnValue:
    """The file of a layer's tiles, or the part of it that the browser asks for."""
    path = tile_files.folder(installation().settings.home) / f"{name}.pmtiles"
    if not _FILE.fullmatch(name) or not path.is_file():
        raise NoSuchPage
    response = send_file(path, mimetype="application/vnd.pmtiles", conditional=True, etag=name)
    # Its name has the hash of what is in it.
    response.cache_control.private = True
    response.cache_control.public = None  # type: ignore[assignment]
    response.cache_control.max_age = _YEAR
    response.cache_control.immutable = True
    response.vary.add("Cookie")
    return response


def _wanted() -> Wanted:
    """The filters of the address; what is unknown filters nothing."""
    kind, code = categories.split(request.args.get("category", ""))
    return Wanted(
        stages=[one for one in request.args.getlist("stage") if one in labels.WORKING],
        lights=[one for one in request.args.getlist("due") if one in LIGHTS],
        category=(SCHEME, kind, code) if code else None,
    )


def _layers(files: tile_files.Files) -> list[Layer]:
    listed = [name for name in TILESETS if name not in {"name", "district"}]
    at_first = {"street", "community", "cell", "road"}
    crews = Layer("crew", labels.called(labels.LAYERS, "crew"), shown=False, ready=True)
    return [crews] + [
        Layer(
            name,
            labels.called(labels.LAYERS, name),
            name in at_first,
            name in files and bool(files[name].file),
        )
        for name in listed
        if name not in files or files[name].features
    ]


def _addresses(files: tile_files.Files) -> str:
    """Where the tiles of each layer are, and until which zoom, as JSON."""
    found = {
        name: {
            "url": url_for("map.tiles", name=one.file.removesuffix(".pmtiles"), _external=False),
            "zooms": TILESETS[name].zooms,
        }
        for name, one in files.items()
        if one.file
    }
    return orjson.dumps(found).decode()


def _bounds(uow: UnitOfWork) -> str:
    """What the map shows at first: the communities that have an outline, or else the districts."""
    known = city.layers(uow).tables
    drawn = next((known[kind].polygons for kind in ("community", "district") if len(known[kind])), None)
    box = _ANYWHERE if drawn is None else shapely.total_bounds(drawn).tolist()
    return orjson.dumps([round(side, 5) for side in box]).decode()
