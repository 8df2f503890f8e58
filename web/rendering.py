"""Pages: a template with what the frame around every page needs."""

from __future__ import annotations

from typing import Any

from flask import Flask, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import inbox, incidents
from engine.actors import roles, unit_tree
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import access
from handlers.catalogue import drafts
from handlers.crews import handing
from handlers.dispatch import figures
from handlers.sightings.queue import ROLE as REVIEWER
from web import labels, times
from web.installation import installation
from web.languages import LANGUAGES, language, moment, named, say, tag
from web.people import Person, person

PRODUCT = "Gridcase"


def init_app(app: Flask) -> None:
    """Give the templates of an application what they all use."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=asset,
        called=labels.called,
        labels=labels,
        language=language,
        languages=LANGUAGES,
        lang_tag=tag,
        moment=moment,
        named=named,
        person=person,
        say=say,
        title=title,
        due=times.due,
    )


def asset(source: str) -> str:
    """The address of a script or a style sheet."""
    return url_for("static", filename=f"build/{installation().built[source]}")


def title() -> str:
    """What the city calls its platform."""
    return installation().settings.title or PRODUCT


def page(uow: UnitOfWork, template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    """Render a page with the frame of the person who is signed in."""
    found = person()
    frame: dict[str, Any] = {}
    if found is not None:
        waiting = values.get("counts") or inbox.counts(uow, found.actor)
        looks_after = any(found.actor.has(role) for role in incidents.ROLES)
        frame = {
            "waiting": waiting["all"],
            "posts": posts(uow, found),
            "looks_after": looks_after,
            "keeps_catalogue": drafts.keeps(uow, found.actor),
            "crewed": handing.concerns(uow, found.actor),
            "sees_cameras": access.may_look(found.actor),
            "oversees_dispatch": figures.may_look(found.actor),
            "reviews": found.actor.has(REVIEWER),
        }
    return render_template(template, now=uow.now, **{**frame, **values}), status


def posts(uow: UnitOfWork, found: Person) -> list[str]:
    """The posts that a person holds, as "unit · role", each unit once."""
    tree, known = unit_tree(uow), roles(uow)
    by_unit: dict[int, list[str]] = {}
    for role, unit_id in sorted(found.actor.grants, key=lambda one: (one[1], one[0])):
        if role in known:
            by_unit.setdefault(unit_id, []).append(named(known[role]))
    joined = "、" if language() == "zh" else ", "
    return [f"{tree[unit_id].name(language())} · {joined.join(held)}" for unit_id, held in by_unit.items()]


def tell(text: str, tone: str = "good") -> None:
    """Show a sentence at the top of the page that comes next."""
    flash(text, tone)


def here() -> str:
    """The address of the current page without the host, to come back to."""
    return request.full_path.removesuffix("?")


def local(target: str | None) -> str | None:
    """An address to go on to, if it lies on this site; None for any other."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    return target if target.isprintable() else None
