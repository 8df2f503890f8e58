"""Service task: the evidence of a case is completed with what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn import BpmnError
from engine.effects import Effect
from engine.tasks import service_task
from handlers.sightings import originals
from handlers.store import sightings


@dataclass(frozen=True)
class Evidence:
    """The evidence of a case.

    Attributes:
        sightings: how many it has.
        digests: the SHA-256 of what was decided about each, which holds those of all its files.
    """

    sightings: int
    digests: list[str]


@service_task(
    "vision.evidence",
    title={"zh": "固定证据", "en": "Complete the evidence"},
    background=True,
    retries=5,
    backoff=5,
)
def evidence(effect: Effect) -> Evidence:
    """Write beside the original pictures of a case who confirmed what and when.

    The error ``evidence_failed`` goes to the diagram where there are none: the case can go on without.
    """
    with effect.database.unit_of_work() as uow:
        rows = sightings.of_case(uow.conn, effect.case.id)
    digests = []
    for row in rows:
        folder = originals.folder_of(effect.settings, row["camera_id"], row["rule_key"], row["slot"])
        decision = {
            "case": effect.case.number,
            "camera": row["camera_code"],
            "notice": row["notice"],
            "zone": [row["zone_key"], row["zone_version"]],
            "rule": [row["rule_key"], row["rule_version"]],
            "certain": row["certain"],
            "answer": row["answer"],
            "reason": row["reason"],
            "answered_at": row["answered_at"].isoformat() if row["answered_at"] else None,
            "answered_by": row["answered_by_name"],
        }
        try:
            digests.append(originals.decide(folder, decision))
        except FileNotFoundError as error:
            raise BpmnError("evidence_failed", f"the original pictures are not here: {error}") from error
    if not rows:
        raise BpmnError("evidence_failed", "no camera saw this case")
    return Evidence(len(rows), digests)
