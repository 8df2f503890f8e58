"""What the comparison of photographs found, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from engine.log import data_of

#: The service task that compares, and the one that notes that work was done, of which nothing was compared yet.
TASK, DONE = "vision.compare", "cases.handled"
#: Farther apart than a telephone errs.
FAR = 300


@dataclass(frozen=True)
class Told:
    """What the page says of a case's photographs.

    Attributes:
        doubtful: whether it speaks against them.
    """

    lines: list[str]
    doubtful: bool


def advice(log: Sequence[Mapping[str, Any]]) -> Told | None:
    """What the last comparison of a case found; None where there was none since the work was done, or nothing to compare."""
    for row in reversed(log):
        data = data_of(row) if row["action"] == "service" else {}
        if data.get("task") == DONE:
            return None
        if data.get("task") == TASK and isinstance(data.get("result"), Mapping):
            found = data["result"]
            if not found.get("photographs"):
                return None
            return Told([place(found), *_doubts(found)], bool(_doubts(found)) or found["same_place"] == "no")
    return None


def details(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a comparison found, for the log."""
    if not result.get("photographs"):
        return [(_("Photographs"), _("There is none from after the work."))]
    return [(_("Photographs"), " ".join([place(result), *_doubts(result)]))]


def place(result: Mapping[str, Any]) -> str:
    """Whether they show the same place."""
    match result.get("same_place"):
        case "yes":
            said = _("They show the same place.")
        case "no":
            said = _("They seem to show different places.")
        case _:
            said = _("Whether they show the same place cannot be told.")
    return str(said)


def _doubts(result: Mapping[str, Any]) -> list[str]:
    said = {
        "reused": _("One of them was handed in before."),
        "dark": _("One of them is too dark."),
        "blurred": _("One of them is too blurred."),
    }
    doubts = [sentence for name, sentence in said.items() if result.get(name)]
    metres = result.get("metres")
    if isinstance(metres, int) and metres > FAR:
        doubts.append(_("They were taken %(n)s m apart.", n=metres))
    return doubts
