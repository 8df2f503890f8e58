"""A case that waits for a timer, and then for a person who looks at it: what timers are measured with."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.lives.life import HERE, Life, Values
from engine.reports import Report, open_case
from engine.store.unit_of_work import UnitOfWork
from handlers.scenarios.town import Town


def _open(uow: UnitOfWork, town: Town, n: int) -> int:
    report = Report(
        platform_id=town.units.by_code["XC"].id,
        channel="sensor",
        scheme="gb30428",
        kind="event",
        category="0405",
        description=f"Case {n} that waits",
        address=f"{n} North Street",
        lon=108.96,
        lat=34.27,
        submission_key=f"patience-{n}",
    )
    return open_case(uow, report, process_key="patience").id


def _steps(n: int) -> Sequence[Values]:
    return [{}]


PATIENCE = Life("patience", HERE / "timers", "patience", _open, _steps, 0, _steps)
