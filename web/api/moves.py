"""Moves: a case goes over to another version of its process, or back."""

from __future__ import annotations

from engine import moves
from engine.errors import Conflict
from engine.messages import Message
from web.api.answers import Moved
from web.api.blueprint import CASES, api, refusals
from web.api.callers import Call
from web.api.languages import say
from web.api.requests import CasePath, MoveTo, Undo

_MOVE = "/cases/<int:case_id>/move"
_REFUSALS = refusals(400, 403, 404, 409, 413, 415)


def _told(verdict: moves.Verdict) -> Moved:
    return Moved(
        case_id=verdict.case_id,
        number=verdict.number,
        before=verdict.before,
        after=verdict.after,
        reasons=[say(one) for one in verdict.reasons],
    )


@api.post(_MOVE, tags=[CASES], responses={200: Moved, **_REFUSALS})
def move_case(call: Call, path: CasePath, body: MoveTo) -> Moved:
    """Let a case go over to another version of its process if that is safe, or try it out. For designers and administrators."""
    if body.dry_run:
        return _told(moves.check(call.uow, path.case_id, body.to, call.actor))
    verdict = moves.move(call.uow, path.case_id, body.to, call.actor, body.reason)
    if verdict.reasons:
        reasons = " ".join(say(one) for one in verdict.reasons)
        raise Conflict(Message("The case cannot go over: %(reasons)s", reasons=reasons))
    return _told(verdict)


@api.post(f"{_MOVE}/undo", tags=[CASES], responses={200: Moved, **_REFUSALS})
def undo_move(call: Call, path: CasePath, body: Undo) -> Moved:
    """Put a case back on the version it was moved from, while no step was taken since."""
    return _told(moves.undo(call.uow, path.case_id, call.actor, body.reason))
