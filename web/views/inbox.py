"""The inbox: the work that waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _

from engine import inbox, work
from engine.actors import Actor, unit_tree
from engine.errors import Conflict, NotFound
from engine.inbox import Wanted
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import Unit
from handlers.crews import live
from handlers.reporting import SCHEME
from web import categories, figures, labels, times
from web.access import for_people
from web.languages import language, named, say
from web.lists import listed
from web.rendering import local, page, tell
from web.views import crews

blueprint = Blueprint("inbox", __name__)

PAGE = 50
#: Why work items could not be claimed: so many reasons are told.
MOST_REASONS = 5
#: In the order of the tabs.
VIEWS: Mapping[str, LazyString] = {
    "mine": lazy_gettext("Mine"),
    "group": lazy_gettext("Unclaimed in my group"),
    "soon": lazy_gettext("Due soon"),
    "overdue": lazy_gettext("Overdue"),
    "all": lazy_gettext("All"),
}


@dataclass(frozen=True)
class Row:
    """One line of the inbox."""

    id: int
    case_id: int
    number: str
    due: times.Due
    urged: int
    supervised: int
    category: str
    address: str
    grid_code: str
    stage: str
    title: str
    unit: str
    mine: bool
    channel: str


@blueprint.get("/inbox")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """One page of the inbox; what is filtered stands in the address."""
    wanted = _wanted()
    found = inbox.page(uow, actor, wanted, limit=PAGE, after=request.args.get("after"))
    rendered = page(
        uow,
        "inbox.html",
        counts=inbox.counts(uow, actor),
        narrowed=inbox.counts(uow, actor, wanted) if _is_narrowed(wanted) else None,
        rows=[_row(uow, actor, item) for item in found.items],
        after=request.args.get("after"),
        following=found.next,
        wanted=wanted,
        views=VIEWS,
        figures=figures.count(uow, actor),
        groups=categories.groups(uow),
        chosen=f"{wanted.kind}:{wanted.category}" if wanted.category else "",
        units=_units(uow, actor),
        own_crews=_own_crews(uow, actor),
        link=lambda **changed: _link(wanted, **changed),
        listed=_listing(wanted),
    )
    response = make_response(rendered)
    response.add_etag()
    return response.make_conditional(request)


@blueprint.post("/inbox/claim")
@for_people
def claim(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Claim all chosen work items; those that somebody else took meanwhile are named, the others are claimed."""
    claimed, refused = 0, []
    for item_id in request.form.getlist("item", type=int)[: inbox.MAX_PAGE]:
        try:
            with uow.savepoint():
                work.claim(uow, item_id, actor)
            claimed += 1
        except (Conflict, NotFound) as error:
            refused.append(say(error.args[0]))
    if claimed:
        tell(ngettext("%(num)d work item is yours now.", "%(num)d work items are yours now.", claimed))
    # What is told travels in a cookie, which has its bounds.
    for reason in list(dict.fromkeys(refused))[:MOST_REASONS]:
        tell(reason, "bad")
    if not claimed and not refused:
        tell(_("Choose at least one work item."), "bad")
    return redirect(local(request.form.get("next")) or url_for("inbox.show"), 303)


@blueprint.get("/inbox/next")
@for_people
def skip(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Leave a work item as it is, and go on to the one behind it in the list it was opened from."""
    item_id = request.args.get("item", type=int)
    item = work.read(uow, item_id, actor) if item_id else None
    found = behind(uow, actor, item)
    if found is None:
        tell(_("There is no other work item in this list."))
    return to(found)


def first(uow: UnitOfWork, actor: Actor) -> Mapping[str, Any] | None:
    """The work item to take up next: the one of the person's own that is due first, else the first of all."""
    for view in ("mine", "all"):
        found = inbox.page(uow, actor, Wanted(view), limit=1).items
        if found:
            return found[0]
    return None


def behind(uow: UnitOfWork, actor: Actor, item: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The work item behind another one in the list of the request, at its end the first; None if there is no other."""
    wanted = _wanted()
    found = inbox.page(uow, actor, wanted, limit=1, after=inbox.mark(item)).items if item else []
    found = found or inbox.page(uow, actor, wanted, limit=1).items
    return next((one for one in found if item is None or one["id"] != item["id"]), None)


def to(item: Mapping[str, Any] | None) -> ResponseReturnValue:
    """The page of a work item, or the list of the request where there is none."""
    if item is None:
        return redirect(url_for("inbox.show", **listed()), 303)
    return redirect(url_for("case.show", case_id=item["case_id"], item=item["id"], **listed()), 303)


def _wanted() -> Wanted:
    given = request.args
    kind, category = categories.split(given.get("category", ""))
    view = given.get("view", "all")
    return Wanted(
        view=view if view in VIEWS else "all",
        stage=given.get("stage", ""),
        kind=kind,
        category=category,
        unit_id=given.get("unit", type=int),
        text=given.get("q", "").strip(),
    )


def _is_narrowed(wanted: Wanted) -> bool:
    return replace(wanted, view="all") != Wanted()


def _link(wanted: Wanted, **changed: Any) -> str:
    """The address of the inbox with these filters, some of them changed."""
    values = _listing(wanted)
    if wanted.view == "all":
        del values["view"]
    return url_for("inbox.show", **{**values, **changed})


def _listing(wanted: Wanted) -> dict[str, Any]:
    """A list as an address says it, to be read by `web.lists.listed`."""
    values = {
        "view": wanted.view,
        "q": wanted.text,
        "stage": wanted.stage,
        "category": f"{wanted.kind}:{wanted.category}" if wanted.category else "",
        "unit": wanted.unit_id,
    }
    return {name: value for name, value in values.items() if value}


def _row(uow: UnitOfWork, actor: Actor, item: Mapping[str, Any]) -> Row:
    return Row(
        id=item["id"],
        case_id=item["case_id"],
        number=item["case_number"],
        due=times.of_item(item, uow.now),
        urged=item["urged"],
        supervised=item["supervised"],
        category=categories.name_of(uow, SCHEME, item["kind"], item["category"]),
        address=item["address"],
        grid_code=item["grid_code"] or "",
        stage=item["stage"],
        title=named(item, "title"),
        unit=unit_tree(uow)[item["unit_id"]].name(language()),
        mine=item["assignee_id"] == actor.person_id,
        channel=labels.called(labels.CHANNELS, item["channel"]),
    )


def _own_crews(uow: UnitOfWork, actor: Actor) -> list[crews.Card]:
    """The crews of the person with their work, as it is planned."""
    found = live.own(uow, actor)
    return crews.cards(uow, actor, found, found)


def _units(uow: UnitOfWork, actor: Actor) -> list[Unit]:
    tree = unit_tree(uow)
    return [tree[unit_id] for unit_id in sorted({unit_id for _role, unit_id in actor.grants})]
