"""Reasons of a dispatch in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from engine.store.unit_of_work import UnitOfWork
from handlers import city
from web import labels
from web.languages import language, named


def sentence(uow: UnitOfWork, reasons: Sequence[Mapping[str, Any]]) -> str:
    """All reasons of a decision in one line."""
    return " · ".join(words(uow, reasons))


def words(uow: UnitOfWork, reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each reason by itself; one that this version does not know is left out."""
    return [_WORDS[reason["what"]](uow, reason) for reason in reasons if reason.get("what") in _WORDS]


def _row(_uow: UnitOfWork, reason: Mapping[str, Any]) -> str:
    said = str(_("row %(row)s of the table", row=reason["row"]))
    # What a designer wrote beside the row is in the designer's language.
    return f"{said}（{reason['description']}）" if language() == "zh" and reason.get("description") else said


def _grid(_uow: UnitOfWork, reason: Mapping[str, Any]) -> str:
    profession = labels.called(labels.PROFESSIONS, reason["profession"])
    return str(_("responsibility grid %(profession)s-%(code)s", profession=profession, code=reason["code"]))


def _component(_uow: UnitOfWork, reason: Mapping[str, Any]) -> str:
    role = labels.called(labels.DEPARTMENTS, reason["role"])
    return str(_("%(role)s of the component %(code)s", role=role, code=reason["code"]))


def _area(uow: UnitOfWork, reason: Mapping[str, Any]) -> str:
    area = city.layers(uow).named.get(reason["code"])
    shown = reason["code"] if area is None else (area.name_en if language() == "en" else area.name)
    kind = city.catalogue(uow).unit_types.get(reason.get("unit_type") or "")
    if not shown:
        return str(_("%(type)s of the city", type=named(kind) if kind else ""))
    return str(_("%(type)s that serves %(area)s", type=named(kind) if kind else "", area=shown))


def _centre(_uow: UnitOfWork, _reason: Mapping[str, Any]) -> str:
    return str(_("centre of the district or zone"))


def _alike(_uow: UnitOfWork, reason: Mapping[str, Any]) -> str:
    return str(
        _("%(count)s of %(of)s similar cases were ended by it", count=reason["count"], of=reason["of"])
    )


def _conflict(_uow: UnitOfWork, reason: Mapping[str, Any]) -> str:
    rows = ("、" if language() == "zh" else ", ").join(str(one) for one in reason["rows"])
    return str(_("rows %(rows)s of the table contradict each other", rows=rows))


def _crew(_uow: UnitOfWork, reason: Mapping[str, Any]) -> str:
    text = _(
        "%(name)s is %(km)s km away and has %(n)s in hand",
        name=(reason.get("name_en") if language() == "en" else "") or reason["name"],
        km=f"{reason['metres'] / 1000:.1f}",
        n=reason["in_hand"],
    )
    return str(text)


_WORDS: Mapping[str, Callable[[UnitOfWork, Mapping[str, Any]], str]] = {
    "row": _row,
    "grid": _grid,
    "component": _component,
    "area": _area,
    "centre": _centre,
    "alike": _alike,
    "conflict": _conflict,
    "crew": _crew,
}
