"""Joining: a report about the same problem as a case under way belongs to that case, and opens none."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from engine.actors import PUBLIC, Actor
from engine.case import Case
from engine.errors import Conflict, Invalid
from engine.messages import Message
from engine.reports import Opened, Report, check, keep_report
from engine.store import cases, instances, reports
from engine.store.unit_of_work import UnitOfWork


def came_before(uow: UnitOfWork, submission_key: str) -> bool:
    """Whether a report with this key was taken in already."""
    return reports.reported_before(uow.conn, submission_key) is not None


def join_case(uow: UnitOfWork, report: Report, case_id: int, actor: Actor = PUBLIC) -> Opened:
    """Let a report join a case that is about the same problem; of a merged one, that which goes on in its place.

    Raises:
        Invalid: a field does not fit; ``joins``: the case has ended meanwhile.
        Conflict: the case is being merged just now.
    """
    check(report)
    reports.hold_submission(uow.conn, report.submission_key)
    before = reports.reported_before(uow.conn, report.submission_key)
    if before is not None:
        return Opened(before["id"], before["number"], before["platform_id"], None)
    case = Case(uow, _going_on(uow, case_id), actor)
    follow = secrets.token_urlsafe(18)
    keep_report(uow, case.id, report, actor, follow)
    photos = [one["sha256"] for one in report.photos]
    case.record(
        "joined", None, {"channel": report.channel, "description": report.description, "photos": photos}
    )
    case.save()
    return Opened(case.id, case.number, case.platform_id, follow)


def _going_on(uow: UnitOfWork, case_id: int) -> Mapping[str, Any]:
    """The case under way, locked, or that into which it was merged.

    Raises:
        Invalid: it has ended; names ``joins``.
        Conflict: it is being merged just now.
    """
    named = cases.read(uow.conn, case_id)
    row = instances.of_case(uow.conn, (named and named["merged_into_id"]) or case_id, lock=True)
    if row is not None and row["merged_into_id"] is not None:
        # Its lock is held now, and that of the other one is not to be waited for with it: merging takes them in an order.
        raise Conflict(Message("Somebody else moved this case a moment ago: look at it again."))
    if row is None or row["status"] != "open":
        message = Message("This case has ended meanwhile: send the report as one of its own.")
        raise Invalid(message, {"joins": message})
    return row
