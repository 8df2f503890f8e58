"""The queue of reviewers: what waits for them, one after another, and how many they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine import work
from engine.actors import Actor
from engine.errors import Conflict, Forbidden
from engine.messages import Message
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from handlers.alike import Alike, Spot, alike
from handlers.store import evidence, sightings

ROLE = "reviewer"
#: In the order of their time.
ROLES_OF_STILLS = ("before", "begin", "half", "alarm")
#: Nobody has more than these before them at a time.
MOST_LEFT_OUT = 20
#: So many are looked through for one that no colleague took a moment ago.
_TRIED = 5
#: The evidence of a sighting is kept a moment after its case was opened; one that has none for so long is reviewed without.
_FOR_EVIDENCE = timedelta(minutes=2)


@dataclass(frozen=True)
class ToReview:
    """A sighting that waits for a reviewer, who has it now.

    Attributes:
        row: of `handlers.store.sightings.to_review`.
        version: of the work item.
        stills: files of its evidence that show it, sealed, in the order of their time; none where its evidence could not be kept.
        alike: other cases under way of the same category near by.
    """

    row: Row
    version: int
    stills: Sequence[Mapping[str, Any]]
    alike: Sequence[Alike]


@dataclass(frozen=True)
class Progress:
    """How many wait for somebody, and how many they answered in the last hour and since midnight."""

    waiting: int
    hour: int
    today: int


def units_of(actor: Actor) -> list[int]:
    """The units whose sightings somebody reviews.

    Raises:
        Forbidden: there are none.
    """
    found = sorted(unit_id for role, unit_id in actor.grants if role == ROLE)
    if not found:
        raise Forbidden(Message("This needs the role %(roles)s.", roles=ROLE))
    return found


def take(uow: UnitOfWork, actor: Actor, besides: Sequence[int]) -> ToReview | None:
    """Take the next sighting for a reviewer; None if nothing waits.

    It is theirs until they answer or `release` it, so that no two look at the same.

    Args:
        besides: work items that they have before them already.

    Raises:
        Forbidden: they review none.
    """
    units = units_of(actor)
    left_out = list(besides)[:MOST_LEFT_OUT]
    waited = uow.now - _FOR_EVIDENCE
    for row in sightings.to_review(uow.conn, ROLE, units, actor.person_id, left_out, _TRIED, waited):
        try:
            with uow.savepoint():
                work.claim(uow, row["item_id"], actor)
        except Conflict:
            continue
        item = work.read(uow, row["item_id"], actor)
        stills = _stills(evidence.of_sighting(uow.conn, row["id"]))
        near = alike(uow, _spot(row), ("open",))
        return ToReview(row, item["version"], stills, near[:3])
    return None


def _stills(bundle: Row | None) -> list[Mapping[str, Any]]:
    if bundle is None or bundle["removed_at"] is not None:
        return []
    kept = {one["role"]: one for one in bundle["files"] if one["kind"] == "frame"}
    return [{**kept[role], "bundle_id": bundle["id"]} for role in ROLES_OF_STILLS if role in kept]


def release(uow: UnitOfWork, actor: Actor, item_ids: Sequence[int]) -> None:
    """Give sightings back that somebody took and did not answer; those that are not theirs any more are left as they are."""
    for item_id in item_ids[:MOST_LEFT_OUT]:
        try:
            with uow.savepoint():
                work.release(uow, item_id, actor)
        except Conflict:
            continue


def progress(uow: UnitOfWork, actor: Actor) -> Progress:
    """How far a reviewer is.

    Raises:
        Forbidden: they review none.
    """
    assert actor.person_id is not None, "reviewers are people"
    local = uow.now.astimezone(uow.database.time_zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return Progress(
        sightings.waiting(uow.conn, ROLE, units_of(actor), actor.person_id),
        sightings.answered_since(uow.conn, actor.person_id, uow.now - timedelta(hours=1)),
        sightings.answered_since(uow.conn, actor.person_id, midnight),
    )


def _spot(row: Row) -> Spot:
    names = ("scheme", "kind", "category", "lon", "lat", "platform_id")
    return Spot(**{name: row[name] for name in names}, besides=row["case_id"])
