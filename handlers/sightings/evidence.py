"""Service task: the evidence of a case is completed with what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn import BpmnError
from engine.effects import Effect
from engine.errands import errand
from engine.errors import NotFound
from engine.messages import Message
from engine.settings import Settings
from engine.store.database import Database
from engine.tasks import service_task
from handlers.evidence import keeping
from handlers.store import evidence as bundles
from handlers.store import sightings

#: The errand for the evidence of what a reviewer rejected.
REJECTED = "sightings.rejected"


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


@errand(REJECTED)
def complete_rejected(database: Database, settings: Settings, case_id: int) -> None:
    """Add to the bundle of each sighting of a rejected case who rejected it, when and why, signed; done twice it is there once.

    What was removed by its age stays removed.

    Raises:
        NotFound: a bundle is not written yet: to be tried again.
    """
    with database.unit_of_work() as uow:
        rows = sightings.of_case(uow.conn, case_id)
        found = {row["id"]: bundles.of_sighting(uow.conn, row["id"]) for row in rows}
    for row in rows:
        bundle = found[row["id"]]
        if bundle is None:
            raise NotFound(Message("The evidence of sighting %(id)s is not kept yet.", id=row["id"]))
        if bundle["removed_at"] is None:
            keeping.decide(database, settings, row["id"], row)
