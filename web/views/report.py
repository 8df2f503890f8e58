"""Reporting: the page on which anybody says that something is wrong, and the one on which they follow it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import cases
from engine.actors import may_see, unit_tree
from engine.errors import Invalid
from engine.log import data_of
from engine.reports import MAX_ADDRESS, MAX_DESCRIPTION, Opened
from engine.store import log_entries
from engine.store.unit_of_work import UnitOfWork
from handlers import city, reporting
from handlers.notify import REPORTER
from handlers.reporting import ReportInput
from web import categories, labels, limits, submissions
from web.access import open_to_all
from web.languages import language, say
from web.people import has_session, person, visitor
from web.rendering import page, tell
from web.views.areas import SUGGESTIONS

blueprint = Blueprint("report", __name__)

#: Channels that a member of the staff may enter a report for, and the role that makes one the first.
_CHANNELS = {"collector": "collector", "hotline": "acceptor", "leader": "shift_leader", "citizen": ""}
_TEXTS = (
    "category",
    "description",
    "address",
    "community_code",
    "lon",
    "lat",
    "reporter_name",
    "reporter_phone",
)


@dataclass(frozen=True)
class Draft:
    """What stands on the page before it is sent.

    Attributes:
        texts: the fields as they were written.
        errors: what is wrong with them.
        kept: photographs that were taken in already, with their seals.
    """

    key: str
    texts: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    look_up: bool = False


def _is_staff() -> bool:
    return person() is not None


@blueprint.get("/report")
@open_to_all
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """The empty report page."""
    return _page(uow, Draft(submissions.new_key(), {"channel": _channels()[0]}))


@blueprint.post("/report")
@limits.limiter.limit(limits.REPORTS, exempt_when=has_session)
@open_to_all
def submit(uow: UnitOfWork) -> ResponseReturnValue:
    """Take a report in, or look its address up first."""
    texts = {name: request.form.get(name, "").strip() for name in _TEXTS}
    texts["channel"] = _channel()
    key, kept = submissions.sent_key(), []
    try:
        kept = submissions.take_photos("report")
        if "look_up" in request.form:
            return _page(uow, Draft(key, texts, kept=tuple(submissions.seals(kept)), look_up=True))
        with uow.savepoint():
            opened = reporting.submit(uow, _input(texts, key, kept), visitor())
    except Invalid as error:
        return _refuse(uow, Draft(key, texts, kept=tuple(submissions.seals(kept))), error)
    return _taken(opened)


@blueprint.get("/follow/<secret>")
@limits.limiter.limit(limits.LOOK_UPS)
@open_to_all
def follow(uow: UnitOfWork, secret: str) -> ResponseReturnValue:
    """How far the case of a report is, for whoever has its link: nothing of any person, nothing of its inside."""
    case = cases.follow(uow, secret[:100])
    return page(
        uow,
        "report/follow.html",
        case=case,
        category=categories.name_of(uow, case["scheme"], case["kind"], case["category"]),
        stages=_stages(case),
        reason=_reason(uow, case),
        notices=_notices(uow, case),
        fresh="new" in request.args,
        may_open=may_see(uow, visitor(), case),
        platform=unit_tree(uow)[case["platform_id"]].name(language()),
    )


def _refuse(uow: UnitOfWork, draft: Draft, error: Invalid) -> ResponseReturnValue:
    errors = {name: say(message) for name, message in error.fields.items()}
    if not draft.texts["category"]:
        errors["category"] = _("Choose a category.")
    look_up = bool(draft.texts["address"])
    return _page(uow, replace(draft, errors=errors, said=say(error.args[0]), look_up=look_up), 422)


def _page(uow: UnitOfWork, draft: Draft, status: int = 200) -> ResponseReturnValue:
    suggestions = []
    if draft.look_up:
        suggestions = city.suggest(uow, draft.texts["address"], language(), SUGGESTIONS)
    layers = city.layers(uow)
    return page(
        uow,
        "report.html",
        status,
        draft=draft,
        groups=categories.groups(uow),
        suggestions=suggestions,
        channels=_channels() if _is_staff() else (),
        revision=layers.digest[:12],
        made=any(area.made for area in layers.layers.streets),
        limits={"description": MAX_DESCRIPTION, "address": MAX_ADDRESS, "photos": submissions.MAX_PHOTOS},
    )


def _input(texts: Mapping[str, str], key: str, photos: list[Mapping[str, Any]]) -> ReportInput:
    kind, code = categories.split(texts["category"])
    return ReportInput(
        channel=texts["channel"],
        kind=kind,
        category=code,
        description=texts["description"].replace("\r\n", "\n"),
        address=texts["address"],
        lon=_degrees(texts["lon"]),
        lat=_degrees(texts["lat"]),
        community_code=texts["community_code"] or None,
        reporter_name=texts["reporter_name"],
        reporter_phone=texts["reporter_phone"],
        # The keys of programs begin otherwise: nobody takes one of theirs by this page.
        submission_key=f"web:{key}",
        photos=tuple(photos),
    )


def _degrees(text: str) -> float | None:
    """A coordinate; not a number where it is none, which the report is then refused for."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return math.nan


def _channels() -> list[str]:
    """The channels that the sender may enter, the likeliest first."""
    found = person()
    if found is None:
        return ["citizen"]
    return sorted(_CHANNELS, key=lambda channel: not found.actor.has(_CHANNELS[channel]))


def _channel() -> str:
    chosen = request.form.get("channel", "")
    return chosen if chosen in _channels() else _channels()[0]


def _taken(opened: Opened) -> ResponseReturnValue:
    if opened.follow is None:
        tell(_("This report had arrived already: it is case %(number)s.", number=opened.number))
        return redirect(url_for("report.show"), 303)
    return redirect(url_for("report.follow", secret=opened.follow, new=1), 303)


def _reason(uow: UnitOfWork, case: Mapping[str, Any]) -> str:
    """Why a report became no case: what was written for the reporter by whoever rejected it."""
    if case["status"] != "rejected":
        return ""
    said = (
        data_of(row)
        for row in reversed(log_entries.of_case(uow.conn, case["id"]))
        if row["action"] == "completed"
    )
    return str(next(said, {}).get("reason") or "")


def _notices(uow: UnitOfWork, case: Mapping[str, Any]) -> list[tuple[datetime, str]]:
    """What the case told its reporter, in order: when, and in the language of the page where it was written in both."""
    said = [
        (row["at"], data_of(row))
        for row in log_entries.of_case(uow.conn, case["id"])
        if row["action"] == "service"
    ]
    told = [(at, data["result"]) for at, data in said if data.get("task") == "notify" and data.get("result")]
    english = language() == "en"
    return [
        (at, (result["text_en"] if english else "") or result["text"])
        for at, result in told
        if result["to"] == REPORTER
    ]


def _stages(case: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The way of a case as (label, state): ``past``, ``now`` or ``ahead``."""
    if case["status"] in {"rejected", "void"}:
        return [(labels.called(labels.STATUSES, case["status"]), "now")]
    # Only some reports are verified on the spot before they are filed.
    way = [stage for stage in (*labels.WORKING, "closed") if stage != "verifying" or case["stage"] == stage]
    now = way.index(case["stage"]) if case["stage"] in way else 0
    states = {-1: "past", 0: "now", 1: "ahead"}
    return [
        (labels.called(labels.STAGES, stage), states[(place > now) - (place < now)])
        for place, stage in enumerate(way)
    ]
