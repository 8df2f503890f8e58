"""Sightings: the precision that the answers of the reviewers measure."""

from __future__ import annotations

from engine.actors import require_role
from handlers.sightings import precision
from handlers.sightings.precision import OVERSEERS
from web.api.answers import MeasuredLine, MeasuredWeek, Precision
from web.api.blueprint import CASES, api, refusals
from web.api.callers import Call


@api.get("/sightings/precision", tags=[CASES], responses={200: Precision, **refusals(403)})
def read_precision(call: Call) -> Precision:
    """How much of what the cameras of the caller's units saw in the last 90 days was right, by rule, model and camera."""
    require_role(call.actor, *OVERSEERS)
    found = precision.overview(call.uow, call.actor)
    return Precision(**{name: [_line(one) for one in lines] for name, lines in found.items()})


def _line(one: precision.Line) -> MeasuredLine:
    low, high = one.whole.interval
    return MeasuredLine(
        key=one.key,
        name=one.name,
        right=one.whole.right,
        wrong=one.whole.wrong,
        share=one.whole.share,
        low=low,
        high=high,
        weeks=[MeasuredWeek(monday=monday, right=week.right, wrong=week.wrong) for monday, week in one.weeks],
    )
