"""Reporting: a message that something is wrong, from whatever channel, is checked, placed and opened as a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from engine.actors import PUBLIC, Actor, unit_tree
from engine.errors import ConfigurationError, Invalid
from engine.joining import join_case
from engine.messages import Message
from engine.reports import MAX_ADDRESS, PROCESS, Opened, Report, open_case
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import Unit, UnitTree
from gis.coordinates import CRS_NAMES, to_wgs84
from gis.places import Place
from handlers import city
from handlers.alike import Alike, Spot, alike, under_way
from handlers.areas import City
from handlers.checks import unknown_category, unknown_condition
from handlers.locate import GridPlace

SCHEME = "gb30428"

_OUTSIDE = Message(
    "This place is outside the city: choose one on the map, or name the reference system of the coordinates."
)
_INTERCHANGED = Message("Longitude and latitude seem to be interchanged.")


@dataclass(frozen=True)
class ReportInput:
    """A report as somebody made it.

    Its place is that of the coordinates; without any the middle of the community; without one the place where the first
    photograph that knows it was taken.

    Attributes:
        channel: one of `engine.reports.CHANNELS`.
        kind, category, scheme: what it is about, as in the catalogue.
        lon, lat: degrees in the reference system `crs` (one of `gis.coordinates.CRS_NAMES`).
        submission_key: the sender's own key; the same key again is the same report.
        photos: rows of `handlers.photos.store`.
        joins: the number of a case about the same problem that the report shall join; empty for a case of its own.
    """

    channel: str
    kind: str
    category: str
    description: str
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    crs: str = "wgs84"
    community_code: str | None = None
    scheme: str = SCHEME
    condition_no: int | None = None
    reporter_name: str = ""
    reporter_phone: str = ""
    submission_key: str = ""
    photos: tuple[Mapping[str, Any], ...] = ()
    joins: str = ""


def submit(
    uow: UnitOfWork,
    given: ReportInput,
    actor: Actor = PUBLIC,
    process: str = PROCESS,
    variables: Mapping[str, Any] | None = None,
) -> Opened:
    """Open a case for a report at the platform that serves its place, or let it join the case that it names.

    Args:
        process: the key of the process that it begins.
        variables: with which it begins besides those of every case.

    Raises:
        Invalid: with a message and the remedy for each field that does not fit; nothing was written.
        Conflict: the case that it joins is being merged just now.
        ConfigurationError: the city has no layers, no platform or no process yet.
    """
    errors: dict[str, str] = {}
    _check_category(uow, given, errors)
    if not given.description.strip() and not given.photos and not given.joins:
        errors["description"] = Message("Write what is wrong, or add a photograph.")
    located = _locate(uow, given, errors)
    if errors or located is None:
        raise Invalid(Message("The report is not complete: see its fields."), errors)
    lon, lat, place = located
    report = Report(
        platform_id=platform_of(unit_tree(uow), place.code).id,
        channel=given.channel,
        scheme=given.scheme,
        kind=given.kind,
        category=given.category,
        description=given.description.strip(),
        address=_address(given.address.strip(), place),
        lon=lon,
        lat=lat,
        submission_key=given.submission_key,
        reporter_name=given.reporter_name.strip(),
        reporter_phone=given.reporter_phone.strip(),
        condition_no=given.condition_no,
        place=asdict(GridPlace.of(place)),
        photos=given.photos,
    )
    if given.joins:
        return join_case(uow, report, _joined(uow, report, given.joins), actor)
    return open_case(uow, report, actor, process, variables=variables)


def similar_to(uow: UnitOfWork, given: ReportInput, most: int) -> list[Alike]:
    """The cases under way that a report is likely about, the nearest first, so many at most; none while it says too little."""
    errors: dict[str, str] = {}
    _check_category(uow, given, errors)
    located = _locate(uow, given, errors)
    if errors or located is None:
        return []
    lon, lat, place = located
    platform_id = platform_of(unit_tree(uow), place.code).id
    spot = Spot(given.scheme, given.kind, given.category, lon, lat, platform_id)
    return under_way(uow, spot, most)


def _joined(uow: UnitOfWork, report: Report, number: str) -> int:
    """The case that a report joins: only one that it could be about, so that nobody writes to any case by its number.

    Raises:
        Invalid: names ``joins``.
    """
    spot = Spot(report.scheme, report.kind, report.category, report.lon, report.lat, report.platform_id)
    found = next((one for one in alike(uow, spot, ("open", "merged")) if one.number == number.strip()), None)
    if found is None:
        message = Message(
            "There is no case %(number)s of this category under way near this place: choose one that is suggested, or none.",
            number=number[:40],
        )
        raise Invalid(message, {"joins": message})
    return found.id


def _address(typed: str, place: Place) -> str:
    """What was typed, behind the areas that it lies in unless it names the district itself: so everybody knows where it is."""
    areas = place.areas_in("zh")
    if not typed or typed in areas:
        return city.address_of(place)
    named = typed if place.district.name in typed else f"{areas} {typed}"
    return named if len(named) <= MAX_ADDRESS else typed


def platform_of(tree: UnitTree, place_code: str) -> Unit:
    """The platform that serves a place: the one with the smallest area that holds it, else that of the whole city.

    Raises:
        ConfigurationError: there is no platform.
    """
    platforms = [unit for unit in tree.by_id.values() if unit.is_platform]
    serving = [unit for unit in platforms if unit.area_code and place_code.startswith(unit.area_code)]
    if serving:
        return max(serving, key=lambda unit: (len(unit.area_code or ""), -unit.id))
    root = next((unit for unit in platforms if unit.parent_id is None), None)
    if root is None:
        raise ConfigurationError(
            Message(
                "No platform serves the whole city: mark its unit as a platform and run `gridcase units import`."
            )
        )
    return root


def _check_category(uow: UnitOfWork, given: ReportInput, errors: dict[str, str]) -> None:
    category = city.catalogue(uow).get(given.scheme, given.kind, given.category)
    if category is None:
        errors["category"] = unknown_category(given.scheme, given.kind, given.category)
    elif given.condition_no is not None and given.condition_no not in category.standards:
        errors["condition_no"] = unknown_condition(given.condition_no)


def _locate(uow: UnitOfWork, given: ReportInput, errors: dict[str, str]) -> tuple[float, float, Place] | None:
    known = city.require_layers(uow)
    if given.lon is None and given.lat is None:
        found = _without_coordinates(known, given, errors)
    else:
        found = _coordinates(given, errors)
    if found is None:
        return None
    place = city.place(uow, *found)
    if place is None:
        lon, lat = found
        if abs(lon) <= 90.0 and city.place(uow, lat, lon) is not None:
            errors["lat"] = _INTERCHANGED
        else:
            errors["lon"] = _OUTSIDE
        return None
    return *found, place


def _coordinates(given: ReportInput, errors: dict[str, str]) -> tuple[float, float] | None:
    if given.crs not in CRS_NAMES:
        errors["crs"] = Message("Use one of %(known)s.", known=", ".join(CRS_NAMES))
    for name, value, limit in (("lon", given.lon, 180), ("lat", given.lat, 90)):
        # A comparison with NaN is false.
        if value is None or not abs(value) <= limit:
            errors[name] = Message("Give decimal degrees from -%(limit)d to %(limit)d.", limit=limit)
    if given.lon is not None and given.lat is not None and abs(given.lon) <= 90 < abs(given.lat) <= 180:
        errors["lat"] = _INTERCHANGED
    if given.lon is None or given.lat is None or errors.keys() & {"crs", "lon", "lat"}:
        return None
    return to_wgs84(float(given.lon), float(given.lat), given.crs)


def _without_coordinates(
    known: City, given: ReportInput, errors: dict[str, str]
) -> tuple[float, float] | None:
    code = (given.community_code or "").strip()
    if code:
        community = known.communities.get(code)
        if community is not None:
            inside = community.polygon.representative_point()
            return inside.x, inside.y
        errors["community_code"] = (
            Message("The outline of this community is not known: choose the place on the map.")
            if code in known.named
            else Message("There is no community %(code)s: choose one from the list.", code=code[:40])
        )
        return None
    taken = next(
        (
            (one["lon"], one["lat"])
            for one in given.photos
            if one["lon"] is not None and one["lat"] is not None
        ),
        None,
    )
    if taken is None:
        errors["lon"] = Message(
            "Say where it is: choose a place on the map or a community, or give coordinates."
        )
    return taken
