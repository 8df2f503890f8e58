"""The page of a case: its facts, photographs, log, live diagram, and the form of the step that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from engine import actions, cases, merging, work
from engine.actors import Actor, may_see, roles, unit_tree
from engine.bundles import Bundle, bundle_of
from engine.cases import CaseView
from engine.forms import Form
from engine.store import cases as stored_cases
from engine.store import instances
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.store import crews, evidence
from web import categories, clocks, comparisons, labels, log_lines, security, similar, submissions, times
from web.access import for_people
from web.candidates import Candidate, candidates, said_before, why
from web.fields import Context, Field, fields_of, help_of
from web.languages import language
from web.lists import listed
from web.merges import merges_of
from web.rendering import page

blueprint = Blueprint("case", __name__, url_prefix="/cases/<int:case_id>")


@dataclass(frozen=True)
class Refusal:
    """What came back from a submission that did not fit: to be shown beside its fields.

    Attributes:
        part: ``item:<id>`` or ``action:<name>``.
    """

    part: str
    said: str
    values: Mapping[str, Any]
    errors: Mapping[str, str]
    kept: list[Mapping[str, Any]]


@dataclass(frozen=True)
class Step:
    """The work item whose form the page shows.

    Attributes:
        candidates: units that are proposed for the case, best first.
        said: what to know before one is chosen, such as who returned the case.
        photos: empty, ``optional`` or ``required``.
    """

    item: Mapping[str, Any]
    due: times.Due
    mine: bool
    help: str
    candidates: list[Candidate]
    said: list[str]
    fields: list[Field]
    photos: str
    colleagues: list[Mapping[str, Any]]
    key: str


@dataclass(frozen=True)
class Offered:
    """An action of the diagram with the fields of its form.

    Attributes:
        tone: of its button: ``primary``, ``plain`` or ``danger``.
    """

    name: str
    title: str
    help: str
    tone: str
    fields: list[Field]
    refusal: Refusal | None


@blueprint.get("")
@for_people
def show(uow: UnitOfWork, actor: Actor, case_id: int) -> ResponseReturnValue:
    """The page of a case."""
    return render(uow, actor, case_id)


@blueprint.get("/diagram.bpmn")
@for_people
def diagram(uow: UnitOfWork, actor: Actor, case_id: int) -> ResponseReturnValue:
    """A diagram of the version on which the case runs: of its process, or of one that this calls."""
    process = request.args.get("process", "")[:200]
    response = Response(cases.diagram_of(uow, case_id, actor, process), mimetype="application/xml")
    # Not to be looked at by itself: XML of a stranger can hold scripts for a browser.
    response.headers["Content-Disposition"] = f'attachment; filename="case-{case_id}.bpmn"'
    response.add_etag()
    return response.make_conditional(request)


def render(
    uow: UnitOfWork, actor: Actor, case_id: int, status: int = 200, refusal: Refusal | None = None
) -> ResponseReturnValue:
    """The page of a case, after a refusal with what was refused."""
    found = cases.view(uow, case_id, actor)
    bundle = bundle_of(uow, found.document["bundle_hash"])
    offers, merges = _offers(uow, actor, found, refusal), merges_of(uow, actor, found)
    # A case that stands for others is not merged itself: the others are merged into it.
    may_merge = not merges and any(offer.name == merging.MESSAGE for offer in offers)
    security.allow_style_attributes()
    return page(
        uow,
        "case.html",
        status,
        case=found.document,
        facts=_facts(uow, actor, found),
        clock=clocks.clock_of(uow, found.document),
        pause=clocks.pause_name(found.document),
        remarks=clocks.remarks(found.log),
        step=_step(uow, actor, found, bundle, refusal),
        others=_others(actor, found),
        offers=offers,
        similar=similar.of_case(uow, actor, found.document) if may_merge else (),
        merges=merges,
        refusal=refusal,
        attachments=found.attachments,
        sealed=_sealed(uow, found),
        advice=comparisons.advice(found.log),
        log=list(reversed(log_lines.lines(uow, found.document, bundle, list(found.log)))),
        position=_position(found),
        parts=found.parts,
        part=found.part,
        lanes=_lanes(uow),
        seals=submissions.seals,
        listed=listed(),
        most_photos=submissions.MAX_PHOTOS,
    )


def _sealed(uow: UnitOfWork, found: CaseView) -> Mapping[str, int]:
    """How many pictures of cameras the case has, and of how many there is no public copy."""
    seen = found.document["channel"] == "camera" or any(row["action"] == "still" for row in found.log)
    return evidence.sealed(uow.conn, found.document["id"]) if seen else {"pictures": 0, "unpublished": 0}


def _step(
    uow: UnitOfWork, actor: Actor, found: CaseView, bundle: Bundle, refusal: Refusal | None
) -> Step | None:
    item = _chosen(actor, found, refusal)
    if item is None:
        return None
    element = bundle.element(found.document["process_key"], item["element_id"])
    form = bundle.form_of(element)
    held = refusal if refusal and refusal.part == f"item:{item['id']}" else None
    return Step(
        item=item,
        due=times.of_item(item, uow.now),
        mine=item["assignee_id"] == actor.person_id,
        help=help_of(form),
        candidates=candidates(uow, found.document["id"], form),
        said=said_before(uow, found.document["id"], form),
        fields=_fields(uow, found, form, held),
        photos=element.properties.get("photos", ""),
        colleagues=[one for one in work.colleagues(uow, item) if one["id"] != actor.person_id],
        key=submissions.new_key(),
    )


def _fields(uow: UnitOfWork, found: CaseView, form: Form | None, held: Refusal | None) -> list[Field]:
    if form is None:
        return []
    given = (held.values, held.errors) if held else ({}, {})
    return fields_of(form, Context(uow, found.document, *given))


def _chosen(actor: Actor, found: CaseView, refusal: Refusal | None) -> Mapping[str, Any] | None:
    """The work item to show: the one asked for, else the actor's own, else one that is offered to them."""
    open_to = [
        item
        for item in found.items
        if item["assignee_id"] == actor.person_id
        or (item["assignee_id"] is None and (item["role"], item["unit_id"]) in actor.grants)
    ]
    asked = request.args.get("item", type=int)
    if refusal and refusal.part.startswith("item:"):
        asked = int(refusal.part.removeprefix("item:"))
    ranked = sorted(open_to, key=lambda item: (item["id"] != asked, item["assignee_id"] is None, item["id"]))
    return ranked[0] if ranked else None


def _others(actor: Actor, found: CaseView) -> list[Mapping[str, Any]]:
    """Open work items of other people and groups."""
    return [
        item
        for item in found.items
        if item["assignee_id"] != actor.person_id
        and (item["assignee_id"] is not None or (item["role"], item["unit_id"]) not in actor.grants)
    ]


def _offers(uow: UnitOfWork, actor: Actor, found: CaseView, refusal: Refusal | None) -> list[Offered]:
    row = instances.of_case(uow.conn, found.document["id"])
    offered = []
    for action in actions.available(uow, row, actor) if row else []:
        held = refusal if refusal and refusal.part == f"action:{action.name}" else None
        title = action.title.get(language()) or action.title["zh"]
        fields = _fields(uow, found, action.form, held)
        tone = str(action.form.schema.get("x-tone", "primary")) if action.form else "primary"
        offered.append(Offered(action.name, title, help_of(action.form), tone, fields, held))
    # What cannot be undone comes last.
    return sorted(offered, key=lambda one: one.tone == "danger")


def _facts(uow: UnitOfWork, actor: Actor, found: CaseView) -> Mapping[str, Any]:
    """What the page says about a case besides its columns."""
    case, spoken, tree = found.document, language(), unit_tree(uow)
    catalogue = city.catalogue(uow)
    category = catalogue.get(case["scheme"], case["kind"], case["category"])
    standard = category.standards.get(case["condition_no"]) if category and case["condition_no"] else None
    areas = []
    known = city.layers(uow).named
    for kind in ("district", "street", "community"):
        area = known.get(case[f"{kind}_code"] or "")
        if area is not None:
            areas.append((labels.called(labels.AREAS, kind), area.name_en if spoken == "en" else area.name))
    return {
        "category": categories.name_of(uow, case["scheme"], case["kind"], case["category"]),
        "major": (category.major_en if spoken == "en" else category.major_zh) if category else "",
        "condition": (standard.condition_en if spoken == "en" else standard.condition_zh) if standard else "",
        "areas": areas,
        "platform": tree[case["platform_id"]].name(spoken),
        "unit": tree[case["unit_id"]].name(spoken) if case["unit_id"] else "",
        "crew": _crew(uow, case),
        "dispatched": why(uow, case["id"]) if case["unit_id"] else "",
        "reports": found.reports,
        "similar": _similar(uow, actor, case["similar_id"]),
    }


def _crew(uow: UnitOfWork, case: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The crew that the case is placed with, while somebody handles it."""
    placed = crews.of_case(uow.conn, case["id"]) if case["stage"] == "handling" else None
    unit = unit_tree(uow).by_id.get(placed["crew_id"]) if placed else None
    if placed is None or unit is None:
        return None
    reason = placed["reasons"][0]
    return {**reason, "name": unit.name(language()), "arrival": placed["arrival"], "kept": placed["kept"]}


def _lanes(uow: UnitOfWork) -> str:
    """What lanes are called in the language of the page: they have the names of roles."""
    known = roles(uow).values() if language() == "en" else ()
    return orjson.dumps({role["name_zh"]: role["name_en"] for role in known}).decode()


def _similar(uow: UnitOfWork, actor: Actor, case_id: int | None) -> Mapping[str, Any] | None:
    """The similar case, where the reader may see it."""
    row = stored_cases.read(uow.conn, case_id) if case_id else None
    return row if row is not None and may_see(uow, actor, row) else None


def _position(found: CaseView) -> str:
    """Where the case has been, and where it is in each of its diagrams."""
    visited = {element: count for element, (count, _last) in found.visited.items()}
    current = {part.key: list(part.current) for part in found.parts}
    return orjson.dumps({"visited": visited, "current": current}).decode()
