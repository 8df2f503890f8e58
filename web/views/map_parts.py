"""The parts of the map page: what is at a place, what a search finds, and the form of a responsibility grid with its preview.

Each answer is a piece of the page, so that every sentence is said by a template; so are refusals.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import shapely
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import cases as all_cases
from engine.actors import Actor, scope, unit_tree
from engine.errors import GridcaseError, Invalid
from engine.messages import Message
from engine.store import cases as case_store
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import Unit
from gis.places import Place, Responsible
from handlers import city
from handlers.crews import live
from handlers.layers import ResponsibilityGrid
from handlers.layers.responsibility import MAX_RANK, MIN_RANK
from handlers.map import editing, grids, outlines, previews
from handlers.store import case_places
from web import categories, clocks
from web.access import for_people
from web.errors import status_of
from web.installation import installation
from web.languages import language

blueprint = Blueprint("map_parts", __name__, url_prefix="/map")

FOUND = 6
#: Of the cases under a click.
CASES = 10
MAX_ID = 2**63 - 1


@blueprint.errorhandler(GridcaseError)
def refused(error: GridcaseError) -> ResponseReturnValue:
    """Say what was refused as a part of the page."""
    overtaken = error.version if isinstance(error, editing.Overtaken) else None
    fields = error.fields if isinstance(error, Invalid) else {}
    part = render_template("map/refused.html", error=error.args[0], fields=fields, overtaken=overtaken)
    return part, status_of(error)


@blueprint.get("/place")
@for_people
def place(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """What is at a point (``lon``, ``lat``): areas, responsibility in its order, components; and the cases named by ``case``."""
    lon, lat = _point()
    found = city.place(uow, lon, lat)
    ids = [one for one in request.args.getlist("case", type=int) if 0 < one <= MAX_ID][:CASES]
    units = sorted(scope(uow, actor).unit_ids)
    rows = case_places.by_ids(uow.conn, case_store.visible(units, units), ids) if ids else []
    return render_template(
        "map/place.html",
        lon=lon,
        lat=lat,
        place=found,
        address=city.address_of(found, language()) if found else "",
        cases=[_case(uow, row) for row in rows],
        responsible=_responsible(found) if found else {},
        may_edit=bool(grids.editable_units(uow, actor)),
        unit_name=lambda code: _unit_name(uow, code),
    )


@blueprint.get("/search")
@for_people
def search(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Cases by number or address, and areas by name, to go to on the map."""
    text = request.args.get("q", "").strip()[:100]
    rows = all_cases.search(uow, actor, text=text, limit=FOUND) if len(text) > 1 else []
    areas = (
        [one for one in city.suggest(uow, text, language(), FOUND) if one.lon is not None]
        if len(text) > 1
        else []
    )
    return render_template("map/found.html", text=text, cases=[_case(uow, row) for row in rows], areas=areas)


@blueprint.get("/grids/<profession>.geojson")
@for_people
def collection(uow: UnitOfWork, actor: Actor, profession: str) -> ResponseReturnValue:
    """The responsibility grids of a profession as they hold now."""
    body = orjson.dumps(grids.collection(uow, profession, language()))
    return Response(body, mimetype="application/geo+json")


@blueprint.get("/crews.geojson")
@for_people
def crews_at_work(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The crews that the person may see, where they said they are or from where they set out, with what they have in hand."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "name": one.name_en if language() == "en" else one.name_zh,
                "in_hand": one.in_hand,
                "known": one.at is not None,
                "on_shift": one.on_shift,
            },
            "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]},
        }
        for one in live.crews(uow, actor)
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, mimetype="application/geo+json")


@blueprint.get("/versions/<int:version_id>.geojson")
@for_people
def version(uow: UnitOfWork, actor: Actor, version_id: int) -> ResponseReturnValue:
    """One version of a grid, to be looked at or taken up again."""
    grids.require_editor(uow, actor)
    row = grids.version(uow, version_id)
    properties = {
        "code": row["code"],
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "unit_code": row["unit_code"],
        "rank": row["rank"],
        "version": row["id"],
    }
    geometry = outlines.geometry(shapely.from_wkb(bytes(row["outline"])))
    body = orjson.dumps({"type": "Feature", "properties": properties, "geometry": geometry})
    return Response(body, mimetype="application/geo+json")


@blueprint.get("/grids/edit")
@for_people
def edit(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The form of a grid (``profession``, ``code``); of a new one without a code."""
    profession, code = request.args.get("profession", ""), request.args.get("code", "")
    grids.require_editor(uow, actor)
    rows = grids.versions(uow, profession, code) if code else []
    newest = grids.newest(uow, profession, code) if code else None
    return render_template(
        "map/edit.html",
        profession=profession,
        grid=newest or (rows[0] if rows else None),
        version=newest["id"] if newest else None,
        versions=rows,
        units=_units(uow, actor),
        unit_name=lambda code: _unit_name(uow, code),
        geojson=url_for("map_parts.version", version_id=newest["id"]) if newest else "",
    )


@blueprint.post("/grids/preview")
@for_people
def preview(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """What the grid of the form would move."""
    draft = _draft(uow)
    editing.require_editor(uow, actor, draft)
    found = previews.preview(uow, actor, draft)
    return render_template(
        "map/preview.html",
        preview=found,
        drawn=_drawn(found),
        tree=unit_tree(uow),
        unit_name=lambda code: _unit_name(uow, code),
    )


@blueprint.post("/grids")
@for_people
def save(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Save the grid of the form as a new version."""
    draft = _draft(uow)
    saved = editing.save(uow, actor, draft)
    return render_template("map/saved.html", saved=saved)


def _point() -> tuple[float, float]:
    lon, lat = request.args.get("lon", type=float), request.args.get("lat", type=float)
    if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        message = Message("Give lon and lat in decimal degrees.")
        raise Invalid(message, {"lon": message})
    return lon, lat


def _case(uow: UnitOfWork, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "number": row["number"],
        "category": categories.name_of(uow, row["scheme"], row["kind"], row["category"]),
        "stage": row["stage"],
        "address": row["address"],
        "due": clocks.due_of(row, uow.now),
        "lon": row["lon"],
        "lat": row["lat"],
    }


def _responsible(found: Place) -> dict[str, list[Responsible]]:
    """The responsibility grids at a place by profession, in their order: the first one answers."""
    by_profession: dict[str, list[Responsible]] = {}
    for one in found.responsible:
        by_profession.setdefault(one.profession, []).append(one)
    return by_profession


def _unit_name(uow: UnitOfWork, code: str | None) -> str:
    unit = unit_tree(uow).by_code.get(code or "")
    return unit.name(language()) if unit else code or ""


def _units(uow: UnitOfWork, actor: Actor) -> list[Unit]:
    """The units that a grid of this actor's platform may be given to: those that do work on the street."""
    tree, editable = unit_tree(uow), grids.editable_units(uow, actor)
    return sorted(
        (one for one in tree.by_id.values() if one.id in editable and one.unit_type), key=lambda one: one.code
    )


def _draft(uow: UnitOfWork) -> previews.Draft:
    form = request.form
    grid = ResponsibilityGrid(
        profession=form.get("profession", ""),
        code=form.get("code", "").strip(),
        outline=outlines.read(form.get("outline", ""), previews.city_outline(uow)),
        unit_code=form.get("unit_code", ""),
        name_zh=form.get("name_zh", "").strip(),
        name_en=form.get("name_en", "").strip(),
        rank=_rank(form.get("rank", "0")),
    )
    return previews.Draft(
        grid,
        version=form.get("version", type=int),
        valid_from=_instant(form.get("valid_from", "")),
    )


def _rank(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        message = Message("Give %(low)d to %(high)d.", low=MIN_RANK, high=MAX_RANK)
        raise Invalid(message, {"rank": message}) from error


def _instant(text: str) -> datetime | None:
    """A time in the city's own zone as a browser writes it; None for now."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=installation().settings.time_zone)
    except ValueError as error:
        message = Message("Give a day and a time, or none for now.")
        raise Invalid(message, {"valid_from": message}) from error


def _drawn(found: previews.Preview) -> str:
    """What the map draws of a preview, as GeoJSON."""
    areas = {"gap": found.fit.gaps, "abandoned": found.fit.abandoned, "old": found.old}
    features = [
        {"type": "Feature", "properties": {"what": what}, "geometry": outlines.geometry(outline)}
        for what, outline in areas.items()
        if outline is not None and not outline.is_empty
    ]
    features += [
        {
            "type": "Feature",
            "properties": {"what": "case", "number": one.number},
            "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]},
        }
        for one in found.cases
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features}).decode()
