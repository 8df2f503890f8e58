"""Contexts: the circumstances that make two cases alike, from "any case at all" to "this category at this very door".

Each case stands in one context of each sort, known by a 64-bit hash, and in one for each word of its texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

import numpy as np
import numpy.typing as npt

from handlers.dispatch.learning.lessons import Cases, Inputs, Integers

Keys = npt.NDArray[np.uint64]

#: Sides of the squares in which places count as near, in metres, wide ones first.
SQUARES = (1500, 600, 250)

#: Metres of a degree of latitude.
DEGREE = 111_195.0

#: So many kinds are looked at by twos.
PAIRED = 3

#: Words of one case that count, and characters of a text that are read.
MAX_WORDS, MAX_TEXT = 32, 500

_NUMBER = re.compile(r"\d+(?:-\d+)?[a-z]?\b")
# Words of letters and digits; scripts without spaces are read by pairs of characters.
_WORD = re.compile(r"[a-z0-9à-ɏ]+|[㐀-鿿]+")


@dataclass(frozen=True)
class Sort:
    """One sort of context.

    Attributes:
        name: says what cases of one context have in common.
        columns: whose values make the context.
        parent: the number of the wider sort that a rare context falls back on; -1 for the widest.
        alone: whether it leaves the main input out.
    """

    name: str
    columns: tuple[str, ...]
    parent: int
    alone: bool


def sorts(inputs: Inputs) -> tuple[Sort, ...]:
    """All sorts of contexts of these inputs; parents come before those that fall back on them."""
    found = [Sort("", (), -1, True), Sort(inputs.main, (inputs.main,), 0, False)]
    for columns in [*((kind,) for kind in inputs.kinds), *combinations(inputs.kinds[:PAIRED], 2)]:
        found.append(Sort(" ".join((inputs.main, *columns)), (inputs.main, *columns), 1, False))
    chains: list[tuple[str, ...]] = [(f"{text}:bare", text) for text in inputs.texts]
    if inputs.place:
        chains.append(tuple(f"square:{side}" for side in SQUARES))
    for chain in chains:
        parent = 1
        for column in chain:
            found.append(Sort(f"{inputs.main} {column}", (inputs.main, column), parent, False))
            parent = len(found) - 1
    for alone in [*((kind,) for kind in inputs.kinds), *chains]:
        parent = 0
        for column in alone:
            found.append(Sort(column, (column,), parent, True))
            parent = len(found) - 1
    return tuple(found)


@dataclass(frozen=True)
class Standing:
    """The contexts in which cases stand.

    Attributes:
        keys: cases x sorts.
        words: the hashes of the words of all cases, one after the other.
        starts: where the words of each case begin, and where the last ones end: one longer than the cases.
    """

    keys: Keys
    words: Keys
    starts: Integers

    def part(self, start: int, end: int) -> Standing:
        """Those of the cases from one number up to another."""
        first, last = self.starts[start], self.starts[end]
        return Standing(self.keys[start:end], self.words[first:last], self.starts[start : end + 1] - first)


def standing(inputs: Inputs, cases: Cases, middle: float) -> Standing:
    """Find the contexts of cases.

    Args:
        middle: the latitude in whose metres the squares are measured: the same for all cases of a model.
    """
    columns = _columns(inputs, cases, middle)
    found = sorts(inputs)
    keys = np.empty((len(cases), len(found)), dtype=np.uint64)
    for number, sort in enumerate(found):
        parts = [columns[name] for name in sort.columns]
        keys[:, number] = _hashes(sort.name, zip(*parts, strict=True) if parts else [()] * len(cases))
    lists = [_words([cases.values[text][row] for text in inputs.texts]) for row in range(len(cases))]
    starts = np.concatenate(([0], np.cumsum([len(words) for words in lists]))).astype(np.int64)
    words = _hashes("word", ((word,) for words in lists for word in words))
    return Standing(keys, words, starts)


def _columns(inputs: Inputs, cases: Cases, middle: float) -> dict[str, Sequence[str]]:
    """The values that contexts are made of."""
    found: dict[str, Sequence[str]] = {}
    for name in (inputs.main, *inputs.kinds, *inputs.texts):
        found[name] = [value.strip().lower()[:MAX_TEXT] for value in cases.values[name]]
    for name in inputs.texts:
        found[f"{name}:bare"] = [" ".join(_NUMBER.sub(" ", value).split()) for value in found[name]]
    if inputs.place:
        known = np.isfinite(cases.lon) & np.isfinite(cases.lat)
        east = np.where(known, cases.lon, 0.0) * DEGREE * np.cos(np.radians(middle))
        north = np.where(known, cases.lat, 0.0) * DEGREE
        for side in SQUARES:
            column, row = np.floor(east / side), np.floor(north / side)
            found[f"square:{side}"] = [
                f"{x:.0f},{y:.0f}" if there else "" for x, y, there in zip(column, row, known, strict=True)
            ]
    return found


def _words(texts: Iterable[str]) -> list[str]:
    """The different words of some texts, `MAX_WORDS` at most."""
    found: dict[str, None] = {}
    for text in texts:
        for run in _WORD.findall(text.lower()[:MAX_TEXT]):
            if run[0] < "㐀" or len(run) < 2:
                found[run] = None
            else:
                found.update(dict.fromkeys(run[at : at + 2] for at in range(len(run) - 1)))
    return list(found)[:MAX_WORDS]


def _hashes(name: str, rows: Iterable[tuple[str, ...]]) -> Keys:
    seen: dict[tuple[str, ...], int] = {}
    numbers = []
    for row in rows:
        if row not in seen:
            text = "\x1f".join((name, *row)).encode("utf-8", "replace")
            seen[row] = int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
        numbers.append(seen[row])
    return np.array(numbers, dtype=np.uint64)
