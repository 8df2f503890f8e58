"""The case with which other engines were measured: start, script, gateway, three forms of three or four fields, end."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.lives.life import HERE, Life, Values
from engine.reports import Report, open_case
from engine.store.unit_of_work import UnitOfWork
from handlers.scenarios.town import Town


def _open(uow: UnitOfWork, town: Town, n: int) -> int:
    report = Report(
        platform_id=town.units.by_code["XC"].id,
        channel="hotline",
        scheme="gb30428",
        kind="event",
        category="0405",
        description=f"Case {n} of the peers",
        address=f"{n} West Street",
        lon=108.96,
        lat=34.27,
        submission_key=f"peers-{n}",
    )
    return open_case(uow, report, process_key="peers").id


def _enter(n: int) -> Values:
    return {
        "subject": f"Subject number {n} of the case",
        "amount": n % 1000,
        "wanted_by": f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}",
        "details": f"What else is to be said about case {n}, in a line or so.",
    }


def _review(n: int, verdict: str) -> Values:
    return {"verdict": verdict, "checked": f"papers {n} and {n + 1}", "remark": f"Seen by reviewer {n}."}


def _steps(n: int) -> Sequence[Values]:
    approval = {"approved": True, "reference": f"2026/{n:06d}", "opinion": f"Agreed, as case {n} asks for."}
    return [_enter(n), _review(n, "good"), approval]


def _again(n: int) -> Sequence[Values]:
    return [_enter(n), _review(n, "again")]


PEERS = Life("peers", HERE / "peers", "peers", _open, _steps, 0, _again)
