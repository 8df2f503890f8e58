"""Rules: what is looked for in the zones of all cameras; written, tried, switched off and taken back in versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.actors import Actor
from engine.errors import Conflict, Invalid
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import access, registry, rulebook
from handlers.store import vision_rules
from vision.errors import VisionError
from vision.expressions import Expression
from vision.faults import Misread
from vision.rules import known_classes, shipped
from web import categories, rule_forms
from web.access import for_people
from web.fields import conditions_of
from web.installation import installation
from web.languages import say
from web.rendering import page, tell

blueprint = Blueprint("camera_rules", __name__, url_prefix="/cameras")

#: So many zones are listed on the page of a rule.
LISTED = 100


@blueprint.get("/rules")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """All rules, those that are switched off at the end."""
    units = access.looked_at(uow, actor)
    rows = sorted(_known(uow).values(), key=lambda row: (not row["active"], row["key"]))
    return page(
        uow,
        "rules.html",
        rules=rows,
        counts_of=vision_rules.counts(uow.conn, units),
        name_of=lambda row: categories.name_of(uow, row["scheme"], row["kind"], row["category"]),
        writes=access.administers_city(uow, actor),
    )


@blueprint.get("/new-rule")
@for_people
def new(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The form of a rule that is not there yet; with ``like``, what that one says."""
    access.require_rules(uow, actor)
    like = _known(uow).get(request.args.get("like", ""), {})
    blank = {"key": "", "title_zh": "", "title_en": "", "zone_types": [], "expression": "", "category": ""}
    return _render(uow, actor, {**rulebook.DEFAULTS, **blank, **like, "key": "", "version": 0}, ())


@blueprint.post("/new-rule")
@for_people
def add(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Write a new rule; what is wrong is said by field, and nothing that was written is lost."""
    access.require_rules(uow, actor)
    return _save(uow, actor, rule_forms.values_of(request.form), 0, ())


@blueprint.post("/check-rule")
@for_people
def check(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """What is wrong with an expression while it is written, as JSON: where, and what to do; else what is well to know of it."""
    access.looked_at(uow, actor)
    given = rule_forms.values_of(request.form)
    try:
        expression = Expression(request.form.get("expression", ""))
    except VisionError as error:
        place = error.place if isinstance(error, Misread) else (0, 0)
        return {"ok": False, "text": say(rulebook.in_words(error)), "place": place, "hints": []}
    hints = rulebook.hints(installation().settings, expression, tuple(given["classes"]))
    return {"ok": True, "text": _("This can be read."), "place": None, "hints": [say(one) for one in hints]}


@blueprint.get("/rules/<key>")
@for_people
def one(uow: UnitOfWork, actor: Actor, key: str) -> ResponseReturnValue:
    """A rule: what it says, where it looks, and its versions."""
    access.looked_at(uow, actor)
    _known(uow)
    found = rulebook.versions(uow, key)
    return _render(uow, actor, found[0], found)


@blueprint.post("/rules/<key>")
@for_people
def change(uow: UnitOfWork, actor: Actor, key: str) -> ResponseReturnValue:
    """Write the next version of a rule."""
    access.require_rules(uow, actor)
    found = rulebook.versions(uow, key)
    values = {**rule_forms.values_of(request.form), "key": key, "active": found[0]["active"]}
    return _save(uow, actor, values, request.form.get("version", 0, type=int), found)


@blueprint.post("/rules/<key>/state")
@for_people
def switch(uow: UnitOfWork, actor: Actor, key: str) -> ResponseReturnValue:
    """Switch a rule off or on."""
    access.require_rules(uow, actor)
    active = request.form.get("active") == "1"
    try:
        with uow.savepoint():
            rulebook.switch(uow, key, active=active, person_id=actor.person_id)
    except (Invalid, Conflict) as error:
        return _refused(key, error)
    tell(
        _("The rule is switched on.")
        if active
        else _("The rule is switched off: no zone is looked at by it.")
    )
    return redirect(url_for("camera_rules.one", key=key), 303)


@blueprint.post("/rules/<key>/restore")
@for_people
def restore(uow: UnitOfWork, actor: Actor, key: str) -> ResponseReturnValue:
    """Let a rule say again what it said in an earlier version."""
    access.require_rules(uow, actor)
    version = request.form.get("version", 0, type=int)
    try:
        with uow.savepoint():
            made = rulebook.restore(uow, key, version, actor.person_id)
    except (Invalid, Conflict) as error:
        return _refused(key, error)
    tell(_("What version %(old)s said holds again, as version %(new)s.", old=version, new=made))
    return redirect(url_for("camera_rules.one", key=key), 303)


def _refused(key: str, error: Invalid | Conflict) -> ResponseReturnValue:
    fields = error.fields.values() if isinstance(error, Invalid) else ()
    tell(" ".join(say(told) for told in (error.args[0], *fields)), "bad")
    return redirect(url_for("camera_rules.one", key=key), 303)


def _save(
    uow: UnitOfWork, actor: Actor, values: Mapping[str, Any], before: int, versions: Sequence[Row]
) -> ResponseReturnValue:
    try:
        with uow.savepoint():
            version = rulebook.save(uow, values, actor.person_id, before)
    except Invalid as error:
        errors = {name: say(told) for name, told in error.fields.items()}
        return _render(uow, actor, {**values, "version": before}, versions, errors)
    if version == before:
        tell(_("Nothing of it differs: it stays version %(version)s.", version=version))
    else:
        tell(
            _(
                "The rule %(key)s was kept as version %(version)s; the watches take it up within moments.",
                key=values["key"],
                version=version,
            )
        )
    return redirect(url_for("camera_rules.one", key=values["key"]), 303)


def _render(
    uow: UnitOfWork,
    actor: Actor,
    values: Mapping[str, Any],
    versions: Sequence[Row],
    errors: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """The page of a rule, after a refusal with what was written."""
    key, known = str(values["key"]), known_classes()
    scheme, kind, category = (str(values[name] or "") for name in ("scheme", "kind", "category"))
    dwell = values["dwell"]
    return page(
        uow,
        "rule.html",
        422 if errors else 200,
        rule={**values, "dwell": f"{dwell:g}" if isinstance(dwell, int | float) and dwell == dwell else ""},
        newest=versions[0] if versions else None,
        versions=[
            (row, list(rule_forms.differences(row, older)) if older else [])
            for row, older in zip(versions, [*versions[1:], None], strict=False)
        ],
        uses=vision_rules.uses(uow.conn, key, access.looked_at(uow, actor), LISTED) if versions else [],
        groups=categories.groups(uow, scheme),
        conditions=conditions_of(uow, scheme, kind, category),
        vocabulary=known,
        others=", ".join(one for one in values["classes"] if one not in known),
        forms=rule_forms.FORMS,
        examples=rule_forms.EXAMPLES,
        errors=errors or {},
        writes=access.administers_city(uow, actor),
    )


def _known(uow: UnitOfWork) -> dict[str, Row]:
    """All rules; a city that has no camera yet has those of the product."""
    found = rulebook.known(uow)
    if not shipped().keys() <= found.keys():
        registry.seed_rules(uow)
        found = rulebook.known(uow)
    return found
