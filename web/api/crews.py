"""Crews: seen with their work, and their own position told."""

from __future__ import annotations

from handlers.crews import live, positions
from web.api.answers import Crew, Crews, CrewTask, Titles
from web.api.blueprint import CREWS, api, refusals
from web.api.callers import Call
from web.api.requests import CrewPath, Position


@api.get("/crews", tags=[CREWS], responses={200: Crews})
def list_crews(call: Call) -> Crews:
    """The crews that the caller may see: where each is, and its work in the order in which it goes there."""
    return Crews(items=[_crew(one) for one in live.crews(call.uow, call.actor)])


@api.put("/crews/<code>/position", tags=[CREWS], responses={200: Crew, **refusals(400, 403, 404, 413, 415)})
def put_position(call: Call, path: CrewPath, body: Position) -> Crew:
    """Say where a crew is now, which is for its own people; only the last position is kept."""
    positions.report(call.uow, call.actor, path.code, body.lon, body.lat, "api")
    return next(_crew(one) for one in live.own(call.uow, call.actor) if one.code == path.code)


def _crew(one: live.AtWork) -> Crew:
    begun = [CrewTask.model_validate({**row, "begun": True, "arrival": None}) for row in one.begun]
    waiting = [CrewTask.model_validate({**row, "begun": False}) for row in one.waiting]
    return Crew(
        code=one.code,
        name=Titles(zh=one.name_zh, en=one.name_en),
        lon=one.lon,
        lat=one.lat,
        at=one.at,
        on_shift=one.on_shift,
        mine=one.mine,
        work=[*begun, *waiting],
    )
