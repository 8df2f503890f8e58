"""The city's own lessons: closed cases with the unit that handled them, and dispatches that a unit sent back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from engine.actors import unit_tree
from engine.case import Case
from engine.store.unit_of_work import UnitOfWork
from handlers.dispatch.learning.lessons import Cases, Inputs, Lessons
from handlers.store import dispatch_models

#: What is known of a case when it is reported. Responsibility grids are left out: the table asks them, and where they were
#: drawn anew past cases would speak against them.
INPUTS = Inputs("category", ("street", "condition", "channel", "community", "district"), ("description",))

#: Older cases teach nothing any more, and of the others the latest are enough.
SINCE, MOST = timedelta(days=730), 100_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Features:
    """One case as it was reported.

    Attributes:
        text: what was said of it.
        at: when it was reported.
    """

    scheme: str
    kind: str
    category: str
    condition_no: int | None
    channel: str
    lon: float
    lat: float
    district_code: str | None
    street_code: str | None
    community_code: str | None
    text: str
    at: datetime

    @classmethod
    def of(cls, case: Case | Mapping[str, Any]) -> Features:
        """Those of a case, or of the row of one."""
        row = case.document if isinstance(case, Case) else case
        same = {name: row[name] for name in cls.__dataclass_fields__ if name not in ("text", "at")}
        return cls(**same, text=row["description"], at=row["opened_at"])


def category_key(scheme: str, kind: str, category: str) -> str:
    """The main input of a category."""
    return f"{scheme}/{kind}/{category}"


def as_cases(features: Sequence[Features], zone: ZoneInfo) -> Cases:
    """Features by columns.

    Args:
        zone: in which hours and days are counted.
    """
    local = [one.at.astimezone(zone).replace(tzinfo=UTC) for one in features]
    return Cases(
        np.array([(at - _EPOCH).total_seconds() / 86400 for at in local]),
        {
            "category": [category_key(one.scheme, one.kind, one.category) for one in features],
            "condition": [str(one.condition_no or "") for one in features],
            "channel": [one.channel for one in features],
            "district": [one.district_code or "" for one in features],
            "street": [one.street_code or "" for one in features],
            "community": [one.community_code or "" for one in features],
            "description": [one.text for one in features],
        },
        np.array([one.lon for one in features], dtype=np.float64),
        np.array([one.lat for one in features], dtype=np.float64),
    )


def read_lessons(uow: UnitOfWork) -> Lessons:
    """What the city's past cases teach, in the order in which they were reported."""
    since = uow.now - SINCE
    rows = [(row, 1.0) for row in dispatch_models.handled(uow.conn, since, MOST)]
    rows += [(row, -1.0) for row in dispatch_models.returned(uow.conn, since, MOST)]
    rows.sort(key=lambda one: (one[0]["opened_at"], one[0]["id"], -one[1]))
    tree = unit_tree(uow)
    cases = as_cases([Features.of(row) for row, _ in rows], uow.database.time_zone)
    units = [tree[row["unit_id"]].code for row, _ in rows]
    return Lessons.of(cases, units, [sign for _, sign in rows])
