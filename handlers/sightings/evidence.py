"""Service task: the evidence of a case is completed with what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn import BpmnError
from engine.effects import Effect
from engine.tasks import service_task
from handlers.evidence import keeping
from handlers.store import sightings


@dataclass(frozen=True)
class Evidence:
    """The evidence of a case.

    Attributes:
        sightings: how many it has.
        digests: the SHA-256 of what was decided about each, which binds its bundle.
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
    """Add to the bundle of each sighting of a case who confirmed it and when, signed.

    The error ``evidence_failed`` goes to the diagram where there are none: the case can go on without.
    """
    with effect.database.unit_of_work() as uow:
        rows = sightings.of_case(uow.conn, effect.case.id)
    digests = []
    for row in rows:
        try:
            digests.append(keeping.decide(effect.database, effect.settings, row["id"], row))
        except FileNotFoundError as error:
            raise BpmnError("evidence_failed", f"the bundle is not here: {error}") from error
    if not rows:
        raise BpmnError("evidence_failed", "no camera saw this case")
    return Evidence(len(rows), digests)
