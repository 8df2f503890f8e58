"""Cameras: how each of them does, what it shows, and what the rules see in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.actors import Actor, unit_tree
from engine.errors import Invalid, NotFound
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.cameras import access, registry
from handlers.cameras.stills import Stills
from handlers.sightings import holding
from handlers.store import camera_figures, camera_watches, vision_rules
from handlers.store.cameras import SOURCES
from web import labels, times
from web.access import for_people
from web.installation import installation
from web.languages import moment, say
from web.rendering import page, tell
from web.views import camera_trials
from web.zones import zones_of

blueprint = Blueprint("cameras", __name__, url_prefix="/cameras")

#: For so long after a page asked, a watch tells what it sees with every picture.
LOOKED = timedelta(seconds=30)
#: Cameras on a page of the list, and pages at most.
PAGE, MOST_PAGES = 48, 1000
_NUMBERS = ("lon", "lat", "interval")
_TEXTS = ("code", "name", "name_en", "source", "url", "login", "notice")


@blueprint.get("")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The cameras that a person may look at, those in trouble first, narrowed by what the address says; one page of them."""
    looked_at, tree = access.looked_at(uow, actor), unit_tree(uow)
    unit_id = request.args.get("unit", type=int)
    unit_id = unit_id if unit_id in looked_at else None
    units = looked_at & tree.below(unit_id) if unit_id else looked_at
    wanted = _wanted()
    number = max(1, min(request.args.get("page", 1, type=int), MOST_PAGES))
    rows = camera_figures.page(uow.conn, uow.now, sorted(units), wanted, (number - 1) * PAGE, PAGE)
    counts_of = camera_figures.counts(uow.conn, uow.now, sorted(units), wanted)
    stills = Stills(installation().settings)
    cards = [
        {
            **row,
            "unit": tree[row["unit_id"]],
            "has_still": stills.newest(row["id"]) is not None,
            "seen": times.lasted(uow.now - row["frame_at"]) if row["frame_at"] else "",
        }
        for row in rows
    ]
    held = camera_figures.units(uow.conn)
    return page(
        uow,
        "cameras.html",
        cards=cards,
        units=[tree[one] for one in sorted(looked_at) if tree.below(one) & held],
        unit_id=unit_id,
        wanted=wanted,
        narrowed=bool(unit_id) or wanted != camera_figures.Wanted(),
        counts_of=counts_of,
        number=number,
        first=(number - 1) * PAGE + 1,
        whole=rows[0]["whole"] if rows else 0,
        may_add=bool(access.administered(uow, actor)),
        runs_city=access.administers_city(uow, actor),
    )


def _wanted() -> camera_figures.Wanted:
    """Which cameras the address asks for; what it cannot mean is left out."""
    given = request.args
    state, zones = given.get("state", ""), given.get("zones", "")
    return camera_figures.Wanted(
        text=given.get("q", "").strip()[:100],
        state=state if state in camera_figures.CONDITIONS or state in labels.CAMERA_ALARMS else "",
        zones=zones if zones in ("with", "without") else "",
        late="late" in given,
    )


@blueprint.get("/new")
@for_people
def new(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The form of a camera that is not there yet."""
    return _form(uow, actor, None, {**registry.DEFAULTS, "code": "", "name": "", "url": ""})


@blueprint.post("/new")
@for_people
def add(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Add a camera; what is wrong is said by field."""
    values = _given()
    access.require_unit(uow, actor, values.get("unit_id") or 0)
    try:
        with uow.savepoint():
            camera_id = registry.add(uow, values)
    except Invalid as error:
        return _form(uow, actor, None, values, error)
    tell(_("The camera was added: its watch begins within seconds."))
    return redirect(url_for("cameras.one", camera_id=camera_id), 303)


@blueprint.get("/<int:camera_id>")
@for_people
def one(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """A camera: its last picture with the zones, what the rules see in it, and its alarms."""
    row = access.camera_to_look_at(uow, actor, camera_id)
    return render(uow, actor, row)


def render(
    uow: UnitOfWork,
    actor: Actor,
    row: Mapping[str, Any],
    status: int = 200,
    refused: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:
    """The page of a camera, after a refusal with the zone that was refused."""
    state = camera_watches.states(uow.conn, [row["id"]]).get(row["id"])
    zones = zones_of(uow, row["id"])
    edits = row["unit_id"] in access.administered(uow, actor)
    named = {key for zone in zones for key in zone.row["rules"]}
    return page(
        uow,
        "camera.html",
        status,
        camera={**row, "password": "", "login": ""},
        unit=unit_tree(uow)[row["unit_id"]],
        host=urlsplit(row["url"]).hostname or row["url"],
        known=state,
        alarms=camera_watches.open_alarms(uow.conn, [row["id"]]),
        zones=zones,
        rules=[one for one in vision_rules.newest(uow.conn) if one["active"] or one["key"] in named],
        has_still=Stills(installation().settings).newest(row["id"]) is not None,
        camera_id=row["id"],
        new_key=_new_key({zone.row["key"] for zone in zones}),
        **(camera_trials.shown(uow, row["id"]) if edits else {}),
        edits=edits,
        held_back=holding.MOST_MADE if row["made"] and holding.is_full(uow, row["id"]) else 0,
        refused=refused,
    )


@blueprint.get("/<int:camera_id>/change")
@for_people
def edit(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """The form of a camera."""
    row = access.camera_to_administer(uow, actor, camera_id)
    return _form(uow, actor, camera_id, row)


@blueprint.post("/<int:camera_id>/change")
@for_people
def change(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """Change a camera; a password that is left empty stays as it is."""
    row = access.camera_to_administer(uow, actor, camera_id)
    values = _given()
    access.require_unit(uow, actor, values.get("unit_id") or 0)
    # The password goes to no other place than the one for which it was given.
    if not values["password"] and (values["url"], values["login"]) == (row["url"], row["login"]):
        values["password"] = row["password"]
    try:
        with uow.savepoint():
            registry.change(uow, camera_id, values)
    except Invalid as error:
        return _form(uow, actor, camera_id, {**values, "code": row["code"]}, error)
    tell(_("The camera was changed."))
    return redirect(url_for("cameras.one", camera_id=camera_id), 303)


@blueprint.post("/<int:camera_id>/state")
@for_people
def set_state(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """Pause a camera, go on with it, or remove it."""
    access.camera_to_administer(uow, actor, camera_id)
    state = request.form.get("state", "")
    if state not in registry.STATES:
        message = Message("Choose one of the list.")
        raise Invalid(message, {"state": message})
    registry.set_state(uow, camera_id, state)
    gone = state == "removed"
    return redirect(url_for("cameras.show") if gone else url_for("cameras.one", camera_id=camera_id), 303)


@blueprint.get("/<int:camera_id>/still.jpg")
@for_people
def still(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """The last picture of a camera that was kept."""
    access.camera_to_look_at(uow, actor, camera_id)
    found = Stills(installation().settings).newest(camera_id)
    if found is None:
        raise NotFound(Message("This picture is not kept any more."))
    response = Response(found.read(), mimetype="image/jpeg")
    response.cache_control.private = True
    response.cache_control.no_store = True
    return response


@blueprint.post("/<int:camera_id>/live")
@for_people
def live(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """What the rules see now, as JSON; the watch tells it with every picture while somebody asks."""
    access.camera_to_look_at(uow, actor, camera_id)
    state = camera_watches.states(uow.conn, [camera_id]).get(camera_id)
    if state is None:
        return {"at": None, "frame": None, "slots": [], "learning": None, "alarms": []}
    camera_watches.look(uow.conn, camera_id, uow.now + LOOKED)
    view = state["view"] or {}
    slots = [
        {
            "box": slot["box"],
            "text": _standing(slot),
            "alarmed": bool(slot["alarmed"]),
            "hidden": slot["state"] != "there",
        }
        for slot in view.get("slots", ())
    ]
    alarms = [
        str(labels.called(labels.CAMERA_ALARMS, alarm["kind"]))
        for alarm in camera_watches.open_alarms(uow.conn, [camera_id])
    ]
    return {
        "at": moment(state["frame_at"]),
        "frame": state["frame_at"].isoformat() if state["frame_at"] else None,
        "seen": times.lasted(uow.now - state["frame_at"]) if state["frame_at"] else "",
        "learning": view.get("learning", 0),
        "slots": slots,
        "alarms": alarms,
    }


def _new_key(taken: Collection[str]) -> str:
    """The key that is proposed for a new zone."""
    return next(key for key in (f"zone-{number}" for number in count(1)) if key not in taken)


def _standing(slot: Mapping[str, Any]) -> str:
    what = labels.called(labels.SEEN, slot["name"]) if slot["name"] else _("something")
    return f"{what} · {times.lasted(timedelta(seconds=float(slot['seconds'])))}"


def _given() -> dict[str, Any]:
    form = request.form
    values: dict[str, Any] = {name: form.get(name, "").strip() for name in _TEXTS}
    values |= {name: form.get(name, float("nan"), type=float) for name in _NUMBERS}
    return values | {"password": form.get("password", ""), "unit_id": form.get("unit_id", type=int)}


def _form(
    uow: UnitOfWork,
    actor: Actor,
    camera_id: int | None,
    values: Mapping[str, Any],
    refused: Invalid | None = None,
) -> ResponseReturnValue:
    tree = unit_tree(uow)
    units = [tree[one] for one in sorted(access.administered(uow, actor)) if tree[one].is_platform]
    if not units:
        access.require_unit(uow, actor, 0)
    shown = {name: "" if value != value else value for name, value in values.items() if name != "password"}
    if refused:
        # What is no number stays to be mended.
        shown |= {name: request.form.get(name, "").strip() for name in _NUMBERS}
    return page(
        uow,
        "camera_form.html",
        422 if refused else 200,
        camera_id=camera_id,
        values=shown,
        units=units,
        sources=SOURCES,
        errors={name: say(told) for name, told in refused.fields.items()} if refused else {},
        revision=city.layers(uow).digest[:12],
    )
