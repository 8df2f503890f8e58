"""Reporting: the page on which anybody says that something is wrong, and the one on which they follow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import cases
from engine.actors import may_see, unit_tree
from engine.cases import Following
from engine.errors import Invalid
from engine.joining import came_before
from engine.log import data_of
from engine.reports import MAX_ADDRESS, MAX_DESCRIPTION, Opened
from engine.store.unit_of_work import UnitOfWork
from handlers import city, reporting
from handlers.reporting import ReportInput
from web import categories, labels, limits, similar, submissions
from web.access import open_to_all
from web.languages import language, say
from web.people import has_session, person, visitor
from web.rendering import page, tell
from web.similar import Shown
from web.views.areas import SUGGESTIONS
from web.views.degrees import degrees
from web.views.notices import notices

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
        similar: cases that the report may be about, where its sender was not asked about them yet.
    """

    key: str
    texts: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    look_up: bool = False
    similar: Sequence[Shown] = ()


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
    """Take a report in; before that look its address up, or ask whether it is about a case that is there already."""
    texts = {name: request.form.get(name, "").strip() for name in _TEXTS}
    texts["channel"] = _channel()
    key, kept = submissions.sent_key(), []
    try:
        kept = submissions.take_photos("report")
        if "look_up" in request.form:
            return _page(uow, Draft(key, texts, kept=tuple(submissions.seals(kept)), look_up=True))
        given = _input(texts, key, kept)
        found = _not_asked_about(uow, given)
        if found:
            return _page(uow, Draft(key, texts, kept=tuple(submissions.seals(kept)), similar=found))
        with uow.savepoint():
            opened = reporting.submit(uow, given, visitor())
    except Invalid as error:
        return _refuse(uow, Draft(key, texts, kept=tuple(submissions.seals(kept))), error)
    return _taken(opened)


@blueprint.get("/follow/<secret>")
@limits.limiter.limit(limits.LOOK_UPS)
@open_to_all
def follow(uow: UnitOfWork, secret: str) -> ResponseReturnValue:
    """How far the case of a report is, for whoever has its link: nothing of any person, nothing of its inside."""
    following = cases.follow(uow, secret[:100])
    case = following.case
    return page(
        uow,
        "report/follow.html",
        case=case,
        before=following.before,
        category=categories.name_of(uow, case["scheme"], case["kind"], case["category"]),
        stages=_stages(case),
        reason=_reason(following),
        notices=notices(following),
        fresh="new" in request.args,
        may_open=may_see(uow, visitor(), case),
        platform=unit_tree(uow)[case["platform_id"]].name(language()),
    )


def _not_asked_about(uow: UnitOfWork, given: ReportInput) -> list[Shown]:
    """The cases that a report may be about, if its sender has not seen all of them; none for one that joins or came before."""
    if given.joins or came_before(uow, given.submission_key):
        return []
    found = similar.of_report(uow, visitor(), given)
    seen = set(request.form.getlist("seen"))
    return found if any(one.number not in seen for one in found) else []


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
        lon=degrees(texts["lon"]),
        lat=degrees(texts["lat"]),
        community_code=texts["community_code"] or None,
        reporter_name=texts["reporter_name"],
        reporter_phone=texts["reporter_phone"],
        # The keys of programs begin otherwise: nobody takes one of theirs by this page.
        submission_key=f"web:{key}",
        photos=tuple(photos),
        joins=request.form.get("join", ""),
    )


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


def _reason(following: Following) -> str:
    """Why a report became no case: what was written for the reporter by whoever rejected it."""
    if following.case["status"] != "rejected":
        return ""
    said = (data_of(row) for row in reversed(following.log) if row["action"] == "completed")
    return str(next(said, {}).get("reason") or "")


def _stages(case: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The way of a case as (label, state): ``past``, ``now`` or ``ahead``."""
    if case["status"] in {"rejected", "void", "merged"}:
        return [(labels.called(labels.STATUSES, case["status"]), "now")]
    # Only some reports are verified on the spot before they are filed.
    way = [stage for stage in (*labels.WORKING, "closed") if stage != "verifying" or case["stage"] == stage]
    now = way.index(case["stage"]) if case["stage"] in way else 0
    states = {-1: "past", 0: "now", 1: "ahead"}
    return [
        (labels.called(labels.STAGES, stage), states[(place > now) - (place < now)])
        for place, stage in enumerate(way)
    ]
