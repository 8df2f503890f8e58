"""Reports: that something is wrong, sent by a program."""

from __future__ import annotations

import secrets

from flask import url_for

from engine.messages import Message
from handlers.reporting import ReportInput, submit
from web.api.answers import Reported
from web.api.blueprint import REPORTS, api, refusals
from web.api.callers import Call
from web.api.photos import named_photos
from web.api.problems import Refusal
from web.api.requests import NewReport, Submission

_LOCATED = {"submission_key", "photos"}


@api.post(
    "/reports", tags=[REPORTS], responses={201: Reported, 200: Reported, **refusals(400, 409, 413, 415)}
)
def report(call: Call, header: Submission, body: NewReport) -> tuple[Reported, int]:
    """Open a case for a report, or let it join one; the same submission key again gives the same case, with the status 200."""
    given = ReportInput(
        **body.model_dump(exclude=_LOCATED),
        submission_key=f"api:{call.caller.id}:{_key(header, body)}",
        photos=tuple(named_photos(call, body.photos, "report")),
    )
    opened = submit(call.uow, given, call.actor)
    follow = opened.follow and url_for("report.follow", secret=opened.follow, _external=True)
    return Reported(id=opened.id, number=opened.number, follow=follow), 201 if opened.follow else 200


def _key(header: Submission, body: NewReport) -> str:
    """The sender's own key; a report without one is always a new one."""
    keys = {header.idempotency_key, body.submission_key} - {""}
    if len(keys) > 1:
        message = Message("This differs from the header Idempotency-Key: send one of them.")
        raise Refusal(422, message, {"submission_key": message})
    return keys.pop() if keys else secrets.token_urlsafe(18)
