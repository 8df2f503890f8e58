"""Service task: what a reviewer answered is written on the sightings of the case, and measures rule and model from then on."""

from __future__ import annotations

from engine.case import Case
from engine.tasks import service_task
from handlers.store import sightings


@service_task("sightings.answer", title={"zh": "记录复核意见", "en": "Note the reviewer's answer"})
def answer(case: Case, decision: str) -> bool:
    """Note what was answered to the sighting of the case, and say whether it is confirmed.

    The reason is that of the form, which the log keeps with the answer.
    """
    said = case.entries[-1].data if case.entries else {}
    sightings.answer(
        case.uow.conn,
        case.id,
        answer=decision,
        reason=str(said.get("reason", "")),
        at=case.now,
        by=case.actor.person_id,
    )
    return decision == "yes"
