"""The rules of the city: written, checked and changed; each change is a new version, which the watches take up.

A rule holds for all districts: who may look at cameras may read it, who administers the whole city may write it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import Conflict, Invalid, NotFound
from engine.messages import Message
from engine.settings import Settings
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.reporting import SCHEME
from handlers.store import camera_registry, vision_rules
from handlers.store.cameras import REVISION
from vision.detect.models import Registry
from vision.errors import VisionError
from vision.expressions import Expression
from vision.faults import Misread
from vision.grammar import GROUPS
from vision.rules import unchecked

MAX_TITLE, MAX_DESCRIPTION = 100, 200

#: What a rule has if nothing is said of it.
DEFAULTS: Mapping[str, Any] = {
    "active": True,
    "classes": [],
    "dwell": 180.0,
    "verify": False,
    "scheme": SCHEME,
    "kind": "event",
    "condition_no": None,
    "description_zh": "",
    "description_en": "",
}
#: What makes up a version of a rule.
CONTENT: tuple[str, ...] = ("title_zh", "title_en", "zone_types", "classes", "expression", "dwell", "verify")
CONTENT += ("scheme", "kind", "category", "condition_no", "description_zh", "description_en", "active")

Change = Literal["new", "changed", "same"]


@dataclass(frozen=True)
class Planned:
    """What is to become of a rule.

    Attributes:
        row: its content, checked.
        version: which it will have, or has where nothing of it differs.
    """

    row: Mapping[str, Any]
    version: int
    change: Change


def plan(
    uow: UnitOfWork, values: Mapping[str, Any], known: Mapping[str, Row], before: int | None = None
) -> Planned:
    """What saving a rule would do; nothing is changed.

    Args:
        values: key, both titles, zone_types, expression, category and what differs of `DEFAULTS`.
        known: the rules that are there, by key, in their newest versions.
        before: the version that the values were made from, 0 for none; None for whatever there is.

    Raises:
        Invalid: what is wrong by field.
    """
    row = {**DEFAULTS, **values}
    row = {name: row.get(name) for name in ("key", *CONTENT)}
    for language in ("zh", "en"):
        row[f"description_{language}"] = row[f"description_{language}"] or row[f"title_{language}"] or ""
    problems = dict(_problems(uow, row))
    there = known.get(str(row["key"]))
    newest = there["version"] if there else 0
    # What says the same as there is already does no harm, from whatever version it was made.
    same = there is not None and all(there[name] == row[name] for name in CONTENT)
    if before == 0 and newest:
        problems["key"] = Message("There is a rule with this key.")
    elif before is not None and before != newest and not same:
        problems["version"] = Message(
            "There is version %(version)s by now: begin with that one.", version=newest
        )
    if problems:
        raise Invalid(Message("This rule cannot be kept."), problems)
    if same:
        return Planned(row, newest, "same")
    return Planned(row, newest + 1, "changed" if there else "new")


def enter(uow: UnitOfWork, planned: Planned, person_id: int | None = None) -> int:
    """Keep what was planned; gives the version.

    Raises:
        Conflict: somebody else was quicker.
    """
    if planned.change == "same":
        return planned.version
    row = {**planned.row, "version": planned.version, "made_at": uow.now, "made_by": person_id}
    if not camera_registry.add_rules(uow.conn, [row]):
        raise Conflict(Message("Somebody else changed this rule just now: look at it again."))
    uow.changed(REVISION)
    return planned.version


def known(uow: UnitOfWork) -> dict[str, Row]:
    """All rules in their newest versions, by key, those included that are switched off."""
    return {row["key"]: row for row in vision_rules.newest(uow.conn)}


def save(
    uow: UnitOfWork, values: Mapping[str, Any], person_id: int | None = None, before: int | None = None
) -> int:
    """Write a rule, or its next version where anything of it differs; gives the version. See `plan`.

    Raises:
        Invalid: what is wrong by field; nothing is changed.
        Conflict: somebody else was quicker.
    """
    return enter(uow, plan(uow, values, known(uow), before), person_id)


def versions(uow: UnitOfWork, key: str) -> list[Row]:
    """All versions of a rule, the newest first.

    Raises:
        NotFound: there is none.
    """
    found = vision_rules.versions(uow.conn, key)
    if not found:
        raise NotFound(Message("There is no rule %(rule)s.", rule=key))
    return found


def switch(uow: UnitOfWork, key: str, *, active: bool, person_id: int | None = None) -> int:
    """Switch a rule off, so that no zone is looked at by it, or on again; gives the version that this makes.

    Raises:
        NotFound: there is none.
        Invalid: it can no longer be used as it stands, and cannot be switched on.
        Conflict: somebody else was quicker.
    """
    newest = versions(uow, key)[0]
    if newest["active"] == active:
        return int(newest["version"])
    row = {name: newest[name] for name in ("key", *CONTENT)} | {"active": active}
    if active:
        return save(uow, row, person_id)
    return enter(uow, Planned(row, newest["version"] + 1, "changed"), person_id)


def restore(uow: UnitOfWork, key: str, version: int, person_id: int | None = None) -> int:
    """Let a rule say again what it said in an earlier version; gives the version that this makes.

    Raises:
        NotFound: there is no such version.
        Invalid: it can no longer be used, as when its category is gone.
        Conflict: somebody else was quicker.
    """
    found = next((row for row in versions(uow, key) if row["version"] == version), None)
    if found is None:
        raise NotFound(
            Message("There is no version %(version)s of the rule %(rule)s.", version=version, rule=key)
        )
    return save(uow, {name: found[name] for name in ("key", *CONTENT)}, person_id)


def hints(settings: Settings, expression: Expression, classes: tuple[str, ...]) -> Iterator[Message]:
    """What is well to know of a rule that is no mistake: what the detector in use cannot tell, and seconds that do not count."""
    if "dwell" not in expression.names:
        yield Message("It does not ask for dwell: the seconds of the rule and of its zones do not count.")
    wanted = dict.fromkeys((*expression.classes, *classes))
    asked = [name for name in wanted if name != "anything"]
    models = Registry(settings.home)
    in_use = models.in_use
    if asked and in_use is None:
        yield Message("No detector is here: what only it can know is taken to hold, and nothing is verified.")
    if in_use is None or not models.has(in_use):
        return
    told = {*models.get(in_use).classes.values(), *GROUPS}
    for name in asked:
        if name not in told:
            yield Message(
                "The model %(model)s does not tell %(name)s: it will never see one.", model=in_use, name=name
            )


def in_words(error: VisionError) -> Message:
    """What is wrong, in words."""
    return Message(error.template, **error.values)


def said(error: VisionError) -> Message:
    """What is wrong, in words; of an expression also where."""
    told = in_words(error)
    if not isinstance(error, Misread) or error.place[0] == error.place[1]:
        return told
    return Message("At character %(place)d: %(what)s", place=error.place[0] + 1, what=told)


def _problems(uow: UnitOfWork, row: Mapping[str, Any]) -> Iterator[tuple[str, Message]]:
    title = {"zh": row["title_zh"] or "", "en": row["title_en"] or ""}
    try:
        rule = unchecked({**row, "version": 1, "title": title, "description": row["description_zh"]})
    except VisionError as error:
        yield error.field, said(error)
        return
    for problem in rule.problems():
        yield problem.field, said(problem)
    if max(map(len, title.values())) > MAX_TITLE:
        yield "title", Message("Give at most %(most)d characters.", most=MAX_TITLE)
    for language in ("zh", "en"):
        if len(row[f"description_{language}"]) > MAX_DESCRIPTION:
            yield (
                f"description_{language}",
                Message("Give at most %(most)d characters.", most=MAX_DESCRIPTION),
            )
    category = city.catalogue(uow).get(row["scheme"], row["kind"], row["category"])
    if category is None:
        yield "category", Message("Choose a category of the catalogue.")
    elif row["condition_no"] is not None and row["condition_no"] not in category.standards:
        yield "condition_no", Message("This category has no such condition.")
