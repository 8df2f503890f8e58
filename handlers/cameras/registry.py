"""The registry of cameras: they are added and changed, their zones are drawn, and each change is told to the watches."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from engine.actors import unit_tree
from engine.errors import Invalid, NotFound
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import groups
from handlers.cameras.reading import zone_of
from handlers.store import camera_registry, camera_watches
from handlers.store import vision_rules as stored_rules
from handlers.store.cameras import REVISION, SOURCES
from vision import rules as vision_rules
from vision import sources
from vision.errors import VisionError

STATES = ("active", "paused", "removed")
#: Seconds from one picture to the next.
SHORTEST, LONGEST = 0.5, 3600.0
MAX_NAME = 100
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}", re.ASCII)
_KEY = re.compile(r"[0-9a-z][0-9a-z_-]{0,39}", re.ASCII)

#: What a camera has if nothing is said of it.
DEFAULTS: Mapping[str, Any] = {
    "name_en": "",
    "source": "snapshot",
    "login": "",
    "password": "",
    "interval": 5.0,
    "made": False,
    "notice": "",
}
#: What a zone has if nothing is said of it.
ZONE_DEFAULTS: Mapping[str, Any] = {
    "name": "",
    "rules": [],
    "hours": [],
    "dwell": 0.0,
    "grace": 60.0,
    "auto_file": False,
    "auto_score": 0.0,
    "lon": None,
    "lat": None,
}


def add(uow: UnitOfWork, values: Mapping[str, Any]) -> int:
    """Add a camera and have it watched; gives its number.

    Args:
        values: code, name, unit_id, lon, lat, url and what differs of `DEFAULTS`.

    Raises:
        Invalid: what is wrong by field; nothing is changed.
    """
    row = _checked(uow, {**DEFAULTS, **values})
    if camera_registry.of_code(uow.conn, row["code"]) is not None:
        message = Message("There is a camera with this code.")
        raise Invalid(message, {"code": message})
    seed_rules(uow)
    row |= {"group_no": groups.for_new(uow), "state": "active", "added_at": uow.now}
    camera_id = camera_registry.add(uow.conn, row)
    uow.changed(REVISION)
    return camera_id


def change(uow: UnitOfWork, camera_id: int, values: Mapping[str, Any]) -> None:
    """Change what is said of a camera, also of one that was removed; its code and its group stay.

    Raises:
        NotFound: there is none.
        Invalid: what is wrong by field; nothing is changed.
    """
    before = _camera(uow, camera_id, removed_too=True)
    names = {"code", "name", "unit_id", "lon", "lat", "url", *DEFAULTS}
    row = _checked(uow, {**{name: before[name] for name in names}, **values, "code": before["code"]})
    camera_registry.change(uow.conn, camera_id, row)
    uow.changed(REVISION)


def set_state(uow: UnitOfWork, camera_id: int, state: str) -> None:
    """Pause a camera, go on with it, or remove it from the lists; what it saw stays, and it may come back.

    Raises:
        NotFound: there is none.
    """
    if state not in STATES:
        raise ValueError(f"{state!r} is not one of {', '.join(STATES)}")
    _camera(uow, camera_id, removed_too=True)
    camera_registry.change(uow.conn, camera_id, {"state": state})
    uow.changed(REVISION)


def save_zone(
    uow: UnitOfWork, camera_id: int, values: Mapping[str, Any], person_id: int | None = None
) -> int:
    """Draw a zone, or its next version; gives the version.

    Args:
        values: key, type, outline (corners as shares of the picture) and what differs of the zone's version before, of
            `ZONE_DEFAULTS` where there is none.
        person_id: who drew it.

    Raises:
        NotFound: there is no such camera.
        Invalid: what is wrong by field; nothing is changed.
    """
    _camera(uow, camera_id)
    before = camera_registry.zone(uow.conn, camera_id, str(values.get("key", ""))) or {"version": 0}
    row = {**ZONE_DEFAULTS, **{name: before[name] for name in ZONE_DEFAULTS if name in before}, **values}
    _check_zone(uow, row, frozenset(before.get("rules", ())))
    version: int = before["version"] + 1
    drawn = {
        "camera_id": camera_id,
        "version": version,
        "active": True,
        "made_at": uow.now,
        "made_by": person_id,
    }
    camera_registry.add_zone(uow.conn, {**row, **drawn})
    _settle(uow, camera_id)
    return version


def confirm_zones(uow: UnitOfWork, camera_id: int, person_id: int | None = None) -> int:
    """Say that all zones of a camera fit what it shows now: each gets its next version as it is; gives how many.

    A camera that was moved has another view, by which it is judged from then on; evidence tells by the versions which view it was.

    Raises:
        NotFound: there is no such camera.
    """
    _camera(uow, camera_id)
    zones = camera_watches.zones(uow.conn, [camera_id])
    for zone in zones:
        again = {"version": zone["version"] + 1, "made_at": uow.now, "made_by": person_id}
        camera_registry.add_zone(uow.conn, {**zone, **again})
    _settle(uow, camera_id)
    return len(zones)


def remove_zone(uow: UnitOfWork, camera_id: int, key: str, person_id: int | None = None) -> None:
    """Remove a zone; its versions stay, for sightings name them.

    Raises:
        NotFound: there is none.
    """
    zone = camera_registry.zone(uow.conn, camera_id, key)
    if zone is None or not zone["active"]:
        raise NotFound(Message("There is no zone %(key)s.", key=key))
    gone = {"version": zone["version"] + 1, "active": False, "made_at": uow.now, "made_by": person_id}
    camera_registry.add_zone(uow.conn, {**zone, **gone})
    _settle(uow, camera_id)


def seed_rules(uow: UnitOfWork) -> int:
    """Enter the rules that come with the product, where they are not there in their versions; gives how many."""
    rows = [
        {
            "key": rule.key,
            "version": rule.version,
            "active": True,
            "title_zh": rule.title["zh"],
            "title_en": rule.title["en"],
            "zone_types": list(rule.zone_types),
            "classes": list(rule.classes),
            "expression": rule.expression,
            "dwell": rule.dwell,
            "verify": rule.verify,
            "scheme": rule.scheme,
            "kind": "event",
            "category": rule.category,
            "condition_no": None,
            "description_zh": rule.description,
            "description_en": rule.title["en"],
            "made_at": uow.now,
            "made_by": None,
        }
        for rule in vision_rules.shipped().values()
    ]
    added = camera_registry.add_rules(uow.conn, rows)
    if added:
        uow.changed(REVISION)
    return added


def _settle(uow: UnitOfWork, camera_id: int) -> None:
    """Let what a camera shows from now on be what it is judged by, whether its watch runs or begins later."""
    camera_watches.forget_health(uow.conn, camera_id)
    uow.changed(REVISION)


def _camera(uow: UnitOfWork, camera_id: int, *, removed_too: bool = False) -> Mapping[str, Any]:
    found = camera_registry.of_id(uow.conn, camera_id)
    if found is None or (found["state"] == "removed" and not removed_too):
        raise NotFound(Message("There is no such camera."))
    return found


def _checked(uow: UnitOfWork, values: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a camera, user and password of its address apart."""
    row, problems = dict(values), {}
    if not _CODE.fullmatch(str(row.get("code", ""))):
        problems["code"] = Message("Give 1 to 40 letters, digits, dots and hyphens.")
    for name, least in (("name", 1), ("name_en", 0), ("notice", 0)):
        if not least <= len(row.get(name) or "") <= MAX_NAME:
            problems[name] = Message("Give at most %(most)d characters.", most=MAX_NAME)
    for name, most in (("lon", 180.0), ("lat", 90.0)):
        if not _between(row.get(name), -most, most):
            problems[name] = Message("Give degrees of WGS-84.")
    if not _between(row.get("interval"), SHORTEST, LONGEST):
        problems["interval"] = Message("Give %(least)s to %(most)s seconds.", least=SHORTEST, most=LONGEST)
    unit_id = row.get("unit_id")
    if unit_id not in {unit.id for unit in unit_tree(uow).by_code.values() if unit.is_platform}:
        problems["unit_id"] = Message("Choose a platform.")
    try:
        source = _source(row)
    except VisionError as error:
        problems[error.field] = Message(error.template, **error.values)
    else:
        row |= {"url": source.address, "login": source.user, "password": source.password}
    if problems:
        raise Invalid(Message("This camera cannot be kept."), problems)
    return row


def _source(row: Mapping[str, Any]) -> sources.Source:
    if row["source"] not in SOURCES:
        raise VisionError("Use one of %(known)s.", field="source", known=", ".join(SOURCES))
    return sources.of(
        str(row.get("url") or ""),
        row["source"],
        user=row["login"],
        password=row["password"],
        name=str(row.get("code", "")),
    )


def _check_zone(uow: UnitOfWork, row: Mapping[str, Any], had: frozenset[str]) -> None:
    if not _KEY.fullmatch(str(row.get("key", ""))):
        message = Message("Give 1 to 40 small letters, digits, hyphens and underscores.")
        raise Invalid(message, {"key": message})
    # A rule that is switched off stays with the zones that have it, for the day on which it is switched on again.
    known = {one["key"]: one for one in stored_rules.newest(uow.conn) if one["active"] or one["key"] in had}
    try:
        zone_of({**row, "version": 1, "rules": []}, {})
        for key in row["rules"]:
            if key not in known:
                raise VisionError("There is no rule %(rule)s.", field="rules", rule=key)
            if row["type"] not in known[key]["zone_types"]:
                raise VisionError(
                    "The rule %(rule)s is not for zones of the type %(type)s.",
                    field="rules",
                    rule=key,
                    type=row["type"],
                )
    except VisionError as error:
        message = Message(error.template, **error.values)
        raise Invalid(message, {error.field: message}) from error
    except (TypeError, ValueError, KeyError) as error:
        message = Message("This is no zone: %(reason)s.", reason=str(error))
        raise Invalid(message, {"outline": message}) from error
    if not _between(row["auto_score"], 0.0, 1.0):
        message = Message("Give a number from 0 to 1.")
        raise Invalid(message, {"auto_score": message})


def _between(value: Any, least: float, most: float) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and least <= value <= most
