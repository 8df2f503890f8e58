"""The form of a rule: what it says as values, the forms that an expression may have, and what differs from version to version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import LazyString, lazy_gettext
from werkzeug.datastructures import MultiDict

from engine.store.rows import Row
from handlers.cameras import rulebook
from handlers.reporting import SCHEME
from web import categories, labels

MAX_CLASSES = 60

#: What an expression may be made of, each with what it says.
FORMS: tuple[tuple[str, LazyString], ...] = (
    (
        'stands("vehicle") >= dwell',
        lazy_gettext("a vehicle has stood for the seconds of the zone, or of the rule"),
    ),
    ('stands("anything") >= 300', lazy_gettext("something has stood for 300 s, whatever it is")),
    ('count("person") >= 2', lazy_gettext("a detector sees two persons or more in the zone")),
    ("standing() >= 3", lazy_gettext("three things or more stand in the zone")),
    ("moves() >= 5", lazy_gettext("in the last minute something moved beside it for 5 s")),
    ("area > 0.05", lazy_gettext("it takes more than a twentieth of the picture")),
    ('zone("bus_lane")', lazy_gettext("the zone is of this type")),
    (
        'between("07:00", "09:00")',
        lazy_gettext("it is this time of the day; past midnight where the second is the earlier"),
    ),
    ("weekday() < 5", lazy_gettext("it is Monday (0) to Friday (4)")),
    (" and ", lazy_gettext("both hold")),
    (" or ", lazy_gettext("one of them holds, or both")),
    ("not ", lazy_gettext("what follows does not hold")),
)
#: Whole expressions to begin with.
EXAMPLES: tuple[tuple[str, LazyString], ...] = (
    (
        'stands("vehicle") >= dwell and between("07:00", "22:00")',
        lazy_gettext("a vehicle parks in the daytime"),
    ),
    (
        'stands("anything") >= dwell and (count("person") >= 2 or moves() >= 10)',
        lazy_gettext("something stands, and people gather there"),
    ),
    (
        'zone("bus_lane") and weekday() < 5 and between("07:00", "09:00") and stands("vehicle") >= 30',
        lazy_gettext("a vehicle stops on the bus lane in the rush hour of a working day"),
    ),
)
#: What the parts of a rule are called.
PARTS: Mapping[str, LazyString] = {
    "title_zh": lazy_gettext("Title in Chinese"),
    "title_en": lazy_gettext("Title in English"),
    "zone_types": lazy_gettext("Types of zones"),
    "classes": lazy_gettext("Classes"),
    "expression": lazy_gettext("Condition"),
    "dwell": lazy_gettext("Seconds it must stand"),
    "verify": lazy_gettext("A detector must agree"),
    "scheme": lazy_gettext("Numbering"),
    "kind": lazy_gettext("Kind"),
    "category": lazy_gettext("Category"),
    "condition_no": lazy_gettext("Filing condition"),
    "description_zh": lazy_gettext("Description in Chinese"),
    "description_en": lazy_gettext("Description in English"),
    "active": lazy_gettext("Switched on"),
}


def values_of(given: MultiDict[str, str]) -> dict[str, Any]:
    """What a form says, for `handlers.cameras.rulebook.save`; what is no number is one that is refused."""
    kind, code = categories.split(given.get("category", ""))
    others = given.get("others", "").replace("，", ",").split(",")
    classes = [*given.getlist("classes"), *(one.strip() for one in others)]
    texts = ("key", "title_zh", "title_en", "description_zh", "description_en", "expression")
    return {
        **{name: " ".join(given.get(name, "").splitlines()).strip() for name in texts},
        "zone_types": list(dict.fromkeys(given.getlist("zone_types"))),
        "classes": list(dict.fromkeys(one for one in classes if one))[:MAX_CLASSES],
        "dwell": given.get("dwell", 0.0, type=float),
        "verify": "verify" in given,
        "scheme": given.get("scheme", SCHEME),
        "kind": kind,
        "category": code,
        "condition_no": given.get("condition_no", type=int),
        "active": True,
    }


def differences(newer: Row, older: Row) -> Iterator[tuple[LazyString, str, str]]:
    """What differs between two versions: of each part its name, what it was and what it became."""
    for name in rulebook.CONTENT:
        if newer[name] != older[name]:
            yield PARTS[name], shown(name, older[name]), shown(name, newer[name])


def shown(name: str, value: Any) -> str:
    """A part of a rule as text."""
    if isinstance(value, bool):
        return str(lazy_gettext("yes") if value else lazy_gettext("no"))
    if isinstance(value, list):
        names = labels.ZONES if name == "zone_types" else labels.SEEN
        return ", ".join(labels.called(names, one) for one in value) or "–"
    return "–" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)
