"""The candidates for a case on the dispatcher's page, and how the case was dispatched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from engine.actors import unit_tree
from engine.forms import Form
from engine.store.unit_of_work import UnitOfWork
from handlers.dispatch.history import history
from handlers.store import crews
from web import labels, reasons
from web.fields import PREFIX
from web.languages import language

#: Each has a key; those that are left are for the answers of the form.
MOST = 7


@dataclass(frozen=True)
class Candidate:
    """A unit that is proposed, with all that the page sends when it is chosen.

    Attributes:
        probability: in per cent, empty where nothing was learned.
        reasons: in words.
        sent: names and values of the form.
    """

    name: str
    probability: str
    reasons: Sequence[str]
    sent: Mapping[str, str]


def candidates(uow: UnitOfWork, case_id: int, form: Form | None) -> list[Candidate]:
    """The units that are proposed for a case, best first; none where the form does not ask for a unit."""
    unit_field = _unit_field(form)
    if form is None or unit_field is None:
        return []
    tree, answer = unit_tree(uow), _answer(form)
    return [
        Candidate(
            tree[one["unit_id"]].name(language()),
            percent(one["probability"]),
            reasons.words(uow, one["reasons"]),
            {PREFIX + unit_field: str(one["unit_id"]), **answer},
        )
        for one in history(uow, case_id).candidates[:MOST]
        if one["unit_id"] in tree.by_id
    ]


def said_before(uow: UnitOfWork, case_id: int, form: Form | None) -> list[str]:
    """What to know before a unit is chosen: who returned the case and why, and that nothing is proposed where that is so."""
    if form is None or _unit_field(form) is None:
        return []
    tree, found = unit_tree(uow), history(uow, case_id)
    said = [
        _(
            "Returned by %(unit)s: %(reason)s",
            unit=tree[row["unit_id"]].name(language()),
            reason=row["returned_reason"],
        )
        for row in found.returned
        if row["unit_id"] in tree.by_id
    ]
    return said if found.candidates else [*said, _("No unit is proposed: choose from the list.")]


def why(uow: UnitOfWork, case_id: int) -> str:
    """Who dispatched a case to the unit that has it, and why; empty where nobody has."""
    decided = history(uow, case_id).decided
    if decided is None:
        return ""
    who = labels.called(labels.DISPATCHED_BY, decided["how"])
    if decided["how"] == "learned" and decided["probability"] is not None:
        who = _("%(who)s, %(percent)s", who=who, percent=percent(decided["probability"]))
    # What spoke for the best candidate says nothing for another one that a person chose.
    spoke = [one["reasons"] for one in decided["candidates"] if one["unit_id"] == decided["unit_id"]]
    placement = crews.of_case(uow.conn, case_id)
    placed = placement["reasons"] if placement is not None else ()
    told = reasons.sentence(uow, [*(spoke[0] if spoke else ()), *placed])
    return f"{who} · {told}" if told else who


def percent(probability: float | None) -> str:
    """A share in per cent, never rounded up to certainty."""
    return "" if probability is None else f"{min(int(probability * 1000) / 10, 99.9):g} %"


def _unit_field(form: Form | None) -> str | None:
    properties: Mapping[str, Any] = form.properties if form else {}
    return next((name for name, one in properties.items() if one.get("x-widget") == "unit"), None)


def _answer(form: Form) -> dict[str, str]:
    """The answer of the form that goes with a chosen unit: its first one."""
    for name, one in form.properties.items():
        if one.get("x-widget") == "decision" and one.get("oneOf"):
            return {PREFIX + name: str(one["oneOf"][0]["const"])}
    return {}
