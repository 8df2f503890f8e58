"""A service task: the photographs from after the work beside those from before it, as advice for whoever checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from engine.effects import Effect
from engine.store import attachments
from engine.tasks import Limit, service_task
from handlers.alike import metres_between
from handlers.evidence.keeping import folder_of
from handlers.photos import path_of
from handlers.store import evidence, sealed_stills
from vision.photo import PhotoError

if TYPE_CHECKING:
    from vision.photos.reading import Photograph

logger = structlog.get_logger()

#: What shows how it was, the best first, and what shows how it is, the newest first.
BEFORE = ("report", "alarm", "verify", "half", "begin", "before")
AFTER = ("check", "handle")
#: So many of each are compared, which bounds the time: some ten seconds at most.
MOST_BEFORE, MOST_AFTER = 4, 5


@dataclass(frozen=True)
class Judged:
    """One photograph from after the work.

    Attributes:
        same_place: as one of those from before: ``yes``, ``no`` or ``undecided``.
        reused: it is one of those from before, or was handed in with another case.
    """

    sha256: str
    same_place: str
    reused: bool
    dark: bool
    blurred: bool


@dataclass(frozen=True)
class Advice:
    """What the photographs say.

    Attributes:
        same_place: ``yes`` where one from after the work shows a place from before it, ``no`` where all show another, else ``undecided``.
        reused, dark, blurred: whether one of those from after the work is.
        metres: between the nearest two, where the cameras said where they were.
        photographs: those from after the work that were looked at.
    """

    same_place: str
    reused: bool
    dark: bool
    blurred: bool
    metres: int | None
    photographs: list[Judged]


def few(_case: Any) -> Limit:
    """Two at a time on all machines: pictures take memory and a core each."""
    return Limit("vision.compare", slots=2)


@service_task(
    "vision.compare",
    title={"zh": "比对处置前后照片", "en": "Compare the photographs"},
    background=True,
    retries=2,
    backoff=30,
    concurrency=few,
)
def compare(effect: Effect) -> Advice:
    """Compare the photographs from after the work with those from before it; decides nothing by itself.

    Photographs that are missing or cannot be read are left out: without any the answer is `undecided`.
    """
    with effect.database.unit_of_work() as uow:
        rows = attachments.of_case(uow.conn, effect.case.id)
        elsewhere = attachments.elsewhere(uow.conn, effect.case.id, [row["sha256"] for row in rows])
        # The camera stands where it stood: its own still says nothing of what people handed in.
        stills = {row["copy_sha256"] for row in sealed_stills.of_case(uow.conn, effect.case.id)}
    handed_in = [row for row in rows if row["sha256"] not in stills and row["purpose"] in AFTER]
    before = _chosen(rows, BEFORE, MOST_BEFORE)
    after = sorted(handed_in, key=lambda row: -row["id"])[:MOST_AFTER]
    judged = _judged(effect, before, after, elsewhere)
    places = {one.same_place for one in judged}
    return Advice(
        same_place="yes" if "yes" in places else "no" if places == {"no"} else "undecided",
        reused=any(one.reused for one in judged),
        dark=any(one.dark for one in judged),
        blurred=any(one.blurred for one in judged),
        metres=_metres(before, after),
        photographs=judged,
    )


def _chosen(rows: Sequence[Mapping[str, Any]], purposes: Sequence[str], most: int) -> list[Mapping[str, Any]]:
    """The newest for each purpose first, in the order of the purposes."""
    wanted = [row for row in rows if row["purpose"] in purposes]
    return sorted(wanted, key=lambda row: (purposes.index(row["purpose"]), -row["id"]))[:most]


def _judged(
    effect: Effect,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    elsewhere: set[str],
) -> list[Judged]:
    # OpenCV takes 40 MB: only workers that come here load it.
    import vision.photos

    folder = effect.settings.photos
    earlier = list(_read([path_of(folder, row["sha256"]) for row in before] or _sealed(effect)))
    judged = []
    for row in after:
        for photograph in _read([path_of(folder, row["sha256"])]):
            found = [vision.photos.compare(one, photograph) for one in earlier]
            places = {one.same_place for one in found}
            judged.append(
                Judged(
                    sha256=row["sha256"],
                    same_place="yes" if "yes" in places else "no" if places == {"no"} else "undecided",
                    reused=row["sha256"] in elsewhere or any(one.reused for one in found),
                    dark=vision.photos.is_dark(photograph.grey),
                    blurred=vision.photos.is_blurred(photograph.grey),
                )
            )
    return judged


def _read(paths: Sequence[Path]) -> Iterator[Photograph]:
    """Photographs to compare, but for those that are missing or damaged."""
    import vision.photos

    for path in paths:
        try:
            yield vision.photos.read(path.read_bytes())
        except (OSError, PhotoError) as error:
            logger.warning("this photograph is not compared", file=path.name, error=str(error))


def _sealed(effect: Effect) -> list[Path]:
    """Frames of the alarm as the camera sent them, where there are no copies of them: nobody sees them by this."""
    with effect.database.unit_of_work() as uow:
        bundles = evidence.of_case(uow.conn, effect.case.id)
    return [
        folder_of(effect.settings, row) / one["name"]
        for row in bundles
        if row["removed_at"] is None
        for one in row["files"]
        if one["kind"] == "frame" and one["role"] == "alarm"
    ][:MOST_BEFORE]


def _metres(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> int | None:
    distances = [
        metres_between((one["lon"], one["lat"]), (other["lon"], other["lat"]))
        for one in before
        for other in after
        if one["lon"] is not None and other["lon"] is not None
    ]
    return round(min(distances)) if distances else None
