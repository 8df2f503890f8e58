"""Every night a model is learned anew, measured on the latest weeks against the one in use, and takes its place if it is no worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

import structlog

from engine import apart
from engine.housekeeping import chore
from engine.settings import Settings
from engine.store.database import Database
from handlers.dispatch.learning import city, models
from handlers.dispatch.learning.lessons import Lessons
from handlers.dispatch.learning.measuring import Outcome
from handlers.dispatch.learning.model import Model, UnreadableModel
from handlers.dispatch.learning.training import TARGET, TooFewLessons, learn, recount
from handlers.store import dispatch_models

logger = structlog.get_logger()

#: The latest days, on which the new model and the one in use are measured; neither's tables have them then.
MEASURED_DAYS = 14.0

#: Fewer cases than this measure nothing: then the latest `MEASURED_SHARE` are taken, however old they are.
MEASURED_CASES, MEASURED_SHARE = 200, 0.15

#: A new model may be surprised so much more than the one in use, measured on the same cases.
NO_WORSE = 1.02

#: What learning may take: bytes of address space, seconds of processor time.
MAX_MEMORY, MAX_SECONDS = 4 * 1024**3, 900


@dataclass(frozen=True)
class Trained:
    """What came of learning.

    Attributes:
        model_id: of the model that was kept; None where there is too little to learn from.
        in_use: whether it is in use now.
        reason: why, or why not.
    """

    model_id: int | None
    in_use: bool
    reason: str


@dataclass(frozen=True)
class _Made:
    """A model that may come into use, what was measured, and why it is this one."""

    model: Model
    figures: dict[str, Any]
    reason: str


@chore("learning from past dispatches")
def learn_nightly(database: Database, settings: Settings) -> int:
    """Learn anew; gives how many models came into use."""
    return int(train(database).in_use)


def train(database: Database, *, aside: bool = True) -> Trained:
    """Learn from the city's cases, keep what was learned, and put it in use unless a model is held.

    Args:
        aside: in a process of its own, bounded in time and memory, so that whoever asks for it goes on with other work.
    """
    with database.unit_of_work() as uow:
        lessons = city.read_lessons(uow)
        row = dispatch_models.in_use(uow.conn)
    try:
        before = models.unpacked(row) if row else None
    except UnreadableModel:
        before = None
    try:
        made = _aside(lessons, before) if aside else make(lessons, before)
    except TooFewLessons as error:
        logger.info("nothing was learned from past dispatches", reason=str(error))
        return Trained(None, False, str(error))
    with database.unit_of_work() as uow:
        model_id = models.keep(uow, made.model, len(lessons), made.figures)
        # Asked only now: learning takes minutes, and somebody may have chosen one meanwhile.
        if dispatch_models.held(uow.conn):
            return Trained(model_id, False, "the one in use was chosen by hand, and stays")
        models.put_in_use(uow, model_id, made.reason)
    return Trained(model_id, True, made.reason)


def make(lessons: Lessons, before: Model | None) -> _Made:
    """Learn from all but the latest weeks, measure on those, and then count them, too.

    The new model is taken if it is right at least as often as the one in use and no more surprised (`NO_WORSE`), both with
    tables of the same lessons. Otherwise the judgement of the one in use stays, and only its tables are counted anew.

    Raises:
        TooFewLessons: there is not enough to learn from.
    """
    cut = _cut(lessons)
    early, late = lessons.part(0, cut), lessons.part(cut, len(lessons))
    new = learn(early, city.INPUTS, TARGET).model
    outcome, reason, chosen = Outcome.of(new, late), "learned anew", new
    figures: dict[str, Any] = {"new": outcome.figures(new.threshold)}
    if before is not None and before.inputs == city.INPUTS:
        old = recount(before, early)
        measured = Outcome.of(old, late)
        figures["in_use"] = measured.figures(old.threshold)
        if not _no_worse(figures["new"], figures["in_use"]):
            outcome, reason, chosen = measured, "counted anew, for what was learned anew is worse", old
    return _Made(recount(chosen, lessons), {**figures, **_told(outcome, chosen.threshold)}, reason)


def _cut(lessons: Lessons) -> int:
    """Where the latest weeks begin."""
    days = lessons.cases.days
    if not len(days):
        return 0
    cut = int((days < days[-1] - MEASURED_DAYS).sum())
    enough = max(MEASURED_CASES, int(len(days) * 0.02))
    return cut if len(days) - cut >= enough and cut > len(days) / 2 else int(len(days) * (1 - MEASURED_SHARE))


def _no_worse(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    return bool(new["accuracy"] >= old["accuracy"] and new["log_loss"] <= old["log_loss"] * NO_WORSE)


def _told(outcome: Outcome, threshold: float) -> dict[str, Any]:
    """What is kept of the measurement."""

    def curve(one: Outcome) -> list[list[float]]:
        return [[round(value, 5) for value in astuple(point)] for point in one.curve(100)]

    categories = {
        name: {**one.figures(threshold), "curve": curve(one)} for name, one in outcome.by_main().items()
    }
    return {"threshold": threshold, "curve": curve(outcome), "categories": categories}


def _aside(lessons: Lessons, before: Model | None) -> _Made:
    """`make` in a process of its own."""
    with apart.process(memory=MAX_MEMORY, seconds=MAX_SECONDS) as run:
        return run(make, lessons, before)
