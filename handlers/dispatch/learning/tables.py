"""Tables: how often each unit handled the cases of each context, late cases counting more than early ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handlers.dispatch.learning.contexts import Keys, Standing
from handlers.dispatch.learning.lessons import Floats, Integers, Lessons

#: After so many days a case counts half.
HALF_LIFE = 60.0

#: A table holds no more entries than this; those that weigh least are left out.
MAX_ENTRIES = 1_500_000

Shares = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Tables:
    """Entries by context: those of context ``keys[i]`` are ``starts[i]`` up to ``starts[i + 1]``.

    Attributes:
        keys: contexts, ascending.
        units: of each entry the number of the unit.
        weights: of each entry what the unit's cases weigh together.
        counts: of each entry how many cases the unit handled.
        size: how many units there are.
    """

    keys: Keys
    starts: Integers
    units: npt.NDArray[np.int32]
    weights: Shares
    counts: npt.NDArray[np.int32]
    size: int

    def entries(self, wanted: Keys) -> tuple[Integers, Integers]:
        """The entries of contexts: for each the number of the context among those wanted, and of the entry."""
        if not len(self.keys):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        first = self.starts[at]
        lengths = np.where(self.keys[at] == wanted, self.starts[at + 1] - first, 0)
        rows = np.repeat(np.arange(len(wanted)), lengths)
        offsets = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return rows, first[rows] + offsets

    def shares(self, wanted: Keys, wider: Shares) -> tuple[Shares, Shares]:
        """Each unit's share in contexts, and what the cases of each weigh.

        The shares of a context with few cases are pulled towards those of the wider one, the more the more different units
        its cases had (Witten and Bell, 1991).

        Args:
            wanted: n contexts.
            wider: the shares in the wider context of each, n x units (or 1 x units).
        """
        rows, at = self.entries(wanted)
        weights = np.zeros((len(wanted), self.size), dtype=np.float32)
        weights[rows, self.units[at]] = self.weights[at]
        total = weights.sum(axis=1, keepdims=True)
        different = np.count_nonzero(weights > 0.05, axis=1).astype(np.float32)[:, None]
        pull = np.where(total > 0, 0.5 + 0.5 * different, 1.0).astype(np.float32)
        return (weights + pull * wider) / (total + pull), total[:, 0]

    def counted(self, key: np.uint64) -> npt.NDArray[np.int64]:
        """How many cases of one context each unit handled."""
        _, at = self.entries(np.array([key], dtype=np.uint64))
        found = np.zeros(self.size, dtype=np.int64)
        found[self.units[at]] = self.counts[at]
        return found


def count(standing: Standing, lessons: Lessons, now: float) -> Tables:
    """Count lessons by their contexts.

    Args:
        now: the day from which their age is counted.
    """
    weights = lessons.signs * np.exp2(-np.maximum(0.0, now - lessons.cases.days) / HALF_LIFE)
    sorts = standing.keys.shape[1]
    lengths = np.diff(standing.starts)
    keys = np.concatenate((standing.keys.reshape(-1), standing.words))
    rows = np.concatenate(
        (np.repeat(np.arange(len(lessons)), sorts), np.repeat(np.arange(len(lessons)), lengths))
    )
    contexts, numbers = np.unique(keys, return_inverse=True)
    pairs, entry = np.unique(numbers * len(lessons.codes) + lessons.units[rows], return_inverse=True)
    weight = np.bincount(entry, weights=weights[rows], minlength=len(pairs)).astype(np.float64)
    cases = np.bincount(entry, weights=lessons.signs[rows] > 0, minlength=len(pairs)).astype(np.float64)
    return _built(contexts, pairs, weight, cases, len(lessons.codes))


def _built(contexts: Keys, pairs: Integers, weight: Floats, cases: Floats, size: int) -> Tables:
    # A return weighs against a unit, and at most as much as its cases weigh for it.
    kept = weight > 0
    if np.count_nonzero(kept) > MAX_ENTRIES:
        kept &= weight > np.partition(weight, -MAX_ENTRIES)[-MAX_ENTRIES]
    pairs, weight, cases = pairs[kept], weight[kept], cases[kept]
    owners, first = np.unique(pairs // max(size, 1), return_index=True)
    return Tables(
        contexts[owners],
        np.concatenate((first, [len(pairs)])).astype(np.int64),
        (pairs % max(size, 1)).astype(np.int32),
        weight.astype(np.float32),
        cases.astype(np.int32),
        size,
    )
