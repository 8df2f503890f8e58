"""Service task: what a reviewer answered is written on the sightings of the case, and measures rule and model from then on."""

from __future__ import annotations

from engine import errands
from engine.case import Case
from engine.tasks import service_task
from handlers.sightings import evidence
from handlers.store import sightings


@service_task("sightings.answer", title={"zh": "记录复核意见", "en": "Note the reviewer's answer"})
def answer(case: Case, decision: str) -> bool:
    """Note what was answered to the sighting of the case, and say whether it is confirmed.

    The reason is that of the form, which the log keeps with the answer. What is confirmed has its evidence completed by the diagram
    (`vision.evidence`); what is rejected ends here, and an errand completes it.
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
    if decision == "no":
        errands.put(case.uow, evidence.REJECTED, lock=f"decision:{case.id}", case_id=case.id)
    return decision == "yes"
