"""A model: tables, trees and a calibration, which together propose units for cases. It is arrays, and is kept as such."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from handlers.dispatch.learning import contexts, pairs
from handlers.dispatch.learning.contexts import Sort
from handlers.dispatch.learning.lessons import Cases, Floats, Inputs, Integers
from handlers.dispatch.learning.tables import Tables
from handlers.dispatch.learning.trees import Trees

#: Of the form in which models are kept: one of another form is not read.
FORM = 1

#: So many cases must be alike before they are told as a reason.
ALIKE = 5


class UnreadableModel(ValueError):
    """What is kept is no model, or one of another form."""


@dataclass(frozen=True)
class Proposal:
    """A unit that may be the one for a case.

    Attributes:
        unit_code: which.
        probability: that it will handle the case in the end.
        alike, alike_of: of so many similar cases it handled so many.
        alike_in: what the similar cases have in common: the names of inputs.
    """

    unit_code: str
    probability: float
    alike: int
    alike_of: int
    alike_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ranking:
    """Candidates for many cases: cases x candidates, the most probable first."""

    units: Integers
    probability: Floats


@dataclass(frozen=True)
class Model:
    """What was learned.

    Attributes:
        codes: the units by number.
        middle: the latitude in whose metres places are measured.
        slope, offset: turn the trees' log-odds into a probability.
        threshold: the probability from which on proposals were right often enough when this was measured; above 1 where
            none were.
    """

    inputs: Inputs
    codes: tuple[str, ...]
    middle: float
    tables: Tables
    trees: Trees
    slope: float = 1.0
    offset: float = 0.0
    threshold: float = 2.0

    @cached_property
    def sorts(self) -> tuple[Sort, ...]:
        """The sorts of contexts, in the order of the tables' keys."""
        return contexts.sorts(self.inputs)

    def odds(self, cases: Cases, allowed: npt.NDArray[np.bool_] | None = None) -> tuple[Integers, Floats]:
        """Candidates of each case, unordered, and the log-odds of each."""
        if not len(cases):
            return np.empty((0, 1), np.int64), np.empty((0, 1))
        standing = contexts.standing(self.inputs, cases, self.middle)
        described = pairs.describe(self.sorts, self.tables, standing, cases, allowed)
        return described.units, self.trees.judge(described.flat()).reshape(described.units.shape)

    def rank(self, cases: Cases, allowed: npt.NDArray[np.bool_] | None = None) -> Ranking:
        """Candidates of each case with calibrated probabilities."""
        units, odds = self.odds(cases, allowed)
        order = np.argsort(-odds, axis=1, kind="stable")
        odds = np.take_along_axis(odds, order, axis=1)
        probability = 1 / (1 + np.exp(-(self.slope * odds + self.offset)))
        return Ranking(np.take_along_axis(units, order, axis=1), probability)

    def propose(self, case: Cases, allowed: Collection[str] | None = None) -> list[Proposal]:
        """The units that may be the ones for one case, the most probable first.

        Args:
            case: one case.
            allowed: codes of the units that may have it; all may where nothing is said.
        """
        mask = None
        if allowed is not None:
            wanted = frozenset(allowed)
            mask = np.array([code in wanted for code in self.codes], dtype=np.bool_)
            if not mask.any():
                return []
        found = self.rank(case, mask)
        counted, columns = self._alike(case)
        return [
            Proposal(self.codes[unit], float(likely), int(counted[unit]), int(counted.sum()), columns)
            for unit, likely in zip(found.units[0], found.probability[0], strict=True)
        ]

    def _alike(self, case: Cases) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
        """How many of the cases most like this one each unit handled, and what they have in common with it."""
        keys = contexts.standing(self.inputs, case, self.middle).keys[0]
        within = [number for number, sort in enumerate(self.sorts) if not sort.alone]
        found = [(self.tables.counted(keys[number]), self.sorts[number].columns) for number in within]
        enough = [one for one in found if one[0].sum() >= ALIKE]
        return min(enough, key=lambda one: one[0].sum()) if enough else found[0]

    def recounted(self, tables: Tables) -> Model:
        """The same judgement on other tables of the same units."""
        return replace(self, tables=tables)

    def pack(self) -> bytes:
        """As bytes: compressed arrays, and nothing that could run."""
        told = {
            "form": FORM,
            "inputs": {one.name: getattr(self.inputs, one.name) for one in fields(Inputs)},
            "codes": self.codes,
            "numbers": [self.middle, self.slope, self.offset, self.threshold, self.trees.base],
            "depth": self.trees.depth,
        }
        arrays = {name: getattr(self.tables, name) for name in _TABLES}
        arrays |= {name: getattr(self.trees, name) for name in _TREES}
        text = np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), dtype=np.uint8)
        into = io.BytesIO()
        np.savez_compressed(into, told=text, **arrays)
        return into.getvalue()

    @classmethod
    def unpack(cls, content: bytes) -> Model:
        """The model that was packed.

        Raises:
            UnreadableModel: it is none, or one of another form.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as kept:
                told = json.loads(kept["told"].tobytes())
                if told["form"] != FORM:
                    raise UnreadableModel(f"a model of form {told['form']}, not {FORM}")
                arrays = {name: kept[name] for name in (*_TABLES, *_TREES)}
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise UnreadableModel(f"no model: {error}") from error
        middle, slope, offset, threshold, base = told["numbers"]
        inputs = told["inputs"]
        return cls(
            Inputs(inputs["main"], tuple(inputs["kinds"]), tuple(inputs["texts"]), inputs["place"]),
            tuple(told["codes"]),
            middle,
            Tables(**{name: arrays[name] for name in _TABLES}, size=len(told["codes"])),
            Trees(**{name: arrays[name] for name in _TREES}, base=base, depth=told["depth"]),
            slope,
            offset,
            threshold,
        )


_TABLES = ("keys", "starts", "units", "weights", "counts")
_TREES = ("feature", "threshold", "left", "right", "value")
