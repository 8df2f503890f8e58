"""Training: a model is made by walking forward through time, so that nothing is judged by what came after it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from handlers.dispatch.learning import contexts, pairs, tables
from handlers.dispatch.learning.contexts import Standing
from handlers.dispatch.learning.lessons import Inputs, Lessons
from handlers.dispatch.learning.measuring import Outcome
from handlers.dispatch.learning.model import Model

#: Fewer lessons than this teach nothing that could be trusted.
FEWEST = 200

#: The share of the lessons, the latest, on which probabilities and threshold are set.
CALIBRATED_ON = 0.15

#: The trees see the lessons from this share on, a block after the other, each with tables of those before it.
BEGIN, BLOCKS = 0.3, 8

#: The latest lessons that trees are fitted on: what bounds time and memory.
MAX_JUDGED = 40_000

#: What is automatic shall be right this often.
TARGET = 0.995


class TooFewLessons(ValueError):
    """There is not enough to learn from."""


@dataclass(frozen=True)
class Learned:
    """A model, from how many lessons it is, and what came out on the latest of them, by which its probabilities were set."""

    model: Model
    lessons: int
    calibration: Outcome


def learn(lessons: Lessons, inputs: Inputs, target: float = TARGET) -> Learned:
    """Make a model of lessons that are in the order of time.

    Trees are fitted on all but the latest lessons (`CALIBRATED_ON`), which then set the calibration and the threshold; in
    the end the tables count those, too.

    Raises:
        TooFewLessons: there are fewer than `FEWEST`, or all went to one unit.
    """
    if len(lessons) < FEWEST or len(np.unique(lessons.units)) < 2:
        raise TooFewLessons(f"{len(lessons)} lessons; it takes {FEWEST}, of two units at least")
    # Not here at the top: a process that only proposes never loads scikit-learn.
    from handlers.dispatch.learning import fitting

    middle = float(np.nanmean(lessons.cases.lat)) if np.isfinite(lessons.cases.lat).any() else 0.0
    standing = contexts.standing(inputs, lessons.cases, middle)
    cut = int(len(lessons) * (1 - CALIBRATED_ON))
    described, right = _walk(lessons.part(0, cut), standing.part(0, cut), inputs)
    trees = fitting.fit_trees(described, right)
    late = lessons.part(cut, len(lessons))
    model = Model(inputs, lessons.codes, middle, _count(lessons, standing, cut), trees)
    units, odds = model.odds(late.cases)
    best = odds.argmax(axis=1)
    rows = np.flatnonzero(late.signs > 0)
    slope, offset = fitting.fit_calibration(
        odds[rows, best[rows]], units[rows, best[rows]] == late.units[rows]
    )
    calibrated = replace(model, slope=slope, offset=offset)
    outcome = Outcome.of(calibrated, late)
    whole = _count(lessons, standing, len(lessons))
    return Learned(
        replace(calibrated, tables=whole, threshold=outcome.threshold(target)), len(lessons), outcome
    )


def recount(model: Model, lessons: Lessons) -> Model:
    """The model with tables of other lessons; what it learned of judging them stays."""
    return recount_to(
        model, lessons, contexts.standing(model.inputs, lessons.cases, model.middle), len(lessons)
    )


def recount_to(model: Model, lessons: Lessons, standing: Standing, end: int) -> Model:
    """The same of the first lessons up to a number, where it is known in which contexts all of them stand."""
    return replace(model, codes=lessons.codes, tables=_count(lessons, standing, end))


def _count(lessons: Lessons, standing: Standing, end: int) -> tables.Tables:
    part = lessons.part(0, end)
    return tables.count(standing.part(0, end), part, float(part.cases.days[-1]))


def _walk(
    lessons: Lessons, standing: Standing, inputs: Inputs
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float32]], np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Describe the candidates of each block by the tables of what came before it."""
    sorts = contexts.sorts(inputs)
    begin = max(int(len(lessons) * BEGIN), len(lessons) - MAX_JUDGED)
    edges = np.unique(np.linspace(begin, len(lessons), BLOCKS + 1).astype(int))
    described, right = [], []
    for start, end in itertools.pairwise(edges):
        part = lessons.part(start, end)
        known = _count(lessons, standing, start)
        found = pairs.describe(sorts, known, standing.part(start, end), part.cases)
        taught = part.signs > 0
        described.append(found.described[taught].reshape(-1, found.described.shape[2]))
        right.append((found.units == part.units[:, None])[taught].reshape(-1))
    return np.concatenate(described), np.concatenate(right)
