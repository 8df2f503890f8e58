"""Pairs: each unit that comes into question for a case, described by how it fared in the contexts of the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handlers.dispatch.learning.contexts import Sort, Standing
from handlers.dispatch.learning.lessons import Cases, Integers
from handlers.dispatch.learning.tables import Shares, Tables

#: Units that come into question for one case.
CANDIDATES = 8

#: Cases that are described at once: what bounds the memory that it takes.
PORTION = 500

_LEAST = np.float32(1e-6)


@dataclass(frozen=True)
class Pairs:
    """For each case the units that come into question.

    Attributes:
        units: cases x candidates, the most likely first by the plain mean of all contexts.
        described: cases x candidates x features.
    """

    units: Integers
    described: npt.NDArray[np.float32]

    def flat(self) -> npt.NDArray[np.float32]:
        """The descriptions one below the other."""
        return self.described.reshape(-1, self.described.shape[2])


def describe(
    sorts: Sequence[Sort],
    tables: Tables,
    standing: Standing,
    cases: Cases,
    allowed: npt.NDArray[np.bool_] | None = None,
) -> Pairs:
    """Describe the units that come into question for each case.

    Args:
        allowed: for each unit whether it may be proposed; all may where nothing is said.
    """
    parts = []
    for start in range(0, len(cases), PORTION):
        end = min(start + PORTION, len(cases))
        parts.append(_describe(sorts, tables, standing.part(start, end), cases.days[start:end], allowed))
    return Pairs(
        np.concatenate([part.units for part in parts]), np.concatenate([part.described for part in parts])
    )


def _describe(
    sorts: Sequence[Sort],
    tables: Tables,
    standing: Standing,
    days: npt.NDArray[np.float64],
    allowed: npt.NDArray[np.bool_] | None,
) -> Pairs:
    shares: list[Shares] = []
    weights = []
    uniform = np.full((1, tables.size), 1 / tables.size, dtype=np.float32)
    for number, sort in enumerate(sorts):
        wider = uniform if sort.parent < 0 else shares[sort.parent]
        share, weight = tables.shares(standing.keys[:, number], wider)
        shares.append(share)
        weights.append(np.log1p(weight))
    logs = np.log(np.stack(shares, axis=2) + _LEAST)
    within = [number for number, sort in enumerate(sorts) if not sort.alone]
    alone = [number for number, sort in enumerate(sorts) if sort.alone and sort.parent >= 0]
    likely = logs[:, :, within].mean(axis=2)
    if allowed is not None:
        likely = np.where(allowed, likely, -np.inf)
    count = CANDIDATES if allowed is None else min(CANDIDATES, int(allowed.sum()))
    units = np.argsort(-likely, axis=1, kind="stable")[:, :count]
    told = np.take_along_axis(logs, units[:, :, None], axis=1)
    mean, most = _by_words(tables, standing, logs[:, :, 0], units)
    hours = (days % 1) * 24
    beside = np.stack([*weights, np.floor(hours), np.floor(days) % 7], axis=1).astype(np.float32)
    described = np.concatenate(
        (
            told,
            told - told.max(axis=1, keepdims=True),
            told[:, :, alone] - told[:, :, :1],
            np.stack((mean, most), axis=2),
            np.repeat(beside[:, None, :], units.shape[1], axis=1),
        ),
        axis=2,
    )
    return Pairs(units, described)


def _by_words(tables: Tables, standing: Standing, overall: Shares, units: Integers) -> tuple[Shares, Shares]:
    """By how much the words of each case speak for each candidate: in the mean, and the one that does most."""
    cases, count = units.shape
    mean, most = (np.zeros((cases, count), dtype=np.float32) for _ in range(2))
    if not len(standing.words):
        return mean, most
    lengths = np.diff(standing.starts)
    owner = np.repeat(np.arange(cases), lengths)
    shares, _ = tables.shares(standing.words, np.exp(overall)[owner])
    lifts = np.log(np.take_along_axis(shares, units[owner], axis=1) + _LEAST)
    lifts -= np.take_along_axis(overall, units, axis=1)[owner]
    filled = np.flatnonzero(lengths)
    first = standing.starts[filled]
    mean[filled] = np.add.reduceat(lifts, first, axis=0) / lengths[filled, None]
    most[filled] = np.maximum.reduceat(lifts, first, axis=0)
    return mean, most
