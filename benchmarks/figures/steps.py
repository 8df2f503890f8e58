"""What one step costs: opening a case, completing a work item below HTTP and by the API, and a whole life."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.lives.life import Values
from benchmarks.lives.office import Item, Office
from benchmarks.measuring.spent import Spent

#: Cases that are under way at the same time.
PORTION = 100

Completes = Callable[[Item, Values], None]


def warm_up(office: Office) -> None:
    """Take some cases through their lives, so that nothing is done for the first time while it is measured."""
    for _ in range(10):
        office.play(office.open(), office.life.steps(office.opened))


def lives(
    office: Office,
    cases: int,
    complete: Completes | None = None,
    into: tuple[Spent, Spent] | None = None,
) -> tuple[Spent, Spent]:
    """Take cases through their lives, step by step in portions; what the openings and what the completions cost."""
    opening, completing = into or (Spent(), Spent())
    for begin in range(0, cases, PORTION):
        wanted = min(PORTION, cases - begin)
        first = office.opened + 1
        ids: list[int] = []
        with office.meter.into(opening) as piece:
            for _ in range(wanted):
                piece(partial(_open, office, ids))
        numbered = list(enumerate(ids, first))
        for step in range(len(office.life.steps(0))):
            values = [(case_id, office.life.steps(n)[step]) for n, case_id in numbered]
            completed(office, values, completing, complete)
    return opening, completing


def _open(office: Office, ids: list[int]) -> None:
    ids.append(office.open())


def completed(
    office: Office, cases: list[tuple[int, Values]], into: Spent, complete: Completes | None = None
) -> None:
    """Complete the open work item of each case, and add up what that costs."""
    todo = [(office.waiting(case_id), values) for case_id, values in cases]
    with office.meter.into(into) as piece:
        for item, values in todo:
            piece(partial(complete or office.complete, item, values))


def by_api(office: Office, cases: int) -> dict[str, float]:
    """The figures of completing a work item by the API, in this process: the application and a client of it."""
    client = office.app.test_client(use_cookies=False)
    lives(office, 5, partial(office.post, client))
    completing = lives(office, cases, partial(office.post, client))[1]
    return {
        "rest_complete_cpu_ms": completing.cpu_ms,
        "rest_complete_p95_wall_ms": completing.p95_ms,
        "rest_sql_per_complete": completing.statements / len(completing.walls),
    }


def figures(office: Office, cases: int) -> dict[str, float]:
    """The figures of single steps below HTTP."""
    opening, completing = Spent(), Spent()
    for begin in range(0, cases, PORTION):
        lives(office, min(PORTION, cases - begin), into=(opening, completing))
        # The server does so every minute. A city has a day for these cases, and not the minute that they take here.
        office.vacuum()
    count = len(completing.walls)
    return {
        "cases": cases,
        "start_cpu_ms": opening.cpu_ms,
        "complete_cpu_ms": completing.cpu_ms,
        "complete_python_cpu_ms": completing.python_ms,
        "complete_p95_wall_ms": completing.p95_ms,
        "sql_per_start": opening.statements / len(opening.walls),
        "sql_per_complete": completing.statements / count,
        "commits_per_complete": completing.commits / count,
        "cases_per_second": cases / (sum(opening.walls) + sum(completing.walls)),
    }
