"""Reports: a message that something is wrong opens a case, and its process runs until it waits for the first person."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.actors import PUBLIC, Actor
from engine.case import Case
from engine.errors import ConfigurationError, Invalid
from engine.execution import Execution
from engine.log import GENESIS
from engine.messages import Message
from engine.stopping import stopping
from engine.store import attachments, bundles, cases, reports
from engine.store.unit_of_work import UnitOfWork

PROCESS = "case"
CHANNELS = ("collector", "citizen", "hotline", "camera", "sensor", "open311", "exchange", "leader")
MAX_DESCRIPTION = 2000
MAX_ADDRESS = 200


@dataclass(frozen=True)
class Report:
    """A message that something is wrong, as it came in, already located.

    Attributes:
        platform_id: the platform that takes it.
        channel: one of `CHANNELS`.
        scheme, kind, category: what it is about.
        lon, lat: where, in WGS-84 degrees.
        submission_key: the sender's own key; the same key again is the same report.
        place: area codes, where they are known already (``district_code`` …).
        photos: rows of stored photographs, without case.
    """

    platform_id: int
    channel: str
    scheme: str
    kind: str
    category: str
    description: str
    address: str
    lon: float
    lat: float
    submission_key: str
    reporter_name: str = ""
    reporter_phone: str = ""
    condition_no: int | None = None
    priority: int = 0
    place: Mapping[str, str | None] = field(default_factory=dict)
    photos: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Opened:
    """The case that a report opened.

    Attributes:
        follow: the secret with which the reporter follows the case; None when the report had come before.
    """

    id: int
    number: str
    platform_id: int
    follow: str | None


@dataclass(frozen=True)
class Beginning:
    """The message with which a process begins.

    Attributes:
        said: what the log says of it besides its name.
    """

    name: str
    key: str
    payload: Any
    said: Mapping[str, Any]


def open_case(
    uow: UnitOfWork,
    report: Report,
    actor: Actor = PUBLIC,
    process_key: str = PROCESS,
    beginning: Beginning | None = None,
    variables: Mapping[str, Any] | None = None,
) -> Opened:
    """Open a case for a report, and run its process until it waits for the first person.

    Args:
        process_key: of the process that it begins.
        variables: with which it begins besides those of every case (`engine.case.Case.variables`).

    Raises:
        Invalid: a field does not fit.
        ConfigurationError: no process was deployed.
        Stopped: the process cannot begin.
    """
    check(report)
    reports.hold_submission(uow.conn, report.submission_key)
    before = reports.reported_before(uow.conn, report.submission_key)
    if before is not None:
        return Opened(before["id"], before["number"], before["platform_id"], None)
    version = bundles.latest(uow.conn, process_key)
    if version is None:
        raise ConfigurationError(
            Message(
                "No process %(key)s was deployed: run `gridcase deploy processes/%(key)s`.", key=process_key
            )
        )
    case = Case(uow, _new_document(uow, report), actor)
    follow = secrets.token_urlsafe(18)
    keep_report(uow, case.id, report, actor, follow)
    photos = [one["sha256"] for one in report.photos]
    case.record(
        "reported", None, {"channel": report.channel, "description": report.description, "photos": photos}
    )
    case.record(
        "opened", None, {"process": process_key, "version": version["version"], "number": case.number}
    )
    with stopping("opening", {**case.document, "process_key": process_key}):
        execution = Execution.begin(case, version, beginning.key if beginning else None, variables)
        execution.advance()
        if beginning is not None:
            execution.begin_with(beginning.name, beginning.payload)
            case.record("message", None, {"message": beginning.name, **beginning.said})
        execution.write_new(version["id"])
    return Opened(case.id, case.number, case.platform_id, follow)


def check(report: Report) -> None:
    """See that a report can be kept.

    Raises:
        Invalid: with a message for each field that does not fit.
    """
    errors = {}
    if report.channel not in CHANNELS:
        errors["channel"] = Message("Use one of %(known)s.", known=", ".join(CHANNELS))
    if not -180 <= report.lon <= 180 or not -90 <= report.lat <= 90:
        errors["lon"] = Message("Give degrees: longitude -180 to 180, latitude -90 to 90.")
    for name, limit in (("description", MAX_DESCRIPTION), ("address", MAX_ADDRESS), ("submission_key", 200)):
        text = getattr(report, name)
        if len(text) > limit:
            errors[name] = Message("Write at most %(n)s characters.", n=limit)
        elif "\x00" in text:
            errors[name] = Message("Remove the characters that cannot be shown.")
    for name in ("reporter_name", "reporter_phone"):
        if len(getattr(report, name)) > 60 or "\x00" in getattr(report, name):
            errors[name] = Message("Write at most %(n)s characters.", n=60)
    if not report.submission_key:
        errors["submission_key"] = Message("Fill this in.")
    if errors:
        raise Invalid(Message("The report is not complete: see its fields."), errors)


#: Of a case that was not yet filed.
_UNSTARTED_CLOCK: Mapping[str, Any] = {
    **dict.fromkeys(("time_limit", "unit_of_time", "first_due_at", "yellow_at")),
    **dict.fromkeys(("pause", "paused_at", "paused_until", "alarm", "alarm_at")),
    **dict.fromkeys(("excused_seconds", "overrun_seconds", "extensions", "suspensions"), 0),
    **dict.fromkeys(("urged", "supervised"), 0),
}


def _new_document(uow: UnitOfWork, report: Report) -> dict[str, Any]:
    day = uow.now.astimezone(uow.database.time_zone).date()
    number = cases.next_number(uow.conn, report.platform_id, day)
    row: dict[str, Any] = {
        "platform_id": report.platform_id,
        "number": f"{day:%Y%m%d}{number:06d}",
        "status": "open",
        "stage": "collecting",
        "channel": report.channel,
        "scheme": report.scheme,
        "kind": report.kind,
        "category": report.category,
        "condition_no": report.condition_no,
        "description": report.description,
        "address": report.address,
        "lon": report.lon,
        "lat": report.lat,
        **{
            name: report.place.get(name)
            for name in ("district_code", "street_code", "community_code", "grid_code", "component_code")
        },
        "priority": report.priority,
        "unit_id": None,
        "similar_id": None,
        "merged_into_id": None,
        "opened_at": uow.now,
        "filed_at": None,
        "due_at": None,
        "handled_at": None,
        "closed_at": None,
        **_UNSTARTED_CLOCK,
        "rework_count": 0,
        "log_seq": 0,
        "log_hash": GENESIS,
    }
    return {**row, "id": cases.add(uow.conn, row)}


def keep_report(uow: UnitOfWork, case_id: int, report: Report, actor: Actor, follow: str) -> None:
    """Keep a report of a case with its photographs.

    Args:
        follow: the secret with which the reporter follows the case; its digest is kept.
    """
    reports.add(
        uow.conn,
        {
            "case_id": case_id,
            "channel": report.channel,
            "description": report.description,
            "reporter_name": report.reporter_name,
            "reporter_phone": report.reporter_phone,
            "person_id": actor.person_id,
            "submission_key": report.submission_key,
            "follow_digest": hashlib.sha256(follow.encode()).digest(),
            "reported_at": uow.now,
        },
    )
    keep_photos(uow, case_id, report.photos, actor)


def keep_photos(uow: UnitOfWork, case_id: int, photos: Sequence[Mapping[str, Any]], actor: Actor) -> None:
    """Attach stored photographs to a case."""
    if photos:
        rows = [
            {**one, "case_id": case_id, "added_by": actor.person_id, "added_at": uow.now} for one in photos
        ]
        attachments.add(uow.conn, rows)
