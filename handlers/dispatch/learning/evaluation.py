"""Evaluation: what a city's past cases teach, measured on those that came later."""

from __future__ import annotations

import itertools
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import Invalid
from engine.messages import Message
from handlers.dispatch.learning import contexts
from handlers.dispatch.learning.lessons import Inputs, Lessons
from handlers.dispatch.learning.measuring import Outcome
from handlers.dispatch.learning.training import TARGET, Learned, TooFewLessons, learn, recount_to

#: What is learned from; the rest is asked.
LEARNED = 0.7


@dataclass(frozen=True)
class Evaluation:
    """What came out.

    Attributes:
        outcome: of the model as it was after the first part, on all that came later.
        nightly: the same where the tables are counted anew every midnight; the trees and the threshold stay.
        seconds: of processor time for learning and asking once.
    """

    inputs: Inputs
    learned: Learned
    outcome: Outcome
    nightly: Outcome
    seconds: float

    def figures(self) -> dict[str, Any]:
        """In numbers; names of those with nightly counted tables begin so."""
        threshold = self.learned.model.threshold
        found: dict[str, Any] = {
            "learned_from": self.learned.lessons,
            **self.outcome.figures(threshold),
        }
        nightly = self.nightly.figures(threshold)
        names = ("accuracy", "coverage", "accuracy_when_automatic")
        found |= {f"nightly_{name}": nightly[name] for name in names}
        found["seconds"] = self.seconds
        return found

    def categories(self) -> dict[str, dict[str, Any]]:
        """Accuracy, coverage and accuracy when automatic by main input, the frequent ones first."""
        threshold = self.learned.model.threshold
        found = {name: one.figures(threshold) for name, one in self.outcome.by_main().items()}
        names = ("cases", "accuracy", "coverage", "accuracy_when_automatic")
        frequent = sorted(found.items(), key=lambda one: (-one[1]["cases"], one[0]))
        return {key: {name: figures[name] for name in names} for key, figures in frequent}

    def curve(self) -> list[dict[str, float]]:
        """The whole curve, from the highest threshold to the lowest."""
        return [asdict(point) for point in self.outcome.curve()]


def evaluate(lessons: Lessons, inputs: Inputs, target: float = TARGET) -> Evaluation:
    """Learn from the first of some lessons, which are in the order of time, and ask the model about the others.

    Raises:
        Invalid: there are too few lessons.
    """
    began = time.process_time()
    cut = int(len(lessons) * LEARNED)
    try:
        learned = learn(lessons.part(0, cut), inputs, target)
    except TooFewLessons as error:
        raise Invalid(
            Message("There are too few rows to learn from: %(problem)s.", problem=str(error))
        ) from error
    outcome = Outcome.of(learned.model, lessons.part(cut, len(lessons)))
    seconds = time.process_time() - began
    return Evaluation(inputs, learned, outcome, _nightly(learned, lessons, cut), seconds)


def _nightly(learned: Learned, lessons: Lessons, cut: int) -> Outcome:
    """Ask about each day with tables of all days before it."""
    standing = contexts.standing(learned.model.inputs, lessons.cases, learned.model.middle)
    days = np.floor(lessons.cases.days)
    edges: list[int] = [cut, *(int(at) for at in np.flatnonzero(np.diff(days)) + 1 if at > cut), len(lessons)]
    parts = []
    for start, end in itertools.pairwise(edges):
        model = recount_to(learned.model, lessons, standing, start)
        parts.append(Outcome.of(model, lessons.part(start, end)))
    return Outcome(
        np.concatenate([part.probability for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.among for part in parts]),
        tuple(main for part in parts for main in part.mains),
    )


def plot(evaluation: Evaluation, path: Path) -> None:
    """Draw the curve into a PNG file: what is automatic, and how much of that is right."""
    # Half a second to import, and wanted by this one command.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = FigureCanvasAgg(figure).figure.add_subplot()
    threshold = evaluation.learned.model.threshold
    for outcome, name in ((evaluation.outcome, "learned once"), (evaluation.nightly, "counted anew nightly")):
        points = outcome.curve()
        axes.plot([one.coverage for one in points], [one.accuracy for one in points], label=name)
    told = evaluation.outcome.figures(threshold)
    if told["accuracy_when_automatic"] is not None:
        at = f"threshold {threshold:.4f}"
        axes.plot(told["coverage"], told["accuracy_when_automatic"], "o", label=at, color="black")
    axes.set(xlabel="coverage", ylabel="accuracy when automatic", xlim=(0, 1.01), title="Dispatch, learned")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    figure.savefig(path, format="png", dpi=120)


def propose_ms(evaluation: Evaluation, lessons: Lessons, count: int) -> float:
    """Milliseconds of processor time that one proposal takes, over so many of the last lessons, one by one."""
    model = evaluation.learned.model
    first = max(0, len(lessons) - count)
    began = time.process_time()
    for at in range(first, len(lessons)):
        model.propose(lessons.cases.part(at, at + 1))
    return (time.process_time() - began) * 1000 / max(1, len(lessons) - first)
