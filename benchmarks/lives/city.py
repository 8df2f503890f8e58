"""The case that the program brings along: straight from its report to its closing, and as a loop from handling to check."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import processes
from benchmarks.lives.life import Life, Values
from engine.store.unit_of_work import UnitOfWork
from handlers.reporting import ReportInput, submit
from handlers.scenarios.town import Town


def _open(uow: UnitOfWork, town: Town, n: int) -> int:
    lon, lat = town.places["西一路"]
    report = ReportInput(
        channel="collector",
        kind="event",
        category="0405",
        description=f"烧烤店桌椅占道，第 {n} 处",
        # Some metres apart: a case of a city seldom has many alike within fifty.
        lon=lon + (n % 40) * 5e-5,
        lat=lat + (n // 40 % 40) * 5e-5,
        submission_key=f"city-{n}",
    )
    return submit(uow, report).id


def _steps(n: int) -> Sequence[Values]:
    return [
        {"decision": "accept"},
        {"decision": "file"},
        {"decision": "done", "note": f"已收回，第 {n} 处"},
        {"decision": "passed"},
        {"decision": "close"},
    ]


def _again(n: int) -> Sequence[Values]:
    return [
        {"decision": "done", "note": f"已收回，第 {n} 处"},
        {"decision": "failed", "reason": f"仍有 {n} 套在外"},
    ]


CITY = Life("city", Path(processes.__path__[0]) / "case", "case", _open, _steps, 2, _again)
