"""The catalogue: for everybody to look up, for those who keep it to write out, and to read in after they saw what changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _

from engine.actors import Actor
from engine.errors import Conflict, NotFound
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.catalogue import Refused, drafts, write_book
from handlers.catalogue.sheets import KINDS
from handlers.catalogue.tables import MAX_BYTES, Problem
from handlers.reporting import SCHEME
from handlers.store.catalogue import Catalogue, Category
from web import categories
from web.access import for_people
from web.fields import conditions_of
from web.languages import language, say
from web.rendering import page, tell

blueprint = Blueprint("catalogue", __name__)

PAGE = 40
#: So many changes of one sort are listed, further ones counted.
LISTED = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

#: What the columns of categories are called to people.
FIELDS: Mapping[str, LazyString] = {
    "major_code": lazy_gettext("Code of the major class"),
    "major_zh": lazy_gettext("Major class in Chinese"),
    "major_en": lazy_gettext("Major class in English"),
    "name_zh": lazy_gettext("Name in Chinese"),
    "name_en": lazy_gettext("Name in English"),
    "unit_type": lazy_gettext("Type of unit"),
    "similar_metres": lazy_gettext("Metres within which cases are alike"),
    "similar_hours": lazy_gettext("Hours within which cases are alike"),
    "equivalents": lazy_gettext("Codes in other numberings"),
}


@blueprint.get("/catalogue/conditions")
@for_people
def conditions(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The filing conditions of a category (``kind:code``) as options of a list."""
    kind, code = categories.split(request.args.get("category", ""))
    return render_template("parts/conditions.html", choices=conditions_of(uow, SCHEME, kind, code))


@blueprint.get("/catalogue")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """One page of the categories with their standards, of all or of those that are looked for."""
    catalogue = city.catalogue(uow)
    text = request.args.get("q", "").strip()[:100]
    kind, scheme = request.args.get("kind", ""), request.args.get("scheme", "")
    found = _found(catalogue, text, kind if kind in KINDS else "", scheme)
    number = min(max(request.args.get("page", 1, type=int), 1), max(-(-len(found) // PAGE), 1))
    return page(
        uow,
        "catalogue.html",
        categories=found[(number - 1) * PAGE : number * PAGE],
        found=len(found),
        unit_types=_unit_types(catalogue),
        schemes=sorted({key[0] for key in catalogue.categories}),
        text=text,
        kind=kind,
        scheme=scheme,
        number=number,
        pages=-(-len(found) // PAGE),
        keeps=drafts.keeps(uow, actor),
        most=MAX_BYTES >> 20,
    )


@blueprint.get("/catalogue/catalogue.xlsx")
@for_people
def download(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The whole catalogue as a workbook."""
    book = BytesIO(write_book(city.catalogue(uow)))
    return send_file(book, mimetype=XLSX, as_attachment=True, download_name="catalogue.xlsx")


@blueprint.post("/catalogue/draft")
@for_people
def send(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Take a workbook, and show what it would change; one with faults is refused with all of them."""
    file = request.files.get("file")
    name = file.filename if file and file.filename else ""
    if file is None or not name:
        tell(_("Choose a workbook first."), "bad")
        return redirect(url_for("catalogue.show"), 303)
    try:
        drafts.send(uow, actor, name, file.stream.read(MAX_BYTES + 1))
    except Refused as refused:
        return _refused(uow, name, refused.problems, refused.count)
    return redirect(url_for("catalogue.draft"), 303)


@blueprint.get("/catalogue/draft")
@for_people
def draft(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """What the workbook that was sent would change."""
    try:
        given, seen = drafts.look(uow, actor)
    except NotFound:
        return redirect(url_for("catalogue.show"), 303)
    catalogue = city.catalogue(uow)
    in_use = [
        (catalogue.categories[key], condition, count)
        for (key, condition), count in seen.changes.in_use.items()
    ]
    return page(
        uow,
        "catalogue_draft.html",
        name=given.source,
        mended=given.mended,
        seen=seen,
        changes=seen.changes,
        in_use=in_use,
        fields=FIELDS,
        listed=LISTED,
    )


@blueprint.post("/catalogue/draft/adopt")
@for_people
def adopt(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Put the workbook that was sent in the place of the catalogue."""
    try:
        with uow.savepoint():
            count = drafts.adopt(uow, actor, request.form.get("before", ""))
    except NotFound as error:
        tell(say(error.args[0]), "bad")
        return redirect(url_for("catalogue.show"), 303)
    except Conflict as error:
        tell(say(error.args[0]), "bad")
        return redirect(url_for("catalogue.draft"), 303)
    tell(
        ngettext(
            "The catalogue now has %(num)d category.", "The catalogue now has %(num)d categories.", count
        )
    )
    return redirect(url_for("catalogue.show"), 303)


@blueprint.post("/catalogue/draft/discard")
@for_people
def discard(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Leave the catalogue as it is."""
    drafts.discard(uow, actor)
    tell(_("The catalogue stays as it is."))
    return redirect(url_for("catalogue.show"), 303)


def _refused(uow: UnitOfWork, name: str, problems: Sequence[Problem], count: int) -> ResponseReturnValue:
    return page(
        uow, "catalogue_refused.html", 422, name=name, problems=problems, count=count, most=MAX_BYTES >> 20
    )


def _found(catalogue: Catalogue, text: str, kind: str, scheme: str) -> list[Category]:
    words = text.casefold().split()
    return [
        one
        for one in catalogue.categories.values()
        if (not kind or one.kind == kind) and (not scheme or one.scheme == scheme)
        if all(word in _searched(one) for word in words)
    ]


def _searched(category: Category) -> str:
    """Everything in which a word is looked for, in both languages."""
    standards = [text for one in category.standards.values() for text in (one.condition_zh, one.condition_en)]
    own = (category.code, category.name_zh, category.name_en, category.major_zh, category.major_en)
    return "\n".join((*own, *standards)).casefold()


def _unit_types(catalogue: Catalogue) -> dict[str, str]:
    """What the types of unit are called."""
    return {code: one[f"name_{language()}"] for code, one in catalogue.unit_types.items()}
