"""Service tasks: cases alike near by, and the marks that a case gets when it was handled or must be handled again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from engine.case import Case
from engine.store import cases
from engine.tasks import service_task
from handlers import clock

#: Another case of the same category within this distance and time is likely the same problem.
WITHIN_METRES = 50.0
WITHIN_TIME = timedelta(hours=24)

_METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True)
class Similar:
    """Cases that are likely about the same problem.

    Attributes:
        count: how many there are.
        case_id, number, metres: the nearest of them, and how far it is; None where there is none.
    """

    count: int
    case_id: int | None = None
    number: str | None = None
    metres: float | None = None


@service_task("cases.similar", title={"zh": "查找相似案卷", "en": "Look for similar cases"})
def similar(case: Case) -> Similar:
    """Look for cases of the same category and platform within 50 m and 24 h; the nearest is kept as the similar case."""
    north = WITHIN_METRES / _METRES_A_DEGREE
    east = north / max(math.cos(math.radians(case.lat)), 1e-6)
    rows = cases.near(
        case.uow.conn,
        scheme=case.scheme,
        kind=case.kind,
        category=case.category,
        box=(case.lon - east, case.lat - north, case.lon + east, case.lat + north),
        since=case.now - WITHIN_TIME,
        besides=case.id,
    )
    here = (case.lon, case.lat)
    found = [(metres_between(here, (row["lon"], row["lat"])), row["id"], row) for row in rows]
    near = sorted(
        (one for one in found if one[0] <= WITHIN_METRES and one[2]["platform_id"] == case.platform_id),
        key=lambda one: one[:2],
    )
    if not near:
        case.set(similar_id=None)
        return Similar(0)
    metres, case_id, row = near[0]
    case.set(similar_id=case_id)
    return Similar(len(near), case_id, row["number"], round(metres, 1))


@service_task("cases.handled", title={"zh": "记录处置完成", "en": "Note that it was handled"})
def handled(case: Case) -> None:
    """Note that the responsible unit says to be done: this instant decides whether it was in time.

    The clock stands from now until the work begins again; how late it was without excuse is kept.
    """
    clock.handled(case)


@service_task("cases.count_rework", title={"zh": "记录返工", "en": "Count a rework"})
def count_rework(case: Case) -> None:
    """Count that the case must be handled again; it then was not yet handled, and its clock goes on."""
    case.set(rework_count=case.rework_count + 1)
    clock.handle_again(case)


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two points that are close together, (lon, lat) in degrees, good to a few per mille."""
    north = (other[1] - one[1]) * _METRES_A_DEGREE
    east = (other[0] - one[0]) * _METRES_A_DEGREE * math.cos(math.radians((one[1] + other[1]) / 2))
    return math.hypot(east, north)
