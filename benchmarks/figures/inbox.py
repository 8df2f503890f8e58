"""What a page of the inbox costs where many work items wait, and what a tick of the clock costs while cases wait."""

from __future__ import annotations

from benchmarks.lives.office import Office
from benchmarks.measuring.spent import Spent
from engine import inbox
from engine.inbox import Wanted


def figures(office: Office, pages: int) -> dict[str, float]:
    """The first page of fifty of the acceptor of the district, below HTTP and as the page of a browser."""
    unit = office.town.units.by_code["XC"].id
    actor = office.town.actors["acceptor", unit]
    wanted = Wanted(unit_id=unit)

    def look() -> None:
        with office.database.unit_of_work() as uow:
            found = inbox.page(uow, actor, wanted, limit=50)
            inbox.counts(uow, actor, wanted)
        if len(found.items) < 50:
            raise RuntimeError("the inbox has less than a page")

    browser = office.browser(actor)

    def open_page() -> None:
        answer = browser.get("/inbox", query_string={"unit": unit})
        if answer.status_code != 200:
            raise RuntimeError(f"the inbox was refused: {answer.status}")

    query, page = Spent(), Spent()
    for work, spent in ((look, query), (open_page, page)):
        for _ in range(5):
            work()
        with office.meter.into(spent) as piece:
            for _ in range(pages):
                piece(work)
    return {
        "inbox_query_ms": query.median_ms,
        "inbox_query_cpu_ms": query.cpu_ms,
        "inbox_query_sql": query.statements / pages,
        "inbox_page_ms": page.median_ms,
        "inbox_page_cpu_ms": page.cpu_ms,
        "inbox_page_sql": page.statements / pages,
    }
