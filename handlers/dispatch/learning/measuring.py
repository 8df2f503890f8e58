"""How good a model is: how much it would have dispatched by itself at each threshold, and how much of that was right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from handlers.dispatch.learning.lessons import Floats, Lessons
from handlers.dispatch.learning.model import Model, Ranking

#: Points of a curve that are kept, and cases that a curve of one category needs.
POINTS, ENOUGH = 200, 30

#: How sure it must be that enough of what is automatic is right.
SURENESS = 0.8

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Point:
    """At a threshold: the share of cases that were dispatched without a person, and the share of these that were right."""

    threshold: float
    coverage: float
    accuracy: float


@dataclass(frozen=True)
class Outcome:
    """What a model said of lessons that it did not have.

    Attributes:
        probability: of the first candidate of each.
        right: whether the first candidate handled the case; ``among`` is the same of the first three.
        mains: the main input of each.
    """

    probability: Floats
    right: Flags
    among: Flags
    mains: tuple[str, ...]

    @classmethod
    def of(cls, model: Model, lessons: Lessons) -> Outcome:
        """Let a model speak of lessons; those that only say which unit it was not are left out."""
        return cls.seen(model.inputs.main, model.codes, model.rank(lessons.cases), lessons)

    @classmethod
    def seen(cls, main: str, codes: Sequence[str], ranking: Ranking, lessons: Lessons) -> Outcome:
        """Compare a ranking with who handled the cases."""
        number = {code: at for at, code in enumerate(codes)}
        units = np.array([number.get(code, -1) for code in lessons.codes], dtype=np.int64)[lessons.units]
        kept = lessons.signs > 0
        hits = ranking.units[kept] == units[kept][:, None]
        values = [value for value, keep in zip(lessons.cases.values[main], kept, strict=True) if keep]
        return cls(ranking.probability[kept, 0], hits[:, 0], hits[:, :3].any(axis=1), tuple(values))

    def part(self, chosen: Flags) -> Outcome:
        """Those that were chosen."""
        mains = tuple(main for main, keep in zip(self.mains, chosen, strict=True) if keep)
        return Outcome(self.probability[chosen], self.right[chosen], self.among[chosen], mains)

    def figures(self, threshold: float) -> dict[str, Any]:
        """In a few numbers; where nothing reaches the threshold there is no accuracy when automatic, which is None."""
        automatic = self.probability >= threshold
        count = len(self.right)
        return {
            "cases": count,
            "accuracy": _share(self.right),
            "top3_accuracy": _share(self.among),
            "coverage": _share(automatic),
            "accuracy_when_automatic": _share(self.right[automatic]) if automatic.any() else None,
            "calibration_error": self.calibration_error(),
            "log_loss": self.log_loss(),
            "threshold": threshold,
        }

    def calibration_error(self, bins: int = 10) -> float:
        """The expected calibration error, over bins of equal numbers of cases."""
        order = np.argsort(self.probability, kind="stable")
        parts = [part for part in np.array_split(order, bins) if len(part)]
        gaps = [abs(self.right[part].mean() - self.probability[part].mean()) * len(part) for part in parts]
        return float(sum(gaps) / max(len(order), 1))

    def log_loss(self) -> float:
        """The mean surprise at whether the first candidate was right, in nats."""
        sure = np.clip(np.where(self.right, self.probability, 1 - self.probability), 1e-6, 1)
        return float(-np.log(sure).mean()) if len(sure) else 0.0

    def curve(self, points: int = POINTS) -> list[Point]:
        """From the highest threshold to the lowest, at most so many points; equal probabilities go together."""
        order = np.argsort(-self.probability, kind="stable")
        sure, right = self.probability[order], np.cumsum(self.right[order])
        ends = np.flatnonzero(np.append(sure[1:] != sure[:-1], True)) if len(sure) else np.empty(0, np.int64)
        if len(ends) > points:
            ends = ends[np.unique(np.linspace(0, len(ends) - 1, points).round().astype(np.int64))]
        return [
            Point(float(sure[end]), float((end + 1) / len(sure)), float(right[end] / (end + 1)))
            for end in ends
        ]

    def threshold(self, target: float) -> float:
        """The lowest probability from which on enough are right; above 1 where that is shown nowhere.

        Enough are right where the lower bound of their share is at least the target (Clopper and Pearson, 1934; one-sided at
        `SURENESS`): a handful of cases without a mistake proves nothing.
        """
        # Half a second to import, and needed only where something is learned.
        from scipy.special import betaincinv

        order = np.argsort(-self.probability, kind="stable")
        sure, right = self.probability[order], np.cumsum(self.right[order])
        wrong = np.arange(1, len(order) + 1) - right
        least = betaincinv(np.maximum(right, 1), wrong + 1, 1 - SURENESS)
        ends = np.append(sure[1:] != sure[:-1], True) if len(sure) else np.empty(0, np.bool_)
        good = np.flatnonzero(ends & (least >= target))
        return float(sure[good[-1]]) if len(good) else 2.0

    def by_main(self) -> Mapping[str, Outcome]:
        """The outcome of each main input that has `ENOUGH` cases."""
        mains = np.array(self.mains, dtype=object)
        names, counts = np.unique(mains.astype(str), return_counts=True)
        chosen = [name for name, number in zip(names, counts, strict=True) if number >= ENOUGH]
        return {str(name): self.part(mains == name) for name in chosen}


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else 0.0
