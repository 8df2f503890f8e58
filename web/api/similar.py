"""Similar cases: those that a report may join, and merges that are undone; a case is merged by its action ``merge``."""

from __future__ import annotations

from engine import merging
from handlers.reporting import ReportInput
from web.api.blueprint import CASES, REPORTS, api, refusals
from web.api.callers import Call
from web.api.case_answers import CaseDetail, SimilarCase, SimilarCases
from web.api.cases import detail
from web.api.requests import CasePath, SimilarQuery
from web.similar import Shown, of_report


@api.get("/cases/similar", tags=[REPORTS], responses={200: SimilarCases})
def similar_cases(call: Call, query: SimilarQuery) -> SimilarCases:
    """Cases under way of the same category, near a place and reported of late: what a report there may be about."""
    given = ReportInput(channel="citizen", description="", **query.model_dump())
    return SimilarCases(items=[_told(one) for one in of_report(call.uow, call.actor, given, outside=True)])


@api.post(
    "/cases/<int:case_id>/merge/undo",
    tags=[CASES],
    responses={200: CaseDetail, **refusals(403, 404, 409)},
)
def undo_merge(call: Call, path: CasePath) -> CaseDetail:
    """Give a merged case its reports back and let it go on where it stood, within a week and while the other one is under way."""
    merging.undo(call.uow, path.case_id, call.actor)
    return detail(call, path.case_id)


def _told(one: Shown) -> SimilarCase:
    return SimilarCase(
        number=one.number,
        stage=one.stage,
        opened_at=one.opened_at,
        metres=one.metres,
        description=one.description if one.page else None,
        photo=one.photo or None,
    )
